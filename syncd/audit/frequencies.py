"""How often a dataset is updated: in the portal's words, and in days. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

_MINUTE = 1 / 1440  # of a day
_HOUR = 1 / 24


@dataclass(frozen=True, slots=True)
class Frequency:
    """`due`: days after which the portal wants the next file; `usual`: days between two files.

    They differ for “twice a week” and the like: the portal waits for the end of the week.
    """

    due: float
    usual: float


# Those that expect nothing regular are not here (udata 17.18, `UpdateFrequency`).
FREQUENCIES: Mapping[str, Frequency] = {
    "oneMinute": Frequency(_MINUTE, _MINUTE),
    "fiveMinutes": Frequency(5 * _MINUTE, 5 * _MINUTE),
    "tenMinutes": Frequency(10 * _MINUTE, 10 * _MINUTE),
    "fifteenMinutes": Frequency(15 * _MINUTE, 15 * _MINUTE),
    "thirtyMinutes": Frequency(30 * _MINUTE, 30 * _MINUTE),
    "hourly": Frequency(_HOUR, _HOUR),
    "bihourly": Frequency(2 * _HOUR, 2 * _HOUR),
    "trihourly": Frequency(3 * _HOUR, 3 * _HOUR),
    "twelveHours": Frequency(12 * _HOUR, 12 * _HOUR),
    "severalTimesADay": Frequency(1, 6 * _HOUR),
    "threeTimesADay": Frequency(1, 8 * _HOUR),
    "semidaily": Frequency(1, 12 * _HOUR),
    "daily": Frequency(1, 1),
    "fiveTimesAWeek": Frequency(7, 7 / 5),
    "threeTimesAWeek": Frequency(7, 7 / 3),
    "semiweekly": Frequency(7, 7 / 2),
    "weekly": Frequency(7, 7),
    "biweekly": Frequency(14, 14),
    "threeTimesAMonth": Frequency(31, 10),
    "semimonthly": Frequency(31, 15),
    "monthly": Frequency(31, 30.4),
    "bimonthly": Frequency(62, 61),
    "quarterly": Frequency(93, 91),
    "threeTimesAYear": Frequency(365, 122),
    "semiannual": Frequency(365, 183),
    "annual": Frequency(365, 365),
    "biennial": Frequency(730, 730),
    "triennial": Frequency(1095, 1095),
    "quadrennial": Frequency(1460, 1460),
    "quinquennial": Frequency(1825, 1825),
    "decennial": Frequency(3650, 3650),
    "bidecennial": Frequency(7300, 7300),
    "tridecennial": Frequency(10950, 10950),
}
# The ones that people know; a proposal is one of these.
_PLAIN = ("hourly", "daily", "weekly", "biweekly", "monthly", "bimonthly", "quarterly")
PLAIN = (*_PLAIN, "semiannual", "annual")

TOLERANCE = timedelta(days=1)  # the portal's own
FEWEST = 4  # publications: fewer gaps than three are no rhythm
TOGETHER = timedelta(hours=1)  # files of one delivery
FACTOR = 2.0  # how far the rhythm may be from what is declared


def rhythm(instants: Sequence[datetime]) -> float | None:
    """The usual number of days between two publications; None where there were too few.

    `instants`: oldest first.
    """
    deliveries: list[datetime] = []
    previous: datetime | None = None
    for instant in instants:
        if previous is None or instant - previous > TOGETHER:
            deliveries.append(instant)
        previous = instant
    if len(deliveries) < FEWEST:
        return None
    return median((later - earlier) / timedelta(days=1) for earlier, later in pairwise(deliveries))


def better(declared: str, days: float) -> str:
    """The frequency that says the truth about files every `days`; "" where `declared` does."""
    known = FREQUENCIES.get(declared)
    if known is None or 1 / FACTOR <= days / known.usual <= FACTOR:
        return ""
    near = min(PLAIN, key=lambda name: _distance(FREQUENCIES[name].usual, days))
    return near if near != declared else ""


def _distance(usual: float, days: float) -> float:
    return max(usual / days, days / usual)
