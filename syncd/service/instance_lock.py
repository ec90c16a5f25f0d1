"""Tells other processes that a service lives: a shared lock on a file in the state folder.

The kernel frees it however the service dies, so nobody is believed to live because of a stale note.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from syncd.core.errors import SpoolError

FILE = "service.lock"


class InstanceLock:
    """Held from its making to the end of the block. `SpoolError` where the folder is unusable.

    `alone`: no other service lived when this one came.
    """

    def __init__(self, state_dir: Path) -> None:
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC
            self._descriptor = os.open(state_dir / FILE, flags, 0o600)
            self.alone = _try_to_lock(self._descriptor)
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        except OSError as error:
            raise SpoolError(
                "lock_folder", folder=str(state_dir), detail=error.strerror or str(error)
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def is_anyone_there(state_dir: Path) -> bool:
    """Whether a service lives on this state folder."""
    try:
        descriptor = os.open(state_dir / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try_to_lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _try_to_lock(descriptor: int) -> bool:
    """Whether it could be had: nobody else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
