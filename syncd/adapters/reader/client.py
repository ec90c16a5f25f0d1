"""The service's side of the process that looks into files."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable

import structlog

from syncd.adapters.reader import answers
from syncd.adapters.reader.limited_process import TICK, Ended, LimitedProcess, unavailable
from syncd.adapters.reader.limits import BYTES, FILES, MEMORY, PATIENCE, seconds_for
from syncd.core.errors import Abandoned, ReaderError, ReaderKilled, Shortage
from syncd.core.file_names import extensions_of
from syncd.core.ports import SpooledFile
from syncd.core.reasons import Reason, because
from syncd.guards.profile import Profile

log = structlog.get_logger("syncd.content")

_COMMAND = (sys.executable, "-P", "-m", "syncd.adapters.reader.process")  # -P: not from here
_SHEETS = frozenset({"xlsx", "xls", "ods", "parquet"})
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
        self, file: SpooledFile, name: str, on_open: Callable[[], None], schema: str = ""
    ) -> str:
        """See `ContentReader`. One file at a time, whoever asks."""
        while not _ONE.acquire(timeout=TICK):
            self._stop_if_told()
        try:
            return self._read(file, name, on_open, schema).to_json()
        finally:
            _ONE.release()

    def close(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.end()

    def _read(
        self, file: SpooledFile, name: str, on_open: Callable[[], None], schema: str
    ) -> Profile:
        size = file.digest.size
        seconds = self._seconds_for(size)
        hungry = Profile(trouble=_beyond(name, seconds))
        try:
            answer = self._answer(file, name, seconds, on_open, schema)
            found = answers.read(answer)
        except Ended as ended:
            log.warning("content.reader_ended", key=name, code=ended.code)
            if ended.code == -signal.SIGKILL:  # not by us
                raise ReaderKilled("reader_killed", key=name) from None
            return hungry
        except ValueError as error:
            log.error("content.fault", key=name, detail="answer", why=str(error)[:200])
            self.close()
            return Profile(fault=because("guard_fault", detail="answer"))
        if self._running is not None and self._running.is_worn(size, FILES, BYTES):
            self.close()
        if isinstance(found, Profile):
            return found
        if found.kind == "memory":
            log.warning("content.reader_ended", key=name, why="memory")
            self.close()
            return hungry
        if found.kind == "shortage":
            raise Shortage(found.detail)
        if found.kind == "disk":
            raise ReaderError("reader_unavailable", detail=found.detail)
        log.error("content.fault", key=name, detail=found.detail, where=found.where)
        return Profile(fault=because("guard_fault", detail=found.detail))

    def _answer(
        self,
        file: SpooledFile,
        name: str,
        seconds: int,
        on_open: Callable[[], None],
        schema: str,
    ) -> bytes:
        """Asked again when the process went, idle, just before: it was not this file's doing."""
        try:
            asked = {"name": name, "seconds": seconds, "patience": seconds * PATIENCE}
            job = json.dumps({**asked, "schema": schema} if schema else asked)
            descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise unavailable(error) from error
        try:
            is_first = True
            while True:
                running = self._running
                is_new = running is None
                if running is None:
                    running = self._running = LimitedProcess.start(self._command)
                if is_first:
                    on_open()
                is_first = False
                try:
                    running.send(job.encode(), descriptor)
                    return running.answer(seconds * PATIENCE, self._stop_if_told)
                except BaseException as error:
                    self.close()
                    if not isinstance(error, Ended) or error.code or is_new:
                        raise
        finally:
            os.close(descriptor)

    def _stop_if_told(self) -> None:
        if self._stopping():
            raise Abandoned


def _beyond(name: str, seconds: int) -> Reason:
    """Looking into this file takes more than it may."""
    if extensions_of(name)[0] in _SHEETS:
        return because("guard_hungry", limit=MEMORY, seconds=seconds)
    return because("guard_limits", limit=MEMORY, seconds=seconds)
