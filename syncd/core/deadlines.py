"""By when the next file is due after a deposit. Pure: instants in, an instant out (UTC).

Where instants are agreed on, by cron or as days of the year, a deposit counts for the nearest of
them: the one of Tuesday for Monday, when files are due each Monday, the one of Friday for the next.
So a file that comes late does not stand for the one after it, and an early one counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from syncd.core.schedule import next_of_cron
from syncd.core.targets import DayOfYear, Expect


def due(expect: Expect, deposited: datetime) -> datetime:
    """The instant by which the file after this one is there, without the grace."""
    if expect.every is not None:
        return deposited.astimezone(UTC) + expect.every
    before, after, then = _around(expect, deposited.astimezone(UTC))
    return after if deposited - before <= after - deposited else then


def is_late(expect: Expect, deposited: datetime, now: datetime) -> bool:
    return now > due(expect, deposited) + expect.grace


def _around(expect: Expect, at: datetime) -> tuple[datetime, datetime, datetime]:
    """The deadline before an instant (or at it), and the two after it."""
    if expect.cron is not None:
        zone = expect.timezone
        after = next_of_cron(expect.cron, at, zone)
        return _last_of_cron(expect.cron, at, zone), after, next_of_cron(expect.cron, after, zone)
    years = range(at.year - 2, at.year + 4)
    ends = sorted(_ends(expect.before, years, expect.timezone))
    following = next(place for place, end in enumerate(ends) if end > at)
    return ends[following - 1], ends[following], ends[following + 1]


def _last_of_cron(cron: str, at: datetime, zone: ZoneInfo) -> datetime:
    backwards = CronSim(cron, at.astimezone(zone) + timedelta(minutes=1), reverse=True)
    return next(found for one in backwards if (found := one.astimezone(UTC)) <= at)


def _ends(days: tuple[DayOfYear, ...], years: range, zone: ZoneInfo) -> Iterator[datetime]:
    for year in years:
        for one in days:
            last = date(year, one.month, 1) + timedelta(days=one.day - 1)
            if last.month != one.month:  # the 29th of a February of 28 days
                last = date(year, one.month + 1, 1) - timedelta(days=1)
            end = datetime.combine(last + timedelta(days=1), time(), zone)
            yield end.astimezone(UTC)
