"""How long a command that somebody types waits in all, whatever for."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Patience:
    """`seconds` in all; waits that go on at the same time count once. `clock`: monotonic seconds.

    `refused`: of the longest wait that was more than what was left, in seconds; 0 = none was.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self.refused = 0.0
        self._clock = clock
        self._left = seconds
        self._busy_until = clock()
        self._lock = threading.Lock()

    def allows(self, seconds: float) -> bool:
        """Whether so long a wait may begin now; it is counted then."""
        with self._lock:
            now = self._clock()
            until = max(self._busy_until, now + seconds)
            more = until - max(self._busy_until, now)
            if more > self._left:
                self.refused = max(self.refused, seconds)
                return False
            self._left -= more
            self._busy_until = until
            return True
