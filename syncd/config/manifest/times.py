"""What durations, schedules, days of the year and time zones look like in a manifest.

Readers as those of `values`: each raises `PydanticCustomError`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta
from functools import lru_cache
from unicodedata import normalize
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from syncd.config.manifest.values import near, text, wrong
from syncd.core.regular_expressions import regex
from syncd.core.targets import DayOfYear

SHORTEST_SCHEDULE = timedelta(seconds=10)

CRON_NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
CRON_FIELDS = ("minute", "hour", "day", "month", "weekday")

DURATION = regex(
    r"(?=.)(?:(?P<y>[0-9]{1,2})y)?(?:(?P<d>[0-9]{1,5})d)?(?:(?P<h>[0-9]{1,6})h)?"
    r"(?:(?P<m>[0-9]{1,6})m)?(?:(?P<s>[0-9]{1,7})s)?"
)


def duration(value: object) -> timedelta:
    """`30s`, `15m`, `2h`, `1d`, `1y`, or several of them from the longest to the shortest.

    A year has 366 days: what comes once a year is not late by one in every fourth.
    """
    read = text(value)
    found = DURATION.fullmatch(read)
    if not found:
        raise wrong("bad_duration", _duration_guess(read))
    parts = {unit: int(amount or 0) for unit, amount in found.groupdict().items()}
    days = 366 * parts["y"] + parts["d"]
    return timedelta(days=days, hours=parts["h"], minutes=parts["m"], seconds=parts["s"])


def _duration_guess(read: str) -> str:
    units = {"j": "d", "jour": "d", "jours": "d", "day": "d", "days": "d", "min": "m", "mn": "m"}
    units |= {"an": "y", "ans": "y", "a": "y", "year": "y", "years": "y"}
    units |= {"minute": "m", "minutes": "m", "heure": "h", "heures": "h", "hour": "h", "hours": "h"}
    units |= {"sec": "s", "second": "s", "seconds": "s", "seconde": "s", "secondes": "s", "": "m"}
    found = re.fullmatch(r"\s*([0-9]{1,5})\s*([A-Za-z]*)\s*", read)
    if not found:
        return ""
    unit = found[2].lower()
    unit = units.get(unit, unit)
    return f"{found[1]}{unit}" if unit in {"y", "d", "h", "m", "s"} else ""


def interval(value: object) -> timedelta:
    """A duration of at least ten seconds."""
    found = duration(value)
    if found < SHORTEST_SCHEDULE:
        raise wrong("too_often", f"{SHORTEST_SCHEDULE.seconds}s", least=SHORTEST_SCHEDULE.seconds)
    return found


def cron(value: object) -> str:
    """Five cron fields; `@daily` and its like become the fields that they stand for."""
    read = " ".join(text(value).split())
    if read.startswith("@"):
        if read.lower() not in CRON_NAMES:
            known = ", ".join(CRON_NAMES)
            raise wrong("cron_name", near(read, tuple(CRON_NAMES)), known=known)
        return CRON_NAMES[read.lower()]
    fields = read.split(" ")
    if len(fields) != len(CRON_FIELDS):
        # Six fields are most often those of a dialect that begins with seconds.
        guess = " ".join(fields[1:])
        six = len(fields) == 6 and _fires(guess)
        raise wrong("cron_fields", guess if six else "", count=len(fields))
    for at, field in enumerate(fields):
        if not _fires(" ".join(field if at == i else "*" for i in range(5))):
            raise wrong("cron_field", field=CRON_FIELDS[at], value=field[:40])
    if not _fires(read):
        raise wrong("cron_never")
    return read


@lru_cache(maxsize=4096)
def _fires(expression: str) -> bool:
    try:
        next(CronSim(expression, datetime(2024, 1, 1)))  # noqa: DTZ001 -- only asks: does it ever
    except (CronSimError, StopIteration, ValueError, OverflowError):
        return False
    return True


_MONTHS = (
    ("january", "janvier"),
    ("february", "fevrier"),
    ("march", "mars"),
    ("april", "avril"),
    ("may", "mai"),
    ("june", "juin"),
    ("july", "juillet"),
    ("august", "aout"),
    ("september", "septembre"),
    ("october", "octobre"),
    ("november", "novembre"),
    ("december", "decembre"),
)
_MONTH_OF = {name: at for at, names in enumerate(_MONTHS, 1) for name in names}
_DAY = regex(r"([0-9]{1,2})(?:er|st|nd|rd|th|\.)? ?([a-z]+)")
_DAY_BEHIND = regex(r"([a-z]+) ([0-9]{1,2})(?:st|nd|rd|th)?")
_LEAP = 2024


def days_of_year(value: object) -> tuple[DayOfYear, ...]:
    """One day or several, as people write them: `31 march`, `31 mars`."""
    if isinstance(value, list):
        if not value:
            raise wrong("empty_value")
        return tuple(sorted({_day_of_year(one) for one in value}))
    return (_day_of_year(value),)


def _day_of_year(value: object) -> DayOfYear:
    read = text(value)
    letters = normalize("NFKD", read.lower()).encode("ascii", "ignore").decode()
    plain = " ".join(letters.split())
    ahead, behind = _DAY.fullmatch(plain), _DAY_BEHIND.fullmatch(plain)
    day, name = (ahead[1], ahead[2]) if ahead else (behind[2], behind[1]) if behind else ("", "")
    month = _MONTH_OF.get(name)
    if month is None:
        meant = near(name, tuple(_MONTH_OF)) if name else ""
        raise wrong("bad_day", f"{int(day)} {meant}" if meant else "", read=read)
    if not 1 <= int(day) <= monthrange(_LEAP, month)[1]:
        raise wrong("no_such_day", read=read)
    return DayOfYear(month, int(day))


def timezone(value: object) -> ZoneInfo:
    read = text(value)
    try:
        return ZoneInfo(read)
    except (KeyError, ValueError, OSError):
        zones = {zone.lower(): zone for zone in available_timezones()}
        names = {zone.rsplit("/", 1)[-1]: zone for zone in zones}
        guess = near(read, list(zones)) or names.get(near(read, list(names)), "")
        raise wrong("bad_timezone", zones.get(guess, "")) from None
