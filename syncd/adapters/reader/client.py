"""The service's side of the process that looks into files."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import structlog

from syncd.adapters.reader import answers
from syncd.adapters.reader.answers import Trouble
from syncd.adapters.reader.limited_process import TICK, Ended, LimitedProcess, unavailable
from syncd.adapters.reader.limits import BYTES, FILES, MEMORY, PATIENCE, seconds_for
from syncd.core.errors import Abandoned, ReaderError, ReaderKilled, Shortage
from syncd.core.file_names import extensions_of
from syncd.core.ports import Following, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.guards.comparison import Comparison
from syncd.guards.profile import Profile

log = structlog.get_logger("syncd.content")

_COMMAND = (sys.executable, "-P", "-m", "syncd.adapters.reader.process")  # -P: not from here
_SHEETS = frozenset({"xlsx", "xls", "ods", "parquet"})
_PASSES = 4  # over both files, to compare them
_T = TypeVar("_T")
_Answer = Callable[[Sequence[SpooledFile], Mapping[str, Any], Callable[[], None]], bytes]
_ONE = threading.Lock()  # in this process: two at once would want twice the memory


class ReaderProcess:
    """A `ContentReader`: one process, started at the first file, replaced when it died.

    `stopping`: whether the service was told to stop; then a reading that goes on is `Abandoned`.
    """

    def __init__(
        self,
        stopping: Callable[[], bool] = lambda: False,
        *,
        command: tuple[str, ...] = _COMMAND,
        seconds_for: Callable[[int], int] = seconds_for,
    ) -> None:
        self._stopping = stopping
        self._command = command
        self._seconds_for = seconds_for
        self._running: LimitedProcess | None = None

    def read(
        self,
        file: SpooledFile,
        name: str,
        on_open: Callable[[], None],
        schema: str = "",
        *,
        with_content: bool = False,
        following: Following | None = None,
    ) -> str:
        """See `ContentReader`. One question at a time, whoever asks."""
        if isinstance(following, _Following) and following.is_claimed():
            try:
                return self._read(file, name, on_open, {}, following.answer).to_json()
            finally:
                _ONE.release()
        more: dict[str, object] = {"schema": schema} if schema else {}
        if with_content:
            more["content"] = True
        with self._turn():
            return self._read(file, name, on_open, more).to_json()

    def follow(self, path: Path, name: str, size: int) -> Following | None:
        """See `ContentReader`. The turn is its own until it ends."""
        if not _ONE.acquire(blocking=False):
            return None
        opened: list[int] = []
        told = -1
        try:
            seconds = self._seconds_for(size)
            job = {"name": name, "seconds": seconds, "patience": seconds * PATIENCE, "grows": True}
            opened.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            end, told = os.pipe()
            opened.append(end)
            self._ask(json.dumps(job).encode(), opened)
        except BaseException as error:
            if told >= 0:
                os.close(told)
            self.close()
            _ONE.release()
            if not isinstance(error, (Ended, ReaderError, Shortage, OSError)):
                raise
            log.info("content.not_followed", key=name, why=type(error).__name__)
            return None
        finally:
            for descriptor in opened:
                os.close(descriptor)
        return _Following(self, told)

    def compare(
        self,
        before: SpooledFile,
        before_name: str,
        after: SpooledFile,
        name: str,
        by: Sequence[str],
    ) -> str:
        """See `ContentReader`."""
        with self._turn():
            return self._compare(before, before_name, after, name, by).to_json()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        while not _ONE.acquire(blocking=False):
            if not _Following.make_way() and _ONE.acquire(timeout=TICK):
                break
            self._stop_if_told()
        try:
            yield
        finally:
            _ONE.release()

    def close(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.end()

    def _read(
        self,
        file: SpooledFile,
        name: str,
        on_open: Callable[[], None],
        more: Mapping[str, object],
        answer: _Answer | None = None,
    ) -> Profile:
        seconds = self._seconds_for(file.digest.size)
        found = self._asked([file], name, more, seconds, answers.read, on_open, answer)
        if not isinstance(found, Trouble):
            return found
        if found.kind == "memory":
            return Profile(trouble=_beyond(name, seconds))
        return Profile(fault=because("guard_fault", detail=found.detail))

    def _compare(
        self,
        before: SpooledFile,
        before_name: str,
        after: SpooledFile,
        name: str,
        by: Sequence[str],
    ) -> Comparison:
        seconds = self._seconds_for(_PASSES * (before.digest.size + after.digest.size))
        more = {"before": before_name, "by": list(by)}
        found = self._asked([before, after], name, more, seconds, answers.read_comparison)
        return Comparison(not_further="limits") if isinstance(found, Trouble) else found

    def _asked(
        self,
        files: Sequence[SpooledFile],
        name: str,
        more: Mapping[str, object],
        seconds: int,
        read: Callable[[bytes], _T | Trouble],
        on_open: Callable[[], None] = lambda: None,
        answer: _Answer | None = None,
    ) -> _T | Trouble:
        """What is found of the files, else that it takes too much ("memory"), or a fault."""
        job = {**more, "name": name, "seconds": seconds, "patience": seconds * PATIENCE}
        try:
            found = read((answer or self._answer)(files, job, on_open))
        except Ended as ended:
            log.warning("content.reader_ended", key=name, code=ended.code)
            if ended.code == -signal.SIGKILL:  # not by us
                raise ReaderKilled("reader_killed", key=name) from None
            return Trouble("memory")
        except ValueError as error:
            log.error("content.fault", key=name, detail="answer", why=str(error)[:200])
            self.close()
            return Trouble("fault", "answer")
        size = sum(file.digest.size for file in files)
        if self._running is not None and self._running.is_worn(size, FILES, BYTES):
            self.close()
        if not isinstance(found, Trouble):
            return found
        if found.kind == "memory":
            log.warning("content.reader_ended", key=name, why="memory")
            self.close()
        elif found.kind == "shortage":
            raise Shortage(found.detail)
        elif found.kind == "disk":
            raise ReaderError("reader_unavailable", detail=found.detail)
        else:
            log.error("content.fault", key=name, detail=found.detail, where=found.where)
        return found

    def _answer(
        self, files: Sequence[SpooledFile], job: Mapping[str, Any], on_open: Callable[[], None]
    ) -> bytes:
        """Asked again when the process went, idle, just before: it was not this file's doing.

        `on_open` may last, as the ledger does that is away, and outlast a process with no work.
        """
        opened: list[int] = []
        try:
            try:
                said = json.dumps(job).encode()
                for file in files:
                    opened.append(os.open(file.path, os.O_RDONLY | os.O_CLOEXEC))
            except OSError as error:
                raise unavailable(error) from error
            self._started()  # one that does not start is nothing to be noted of this file
            on_open()
            while True:
                is_new = self._running is None
                running = self._started()
                try:
                    running.send(said, *opened)
                    return running.answer(job["patience"], self._stop_if_told)
                except BaseException as error:
                    self.close()
                    if not isinstance(error, Ended) or error.code or is_new:
                        raise
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _ask(self, said: bytes, descriptors: Sequence[int]) -> None:
        """A first time, or anew where the process went, idle, just before."""
        while True:
            is_new = self._running is None
            try:
                self._started().send(said, *descriptors)
                return
            except Ended:
                self.close()
                if is_new:
                    raise

    def _followed(self, patience: float) -> bytes:
        if self._running is None:
            raise ReaderError("reader_unavailable", detail="closed")
        return self._running.answer(patience, self._stop_if_told)

    def _started(self) -> LimitedProcess:
        if self._running is None:
            self._running = LimitedProcess.start(self._command)
        return self._running

    def _stop_if_told(self) -> None:
        if self._stopping():
            raise Abandoned


class _Following:
    """Has the turn, until it ends or makes way. `told`: the end of a pipe to the process, for the
    word that the file is whole."""

    _now: ClassVar[_Following | None] = None  # that may have to make way
    _changing = threading.Lock()

    def __init__(self, reader: ReaderProcess, told: int) -> None:
        self._reader = reader
        self._told = told
        _Following._now = self

    @classmethod
    def make_way(cls) -> bool:
        """For a file that is whole: what was read so far is lost. Whether there was any such."""
        following = cls._now
        if following is None:
            return False
        following.end()
        return True

    def end(self) -> None:
        if self.is_claimed():
            os.close(self._told)
            self._reader.close()
            _ONE.release()

    def is_claimed(self) -> bool:
        """Whether the turn was its own until now; it is the caller's then."""
        with self._changing:
            if _Following._now is not self:
                return False
            _Following._now = None
            return True

    def answer(
        self, files: Sequence[SpooledFile], job: Mapping[str, Any], on_open: Callable[[], None]
    ) -> bytes:
        """As a file that is asked for whole; where the process went, idle, right before this one
        came, it is asked for so."""
        try:
            on_open()
            with suppress(OSError):  # of one that is gone: how, is seen now
                os.write(self._told, b".")
            return self._reader._followed(job["patience"])
        except BaseException as error:
            self._reader.close()
            if not isinstance(error, Ended) or error.code:
                raise
            return self._reader._answer(files, job, lambda: None)
        finally:
            os.close(self._told)


def _beyond(name: str, seconds: int) -> Reason:
    """Looking into this file takes more than it may."""
    if extensions_of(name)[0] in _SHEETS:
        return because("guard_hungry", limit=MEMORY, seconds=seconds)
    return because("guard_limits", limit=MEMORY, seconds=seconds)
