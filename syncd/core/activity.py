"""What a process is doing right now, for those who ask it from beside. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# look: at the dataset; lock, portal, source: waiting for these; the others are transfers.
Doing = Literal["look", "lock", "portal", "source", "fetch", "keep", "send", "verify"]


@dataclass(frozen=True, slots=True)
class Work:
    dataset: str  # id; "" = none in particular
    doing: Doing
    since: datetime
    what: str = ""  # an object or a file
    done: int = 0  # bytes
    size: int = 0  # bytes; 0 = not known
    until: datetime | None = None  # of a pause

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.size) if self.size else 0
