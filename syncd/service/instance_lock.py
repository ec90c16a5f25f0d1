"""Tells other processes that a service lives: a shared lock on a file in the state folder.

However the service dies, nobody is believed to live because of a stale note.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from syncd.adapters.disk.file_lock import open_lock_file, try_lock, wait_for_lock
from syncd.core.errors import SpoolError, UsageError

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
            raise _unusable(state_dir, error) from error

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


@contextmanager
def no_service(state_dir: Path) -> Iterator[None]:
    """No service lives on this state folder, and one that starts inside the block waits for its
    end. `UsageError` where one lives; `SpoolError` where the folder is unusable."""
    try:
        descriptor = open_lock_file(state_dir / FILE)
    except OSError as error:
        raise _unusable(state_dir, error) from error
    try:
        if not _is_taken(descriptor, state_dir):
            raise UsageError("restore_service", path=str(state_dir))
        yield
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int, state_dir: Path) -> bool:
    try:
        return try_lock(descriptor)
    except OSError as error:
        raise _unusable(state_dir, error) from error


def _unusable(state_dir: Path, error: OSError) -> SpoolError:
    detail = error.strerror or str(error)
    return SpoolError("lock_folder", folder=str(state_dir), detail=detail)
