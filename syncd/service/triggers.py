"""Triggers for APScheduler: they say when, from `syncd.core.schedule`, and keep no state.

APScheduler asks for the slot after `previous_fire_time`, several times for one slot if it likes
(once to list what was missed, once to plan the next run). Each answer depends on that time alone
and on the jitter, so every slot comes exactly once. `now` counts only for the first slot: what a
sleeping machine missed must be listed, and coalesced, by the scheduler.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from syncd.core.schedule import next_of_cron, next_of_grid

LARGEST_JITTER = 10  # a tenth of the interval
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)  # the smallest step of a datetime


class Cron(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Five cron fields in a time zone, as `core.schedule` reads them. At its instant: no jitter.

    The first slot is at or after `now`.
    """

    __slots__ = ("expression", "timezone")

    def __init__(self, expression: str, timezone: ZoneInfo) -> None:
        self.expression = expression
        self.timezone = timezone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        after = previous_fire_time or now.astimezone(UTC) - INSTANT
        return next_of_cron(self.expression, after, self.timezone)

    def __str__(self) -> str:
        return f"cron[{self.expression} {self.timezone.key}]"


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """A grid of `anchor` + k * `interval`, each slot put off by at most a tenth of the interval.

    The jitter keeps datasets of one interval from asking the portal all at once. It is whole
    minutes, so that those of a minute are due together and one listing serves them all. As it is
    shorter than the interval, rounding a run's time down gives its slot back, and the grid never
    drifts.
    `jitter` gives a number from 0 to 1. The first slot is at or after `now`, and the anchor itself
    is never put off; to run at once with an anchor that is past, hand `next_run_time` to
    `add_job`.
    """

    __slots__ = ("anchor", "interval", "jitter")

    def __init__(self, interval: timedelta, anchor: datetime, jitter: Callable[[], float]) -> None:
        self.interval = interval
        self.anchor = anchor.astimezone(UTC)
        self.jitter = jitter

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        after = previous_fire_time or now.astimezone(UTC) - INSTANT
        slot = next_of_grid(self.interval, after, self.anchor)
        if slot == self.anchor:
            return slot
        return slot + self.interval / LARGEST_JITTER * self.jitter() // MINUTE * MINUTE

    def __str__(self) -> str:
        return f"every[{self.interval} from {self.anchor.isoformat()}]"


class Periodic(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """`every` after the last time, and nothing is made up for.

    APScheduler lists each missed time before it merges them: of a task done each second that is
    millions, after a month asleep or with a clock that was set right at last.
    """

    __slots__ = ("every",)

    def __init__(self, every: timedelta) -> None:
        self.every = every

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now if previous_fire_time is None else now + self.every

    def __str__(self) -> str:
        return f"periodic[{self.every}]"
