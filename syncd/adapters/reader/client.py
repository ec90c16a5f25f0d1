"""The service's side of the process that looks into files."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from syncd.adapters.reader import answers
from syncd.adapters.reader.limits import (
    BYTES,
    FILES,
    LENGTH,
    LONGEST,
    MEMORY,
    PATIENCE,
    READY,
    seconds_for,
)
from syncd.core.errors import Abandoned, ReaderError, ReaderKilled, Shortage
from syncd.core.file_names import extensions_of
from syncd.core.ports import SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.shortages import shortage_in
from syncd.guards.profile import Profile

log = structlog.get_logger("syncd.content")

_COMMAND = (sys.executable, "-P", "-m", "syncd.adapters.reader.process")  # -P: not from here
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR")
_TICK = 0.2  # seconds after which a stop of the service is noticed
_START = 60.0  # seconds that a start may take, on a machine that is very busy
_SHEETS = frozenset({"xlsx", "xls", "ods", "parquet"})
_ONE = threading.Lock()  # in this process: two at once would want twice the memory


class _Ended(Exception):
    """The process is gone, or was ended: `code` as `subprocess` has it."""

    def __init__(self, code: int) -> None:
        self.code = code


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
        self._running: _Running | None = None

    def read(self, file: SpooledFile, name: str) -> str:
        """See `ContentReader`. One file at a time, whoever asks."""
        while not _ONE.acquire(timeout=_TICK):
            self._stop_if_told()
        try:
            return self._read(file, name).to_json()
        finally:
            _ONE.release()

    def close(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.end()

    def _read(self, file: SpooledFile, name: str) -> Profile:
        size = file.digest.size
        seconds = self._seconds_for(size)
        hungry = Profile(trouble=_beyond(name, seconds))
        try:
            answer = self._answer(file, name, seconds)
            found = answers.read(answer)
        except _Ended as ended:
            log.warning("content.reader_ended", key=name, code=ended.code)
            if ended.code == -signal.SIGKILL:  # not by us
                raise ReaderKilled("reader_killed", key=name) from None
            return hungry
        except ValueError as error:
            log.error("content.fault", key=name, detail="answer", why=str(error)[:200])
            self.close()
            return Profile(fault=because("guard_fault", detail="answer"))
        if self._running is not None and self._running.is_worn(size):
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

    def _answer(self, file: SpooledFile, name: str, seconds: int) -> bytes:
        """Asked again when the process went, idle, just before: it was not this file's doing."""
        try:
            job = json.dumps({"name": name, "seconds": seconds, "patience": seconds * PATIENCE})
            descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _unavailable(error) from error
        try:
            while True:
                running = self._running
                is_new = running is None
                if running is None:
                    running = self._running = _Running.start(self._command)
                try:
                    running.send(job.encode(), descriptor)
                    return running.answer(seconds * PATIENCE, self._stop_if_told)
                except BaseException as error:
                    self.close()
                    if not isinstance(error, _Ended) or error.code or is_new:
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


def _unavailable(error: OSError | MemoryError) -> Shortage | ReaderError:
    words = error.strerror if isinstance(error, OSError) else None
    detail = words or type(error).__name__
    return shortage_in(error) or ReaderError("reader_unavailable", detail=detail)


class _Running:
    """One such process. `_Ended` when it is gone."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: socket.socket, lifeline: int
    ) -> None:
        self._process = process
        self._channel = channel
        self._lifeline = lifeline
        self._files = self._bytes = 0

    @classmethod
    def start(cls, command: tuple[str, ...]) -> _Running:
        """`Shortage` or `ReaderError` when it does not start."""
        opened: list[int] = []
        try:
            ours, theirs = socket.socketpair()
            opened += [theirs.detach()]
            try:
                end, lifeline = os.pipe()
                opened += [end]
                try:
                    process = subprocess.Popen(
                        [*command, *map(str, opened)],
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE,
                        pass_fds=opened,
                        env={name: os.environ[name] for name in _KEPT if name in os.environ},
                        start_new_session=True,  # Ctrl-C is for syncd alone
                    )
                except BaseException:
                    os.close(lifeline)
                    raise
            except BaseException:
                ours.close()
                raise
        except (OSError, MemoryError) as error:
            raise _unavailable(error) from error
        finally:
            for descriptor in opened:
                os.close(descriptor)
        running = cls(process, ours, lifeline)
        running._must_be_ready()
        return running

    def is_worn(self, size: int) -> bool:
        """Whether it is time for a new one, after a file of so many bytes."""
        self._files += 1
        self._bytes += size
        return self._files >= FILES or self._bytes >= BYTES

    def send(self, job: bytes, descriptor: int) -> None:
        try:
            socket.send_fds(self._channel, [LENGTH.pack(len(job)) + job], [descriptor])
        except OSError:
            raise _Ended(self._code()) from None

    def answer(self, patience: float, tick: Callable[[], None]) -> bytes:
        """`ValueError` for one that is too long."""
        end = time.monotonic() + patience
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size, end, tick))
        if size > LONGEST:
            raise ValueError("too long")
        return self._exactly(size, end, tick)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._channel.close()
        with suppress(OSError):
            os.close(self._lifeline)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _must_be_ready(self) -> None:
        self._channel.settimeout(_START)
        try:
            if self._channel.recv(len(READY)) == READY:
                return
        except OSError:
            pass
        except BaseException:
            self.end()
            raise
        self._process.kill()
        words = b"" if self._process.stderr is None else self._process.stderr.read(1 << 16)
        said = words.decode(errors="replace").strip().rpartition("\n")[2]
        self.end()
        log.warning("content.reader_ended", code=self._process.returncode, why=said[:200])
        detail = f"{self._process.returncode}"
        raise ReaderError("reader_unavailable", detail=detail)

    def _exactly(self, size: int, end: float, tick: Callable[[], None]) -> bytes:
        parts = bytearray()
        watch = select.poll()
        watch.register(self._channel, select.POLLIN)
        while len(parts) < size:
            if not watch.poll(_TICK * 1000):
                tick()
                if time.monotonic() > end:
                    raise _Ended(-signal.SIGALRM)
                continue
            try:
                chunk = self._channel.recv(min(size - len(parts), 1 << 20))
            except OSError:
                chunk = b""
            if not chunk:
                raise _Ended(self._code())
            parts += chunk
        return bytes(parts)

    def _code(self) -> int:
        """How it ended: it closed its end, so it does, or is ended."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM
