"""Locks between the processes that share a state folder: a file for each dataset.

The files are tiny, and stay. The kernel frees a lock however its holder dies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from syncd.adapters.disk.file_lock import open_lock_file, try_lock
from syncd.core.errors import SpoolError
from syncd.core.reasons import Fact
from syncd.core.shortages import shortage_in

_LONGEST_NOTE = 1000  # bytes


class FileLocks:
    """The `Store` of `adapters.locks`, in a folder that it makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, portal: str, dataset: str) -> LockFile:
        """`SpoolError` when the folder cannot be used."""
        return LockFile(self._folder, portal, dataset)

    @contextmanager
    def take_free(
        self, portal: str, datasets: Collection[str], note: Mapping[str, Fact]
    ) -> Iterator[tuple[Collection[str], None]]:
        """`SpoolError` when the folder cannot be used, or has too many open files."""
        held: list[str] = []
        with ExitStack() as stack:
            for dataset in datasets:
                with ExitStack() as one:
                    place = self.place(portal, dataset)
                    one.callback(place.leave)
                    if place.take(note):
                        held.append(dataset)
                        stack.push(one.pop_all())
            yield tuple(held), None


class LockFile:
    """The `Place` of `adapters.locks`. An open file, from the beginning until `leave`."""

    hold = None  # only the end of this process takes it away

    def __init__(self, folder: Path, portal: str, dataset: str) -> None:
        name = hashlib.sha256(f"{portal}\n{dataset}".encode()).hexdigest()[:32]
        self._folder = folder
        self._is_ours = False
        try:
            # Not by `/`: a round takes thousands, and pathlib longer than the disk.
            self._descriptor = open_lock_file(f"{folder}{os.sep}{name}.lock")
        except OSError as error:
            raise self._unusable(error) from error

    def take(self, note: Mapping[str, Fact]) -> bool:
        try:
            self._is_ours = try_lock(self._descriptor)
        except OSError as error:
            raise self._unusable(error) from error
        if self._is_ours:
            self._sign(json.dumps(note).encode())
        return self._is_ours

    def _sign(self, note: bytes) -> None:
        """The file's date, set by this write, says since when."""
        with suppress(OSError):  # a full disk must not cost the lock
            if os.fstat(self._descriptor).st_size:  # its last holder died
                os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, note, 0)

    def holder(self) -> Mapping[str, Fact] | None:
        try:
            note = json.loads(os.pread(self._descriptor, _LONGEST_NOTE, 0))
            since = datetime.fromtimestamp(os.fstat(self._descriptor).st_mtime, UTC)
            who: dict[str, Fact] = {"pid": note["pid"], "host": note["host"]}
            if "by" in note:
                who |= {"command": str(note["command"]), "by": str(note["by"])}
            return {**who, "since": since.isoformat()}
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def leave(self) -> None:
        with suppress(OSError):
            if self._is_ours:
                os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _unusable(self, error: OSError) -> SpoolError:
        shortage = shortage_in(error)
        if shortage is not None:
            return SpoolError(shortage.reason.code)
        return SpoolError(
            "lock_folder", folder=str(self._folder), detail=error.strerror or str(error)
        )
