"""What this process is doing, in a small file of the state folder, for `status` in another one.

However a process ends, nobody is believed to work because of a file that it left: it holds a lock
on its file as long as it lives. Nothing of this stops a cycle: where the disk takes no more, what
is shown is old, or nothing.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, get_args

from syncd.adapters.disk.file_lock import open_lock_file, try_lock
from syncd.core.activity import Doing, Work
from syncd.core.reasons import Reason

if TYPE_CHECKING:
    from syncd.core.ports import Locks, Progress, Transfer

FOLDER = "activity"
_EVERY = 1.0  # seconds between two notes of one transfer
_SHORT = 1.0  # seconds; a shorter pause is not worth a note
_MOST = 100_000  # bytes of a file that are read


class ActivityBoard:
    """`clock`: seconds, never going back; `now`: the time of day. Close it at the end.

    `state_dir`: None for a process that leaves nothing behind.
    """

    def __init__(
        self, state_dir: Path | None, clock: Callable[[], float], now: Callable[[], datetime]
    ) -> None:
        self._clock = clock
        self._now = now
        self._works: dict[int, list[_Noted]] = {}  # by thread, the innermost last
        self._lock = threading.Lock()  # of the works
        self._writing = threading.Lock()  # of the file
        self._is_stale = False  # something changed since the last write began
        self._file: tuple[Path, int] | None = None
        self._length = 0  # bytes in the file
        if state_dir is not None:
            with suppress(OSError):
                self._file = _new_file(state_dir / FOLDER)

    def close(self) -> None:
        with self._writing:
            file, self._file = self._file, None
        if file is not None:
            path, descriptor = file
            with suppress(OSError):
                path.unlink()
            os.close(descriptor)

    def locks(self, locks: Locks) -> Locks:
        """The same locks; whoever waits for one, or holds one, is noted."""
        return _NotedLocks(self, locks)

    def progress(self, progress: Progress) -> Progress:
        return _NotedProgress(self, progress)

    def waiting(self, wait: Callable[[float], None], doing: Doing) -> Callable[[float], None]:
        """The same wait, which is noted as one for `doing`."""

        def noted(seconds: float) -> None:
            if seconds < _SHORT:
                wait(seconds)
                return
            with self.doing(doing, until=self._now() + timedelta(seconds=seconds)):
                wait(seconds)

        return noted

    @contextmanager
    def doing(
        self,
        doing: Doing,
        dataset: str = "",
        *,
        what: str = "",
        size: int = 0,
        until: datetime | None = None,
    ) -> Iterator[_Noted]:
        """Inside the block this thread does so, within what it did before."""
        thread = threading.get_ident()  # a generator may be ended by another one
        with self._lock:
            mine = self._works.setdefault(thread, [])
            outer = mine[-1].work.dataset if mine else ""
            work = Work(dataset or outer, doing, self._now(), what, 0, size, until)
            noted = _Noted(self, work, self._clock())
            mine.append(noted)
        self.write()
        try:
            yield noted
        finally:
            with self._lock:
                mine.remove(noted)
                if not mine and self._works.get(thread) is mine:
                    del self._works[thread]
            self.write()

    def due(self, written_at: float) -> float | None:
        """The time, where a transfer whose progress was written then is to be written again."""
        now = self._clock()
        return now if now - written_at >= _EVERY else None

    def write(self) -> None:
        """One write, padded over what stood there: a reader sees the old, the new, or nothing.

        Who finds another thread at it leaves it to that one, which then looks once more.
        """
        self._is_stale = True
        while self._is_stale and self._writing.acquire(blocking=False):
            try:
                self._is_stale = False
                self._write()
            finally:
                self._writing.release()

    def _write(self) -> None:
        if self._file is None:
            return
        with self._lock:
            shown = [noted[-1].shown for noted in self._works.values()]
        content = f"[{', '.join(shown)}]".encode().ljust(self._length)
        with suppress(OSError):
            os.pwrite(self._file[1], content, 0)
            self._length = len(content)


class _Noted:
    """One thing under way. As a transfer it is told about the bytes.

    `shown`: as it is to be read; made when it is to be written, not for each write of another.
    """

    def __init__(self, board: ActivityBoard, work: Work, written_at: float) -> None:
        self.work = work
        self.shown = _document(work)
        self._board = board
        self._written_at = written_at

    def becomes(self, doing: Doing) -> None:
        self.work = replace(self.work, doing=doing)
        self._write()

    def advance(self, count: int) -> None:
        self.work = replace(self.work, done=self.work.done + count)
        due = self._board.due(self._written_at)
        if due is not None or self.work.done == self.work.size:
            self._written_at = due or self._written_at
            self._write()

    def restart(self) -> None:
        self.work = replace(self.work, done=0)

    def _write(self) -> None:
        self.shown = _document(self.work)
        self._board.write()


class _NotedLocks:
    def __init__(self, board: ActivityBoard, locks: Locks) -> None:
        self._board = board
        self._locks = locks

    @contextmanager
    def hold(
        self, portal: str, dataset: str, patience: float, command: str = "", by: str = ""
    ) -> Iterator[None]:
        with (
            self._board.doing("lock", dataset) as noted,
            self._locks.hold(portal, dataset, patience, command, by),
        ):
            noted.becomes("look")
            yield

    @contextmanager
    def hold_free(
        self, portal: str, datasets: Collection[str], command: str = "", by: str = ""
    ) -> Iterator[Collection[str]]:
        with (
            self._board.doing("look"),
            self._locks.hold_free(portal, datasets, command, by) as held,
        ):
            yield held


class _NotedProgress:
    def __init__(self, board: ActivityBoard, progress: Progress) -> None:
        self._board = board
        self._progress = progress

    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[Transfer]:
        doing: Doing = direction if direction in {"fetch", "keep", "send", "verify"} else "look"  # type: ignore[assignment]  # just looked at
        with (
            self._progress.transfer(label, direction, size) as shown,
            self._board.doing(doing, what=label, size=size) as noted,
        ):
            yield _Both(shown, noted)

    def waiting(self, why: Reason, seconds: float) -> None:
        self._progress.waiting(why, seconds)


class _Both:
    def __init__(self, *transfers: Transfer) -> None:
        self._transfers = transfers

    def advance(self, count: int) -> None:
        for one in self._transfers:
            one.advance(count)

    def restart(self) -> None:
        for one in self._transfers:
            one.restart()


def _new_file(folder: Path) -> tuple[Path, int]:
    """A file that is locked before it has its name. Those of dead processes go. `OSError`."""
    for left in folder.glob("*.json"):
        with suppress(OSError):  # another's, or gone by now
            if not _is_held(left):
                left.unlink(missing_ok=True)
    name = token_hex(8)
    draft, path = folder / f".{name}", folder / f"{name}.json"
    descriptor = open_lock_file(draft)
    try:
        try_lock(descriptor)
        draft.rename(path)
    except OSError:
        os.close(descriptor)
        raise
    return path, descriptor


def _is_held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def under_way(state_dir: Path) -> tuple[Work, ...]:
    """What the living processes on this state folder do, the longest under way first."""
    found: list[Work] = []
    for path in (state_dir / FOLDER).glob("*.json"):
        # Another version's file, or one that is just being written: there is no more to show.
        with suppress(OSError, ValueError, TypeError, KeyError):
            if _is_held(path):
                found += _read(path)
    return tuple(sorted(found, key=lambda work: work.since))


def _read(path: Path) -> list[Work]:
    with path.open("rb") as file:
        content = file.read(_MOST)
    return [
        Work(
            dataset=str(one["dataset"]),
            doing=one["doing"],
            since=datetime.fromisoformat(one["since"]),
            what=str(one["what"]),
            done=int(one["done"]),
            size=int(one["size"]),
            until=datetime.fromisoformat(one["until"]) if one["until"] else None,
        )
        for one in json.loads(content)
        if one["doing"] in get_args(Doing)
    ]


def _document(work: Work) -> str:
    """JSON."""
    return json.dumps(
        {
            "dataset": work.dataset,
            "doing": work.doing,
            "since": work.since.isoformat(),
            "what": work.what,
            "done": work.done,
            "size": work.size,
            "until": work.until.isoformat() if work.until else None,
        }
    )
