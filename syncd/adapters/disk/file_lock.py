"""Locks between processes: flock(2) on a file, which the kernel frees however its holder dies.

A lock's file is never deleted: between a deletion and the next creation, two processes could hold
"the" lock on two files.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def open_lock_file(path: Path | str) -> int:
    """A descriptor, for the caller to close; the file (mode 0600) and its folder are made."""
    flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_private(Path(path).parent)
        return os.open(path, flags, 0o600)


def make_private(folder: Path) -> None:
    """A folder that is there already stays as open as it is; all that are made are ours alone.
    `OSError`.

    `Path.mkdir(parents=True)` leaves those above the last one open to everybody.
    """
    for one in reversed([folder, *folder.parents]):
        if not one.is_dir():
            one.mkdir(mode=0o700, exist_ok=True)


def try_lock(descriptor: int) -> bool:
    """Whether the file is ours alone now. `OSError` on a file system without locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(descriptor: int, *, shared: bool = False) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
