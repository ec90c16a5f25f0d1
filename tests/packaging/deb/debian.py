"""A Debian to install the package on, and the package, of two revisions."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.deploy.tools import Skipped
from tests.packaging.image.machine import Machine
from tools import deb

_RELEASES = {(3, 11): "bookworm", (3, 13): "trixie"}
_LATER = (
    "uses-no-compression-for-control-tarball",
    "uses-no-compression-for-data-tarball",
    "bogus-mail-host",
    "bogus-mail-host-in-debian-changelog",
    "root-in-contact",
)


@dataclass(frozen=True)
class Packages:
    older: Path
    newer: Path


def base(machine: Machine) -> str:
    """The name of its image. Raises `Skipped` where no Debian has this Python."""
    for program in ("dpkg-deb", "git"):
        if shutil.which(program) is None:
            raise Skipped(f"{program} is not installed")
    release = _RELEASES.get(sys.version_info[:2])
    if release is None:
        raise Skipped(f"no Debian has Python {sys.version_info[0]}.{sys.version_info[1]}")
    name = f"localhost/syncd-test-debian:{release}"
    if machine.podman("image", "exists", name, expect=None).returncode != 0:
        with tempfile.TemporaryDirectory() as folder:
            tar = Path(folder) / "debian.tar"
            # What syncd.deb depends on is there, so that `apt` needs no network.
            wanted = "usr-is-merged,adduser,python3"
            machine.run(
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                f"--include={wanted}",
                "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
                release,
                str(tar),
            )
            machine.podman("import", "--quiet", str(tar), name)
    return name


def packages(into: Path) -> Packages:
    """Not compressed, which takes minutes and changes nothing of what is in them."""
    with tempfile.TemporaryDirectory() as folder:
        deb.prepare(Path(folder))
        return Packages(*(deb.pack(Path(folder), into, one, "none") for one in ("1", "2")))


def is_reproducible(made: Path) -> bool:
    """Whether the older one, made once more, is the same."""
    with tempfile.TemporaryDirectory() as folder:
        return _digest(deb.build(Path(folder), "1", "none")) == _digest(made)


def lintian(made: Path) -> str:
    """What Debian's checker says; "" when it is content."""
    # Compression, and who keeps the package, are told where it is made for good.
    command = ["lintian", "--allow-root", f"--suppress-tags={','.join(_LATER)}", str(made)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip()


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
