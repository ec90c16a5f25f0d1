"""What the loop does by the way: when each chore is due, and what becomes of its trouble."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

import structlog

from syncd.core.errors import SyncdError

log = structlog.get_logger("syncd.daemon")


@dataclass(frozen=True, slots=True)
class Chore:
    """`every`: seconds between two times, at the least; 0 = at each turn."""

    every: float
    what: str
    do: Callable[[], None]


class Chores:
    """`troubled`: those that failed the last time. `ticks`: seconds, never going back."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self.troubled: set[str] = set()
        self._ticks = ticks
        self._done_at: dict[str, float] = {}

    def do(self, chores: Iterable[Chore]) -> None:
        """Those that are due; each at first, or a machine restarted daily would do some never."""
        for chore in chores:
            if self._ticks() >= self._done_at.get(chore.what, -inf) + chore.every:
                self.put_off(chore.what)
                self.safely(chore.what, chore.do)

    def put_off(self, what: str) -> None:
        """As if it had been done now."""
        self._done_at[what] = self._ticks()

    def safely(self, what: str, do: Callable[[], None]) -> None:
        """Trouble of a chore is told, once while it lasts; the loop goes on."""
        try:
            do()
        except SyncdError as error:
            if what not in self.troubled:
                log.error("service.trouble", what=what, why=str(error))
            self.troubled.add(what)
        except Exception:
            log.exception("service.fault", what=what)
            self.troubled.add(what)
        else:
            self.troubled.discard(what)
