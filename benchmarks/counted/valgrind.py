"""Counting the instructions of one process, by valgrind's callgrind.

Not `perf stat`: the processor's own counter is not to be had on most virtual machines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SOURCE = Path(__file__).with_name("counting.c")
_HEADER = Path("/usr/include/valgrind/callgrind.h")
_COUNTED = re.compile(r"^==\d+== Collected : (\d+)$", re.MULTILINE)
# Whatever would choose other instructions, or other ones each time.
_FIXED = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": str(_ROOT),
}


class Missing(Exception):
    """Nothing can be counted here; says why."""


class Failed(Exception):
    """The counted process did not end as it should."""


def install() -> None:
    """valgrind and a C compiler, from Debian's packages where they are missing. `Missing`."""
    wanted = {
        "valgrind": shutil.which("valgrind") and _HEADER.exists(),
        "gcc": shutil.which("cc"),
        "util-linux": shutil.which("setarch"),
    }
    missing = [package for package, found in wanted.items() if not found]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing(f"{' and '.join(missing)} is missing, and cannot be installed here")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["update"],
        ["install", "--yes", "--no-install-recommends", *missing, "libc6-dev"],
    ):
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *words],
            env=environment,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        raise Missing(f"{' and '.join(missing)} could not be installed: {done.stdout[-300:]}")


def library(folder: Path) -> Path:
    """What begins and ends the counting, compiled into this folder."""
    made = folder / "counting.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(_SOURCE)], check=True)
    return made


def instructions(counting: Path, job: str, settings: Mapping[str, str]) -> int:
    """How many the job needs, of its own process alone. `Failed`."""
    with tempfile.TemporaryDirectory(prefix="syncd-counted-") as folder:
        # Addresses are part of what a dictionary does.
        valgrind = ["setarch", "-R", "valgrind", "--tool=callgrind", "--instr-atstart=no"]
        done = run(
            [*valgrind, "--callgrind-out-file=/dev/null"], counting, job, settings, Path(folder)
        )
    found = _COUNTED.search(done.stderr)
    if done.returncode or not found or found[1] == "0":
        raise Failed(f"{job}: exit code {done.returncode}\n{done.stderr[-3000:]}")
    return int(found[1])


def warm_up(counting: Path, job: str, settings: Mapping[str, str]) -> None:
    """Without valgrind: afterwards modules are compiled, and the state is a second run's."""
    with tempfile.TemporaryDirectory(prefix="syncd-counted-") as folder:
        without = {**settings, "PYTHONDONTWRITEBYTECODE": ""}
        done = run([], counting, job, without, Path(folder))
    if done.returncode:
        raise Failed(f"{job}: exit code {done.returncode}\n{done.stderr[-3000:]}")


def run(
    before: list[str], counting: Path, job: str, settings: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, sys.executable, "-m", "benchmarks.counted.jobs", str(counting), job],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **_FIXED, **settings},
        check=False,
        capture_output=True,
        text=True,
    )
