"""A process with limits, from the side of the one that started it (docs/decisions/0043)."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from syncd.adapters.reader.limits import LENGTH, LONGEST, READY
from syncd.core.errors import ReaderError, Shortage
from syncd.core.shortages import shortage_in

log = structlog.get_logger("syncd.content")

TICK = 0.2  # seconds after which a stop of the service is noticed
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR")
_START = 60.0  # seconds that a start may take, on a machine that is very busy


class Ended(Exception):
    """The process is gone, or was ended: `code` as `subprocess` has it."""

    def __init__(self, code: int) -> None:
        self.code = code


class LimitedProcess:
    """One such process. `Ended` when it is gone."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: socket.socket, lifeline: int
    ) -> None:
        self._process = process
        self._channel = channel
        self._lifeline = lifeline
        self._files = self._bytes = 0

    @classmethod
    def start(cls, command: tuple[str, ...]) -> LimitedProcess:
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
            raise unavailable(error) from error
        finally:
            for descriptor in opened:
                os.close(descriptor)
        running = cls(process, ours, lifeline)
        running._must_be_ready()
        return running

    def is_worn(self, size: int, files: int, total: int) -> bool:
        """Whether a file of so many bytes was the last of so many files, or bytes of them."""
        self._files += 1
        self._bytes += size
        return self._files >= files or self._bytes >= total

    def send(self, job: bytes, *descriptors: int) -> None:
        message = LENGTH.pack(len(job)) + job
        try:
            sent = socket.send_fds(self._channel, [message], descriptors)
            if sent < len(message):  # of a long schema; not of nothing, to one that may be gone
                self._channel.sendall(message[sent:])
        except OSError:
            raise Ended(self._code()) from None

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
            if not watch.poll(TICK * 1000):
                tick()
                if time.monotonic() > end:
                    raise Ended(-signal.SIGALRM)
                continue
            try:
                chunk = self._channel.recv(min(size - len(parts), 1 << 20))
            except OSError:
                chunk = b""
            if not chunk:
                raise Ended(self._code())
            parts += chunk
        return bytes(parts)

    def _code(self) -> int:
        """How it ended: it closed its end, so it does, or is ended."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM


def unavailable(error: OSError | MemoryError) -> Shortage | ReaderError:
    words = error.strerror if isinstance(error, OSError) else None
    detail = words or type(error).__name__
    return shortage_in(error) or ReaderError("reader_unavailable", detail=detail)
