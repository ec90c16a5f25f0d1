"""Tells other processes that a service lives: a shared lock on a file in the state folder.

However the service dies, nobody is believed to live because of a stale note.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from syncd.adapters.disk.file_lock import open_lock_file, try_lock, wait_for_lock
from syncd.core.errors import SpoolError

FILE = "service.lock"


class InstanceLock:
    """Held from its making to the end of the block. `SpoolError` where the folder is unusable.

    `alone`: no other service lived when this one came.
    """

    def __init__(self, state_dir: Path) -> None:
        try:
            self._descriptor = open_lock_file(state_dir / FILE)
            self.alone = try_lock(self._descriptor)
            wait_for_lock(self._descriptor, shared=True)
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
        return not try_lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
