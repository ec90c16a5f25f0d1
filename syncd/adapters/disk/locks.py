"""One dataset, one syncd: locks between the processes that share a state folder."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import structlog

from syncd.adapters.disk.file_lock import open_lock_file, try_lock
from syncd.core.errors import LockHeld, SpoolError
from syncd.core.reasons import Fact, Reason, because
from syncd.core.shortages import shortage_in

log = structlog.get_logger("syncd.lock")

_POLL = 0.2  # seconds between two tries
_LONGEST_NOTE = 1000  # bytes
_LONGEST_NAME = 60  # letters, of up to twelve bytes each as JSON writes them


class DatasetLocks:
    """`clock` is monotonic and `wait` sleeps, both in seconds. `allows` says whether it may do so
    now, `waiting` is told why, once for each wait.

    The files are tiny, one per dataset, and stay.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], object],
        allows: Callable[[float], bool] = lambda _: True,
        waiting: Callable[[Reason, float], None] = lambda _, __: None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._wait = wait
        self._allows = allows
        self._waiting = waiting

    @contextmanager
    def hold(
        self, portal: str, dataset: str, patience: float, command: str = "", by: str = ""
    ) -> Iterator[None]:
        """The dataset is ours inside the block. Waits up to `patience` seconds for it.

        `LockHeld` when another holds it still; `SpoolError` when the folder cannot be used.
        """
        descriptor = self._open(portal, dataset)
        try:
            self._acquire(descriptor, dataset, patience)
            try:
                _sign(descriptor, _note(command, by))
                yield
            finally:
                with suppress(OSError):
                    os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    @contextmanager
    def hold_free(
        self, portal: str, datasets: Collection[str], command: str = "", by: str = ""
    ) -> Iterator[Collection[str]]:
        """`SpoolError` when the folder cannot be used, or has too many open files."""
        note = _note(command, by)
        held: dict[str, int] = {}
        try:
            for dataset in datasets:
                descriptor, is_ours = self._open(portal, dataset), False
                try:
                    is_ours = self._try(descriptor)
                finally:
                    if not is_ours:
                        os.close(descriptor)
                if is_ours:
                    held[dataset] = descriptor
                    _sign(descriptor, note)
            yield tuple(held)
        finally:
            for descriptor in held.values():
                with suppress(OSError):
                    os.ftruncate(descriptor, 0)
                os.close(descriptor)

    def _open(self, portal: str, dataset: str) -> int:
        name = hashlib.sha256(f"{portal}\n{dataset}".encode()).hexdigest()[:32]
        try:
            return open_lock_file(self._folder / f"{name}.lock")
        except OSError as error:
            raise self._unusable(error) from error

    def _acquire(self, descriptor: int, dataset: str, patience: float) -> None:
        deadline = self._clock() + patience
        is_told = False
        while not self._try(descriptor):
            left = deadline - self._clock()
            if left <= 0 or not self._allows(min(_POLL, left)):
                holder = _holder(descriptor)
                if holder is None:
                    raise LockHeld("lock_held_unsigned", dataset=dataset)
                code = "lock_held_by" if "by" in holder else "lock_held"
                raise LockHeld(code, dataset=dataset, **holder)
            if not is_told:
                holder = _holder(descriptor) or {}
                log.info("lock.waiting", dataset=dataset, seconds=round(left, 1), **holder)
                self._waiting(_held_by(dataset, holder), left)
                is_told = True
            self._wait(min(_POLL, left))

    def _try(self, descriptor: int) -> bool:
        try:
            return try_lock(descriptor)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> SpoolError:
        shortage = shortage_in(error)
        if shortage is not None:
            return SpoolError(shortage.reason.code)
        return SpoolError(
            "lock_folder", folder=str(self._folder), detail=error.strerror or str(error)
        )


def _held_by(dataset: str, holder: Mapping[str, Fact]) -> Reason:
    if not holder:
        return because("wait_lock_unsigned", dataset=dataset)
    return because("wait_lock_by" if "by" in holder else "wait_lock", dataset=dataset, **holder)


def _note(command: str, by: str) -> bytes:
    """Who holds a lock."""
    facts: dict[str, Fact] = {"pid": os.getpid(), "host": socket.gethostname()}
    person = by or _login()
    if command and person:
        facts |= {"command": command, "by": person[:_LONGEST_NAME]}
    return json.dumps(facts).encode()


def _sign(descriptor: int, note: bytes) -> None:
    """The file's date, set by this write, says since when."""
    with suppress(OSError):  # a full disk must not cost the lock
        if os.fstat(descriptor).st_size:  # its last holder died
            os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)


@cache  # it is looked up in a file
def _login() -> str:
    """A container's number often has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def _holder(descriptor: int) -> dict[str, Fact] | None:
    """Who, where, since when, for `LockHeld`; None when the holder has not signed (yet)."""
    try:
        note = json.loads(os.pread(descriptor, _LONGEST_NOTE, 0))
        since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
        who: dict[str, Fact] = {"pid": note["pid"], "host": note["host"]}
        if "by" in note:
            who |= {"command": str(note["command"]), "by": str(note["by"])}
        return {**who, "since": since.isoformat()}
    except (OSError, ValueError, KeyError, TypeError):
        return None
