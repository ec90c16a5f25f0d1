"""What an answer may cost at the most, by the kind of request: bytes, seconds, values in JSON.

The one place that declares it. Who sends a request makes a `Budget` for it; whoever reads from the
network (`syncd.adapters.net.limited_http`, `syncd.adapters.s3.botocore_internals`) holds all that
is read meanwhile to the budget that is active.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`size`: bytes of the answer, as it comes and as it unfolds. `seconds`: from the beginning
    of the request to the end of its answer; for a file that goes along, more (`SLOWEST`)."""

    size: float
    seconds: float


SLOWEST = 50_000  # bytes per second of a file on its way: below, nothing large ever arrives
HEAD = MIB // 4  # bytes of a head, and of all that a server says before it (`100 Continue`)
VALUES = 1_000_000  # of one JSON document: each takes some 100 bytes of memory or more

ANSWERS: Mapping[str, Ceiling] = {
    # The portal's. A resource is some 2 kB; the largest datasets have some thousands of them.
    "dataset": Ceiling(32 * MIB, 300),
    "organization": Ceiling(32 * MIB, 300),  # a page of a hundred datasets, as short as can be
    "topic": Ceiling(8 * MIB, 300),
    "download": Ceiling(math.inf, 300),  # of a file: the spool has a limit of its own
    # S3's. A thousand keys of 1 kB each, with what XML makes of them.
    "listing": Ceiling(16 * MIB, 300),
    "object": Ceiling(math.inf, 300),  # its size is known before
    # Ten messages of 1 MiB each at the most, escaped; the server holds its answer back for 20 s.
    "events": Ceiling(32 * MIB, 60),
    "heartbeat": Ceiling(1 * MIB, 30),
}
_OTHERS = Ceiling(4 * MIB, 180)  # one resource, account, key or mark, and what answers an upload


def of(kind: str) -> Ceiling:
    """`kind`: what the request is about, as the operator reads it."""
    return ANSWERS.get(kind, _OTHERS)


class TooSlow(TimeoutError):
    """More seconds than the budget had."""


class TooLarge(OSError):
    """More bytes than the budget had."""


class Budget:
    """What is left of one request's ceiling. For one thread at a time.

    `clock` counts seconds and never goes back. `moved`: bytes of a file that goes along.
    """

    def __init__(
        self, ceiling: Ceiling, clock: Callable[[], float] = time.monotonic, moved: float = 0
    ) -> None:
        self.ceiling = ceiling
        self.exceeded: Literal["", "size", "seconds"] = ""
        self.limit = 0  # the bytes that were exceeded, where it was the size
        self._clock = clock
        self._end = clock() + ceiling.seconds + moved / SLOWEST
        self._read = 0
        self._head: int | None = 0  # bytes of the head up to now; None once it is over

    def wait_at_most(self, timeout: float | None) -> float:
        """Seconds that the next step may take; `TooSlow` when there are none left."""
        left = self._end - self._clock()
        if left <= 0:
            self.exceeded = "seconds"
            raise TooSlow
        return left if timeout is None else min(timeout, left)

    def read(self, count: int) -> None:
        """So many bytes came over the network, heads and all; `TooLarge`."""
        self._read += count
        if self._head is not None:
            self._head += count
        if (self._head or 0) > HEAD:
            raise self._too_large(HEAD)
        if self._read > self.ceiling.size + MIB:
            raise self._too_large(self.ceiling.size)

    def await_head(self) -> None:
        """What comes now is the head of an answer, as it is at first."""
        self._head = 0

    def await_body(self) -> None:
        self._head = None

    def unfolded(self, size: int) -> None:
        """So many bytes the answer has become, up to now; `TooLarge`."""
        if size > self.ceiling.size:
            raise self._too_large(self.ceiling.size)

    def allow(self, moved: float) -> None:
        """The answer announces a file of so many bytes."""
        self._end += moved / SLOWEST

    def _too_large(self, limit: float) -> TooLarge:
        self.exceeded, self.limit = "size", int(limit)
        return TooLarge()

    @contextmanager
    def active(self) -> Iterator[None]:
        """What is read from the network inside is held to this budget."""
        token = _active.set(self)
        try:
            yield
        finally:
            _active.reset(token)


_active: ContextVar[Budget | None] = ContextVar("budget", default=None)


def active() -> Budget | None:
    return _active.get()


def is_heavy(document: bytes) -> bool:
    """Whether this JSON would have more values than memory is spent on; counted, not read."""
    return sum(map(document.count, (b",", b"[", b"{"))) > VALUES
