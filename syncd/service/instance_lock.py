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
    """Held while the service lives. `alone`: no other one lived when this one came."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self.alone = False

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.alone = True
            except BlockingIOError:
                pass
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        except OSError as error:
            raise SpoolError(
                "lock_folder", folder=str(self._path.parent), detail=error.strerror or str(error)
            ) from error
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
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
