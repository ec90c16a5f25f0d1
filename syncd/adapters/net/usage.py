"""How a server was found when it was last used, noted by all threads that use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from syncd.core.ports import Usage


def http_date(value: str) -> datetime | None:
    """RFC 9110 §5.6.7; None for what is no date."""
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


class UsageRecord:
    """`clock`: seconds since 1970, as this machine sees it."""

    def __init__(self, via: str, clock: Callable[[], float]) -> None:
        self.now = Usage(via=via)
        self._clock = clock
        self._lock = threading.Lock()

    def note(self, **changed: Any) -> None:
        with self._lock:
            self.now = replace(self.now, **changed)

    def note_date(self, header: str) -> None:
        """The `Date` of an answer: how far apart the two clocks are."""
        date = http_date(header)
        if date is not None:
            self.note(skew=self._clock() - date.timestamp())
