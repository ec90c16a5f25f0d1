"""When a dataset's schedule wants a cycle. Pure: instants in, instants out (always UTC).

Instants are compared and subtracted in UTC only: Python compares two datetimes of one zone by
their wall clocks, which is wrong by an hour on the two nights when the clock changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from syncd.core.targets import Schedule


def next_instant(
    schedule: Schedule, after: datetime, timezone: ZoneInfo, anchor: datetime
) -> datetime:
    """The first instant strictly after `after` (aware) that the schedule wants.

    `every` falls on `anchor` + k intervals, never before `anchor`; a cron line needs no anchor.
    """
    if schedule.cron is not None:
        return next_of_cron(schedule.cron, after, timezone)
    return next_of_grid(_interval(schedule), after, anchor)


def next_of_cron(cron: str, after: datetime, timezone: ZoneInfo) -> datetime:
    """The first instant strictly after `after` of five cron fields, by Debian's rule.

    cron(8) of Debian, "clock is changed by less than 3 hours": a fixed time in the skipped hour
    runs right after the change, one in the repeated hour runs once; lines whose minute or hour
    begins with `*` follow the clock as it shows.
    """
    # Begun inside the repeated hour, cronsim offers the fixed times of its first half again:
    # these are past. The manifest refuses a line that never happens, so the search ends.
    wanted = (found.astimezone(UTC) for found in CronSim(cron, after.astimezone(timezone)))
    return next(found for found in wanted if found > after)


def next_of_grid(every: timedelta, after: datetime, anchor: datetime) -> datetime:
    """The first `anchor` + k * `every` (k >= 0) strictly after `after`."""
    start = anchor.astimezone(UTC)
    passed = (after.astimezone(UTC) - start) // every  # below zero before the anchor
    return start + max(passed + 1, 0) * every


def missed(
    schedule: Schedule, last_run: datetime | None, now: datetime, timezone: ZoneInfo
) -> bool:
    """Whether a service that starts `now` owes this dataset a cycle at once.

    `every` always does. A cron line does when one of its instants lies in (`last_run`, `now`];
    not when it never ran: a file meant for Monday at six must not appear on Tuesday at noon
    because someone restarted the service.
    """
    if schedule.cron is None:
        return True
    if last_run is None:
        return False
    return next_of_cron(schedule.cron, last_run, timezone) <= now


def late(
    schedule: Schedule, since: datetime, now: datetime, timezone: ZoneInfo, grace: timedelta
) -> bool:
    """Whether a dataset's last success, at `since`, is older than its schedule allows.

    `every`: older than the interval plus `grace`. Two good runs in a row may end further apart
    than one interval, by the jitter (a tenth of it) and by how long a cycle lasts: `grace` is
    for both. Cron: an instant after `since` was due at least `grace` ago, whatever the gap
    between instants is: nobody is late on a Sunday with `mon-fri`.
    """
    if schedule.cron is not None:
        return next_of_cron(schedule.cron, since, timezone) + grace <= now
    return now.astimezone(UTC) - since.astimezone(UTC) > _interval(schedule) + grace


def _interval(schedule: Schedule) -> timedelta:
    if schedule.every is None:
        raise ValueError("a schedule has `every` or `cron`")
    return schedule.every
