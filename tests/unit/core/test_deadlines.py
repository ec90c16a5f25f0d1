"""By when the next file is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.deadlines import due, is_late
from syncd.core.targets import DayOfYear, Expect

PARIS = ZoneInfo("Europe/Paris")
MONDAYS = Expect(cron="0 6 * * mon", timezone=PARIS)
YEARLY = Expect(before=(DayOfYear(3, 31),), timezone=PARIS)
TWICE = Expect(before=(DayOfYear(3, 31), DayOfYear(9, 30)), timezone=PARIS)
LEAP = Expect(before=(DayOfYear(2, 29),), timezone=PARIS)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("expect", "deposited", "wanted"),
    [
        (Expect(timedelta(days=366)), "2026-03-01T12:00", "2027-03-02T12:00"),
        # 2026-11-30 is a Monday: the deposit of that morning counts for it, so does a late one.
        (MONDAYS, "2026-11-30T05:00", "2026-12-07T06:00"),
        (MONDAYS, "2026-11-30T06:00", "2026-12-07T06:00"),
        (MONDAYS, "2026-12-01T18:00", "2026-12-07T06:00"),
        (MONDAYS, "2026-12-04T18:00", "2026-12-14T06:00"),
        (YEARLY, "2026-02-15T00:00", "2027-04-01T00:00"),
        (YEARLY, "2026-03-31T23:59", "2027-04-01T00:00"),
        (YEARLY, "2026-06-15T00:00", "2027-04-01T00:00"),
        (YEARLY, "2026-12-15T00:00", "2028-04-01T00:00"),
        (TWICE, "2026-04-20T00:00", "2026-10-01T00:00"),
        (TWICE, "2026-09-01T00:00", "2027-04-01T00:00"),
        (LEAP, "2026-02-20T00:00", "2027-03-01T00:00"),
        (LEAP, "2027-02-20T00:00", "2028-03-01T00:00"),
    ],
)
def test_a_deposit_counts_for_the_nearest_deadline(
    expect: Expect, deposited: str, wanted: str
) -> None:
    assert due(expect, paris(deposited)) == paris(wanted)


def test_the_grace_comes_on_top() -> None:
    expect = Expect(before=(DayOfYear(3, 31),), grace=timedelta(days=2), timezone=PARIS)
    deposited = paris("2026-03-20T12:00")
    assert not is_late(expect, deposited, paris("2027-04-03T00:00"))
    assert is_late(expect, deposited, paris("2027-04-03T00:01"))


@given(
    st.sampled_from([MONDAYS, YEARLY, TWICE, LEAP]),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001  the zone comes next
)
def test_what_is_due_lies_ahead_and_half_a_gap_away_at_least(
    expect: Expect, naive: datetime
) -> None:
    deposited = naive.replace(tzinfo=UTC)
    gap = timedelta(days=7 if expect is MONDAYS else 180 if expect is TWICE else 364)
    assert gap / 2 - timedelta(hours=2) <= due(expect, deposited) - deposited
