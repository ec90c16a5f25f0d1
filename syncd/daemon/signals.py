"""Signals become messages for the service's loop.

Imported before anything heavy, so that a signal at start is kept and not fatal: only the standard
library here.
"""

from __future__ import annotations

import os
import signal
from queue import Empty, SimpleQueue
from types import FrameType

STOP, RELOAD, SYNC = "stop", "reload", "sync"


class Bell:
    """Rung by signals, and by whoever wants the loop to turn at once.

    `SimpleQueue.put` may be called from a signal handler while the same thread is inside `get`.
    """

    def __init__(self) -> None:
        self._rung: SimpleQueue[str] = SimpleQueue()
        self._stops = 0

    def install(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, lambda *_: self._rung.put(RELOAD))
        signal.signal(signal.SIGUSR1, lambda *_: self._rung.put(SYNC))

    def ring(self, word: str = "") -> None:
        self._rung.put(word)

    def next(self, timeout: float) -> str:
        """The next word; "" when none came within `timeout` seconds."""
        try:
            return self._rung.get(timeout=timeout)
        except Empty:
            return ""

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1
        if self._stops > 1:  # what is cut off now is resolved at the next start
            os._exit(0)
        self._rung.put(STOP)


bell = Bell()
