"""A file in parts: which bytes go into each, and several of them on their way at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from os import SEEK_END, SEEK_SET
from queue import Empty, SimpleQueue
from typing import IO

from syncd.adapters.portal.retry_policy import UNSENT
from syncd.core.errors import PortalError
from syncd.core.ports import Transfer

SIZE = 5_000_000  # bytes of a part (docs/decisions/0064)
THRESHOLD = 64 * 1024**2  # bytes up to which a file goes in one request
PARALLEL = 3  # parts on their way at once: the portal holds each of them whole in its memory
_READ = 256 * 1024  # bytes: what a processor keeps at hand; by 64 KiB it is thrice the work
_GLANCE = 0.2  # seconds between two looks whether the transfer must end now


@dataclass(eq=False, slots=True)
class Part:
    """Some bytes of a file. `index` counts from 0; `reported`: how many the transfer heard of."""

    index: int
    offset: int
    size: int
    reported: int = 0

    def advance(self, transfer: Transfer, position: int) -> None:
        """So many of its bytes were read. Those of a part that is sent again count once."""
        transfer.advance(max(0, position - self.reported))
        self.reported = max(self.reported, position)


_Ended = tuple[Part, BaseException | None]


def cut_up(size: int, part_size: int) -> list[Part]:
    """Parts of `part_size` bytes, and a last one with what remains."""
    starts = range(0, size, part_size)
    return [Part(n, start, min(part_size, size - start)) for n, start in enumerate(starts)]


class Stopped(Exception):
    """The part on its way is of no use any more: the upload ends, or begins afresh."""


class ParallelUpload:
    """The parts of one attempt at an upload. `left`: those that the portal does not have yet.

    One thread commands (the caller's): it alone tries again and gives up. Each part goes in a
    thread of its own, which only sends it.
    """

    def __init__(
        self, left: Sequence[Part], transfer: Transfer, send: Callable[[ParallelUpload, Part], None]
    ) -> None:
        self.left = list(left)
        self._transfer = transfer
        self._send = send
        self._alone = False  # the first of those left met trouble: only that one is tried again
        self._stop = threading.Event()
        self._telling = threading.Lock()  # a transfer need not know about threads

    def go_on(self) -> None:
        """Send what is left, until a part meets trouble and those on their way have ended.

        An error of `UNSENT` says that nothing of that part was taken: go on after a pause.
        After any other error this attempt is over. A `BaseException`, such as `Abandoned`, ends it
        at once and waits for no answer.
        """
        ahead = self.left[:1] if self._alone else self.left
        behind = self.left[len(ahead) :]
        try:
            back, trouble = self._send_some(deque(ahead))
        except BaseException:
            self._stop.set()
            raise
        self.left = back + behind
        self._alone = trouble is not None
        if trouble is not None:
            raise trouble

    def _send_some(self, ahead: deque[Part]) -> tuple[list[Part], PortalError | None]:
        """The parts that were not taken, and why not the first of them."""
        ended: SimpleQueue[_Ended] = SimpleQueue()
        under_way = 0
        back: list[Part] = []
        trouble: PortalError | None = None
        serious: Exception | None = None
        while True:
            while ahead and under_way < PARALLEL and not trouble and not serious:
                self._start(ahead.popleft(), ended)
                under_way += 1
            if not under_way:
                break
            part, error = self._next(ended)
            under_way -= 1
            if isinstance(error, UNSENT):
                trouble = trouble or error
                back.append(part)
            elif isinstance(error, Exception):
                serious = serious or error
                self._stop.set()  # what is still on its way is of no use
            elif error is not None:
                raise error
        if serious is not None:
            raise serious
        return back + list(ahead), trouble

    def passed(self, part: Part, position: int) -> None:
        if self._stop.is_set():
            raise Stopped
        with self._telling:
            part.advance(self._transfer, position)

    def _start(self, part: Part, ended: SimpleQueue[_Ended]) -> None:
        def run() -> None:
            error: BaseException | None = None
            try:
                self._send(self, part)
            except BaseException as caught:
                error = caught
            ended.put((part, error))

        # Daemons, not a pool: a pool's threads are waited for at the end of the process, however
        # long the portal takes to answer a part that nobody needs any more.
        name = f"part {part.index}"
        threading.Thread(target=copy_context().run, args=(run,), name=name, daemon=True).start()

    def _next(self, ended: SimpleQueue[_Ended]) -> _Ended:
        """The next part that ended. While all wait for answers, the transfer may be cut too."""
        while True:
            try:
                return ended.get(timeout=_GLANCE)
            except Empty:
                with self._telling:
                    self._transfer.advance(0)


class FileSlice:
    """The bytes of one part as a file of their own.

    It has no `fileno`, by which httpx would take the whole file's size for its own. `at_once`:
    bytes that a read gives although fewer are asked for; httpx asks for 64 KiB each time, and
    sends on whatever it gets.
    """

    def __init__(
        self,
        stream: IO[bytes],
        part: Part,
        passed: Callable[[Part, int], None],
        at_once: int = _READ,
    ) -> None:
        self._stream = stream
        self._part = part
        self._passed = passed
        self._at_once = at_once
        self._position = 0

    def read(self, count: int = -1) -> bytes:
        left = self._part.size - self._position
        self._stream.seek(self._part.offset + self._position)
        chunk = self._stream.read(left if count < 0 else min(max(count, self._at_once), left))
        self._position += len(chunk)
        self._passed(self._part, self._position)
        return chunk

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        start = {SEEK_SET: 0, SEEK_END: self._part.size}.get(whence, self._position)
        self._position = min(max(0, start + offset), self._part.size)
        return self._position

    def tell(self) -> int:
        return self._position
