"""What this machine needs to build an image and to run it: programs, a base image, a place."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.packaging.deploy.tools import Skipped, cache

RELEASE = "trixie"
BASE = f"localhost/syncd-test-base:{RELEASE}"
IMAGE = "localhost/syncd-test"
MOMENT = 1_790_000_000  # of whatever is the same each time
_PROGRAMS = ("buildah", "podman", "conmon", "runc", "mmdebstrap")
_PACKAGES = (*_PROGRAMS, "netavark", "aardvark-dns")  # podman does not start without a network's

# Debian's own image for containers leaves these out, too.
_SLIM = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
)
_CLEAN = """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""
# runc, because crun fails where cgroups of both kinds are mounted; limits, because the default ones
# are more than a machine without them may give; no systemd is asked for anything.
_ENGINE = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""


class Failed(Exception):
    """A program that had to succeed did not."""


class Machine:
    """Its images are kept apart from the machine's own, in the tests' cache."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._home = cache() / "image"
        self._environment = dict(os.environ)

    @contextmanager
    def ready(self) -> Iterator[Self]:
        """One run at a time. Raises `Skipped` where it cannot be done."""
        if os.geteuid() != 0:
            raise Skipped("containers with limits need root")
        _install()
        self._home.mkdir(exist_ok=True)
        with (self._home / "lock").open("w") as lock, tempfile.TemporaryDirectory() as folder:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._configure(Path(folder))
            # What a run that was killed left behind.
            self.podman("rm", "--all", "--force", "--time=0")
            self.podman("volume", "prune", "--force")
            yield self

    def run(self, *command: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """`expect` None: any exit code."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if expect is not None and done.returncode != expect:
            said = (done.stdout + done.stderr)[-3000:]
            raise Failed(f"{' '.join(command[:4])} …: exit code {done.returncode}\n{said}")
        return done

    def podman(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        # Without systemd as process 1, it complains about the timers of health checks.
        return self.run("podman", "--log-level=fatal", *arguments, expect=expect)

    def has_base(self) -> bool:
        return self.podman("image", "exists", BASE, expect=None).returncode == 0

    def make_base(self) -> None:
        """What `debian:…-slim` is, from Debian's packages."""
        with tempfile.TemporaryDirectory() as folder:
            tar, clean = Path(folder) / "base.tar", Path(folder) / "docker-clean"
            clean.write_text(_CLEAN, encoding="utf-8")
            self.run(
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                "--include=usr-is-merged",
                "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
                *(f"--dpkgopt={line}" for line in _SLIM),
                "--skip=cleanup/apt",
                '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*',
                f"--customize-hook=copy-in {clean} /etc/apt/apt.conf.d",
                RELEASE,
                str(tar),
            )
            self.podman("import", "--quiet", str(tar), BASE)

    def build(self, dockerfile: str, *, again: bool = False) -> str:
        """The image's id. `again`: as for a release, with nothing of a former build, one moment for
        all, and no random names in it (buildah before 1.41 writes some in Docker's format)."""
        how = ["--format=docker", "--layers", f"--tag={IMAGE}"]  # OCI's has no HEALTHCHECK
        if again:
            how = ["--format=oci", "--layers=false", "--no-cache", f"--timestamp={MOMENT}"]
        with tempfile.TemporaryDirectory() as folder:
            secrets = _pip_secrets(Path(folder))
            done = self.run(
                "buildah",
                "build",
                "--quiet",
                "--pull-never",
                "--isolation=chroot",
                "--network=host",
                *how,
                f"--build-arg=BASE_IMAGE={BASE}",
                f"--build-arg=SOURCE_DATE_EPOCH={MOMENT}",
                *(f"--secret={secret}" for secret in secrets),
                f"--file={dockerfile}",
                ".",
            )
        # The layers of former builds, else they add up.
        self.podman("image", "prune", "--force", "--filter=until=24h")
        return done.stdout.split()[-1]

    def _configure(self, folder: Path) -> None:
        engine, storage = folder / "containers.conf", folder / "storage.conf"
        engine.write_text(_ENGINE, encoding="utf-8")
        storage.write_text(
            f'[storage]\ndriver = "{_driver(self._home)}"\n'
            f'graphroot = "{self._home / "storage"}"\nrunroot = "/run/syncd-image-test"\n',
            encoding="utf-8",
        )
        self._environment["CONTAINERS_CONF"] = str(engine)
        self._environment["CONTAINERS_STORAGE_CONF"] = str(storage)


def _install() -> None:
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise Skipped(f"{', '.join(missing)} not installed, and there is no apt-get")
    install = ["install", "--yes", "--no-install-recommends", *_PACKAGES]
    if _apt(install) and (_apt(["update"]) or (why := _apt(install))):
        raise Skipped(f"{', '.join(missing)} could not be installed: {why[-300:]}")


def _apt(arguments: Sequence[str]) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip() or "no reason given"


def _driver(folder: Path) -> str:
    """Overlay does not work upon itself; vfs does everywhere, and is slow."""
    kind = subprocess.run(
        ["stat", "--file-system", "--format=%T", str(folder)], capture_output=True, text=True
    )
    return "vfs" if kind.stdout.strip() == "overlayfs" else "overlay"


def _pip_secrets(folder: Path) -> list[str]:
    """This machine's way to packages, for the build alone."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    found = {}
    for line in listing.stdout.splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = value.strip("'\"")
    lines = [f"{name} = {value}" for name, value in found.items() if "://" in value]
    secrets = [f"id=pipconf,src={folder / 'pip.conf'}"]
    authorities = Path(found.get("cert") or "/etc/ssl/certs/ca-certificates.crt")
    if authorities.is_file():
        lines.append("cert = /run/buildcfg/ca.crt")
        secrets.append(f"id=buildca,src={authorities}")
    content = "\n".join(["[global]", *(line for line in lines if "file:" not in line), ""])
    (folder / "pip.conf").write_text(content, encoding="utf-8")
    return secrets
