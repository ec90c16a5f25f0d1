"""The simulated portal's own clock: real time, moved forward on request."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Two uploads of one name within a second collide; a test moves this clock, never sleeps."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
