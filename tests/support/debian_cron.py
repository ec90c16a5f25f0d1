"""Debian's cron spelled out minute by minute, in UTC: slow, and independent of any library.

The rule (cron(8), "Special considerations", and the daemon's main loop): a line whose minute or
hour field begins with `*` runs whenever the wall clock of the minute matches. Any other line runs
for each wall-clock minute once: when the clock jumps forward, at the first minute after the jump
for all that were skipped; when it goes back, not again until it is past where it had been.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


class Line:
    def __init__(self, expression: str) -> None:
        fields = expression.lower().split()
        self.minutes, self.hours, self.days, self.months, weekdays = (
            _numbers(field, *bounds) for field, bounds in zip(fields, BOUNDS, strict=True)
        )
        self.weekdays = {number % 7 for number in weekdays}  # Sunday is 0, and 7
        self.wild = fields[0].startswith("*") or fields[1].startswith("*")
        self.both_days = fields[2].startswith("*") or fields[4].startswith("*")

    def matches(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        of_month, of_week = wall.day in self.days, wall.isoweekday() % 7 in self.weekdays
        day = of_month and of_week if self.both_days else of_month or of_week
        return day and wall.month in self.months


def debian_runs(expression: str, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants in (start, end]. `start` is a whole minute in UTC, away from a clock change."""
    line = Line(expression)
    if line.wild:
        return [instant for instant, wall in _minutes(start, end, zone) if line.matches(wall)]
    result = []
    reached = _wall(start, zone)
    for instant, wall in _minutes(start, end, zone):
        wanted = False
        while reached < wall:
            reached += MINUTE
            wanted = wanted or line.matches(reached)
        if wanted:
            result.append(instant)
    return result


@lru_cache(maxsize=64)
def _minutes(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    count = (end - start) // MINUTE
    instants = [start + n * MINUTE for n in range(1, count + 1)]
    return [(instant, _wall(instant, zone)) for instant in instants]


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    assert instant.tzinfo is UTC
    return instant.astimezone(zone).replace(tzinfo=None)


def _numbers(field: str, least: int, most: int) -> set[int]:
    result = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("-".join(map(str, (least, most))) if span == "*" else span).partition("-")
        result |= set(range(_number(first), _number(last or first) + 1, int(step or 1)))
    return result


def _number(text: str) -> int:
    if text in MONTHS:
        return MONTHS.index(text) + 1
    return DAYS.index(text) if text in DAYS else int(text)
