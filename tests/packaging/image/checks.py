"""What must be so of the image, and of a container that runs it."""

from __future__ import annotations

import json
import re
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.packaging.image.container import Container, Production, once
from tests.packaging.image.machine import Machine
from tests.packaging.image.units import ENOUGH, PYTEST, SHARE, prepare
from tests.packaging.image.world import TITLES, UID, Runtime, out_of_reach, world
from tools import sbom

LARGEST = (
    320  # MB, of the image (decisions 32, 49, 69, 74, 75: 60 to look into files, 15 for PostgreSQL)
)
SOON = 10.0  # seconds to be healthy
AT_ONCE = 5.0  # seconds to stop when nothing is under way
RESERVE = 10  # seconds of the grace that must be left, whatever is under way
TIGHT = 160  # MiB for a container that publishes a file of 256 MiB
CYCLE = 120.0  # seconds until its first cycle has ended

# None of these may be in the image: what makes programs, and what fetches them.
_UNWANTED = ("gcc", "cc", "g++", "c++", "clang", "tcc", "make", "ld", "as", "git", "curl", "wget")
_UNWANTED_MODULES = ("pip", "ensurepip", "setuptools", "wheel", "hatchling", "pytest", "werkzeug")
# Where boto3 may ask for keys: what the image leaves out of botocore must not be among them.
_AWS = ("s3", "sts", "sso", "sso-oidc", "signin")


@dataclass(frozen=True)
class Row:
    passed: bool
    name: str
    detail: str


@dataclass(frozen=True)
class Bench:
    """What a group of checks works with. `check` notes one result."""

    machine: Machine
    image: str
    production: Production
    check: Callable[[str, bool, object], None]

    def options(self, *more: str, **environment: str) -> list[str]:
        settings = {**self.production.environment, **environment}
        return [*self.production.options, *(f"--env={k}={v}" for k, v in settings.items()), *more]


def configuration(bench: Bench) -> None:
    """What the image says of itself."""
    machine, check = bench.machine, bench.check
    (found,) = json.loads(machine.podman("image", "inspect", bench.image).stdout)
    config = found["Config"]
    project = tomllib.loads((machine.root / "pyproject.toml").read_text(encoding="utf-8"))
    labels = config.get("Labels") or {}
    megabytes = round(found["Size"] / 1e6)
    check(f"image of at most {LARGEST} MB", megabytes <= LARGEST, f"{megabytes} MB")
    check("user is a number, not root", config.get("User") == f"{UID}:{UID}", config.get("User"))
    check("entry point in exec form", config["Entrypoint"] == ["syncd"], config["Entrypoint"])
    check("runs the service", config["Cmd"] == ["run"], config["Cmd"])
    check("stops by SIGTERM", config.get("StopSignal") == "SIGTERM", config.get("StopSignal"))
    check("port 8080 named", set(config.get("ExposedPorts") or ()) == {"8080/tcp"}, "")
    health = (found.get("Healthcheck") or {}).get("Test")
    check("health check in exec form", health == ["CMD", "syncd", "health"], health)
    check(
        "labels: title, licence, version",
        labels.get("org.opencontainers.image.title") == "syncd"
        and labels.get("org.opencontainers.image.licenses") == project["project"]["license"]
        and labels.get("org.opencontainers.image.version") == project["project"]["version"],
        labels.get("org.opencontainers.image.version"),
    )
    address = [v for v in config["Env"] if v.startswith("SYNCD_HTTP_ADDRESS")]
    check("health on loopback by default", not address, "".join(address))


def content(bench: Bench) -> None:
    """What is in the image, and what is not."""
    check = bench.check
    options = bench.options("--network=none")
    code, said = once(bench.machine, bench.image, options, ["--version"])
    check("syncd --version", code == 0 and bool(re.search(r"\d+\.\d+\.\d+", said)), said)
    options = bench.options("--network=none", SYNCD_LANG="fr")
    code, said = once(bench.machine, bench.image, options, ["--help"])
    check("syncd speaks French", code == 0 and said.startswith("Usage\u00a0:"), said[:200])
    code, said = _python(bench, _LOOK_AROUND, "--user=0")  # who sees more
    try:
        found: dict[str, list[str]] = json.loads(said)
    except ValueError:
        check("a look around in the image", False, said)
        return
    check("no compiler, no downloader", not found["programs"], found["programs"])
    check("no pip, nothing of the tests", not found["modules"], found["modules"])
    check("no program that makes one root", not found["setuid"], found["setuid"])
    check("syncd cannot change itself", not found["writable"], found["writable"][:3])
    check("no trace of the build's secrets", not found["traces"], found["traces"])
    check("nothing that differs from build to build", not found["varying"], found["varying"][:3])
    check("compiled files that no time makes stale", found["compiled"] == ["1"], found["compiled"])
    code, said = _python(bench, _CLIENTS)
    check("S3, roles and single sign-on in boto3", code == 0, said[-200:])
    code, said = _python(bench, _NAMES)
    check("similar names are found", code == 0, said[-200:])


def inventory(bench: Bench) -> None:
    """What the list of its parts says (CycloneDX), beside the pins."""
    machine = bench.machine
    root = Path(machine.podman("image", "mount", bench.image).stdout.strip())
    try:
        document = sbom.of_root(root)
    finally:
        machine.podman("image", "unmount", bench.image, expect=None)
    purls = [one["purl"].partition("?")[0] for one in document["components"] if "purl" in one]
    debian = sum(purl.startswith("pkg:deb/") for purl in purls)
    bench.check("Debian's packages are in the list", debian > 80, debian)
    pinned = (machine.root / "constraints.hashes.txt").read_text(encoding="utf-8")
    pins = set(re.findall(r"^[a-z0-9-]+==[^ ]+", pinned, re.MULTILINE))
    python = {
        re.sub(r"[-_.]+", "-", name) + f"=={version}"
        for name, version in re.findall(r"^pkg:pypi/(.+)@(.+)$", "\n".join(purls), re.MULTILINE)
    }
    bench.check(
        "Python's are, and are the pinned ones",
        len(python) > 50 and python <= pins,
        sorted(python - pins) or len(python),
    )


def units(bench: Bench) -> None:
    """Unit tests, by the image's own Python and packages."""
    python = _python(bench, "import sysconfig; print(sysconfig.get_path('purelib'))")[1]
    with _home() as home:
        began = time.monotonic()
        prepared = prepare(bench.machine, Path(python), home)
        said = f"made ready in {time.monotonic() - began:.0f} s"
        done = bench.machine.podman(
            *("run", "--rm", "--timeout=1500", "--network=none", "--tmpfs=/tmp", "--user=0"),
            *(
                f"--env=EVERY_NTH={SHARE}",
                f"--env=SYNCD_TEST_SHARE={SHARE}",
                "--env=HOME=/tmp",
                *prepared,
            ),
            *("--entrypoint=python", bench.image, *PYTEST),
            expect=None,
        )
    lines = done.stdout.strip().splitlines()
    last = next((line for line in lines[::-1] if " passed" in line or " failed" in line), "")
    passed = done.returncode == 0 and int((re.findall(r"(\d+) passed", last) or ["0"])[0]) > ENOUGH
    wrong = "\n".join(line for line in lines if line.startswith(("FAILED", "ERROR", "E  ")))
    bench.check(
        f"every {SHARE}. unit test passes" if SHARE > 1 else "unit tests pass",
        passed,
        f"{last}; {said}" if passed else f"{last}\n{wrong[-3000:]}\n{done.stderr[-1000:]}",
    )


def alone(bench: Bench) -> None:
    """The service, with nobody in reach: it lives, and it stops."""
    check, production = bench.check, bench.production
    with _home() as home, _volume(bench) as state:
        mounts = [*out_of_reach(home).options, f"--volume={state}:/state"]
        options = bench.options("--network=none", *mounts)
        with Container(bench.machine, bench.image, options) as container:
            seconds = container.wait_until_healthy()
            check("healthy soon", seconds < SOON, f"{seconds:.1f} s")
            command = container.proc("cmdline").split("\0")[:-1]
            is_first = container.status("NSpid").split()[-1] == "1"
            names = [Path(word).name for word in command]
            check("process 1 is syncd", is_first and names[-2:] == ["syncd", "run"], names)
            _confined(container, check, production)
            code, _ = container.execute("syncd", "status")
            check("status in the running container", code in (0, 3), f"exit code {code}")
            container.signal("HUP")
            container.signal("USR1")
            check("lives on after SIGHUP and SIGUSR1", container.health() == 0, "")
            seconds, code = container.stop(production.grace)
            check("stops by itself, exit code 0", code == 0, f"exit code {code}")
            in_time = seconds < production.grace - RESERVE
            check(f"stops amid retries within {production.grace} s", in_time, f"{seconds:.1f} s")
            said = '"event": "service.stopped"' in container.logs()
            check("says that it stopped", said, "")


def mistakes(bench: Bench) -> None:
    """What is wrong is said, by the exit code too."""
    check = bench.check
    code, said = once(bench.machine, bench.image, bench.options("--network=none"), [])
    check("without manifest and secrets: exit code 2", code == 2, f"exit code {code}")
    check("… and no traceback", "Traceback" not in said, "")
    with _home() as home:
        # What a volume is when nobody gave it to the image's user.
        (home / "state").mkdir(mode=0o755)
        mounts = [*out_of_reach(home).options, f"--volume={home / 'state'}:/state"]
        options = bench.options("--network=none", *mounts)
        code, said = once(bench.machine, bench.image, options, ["run"])
        check("state not writable: exit code 1", code == 1, f"exit code {code}")
        check("… said with the setting's name", "SYNCD_STATE_DIR" in said, said[:60])
    code, _ = once(bench.machine, bench.image, bench.options("--network=none"), ["health"])
    check("health without a service: exit code 1", code == 1, f"exit code {code}")


def work(bench: Bench) -> None:
    """The main job, in less memory than the largest file has bytes."""
    check = bench.check
    with _home() as home, world(home) as met, _volume(bench) as state:
        limit = [f"--memory={TIGHT}m", f"--memory-swap={TIGHT}m"]
        mounts = [*met.folders.options, f"--volume={state}:/state"]
        options = bench.options(
            "--network=host", *mounts, *limit, SYNCD_HTTP_ADDRESS=f"127.0.0.1:{met.port}"
        )
        with Container(bench.machine, bench.image, options) as container:
            container.wait_until_healthy()
            last = _first_cycle(container, met)
            went_well = last["exit_code"] == 0
            detail = last["summary"] if went_well else f"{last['summary']}\n{_why(container)}"
            check("first cycle of the service: exit code 0", went_well, detail)
            for key, title in TITLES.items():
                there = met.is_published(key, title)
                check(f"published: {key}", there, "" if there else sorted(met.online()))
            check("three uploads for three files", met.uploads() == 3, met.uploads())
            peak = int(container.status("VmHWM").split()[0]) // 1024
            killed = container.state["OOMKilled"]
            check(f"256 MiB through {TIGHT} MiB", not killed, f"at most {peak} MiB resident")
            metrics = met.metrics()
            counted = re.search(r'syncd_cycles_total\{.*result="ok".*} 1\.0', metrics)
            check("metrics count the cycle", counted is not None, "")
            seconds, code = container.stop(bench.production.grace)
            check("stops after work, exit code 0", code == 0, f"exit code {code}")
            check("stops at once when idle", seconds < AT_ONCE, f"{seconds:.1f} s")
        code, _ = once(bench.machine, bench.image, options, ["sync"])
        check("a cycle of another container: exit code 0", code == 0, f"exit code {code}")
        check("… sends nothing twice", met.uploads() == 3, met.uploads())


def limits(bench: Bench) -> None:
    """The memory limit bites: what wants more is killed."""
    wanted = bench.production.memory * 2
    code, _ = _python(bench, f"bytearray({wanted})[::4096] = bytes({wanted} // 4096)")
    bench.check("too much memory: killed", code == 137, f"exit code {code}")


Group = Callable[[Bench], None]
GROUPS: tuple[Group, ...] = (
    configuration,
    content,
    inventory,
    units,
    alone,
    mistakes,
    work,
    limits,
)


def _confined(
    container: Container, check: Callable[[str, bool, object], None], production: Production
) -> None:
    """What a break-in would find."""
    uid, caps = container.status("Uid"), container.status("CapEff")
    check("not root", "0" not in uid.split(), f"uid {uid.split()[0]}")
    check("no capabilities", int(caps, 16) == 0, caps)
    privileges = container.status("NoNewPrivs")
    check("no new privileges", privileges == "1", privileges)
    check("system calls are filtered", container.status("Seccomp") == "2", "")
    root = next(line for line in container.proc("mountinfo").splitlines() if _is_root(line))
    check("root is read-only", "ro" in root.split()[5].split(","), root.split()[5])
    code, said = container.execute("touch", "/opt/probe", user="0")
    check("… for root, too", code != 0 and "Read-only" in said, said)
    for folder, expected in (("/state", 0), ("/tmp", 0), ("/config", 1), ("/run/secrets", 1)):
        code, _ = container.execute("sh", "-c", f"> {folder}/probe")
        word = "writable" if expected == 0 else "not writable"
        check(f"{folder} is {word}", (code == 0) == (expected == 0), "")
    memory = _limit(container, "memory", ("memory.max", "memory.limit_in_bytes"))
    check("memory limit in force", memory == str(production.memory), memory)
    processes = _limit(container, "pids", ("pids.max",))
    check("limit of processes in force", processes.isdigit(), processes)


def _is_root(line: str) -> bool:
    return line.split()[4] == "/"


def _limit(container: Container, controller: str, names: tuple[str, ...]) -> str:
    """The kernel's own word, whichever of the two kinds of cgroups has this controller."""
    for line in container.proc("cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", controller):
            for name in names:
                file = Path("/sys/fs/cgroup") / controllers / path.lstrip("/") / name
                if file.exists():
                    return file.read_text(encoding="utf-8").strip()
    return "not found"


def _first_cycle(container: Container, met: Runtime) -> dict[str, Any]:
    """Waited for from outside: a command in the container would want 50 of its MiB meanwhile."""
    began = time.monotonic()
    while not re.search(r"syncd_cycles_total\{.*} 1\.0", met.metrics()):
        # Asking for the state is the pause.
        if container.state["Status"] != "running" or time.monotonic() - began > CYCLE:
            raise TimeoutError(f"no cycle ended:\n{container.logs()[-800:]}")
    _, said = container.execute("syncd", "status", "--json")
    return dict(json.loads(said[said.index("{") :])["last_cycle"])


def _why(container: Container) -> str:
    """What the service said of failures."""
    failed = [line for line in container.logs().splitlines() if '"level": "info"' not in line]
    return "\n".join(failed[-5:])


def _python(bench: Bench, program: str, *more: str) -> tuple[int, str]:
    options = bench.options("--network=none", "--entrypoint=python3", *more)
    return once(bench.machine, bench.image, options, ["-c", program])


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="syncd-image-") as folder:
        yield Path(folder)


@contextmanager
def _volume(bench: Bench) -> Iterator[str]:
    name = bench.machine.podman("volume", "create").stdout.strip()
    try:
        yield name
    finally:
        bench.machine.podman("volume", "rm", "--force", name, expect=None)


_LOOK_AROUND = f"""
import importlib.util, json, os, shutil, stat
setuid, writable, traces, varying, compiled = [], [], [], [], set()
for top, folders, files in os.walk("/"):
    if top in ("/proc", "/sys", "/dev"):
        folders.clear()
        continue
    for name in [*files, *folders]:
        path = os.path.join(top, name)
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            setuid.append(path)
        if path.startswith(("/opt/", "/usr/", "/etc/")) and not stat.S_ISLNK(mode):
            if os.stat(path).st_uid == {UID} or mode & stat.S_IWOTH:
                writable.append(path)
        if name in ("pip.conf", "buildcfg", ".cache") or path == "/src":
            traces.append(path)
        if stat.S_ISREG(mode) and os.path.getsize(path) and (
            path.startswith(("/var/log/", "/var/lib/apt/lists/", "/var/cache/ldconfig/"))
            or path in ("/etc/machine-id", "/var/lib/dbus/machine-id")
            or path.startswith("/var/") and path.endswith("-old")
        ):
            varying.append(path)
        if name.endswith(".pyc"):
            with open(path, "rb") as file:
                compiled.add(str(file.read(8)[4]))  # 1: known by a hash that nobody checks
os.environ["PATH"] += ":/usr/local/bin:/sbin:/usr/sbin"
print(json.dumps({{
    "programs": [one for one in {_UNWANTED!r} if shutil.which(one)],
    "modules": [one for one in {_UNWANTED_MODULES!r} if importlib.util.find_spec(one)],
    "setuid": setuid, "writable": writable, "traces": traces,
    "varying": varying, "compiled": sorted(compiled),
}}))
"""
_CLIENTS = f"""
import boto3
for name in {_AWS!r}:
    boto3.client(name, region_name="eu-west-3")
"""
# What the image leaves out of rapidfuzz must not be missed.
_NAMES = """
from rapidfuzz import process
from rapidfuzz.distance import Indel
found = process.extract("musees_2025", ["musee_2025"], scorer=Indel.normalized_similarity)
raise SystemExit(found[0][1] < 0.9)
"""
