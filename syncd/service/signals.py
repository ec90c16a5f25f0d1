"""Signals become commands for the service's loop.

Imported before anything heavy, so that a signal at start is kept and not fatal: only the standard
library here.
"""

from __future__ import annotations

import os
import signal
import time
from queue import Empty, SimpleQueue
from types import FrameType

STOP, RELOAD, SYNC = "stop", "reload", "sync"
CONFIRMED = 2  # reloads that are told apart: the second may confirm the first
TOGETHER = 0.2  # seconds within which two stops are one: a wrapper signals us and our group


class SignalQueue:
    """Filled by signals; woken by whoever wants the loop to turn at once.

    What was asked for is counted, not queued: a stop never waits behind a thousand other signals,
    and a thousand syncs are one. `SimpleQueue.put` may be called from a signal handler while the
    same thread is inside `get`.
    """

    def __init__(self) -> None:
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._stopped_at: float | None = None
        self._stop = False
        self._reloads = 0
        self._sync = False

    def install(self) -> None:
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        signal.signal(signal.SIGUSR1, self._on_sync)

    def wake(self) -> None:
        self._wakes.put(None)

    def step_down(self) -> None:
        """The loop ends, but not the process. From the loop's own thread."""
        self._stop = True
        self.wake()

    def is_told_to_stop(self) -> bool:
        return self._stopped_at is not None

    def next(self, timeout: float) -> str:
        """The next command, a stop first; "" when `timeout` seconds passed, or on `wake`."""
        command = self._command()
        if not command:
            try:
                self._wakes.get(timeout=timeout)
            except Empty:
                return ""
            while not self._wakes.empty():
                self._wakes.get()
            command = self._command()
        return command

    def _command(self) -> str:
        if self._stop:
            self._stop = False
            return STOP
        if self._reloads:
            self._reloads -= 1
            return RELOAD
        if self._sync:
            self._sync = False
            return SYNC
        return ""

    # Handlers run in the main thread, between two steps of its own: no lock is needed, nor safe.

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stopped_at is None:
            self._stopped_at, self._stop = now, True
            self.wake()
        elif now - self._stopped_at > TOGETHER:
            os._exit(0)  # what is cut off now is resolved at the next start

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self._reloads = min(self._reloads + 1, CONFIRMED)
        self.wake()

    def _on_sync(self, _number: int, _frame: FrameType | None) -> None:
        self._sync = True
        self.wake()


received = SignalQueue()
