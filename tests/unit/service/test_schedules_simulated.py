"""Schedules over 1 000 simulated days, with APScheduler itself and a clock that the test moves.

What must run is computed by croniter, a library that syncd does not use, and, on the days when
Europe/Paris changes its clock, by Debian's rule spelled out minute by minute (`debian_cron`):
croniter follows its own rule there. `UNLIKE_DEBIAN` says which schedules it is about.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from apscheduler.events import EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from croniter import croniter

from syncd.config.manifest.times import cron
from syncd.service.triggers import Cron, Every
from tests.support.debian_cron import debian_runs

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 1, 12, 7, 30, tzinfo=UTC)  # no schedule below has an instant here
END = START + 1000 * DAY

# The six changes of the clock in these 1 000 days, at 01:00 UTC.
SPRING = tuple(
    datetime(*day, 1, tzinfo=UTC) for day in ((2026, 3, 29), (2027, 3, 28), (2028, 3, 26))
)
AUTUMN = tuple(
    datetime(*day, 1, tzinfo=UTC) for day in ((2026, 10, 25), (2027, 10, 31), (2028, 10, 29))
)
CHANGES = (*SPRING, *AUTUMN)

SCHEDULES = (
    "30 2 * * *",
    "30 2 * * sun",
    "30 2 1 * sun",
    "0,30 2 * * *",
    "15,45 0-23 * mar,oct sun",
    "15 2-23/12 * * *",
    "0 3 * * *",
    "0 */2 * * sun",
    "*/30 2 * * *",
    "0 6 * * mon-fri",
    "0 6 * * 0",
    "0 6 * * 7",
    "15 18 * * tue,thu,sat",
    "0 6 1 * mon",  # the first of the month, or a Monday
    "0 7 29 2 *",
    "20 4 * jan-jun *",
    "@daily",
    "@weekly",
    "@monthly",
    "@hourly",
)
# Where croniter 7.0 leaves Debian's rule, on all nights of that season. Autumn: a fixed time in
# the repeated hour runs twice. Spring: a wildcard's slot in the skipped hour is made up for (it
# should not be), while `0-23` in the hours counts as a wildcard (it is none: no star).
UNLIKE_DEBIAN = {
    "30 2 * * *": AUTUMN,
    "30 2 * * sun": AUTUMN,
    "30 2 1 * sun": AUTUMN,
    "0,30 2 * * *": AUTUMN,
    "15,45 0-23 * mar,oct sun": CHANGES,
    "15 2-23/12 * * *": AUTUMN,
    "0 */2 * * sun": SPRING,
    "*/30 2 * * *": SPRING,
}


def around(change: datetime) -> tuple[datetime, datetime]:
    return change - 6 * HOUR, change + 6 * HOUR


def by_croniter(expression: str, start: datetime, end: datetime) -> list[datetime]:
    # Debian's rule for a day field that begins with a star is an option of croniter.
    local = start.astimezone(PARIS)
    line = croniter(expression, local, ret_type=datetime, implement_cron_bug=True)
    found = [line.get_next().astimezone(UTC)]
    while found[-1] <= end:
        found.append(line.get_next().astimezone(UTC))
    return found[:-1]


def expected(expression: str, start: datetime, end: datetime) -> list[datetime]:
    """croniter's instants, but Debian's around the changes; they may differ where listed only."""
    found = set(by_croniter(expression, start, end))
    unlike = []
    for change in CHANGES:
        first, last = around(change)
        if not start <= first < last <= end:
            continue
        theirs = {instant for instant in found if first < instant <= last}
        ours = set(debian_runs(expression, first, last, PARIS))
        if theirs != ours:
            unlike.append(change)
        found = found - theirs | ours
    assert unlike == [at for at in UNLIKE_DEBIAN.get(expression, ()) if start < at < end]
    return sorted(found)


class Driven(BaseScheduler):  # type: ignore[misc]  # APScheduler 3 has no types
    """A scheduler without a thread: `until` moves the clock from wake-up to wake-up."""

    def __init__(self, clock: time_machine.Traveller, coalesce: bool = True) -> None:
        defaults = {"coalesce": coalesce, "misfire_grace_time": None, "max_instances": 1}
        super().__init__(
            timezone=UTC, executors={"default": DebugExecutor()}, job_defaults=defaults
        )
        self.clock = clock
        self.jitter = random.Random(2026)
        self.runs: dict[str, list[datetime]] = {}
        self.add_listener(self._note, EVENT_JOB_EXECUTED)

    def wakeup(self) -> None: ...

    def shutdown(self, wait: bool = True) -> None: ...

    def add(self, name: str, trigger: BaseTrigger) -> None:
        self.runs[name] = []
        self.add_job(lambda: None, trigger, id=name)
        if not self.running:
            self.start()

    def until(self, end: datetime) -> None:
        """Wake up a moment after each wanted instant, as a real process does."""
        while (now := datetime.now(UTC)) < end:
            wait = timedelta(seconds=self._process_jobs() + self.jitter.uniform(0, 5))
            self.clock.move_to(min(now + wait, end).timestamp())

    def suspend(self, how_long: timedelta) -> None:
        """The machine is suspended: no wake-up at all, then the scheduler looks."""
        self.clock.move_to(datetime.now(UTC) + how_long)
        self._process_jobs()

    def _note(self, event: JobExecutionEvent) -> None:
        self.runs[event.job_id].append(event.scheduled_run_time)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def jitter() -> float:
    return JITTER.random()


JITTER = random.Random(29)


def slots(runs: list[datetime], interval: timedelta) -> list[int]:
    return [(run - START) // interval for run in runs]


@pytest.mark.stress
def test_a_thousand_days_of_cron_lines_run_when_cron_would(clock: time_machine.Traveller) -> None:
    scheduler = Driven(clock)
    for written in SCHEDULES:
        scheduler.add(written, Cron(cron(written), PARIS))
    scheduler.until(END)
    for written in SCHEDULES:
        assert scheduler.runs[written] == expected(cron(written), START, END), written
    assert len(scheduler.runs["30 2 * * *"]) == 1000
    assert len(scheduler.runs["@hourly"]) == 24_000


@pytest.mark.parametrize("change", CHANGES)
def test_every_quarter_of_an_hour_runs_through_the_days_around_each_change(
    clock: time_machine.Traveller, change: datetime
) -> None:
    # 96 000 runs would take the time of all other tests here: the days that matter are run.
    start, end = change - 5 * DAY - 7 * MINUTE, change + 5 * DAY + 7 * MINUTE
    clock.move_to(start)
    scheduler = Driven(clock)
    scheduler.add("quarters", Cron("*/15 * * * *", PARIS))
    scheduler.until(end)
    assert scheduler.runs["quarters"] == expected("*/15 * * * *", start, end)
    assert len(scheduler.runs["quarters"]) == 10 * 96 + 1  # both ends are inside


@pytest.mark.stress
def test_a_thousand_days_of_intervals_use_each_slot_once(clock: time_machine.Traveller) -> None:
    intervals = {"15m": 15 * MINUTE, "6h": 6 * HOUR, "1d": DAY, "7d": 7 * DAY}
    scheduler = Driven(clock)
    for name, interval in intervals.items():
        scheduler.add(name, Every(interval, START, jitter))
    scheduler.until(END)
    for name, interval in intervals.items():
        runs = scheduler.runs[name]
        assert slots(runs, interval) == list(range(-(-(END - START) // interval))), name
        assert runs[0] == START
        put_off = [(run - START) % interval for run in runs]
        assert max(put_off) <= interval / 10
        assert not any(one % MINUTE for one in put_off)  # those of a minute are due together
        assert len(set(put_off)) > min(len(runs), interval / 10 // MINUTE) // 2  # they do spread


def test_three_days_asleep_are_one_run_for_each_schedule(clock: time_machine.Traveller) -> None:
    scheduler = Driven(clock)
    triggers = {
        "cron": Cron("*/15 * * * *", PARIS),
        "daily": Cron("30 2 * * *", PARIS),
        "every": Every(15 * MINUTE, START, jitter),
        "monthly": Cron("0 0 1 * *", PARIS),
    }
    for name, trigger in triggers.items():
        scheduler.add(name, trigger)
    scheduler.until(START + DAY)
    before = {name: len(runs) for name, runs in scheduler.runs.items()}
    scheduler.suspend(3 * DAY)
    after = {name: len(runs) - before[name] for name, runs in scheduler.runs.items()}
    assert after == {"cron": 1, "daily": 1, "every": 1, "monthly": 0}
    # and then on as if nothing had been
    scheduler.until(START + 5 * DAY)
    assert slots(scheduler.runs["every"], 15 * MINUTE)[-95:] == list(range(4 * 96 + 1, 5 * 96))
    assert scheduler.runs["cron"][-96:] == by_croniter(
        "*/15 * * * *", START + 4 * DAY, START + 5 * DAY
    )


def test_half_past_two_slept_through_in_spring_runs_once_on_waking(
    clock: time_machine.Traveller,
) -> None:
    change = SPRING[0]
    clock.move_to(change - HOUR)
    scheduler = Driven(clock)
    scheduler.add("daily", Cron("30 2 * * *", PARIS))
    scheduler.suspend(2 * HOUR)
    scheduler.until(change + 12 * HOUR)
    assert scheduler.runs["daily"] == [change]


@pytest.mark.parametrize("seed", range(5))
def test_without_coalescing_a_sleepy_machine_still_meets_each_slot_once(
    clock: time_machine.Traveller, seed: int
) -> None:
    # APScheduler asks for a slot once to list what is missed and again to plan: two throws of the
    # jitter for one slot, one of which may be past and the other to come.
    sleepy = random.Random(seed)
    scheduler = Driven(clock, coalesce=False)
    scheduler.add("every", Every(15 * MINUTE, START, sleepy.random))
    scheduler.add("cron", Cron("30 * * * *", PARIS))
    for _ in range(1500):
        scheduler.suspend(sleepy.uniform(0, 40) * MINUTE)
    done = datetime.now(UTC)
    found = slots(scheduler.runs["every"], 15 * MINUTE)
    assert found == list(range(len(found)))
    assert 0 <= (done - START) // (15 * MINUTE) - found[-1] <= 1
    assert scheduler.runs["cron"] == by_croniter("30 * * * *", START, done)
