"""Where the linters' programs are: beside this Python, on the machine, or fetched from Debian."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
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
    """The machine's own, or that of Debian's `prometheus`, which is unpacked and not installed."""
    if found := shutil.which("promtool"):
        return found
    home = cache() / "promtool"
    binary = home / "usr" / "bin" / "promtool"
    with (cache() / "promtool.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs do not fetch it at once
        if not binary.exists():
            _unpack("prometheus", home)
    return str(binary)


def _unpack(package: str, home: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Skipped("promtool is not installed, and this is no Debian to take it from")
    new = home.with_name(f"{home.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        if _apt(new, "download", package):
            # The machine's lists of packages are missing or old: lists of our own need no root.
            lists = new / "lists"
            (lists / "partial").mkdir(parents=True)
            ours = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={new / 'cache'}"]
            why = _apt(new, *ours, "update") or _apt(new, *ours, "download", package)
            if why:
                raise Skipped(f"{package} could not be downloaded: {why}")
        (deb,) = new.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(deb), str(new)], check=True)
        deb.unlink()
        new.rename(home)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _apt(folder: Path, *arguments: str) -> str:
    """Its last words when it failed, else nothing."""
    # Without a sandbox of its own, because `_apt` cannot enter our folder.
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *arguments]
    done = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return "" if done.returncode == 0 else (done.stdout.strip() or "no reason given")[-300:]
