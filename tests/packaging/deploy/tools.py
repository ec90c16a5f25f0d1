"""Where the linters' programs are: beside this Python, on the machine, or fetched from Debian."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


class Skipped(Exception):
    """The tool cannot be had here; says why."""


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise Skipped(f"{name} is not installed")
    return found


def cache() -> Path:
    """Where tests keep what takes long to fetch."""
    chosen = os.environ.get("SYNCD_TEST_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(chosen) if chosen else Path(base) / "syncd-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def promtool() -> str:
    """The machine's own, or the one in Debian's `prometheus`: unpacked, not installed."""
    if found := shutil.which("promtool"):
        return found
    binary = cache() / "bin" / "promtool"
    with (cache() / "promtool.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs do not fetch it at once
        if not binary.exists():
            with tempfile.TemporaryDirectory(dir=cache()) as folder:
                _download("prometheus", Path(folder))
                binary.parent.mkdir(exist_ok=True)
                (Path(folder) / "usr" / "bin" / "promtool").rename(binary)
    return str(binary)


def _download(package: str, folder: Path) -> None:
    """The files of a Debian package."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Skipped(f"no promtool, and this is no Debian to take {package} from")
    if _apt(folder, "download", package):
        # The machine's lists of packages are missing or old: lists of our own need no root.
        (folder / "lists" / "partial").mkdir(parents=True)
        ours = ["-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}"]
        why = _apt(folder, *ours, "update") or _apt(folder, *ours, "download", package)
        if why:
            raise Skipped(f"{package} could not be downloaded: {why}")
    (deb,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(deb), str(folder)], check=True)


def _apt(folder: Path, *arguments: str) -> str:
    """Its last words when it failed, else nothing."""
    # Without a sandbox of its own, because `_apt` cannot enter our folder.
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *arguments]
    done = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return "" if done.returncode == 0 else (done.stdout.strip() or "no reason given")[-300:]
