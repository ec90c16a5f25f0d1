"""A circuit breaker: whether a host is worth asking, by how it answered before.

    closed ── trouble adds up to FULL ──▶ open ── after a pause: one probe ── it works ──▶ closed
                                           ▲──────────── it fails ────────────┘

One for each host, shared by all threads. It also keeps the budget of retries: a host that fails
now and then may be asked again each time, one that fails most of the time may not.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from syncd.core.errors import SyncdError

FULL = 3  # what one failure that says all about the host weighs; others weigh less
PAUSE = 10.0  # seconds between two probes
BUDGET = 40.0  # retries that may be made in a row, whatever became of them
EARNED = 0.5  # of a retry, by each request that worked: one in three may fail for ever
REFILL = 0.1  # retries per second: what a long-lived service gets back by itself

E = TypeVar("E", bound=SyncdError)


class Circuit(Generic[E]):
    """`clock` counts seconds and never goes back (`time.monotonic`). Safe to use from threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._trouble = 0
        self._error: E | None = None  # what opened it; None = closed
        self._probe_at = 0.0
        self._left = BUDGET
        self._counted_at = clock()

    def refusal(self, *, probe: bool = True) -> E | None:
        """Why the host is to be left alone now; None = go on.

        While it is open, one caller in each pause gets None: its request is the probe. Who only
        wants to know, and makes no request, says so: not a `probe`.
        """
        with self._lock:
            if self._error is None:
                return None
            now = self._clock()
            if now >= self._probe_at:
                if probe:
                    self._probe_at = now + PAUSE  # the others wait, also should this one die
                return None
            return self._error

    def may_retry(self) -> bool:
        """Whether a request that failed may be made once more; if so, it is counted."""
        with self._lock:
            now = self._clock()
            self._left = min(BUDGET, self._left + REFILL * (now - self._counted_at))
            self._counted_at = now
            if self._error is not None or self._left < 1:
                return False
            self._left -= 1
            return True

    def worked(self) -> None:
        """The host answered as it should."""
        with self._lock:
            self._trouble, self._error = 0, None
            self._left = min(BUDGET, self._left + EARNED)

    def failed(self, error: E, weight: int, pause: float = PAUSE) -> bool:
        """A request was given up. True when the host is left alone from now on, and was not before.

        `weight` 0: this says nothing about the host.
        """
        if weight == 0:
            return False
        with self._lock:
            self._trouble += weight
            opens = self._error is None and self._trouble >= FULL
            until = self._clock() + pause
            # What was under way when it opened does not shorten a longer pause, nor its reason.
            if opens or (self._error is not None and until >= self._probe_at):
                self._error, self._probe_at = error, until
            return opens


def left_alone(error: E) -> E:
    """The same trouble, for a request that is not even made."""
    again = copy.copy(error)
    again.already_reported = True
    return again
