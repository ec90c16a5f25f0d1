"""When a schedule wants a cycle: cron's meaning, the two nights of the year, missed and late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.config.manifest.times import CRON_NAMES, cron
from syncd.core.schedule import late, missed, next_instant
from syncd.core.targets import Schedule
from tests.support.debian_cron import debian_runs
from tests.support.examples import examples

PARIS = ZoneInfo("Europe/Paris")
MIQUELON = ZoneInfo("America/Miquelon")
ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def following(expression: str, after: datetime, zone: ZoneInfo = PARIS) -> datetime:
    return next_instant(Schedule(cron=expression), after, zone, ANCHOR)


def all_between(expression: str, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants in (start, end], each asked for anew from the one before."""
    found = [following(expression, start, zone)]
    while found[-1] <= end:
        found.append(following(expression, found[-1], zone))
    return found[:-1]


# -- the meaning of the five fields ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # 1 January 2026 is a Thursday
        ("0 6 * * 0", "01-04 06:00, 01-11 06:00"),
        ("0 6 * * 7", "01-04 06:00, 01-11 06:00"),
        ("0 6 * * SUN", "01-04 06:00, 01-11 06:00"),
        ("0 6 * * 1", "01-05 06:00, 01-12 06:00"),
        ("0 6 * * mon-fri", "01-01 06:00, 01-02 06:00, 01-05 06:00"),
        ("0 6 * * tue,thu", "01-01 06:00, 01-06 06:00, 01-08 06:00"),
        ("0 6 * * 5-7", "01-02 06:00, 01-03 06:00, 01-04 06:00, 01-09 06:00"),
        ("0 6 1 feb,JUL *", "02-01 06:00, 07-01 06:00"),
        ("10,50 6 * * *", "01-01 06:10, 01-01 06:50, 01-02 06:10"),
        ("*/20 6 * * *", "01-01 06:00, 01-01 06:20, 01-01 06:40, 01-02 06:00"),
        ("10-45/15 6 * * *", "01-01 06:10, 01-01 06:25, 01-01 06:40, 01-02 06:10"),
        ("0 8-18/5 * * *", "01-01 08:00, 01-01 13:00, 01-01 18:00, 01-02 08:00"),
        # both days restricted: either will do
        ("0 6 13 * fri", "01-02 06:00, 01-09 06:00, 01-13 06:00, 01-16 06:00"),
        ("0 6 1 * mon", "01-01 06:00, 01-05 06:00, 01-12 06:00"),
        # one of them begins with a star: both must hold
        ("0 6 */10 * sun", "01-11 06:00, 02-01 06:00"),
        ("0 6 31 * *", "01-31 06:00, 03-31 06:00"),
        ("@daily", "01-02 00:00, 01-03 00:00"),
        ("@midnight", "01-02 00:00, 01-03 00:00"),
        ("@hourly", "01-01 01:00, 01-01 02:00"),
        ("@weekly", "01-04 00:00, 01-11 00:00"),
        ("@monthly", "02-01 00:00, 03-01 00:00"),
    ],
)
def test_the_fields_mean_what_cron_says(written: str, expected: str) -> None:
    compiled = cron(written)
    instant, found = datetime(2026, 1, 1, tzinfo=PARIS), []
    for _ in expected.split(", "):
        instant = following(compiled, instant)
        found.append(instant.astimezone(PARIS).strftime("%m-%d %H:%M"))
    assert ", ".join(found) == expected


@pytest.mark.parametrize("name", CRON_NAMES)
def test_every_name_compiles_to_a_line_that_happens(name: str) -> None:
    first = following(cron(name), datetime(2026, 1, 1, tzinfo=PARIS))
    assert first <= datetime(2027, 1, 1, tzinfo=PARIS)


def test_the_29th_of_february_waits_for_its_year() -> None:
    assert following("0 6 29 2 *", ANCHOR, PARIS) == datetime(2028, 2, 29, 5, tzinfo=UTC)


def fields(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    # Two different ends: croniter reads `5-5` as the whole range.
    ends = st.sets(number, min_size=2, max_size=2).map(sorted)
    span = ends.map(lambda two: f"{two[0]}-{two[1]}")
    stepped = st.tuples(span | st.just("*"), st.integers(1, 9)).map(lambda x: f"{x[0]}/{x[1]}")
    part = number.map(str) | span | stepped
    return st.just("*") | part | st.lists(number.map(str) | span, min_size=2).map(",".join)


LINES = st.tuples(
    fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), fields(0, 7) | st.just("mon-fri")
).map(" ".join)


@settings(max_examples=examples(60))
@given(line=LINES, minute=st.integers(0, 366 * 24 * 60))
def test_where_the_clock_never_changes_another_library_agrees(line: str, minute: int) -> None:
    start = ANCHOR + minute * MINUTE
    # Debian's rule for a day field that begins with a star is an option of croniter.
    other = croniter(line, start, ret_type=datetime, implement_cron_bug=True)
    instant = start
    for _ in range(10):
        instant = following(line, instant, ZoneInfo("UTC"))
        assert instant == other.get_next()


# -- the two nights -------------------------------------------------------------------------------

SPRING = [date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26), date(2031, 3, 30)]
AUTUMN = [date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29), date(2031, 10, 26)]


def noon_before(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - DAY


def of_the_night(expression: str, day: date) -> list[str]:
    """What runs from the noon before to the noon after, as wall clock and offset."""
    start = noon_before(day)
    found = all_between(expression, start, start + DAY, PARIS)
    return [instant.astimezone(PARIS).strftime("%H:%M%z") for instant in found]


@pytest.mark.parametrize("night", SPRING)
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["03:00+0200"]),  # right after the change: half past two does not exist
        ("0 2 * * *", ["03:00+0200"]),
        ("59 1 * * *", ["01:59+0100"]),
        ("0 3 * * *", ["03:00+0200"]),
        ("0,30 2 * * *", ["03:00+0200"]),  # two skipped times are one run
        ("30 1-3 * * *", ["01:30+0100", "03:00+0200", "03:30+0200"]),
        ("*/30 2 * * *", []),  # a star in the minutes: the clock never shows two
    ],
)
def test_in_spring_a_time_that_is_skipped_runs_right_after_the_change(
    night: date, expression: str, expected: list[str]
) -> None:
    assert of_the_night(expression, night) == expected


@pytest.mark.parametrize("night", AUTUMN)
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["02:30+0200"]),  # the first of the two
        ("0 2 * * *", ["02:00+0200"]),
        ("0 3 * * *", ["03:00+0100"]),
        ("0,30 2 * * *", ["02:00+0200", "02:30+0200"]),
        ("30 1-3 * * *", ["01:30+0200", "02:30+0200", "03:30+0100"]),
        ("*/30 2 * * *", ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]),
    ],
)
def test_in_autumn_a_time_that_comes_twice_runs_once(
    night: date, expression: str, expected: list[str]
) -> None:
    assert of_the_night(expression, night) == expected


@pytest.mark.parametrize("night", SPRING + AUTUMN)
@pytest.mark.parametrize(
    ("expression", "step"), [("0 * * * *", HOUR), ("*/15 * * * *", 15 * MINUTE)]
)
def test_wildcards_run_by_elapsed_time_through_both_nights(
    night: date, expression: str, step: timedelta
) -> None:
    start = noon_before(night)
    found = all_between(expression, start, start + DAY, PARIS)
    assert found[0] == start + step
    assert {after - before for before, after in pairwise(found)} == {step}
    assert found[-1] == start + DAY


NIGHT_LINES = (
    "30 2 * * *", "0 2 * * *", "0 3 * * *", "59 1,2 * * *", "0,30 1-3 * * *", "30 2 1 * sun",
    "30 2 * * sun", "30 2 * * mon-fri", "0 0-23 * * *", "15,45 0-23/2 * * *", "0 */2 * * *",
    "*/20 2 * * *", "*/15 * * * *", "0 * * * *", "7 * * * 0", "0 0 * * *", "0 1 * * *",
)  # fmt: skip


@lru_cache(maxsize=256)
def by_debian(expression: str, night: date, zone: ZoneInfo) -> list[datetime]:
    start = noon_before(night)
    return debian_runs(expression, start, start + 2 * DAY, zone)


@pytest.mark.parametrize("expression", NIGHT_LINES)
@pytest.mark.parametrize("night", SPRING[:2] + AUTUMN[:2])
def test_both_nights_follow_debian_minute_by_minute(expression: str, night: date) -> None:
    start = noon_before(night)
    assert all_between(expression, start, start + 2 * DAY, PARIS) == by_debian(
        expression, night, PARIS
    )


@pytest.mark.parametrize("expression", NIGHT_LINES)
@pytest.mark.parametrize("night", [date(2026, 3, 8), date(2026, 11, 1)])
def test_the_other_french_zone_that_changes_its_clock_does_the_same(
    expression: str, night: date
) -> None:
    start = noon_before(night)
    assert all_between(expression, start, start + 2 * DAY, MIQUELON) == by_debian(
        expression, night, MIQUELON
    )


@settings(max_examples=examples(300))
@given(
    expression=st.sampled_from(NIGHT_LINES),
    night=st.sampled_from([SPRING[0], AUTUMN[0]]),
    microseconds=st.integers(0, 24 * 3600 * 10**6),
)
def test_any_instant_of_these_nights_may_be_asked_from(
    expression: str, night: date, microseconds: int
) -> None:
    after = noon_before(night) + timedelta(microseconds=microseconds)
    expected = next((one for one in by_debian(expression, night, PARIS) if one > after), None)
    found = following(expression, after.astimezone(PARIS))
    assert found.tzinfo is UTC
    if expected is not None:
        assert found == expected
    else:
        assert found > noon_before(night) + 2 * DAY


def test_a_service_started_in_the_second_half_past_two_does_not_look_back() -> None:
    second = datetime(2026, 10, 25, 2, 15, tzinfo=PARIS, fold=1)
    assert following("30 2 * * *", second) == utc(10, 26, 1, 30)


# -- every ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (ANCHOR - DAY, ANCHOR),  # the grid begins at its anchor
        (ANCHOR - timedelta(microseconds=1), ANCHOR),
        (ANCHOR, ANCHOR + 15 * MINUTE),
        (ANCHOR + 14 * MINUTE, ANCHOR + 15 * MINUTE),
        (ANCHOR + 15 * MINUTE, ANCHOR + 30 * MINUTE),
        (ANCHOR + 1000 * DAY + MINUTE, ANCHOR + 1000 * DAY + 15 * MINUTE),
    ],
)
def test_every_is_a_grid_from_its_anchor(after: datetime, expected: datetime) -> None:
    assert next_instant(Schedule(every=15 * MINUTE), after, PARIS, ANCHOR) == expected


def test_every_counts_elapsed_time_whatever_the_zone_of_its_instants() -> None:
    anchor = datetime(2026, 3, 28, 20, tzinfo=PARIS)
    found = next_instant(Schedule(every=6 * HOUR), anchor + 7 * HOUR, PARIS, anchor)
    # 03:00+02:00 on the wall is six elapsed hours after 20:00+01:00
    assert found == utc(3, 29, 7)


def test_a_schedule_of_nothing_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="every"):
        next_instant(Schedule(), ANCHOR, PARIS, ANCHOR)


# -- missed and late ------------------------------------------------------------------------------

MONDAY_SIX = Schedule(cron="0 6 * * mon")  # 05:00 UTC in January; 5 January 2026 is a Monday
HALF_PAST_TWO = Schedule(cron="30 2 * * *")


@pytest.mark.parametrize(
    ("schedule", "last_run", "now", "expected"),
    [
        (Schedule(every=DAY), None, utc(1, 6), True),
        (Schedule(every=DAY), utc(1, 6), utc(1, 6, 0, 1), True),
        (MONDAY_SIX, None, utc(1, 6, 12), False),  # never ran: waits for its Monday
        (MONDAY_SIX, utc(1, 5, 5), utc(1, 6, 12), False),
        (MONDAY_SIX, utc(1, 5, 4, 59), utc(1, 5, 4, 59), False),
        (MONDAY_SIX, utc(1, 5, 4, 59), utc(1, 5, 5), True),  # its instant is now
        (MONDAY_SIX, utc(1, 5, 4, 59), utc(1, 6, 12), True),  # was down on Monday at six
        (MONDAY_SIX, utc(1, 5, 5, 1), utc(1, 12, 4, 59), False),
        (MONDAY_SIX, utc(1, 5, 5, 1), utc(1, 26, 4, 59), True),  # several times is once
        (MONDAY_SIX, utc(1, 6, 12), utc(1, 4, 12), False),  # the clock was set back
        (HALF_PAST_TWO, utc(3, 29, 0, 59), utc(3, 29, 1), True),  # the night without half past two
        (HALF_PAST_TWO, utc(3, 29, 1), utc(3, 29, 23), False),
        (HALF_PAST_TWO, utc(10, 25, 0, 31), utc(10, 25, 1, 45), False),  # the night with two
    ],
)
def test_what_a_starting_service_owes(
    schedule: Schedule, last_run: datetime | None, now: datetime, expected: bool
) -> None:
    assert missed(schedule, last_run, now, PARIS) is expected


@pytest.mark.parametrize(
    ("schedule", "since", "now", "expected"),
    [
        (Schedule(every=DAY), utc(1, 5), utc(1, 6, 1), False),  # just the interval and the grace
        (Schedule(every=DAY), utc(1, 5), utc(1, 6, 1, 1), True),
        (Schedule(every=DAY), utc(1, 6), utc(1, 5), False),  # the clock was set back
        (MONDAY_SIX, utc(1, 5, 5, 2), utc(1, 12, 5, 59), False),  # a week, and under the grace
        (MONDAY_SIX, utc(1, 5, 5, 2), utc(1, 12, 6), True),
        (MONDAY_SIX, utc(1, 12, 5, 2), utc(1, 12, 6), False),
        (MONDAY_SIX, utc(1, 5, 5, 2), utc(1, 30), True),
        (MONDAY_SIX, utc(1, 13), utc(1, 18), False),  # a run by hand counts
        (Schedule(cron="0 6 * * mon-fri"), utc(1, 9, 5, 2), utc(1, 11, 23), False),  # a Sunday
        (Schedule(cron="*/15 * * * *"), utc(1, 9, 5, 2), utc(1, 9, 6, 14), False),
        (Schedule(cron="*/15 * * * *"), utc(1, 9, 5, 2), utc(1, 9, 6, 15), True),
        (HALF_PAST_TWO, utc(3, 28, 1, 32), utc(3, 29, 1, 59), False),
        (HALF_PAST_TWO, utc(3, 28, 1, 32), utc(3, 29, 2), True),
        (HALF_PAST_TWO, utc(10, 25, 0, 32), utc(10, 25, 3), False),
    ],
)
def test_late_is_an_owed_success_that_did_not_come_within_the_grace(
    schedule: Schedule, since: datetime, now: datetime, expected: bool
) -> None:
    assert late(schedule, since, now, PARIS, HOUR) is expected


def test_a_daily_interval_is_not_late_for_a_change_of_the_clock() -> None:
    # 25 elapsed hours, though both wall clocks show noon and a bit
    since = datetime(2026, 10, 24, 12, 0, tzinfo=PARIS)
    now = datetime(2026, 10, 25, 12, 1, tzinfo=PARIS)
    assert late(Schedule(every=DAY), since, now, PARIS, HOUR) is True
    assert late(Schedule(every=DAY), since, now, PARIS, HOUR + 2 * MINUTE) is False
