"""What APScheduler asks of a trigger: each slot once, jitter within a tenth, a grid that stays."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.service.triggers import Cron, Every

PARIS = ZoneInfo("Europe/Paris")
ANCHOR = datetime(2026, 3, 28, 20, tzinfo=PARIS)  # the clock changes that night
QUARTER = timedelta(minutes=15)
MOMENT = timedelta(microseconds=1)


def steady() -> float:
    return 0.0


def latest() -> float:
    return 1.0


# -- every ----------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    seconds=st.integers(10, 40 * 86_400),
    seed=st.integers(),
    throws=st.sampled_from([None, (0.0,), (1.0,), (1.0, 0.0), (0.0, 1.0)]),
)
def test_each_of_thousands_of_slots_comes_once_and_at_most_a_tenth_late(
    seconds: int, seed: int, throws: tuple[float, ...] | None
) -> None:
    chance = random.Random(seed)
    interval = timedelta(seconds=seconds)
    count = 0

    def jitter() -> float:
        nonlocal count
        count += 1
        return throws[count % len(throws)] if throws else chance.random()

    trigger = Every(interval, ANCHOR, jitter)
    fire: datetime | None = None
    start = ANCHOR.astimezone(UTC)
    for slot in range(500):
        fire = trigger.get_next_fire_time(fire, start)
        assert fire.tzinfo is UTC
        put_off = fire - (start + slot * interval)
        assert timedelta() <= put_off <= interval / 10
        assert slot > 0 or put_off == timedelta()


def test_the_first_slot_is_the_anchor_itself_whatever_the_dice_say() -> None:
    trigger = Every(QUARTER, ANCHOR, latest)
    assert trigger.get_next_fire_time(None, ANCHOR - QUARTER) == ANCHOR.astimezone(UTC)
    assert trigger.get_next_fire_time(None, ANCHOR) == ANCHOR.astimezone(UTC)


def test_a_job_added_after_the_anchor_joins_the_grid() -> None:
    trigger = Every(QUARTER, ANCHOR, steady)
    start = ANCHOR.astimezone(UTC)
    assert trigger.get_next_fire_time(None, ANCHOR + MOMENT) == start + QUARTER
    assert trigger.get_next_fire_time(None, ANCHOR + 10 * QUARTER) == start + 10 * QUARTER
    # in the evening of the next day: 23 elapsed hours after 20:00 the clock shows 20:00
    evening = datetime(2026, 3, 29, 20, tzinfo=PARIS)
    assert trigger.get_next_fire_time(None, evening) == start + timedelta(hours=23)


def test_a_slot_asked_for_twice_is_the_same_slot() -> None:
    chance = random.Random(3)
    trigger = Every(QUARTER, ANCHOR, chance.random)
    start = ANCHOR.astimezone(UTC)
    previous = start + 7 * QUARTER + QUARTER / 10
    answers = {trigger.get_next_fire_time(previous, start) for _ in range(50)}
    assert len(answers) > 1
    assert {(answer - start) // QUARTER for answer in answers} == {8}


def test_what_was_missed_is_listed_and_not_skipped() -> None:
    trigger = Every(QUARTER, ANCHOR, steady)
    start = ANCHOR.astimezone(UTC)
    assert trigger.get_next_fire_time(start, start + 1000 * QUARTER) == start + QUARTER


def test_a_clock_set_back_changes_nothing_for_a_planned_grid() -> None:
    trigger = Every(QUARTER, ANCHOR, steady)
    start = ANCHOR.astimezone(UTC)
    assert trigger.get_next_fire_time(start + 9 * QUARTER, start) == start + 10 * QUARTER


# -- cron -----------------------------------------------------------------------------------------


def test_cron_runs_at_its_instant_and_then_at_the_next() -> None:
    trigger = Cron("0 6 * * mon-fri", PARIS)
    friday = datetime(2026, 1, 9, 5, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, friday - MOMENT) == friday
    assert trigger.get_next_fire_time(None, friday) == friday
    monday = datetime(2026, 1, 12, 5, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, friday + MOMENT) == monday
    assert trigger.get_next_fire_time(friday, friday) == monday


def test_cron_lists_what_was_missed_from_the_previous_time_on() -> None:
    trigger = Cron("0 6 * * *", PARIS)
    first = datetime(2026, 1, 9, 5, tzinfo=UTC)
    assert trigger.get_next_fire_time(first, first + timedelta(days=30)) == first + timedelta(
        days=1
    )


@pytest.mark.parametrize("expression", ["30 2 * * *", "*/15 * * * *", "0,30 1-3 * * *"])
@pytest.mark.parametrize("day", [datetime(2026, 3, 28), datetime(2026, 10, 24)])  # noqa: DTZ001
def test_cron_only_goes_forward_through_a_change_of_the_clock(
    expression: str, day: datetime
) -> None:
    trigger = Cron(expression, PARIS)
    now = day.replace(hour=22, tzinfo=UTC)
    fire = trigger.get_next_fire_time(None, now)
    while fire < now + timedelta(hours=8):
        # what APScheduler hands back may be in any zone
        following = trigger.get_next_fire_time(fire.astimezone(PARIS), now)
        assert following.tzinfo is UTC
        assert following > fire
        fire = following


def test_triggers_name_themselves_for_the_log() -> None:
    assert str(Cron("0 6 * * 1", PARIS)) == "cron[0 6 * * 1 Europe/Paris]"
    assert str(Every(QUARTER, ANCHOR, steady)) == "every[0:15:00 from 2026-03-28T19:00:00+00:00]"
