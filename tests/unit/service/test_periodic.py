"""What the service does every so often, on APScheduler and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from structlog.testing import capture_logs

from syncd.core.errors import LedgerError
from syncd.service.periodic import PeriodicTasks
from syncd.service.scheduler import LoopScheduler

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Clock:
    """Moves the time of day, and lets the loop turn."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self.woken = 0
        self.scheduler = LoopScheduler(self._wake)
        self.tasks = PeriodicTasks(self.scheduler)
        self.scheduler.start()

    def _wake(self) -> None:
        self.woken += 1

    def turn(self, at: float, at_most: float = 3600) -> float:
        """The loop's turn so many seconds after the start; how long it would wait then."""
        self._traveller.move_to(START + at * SECOND)
        return self.scheduler.run_due(at_most)

    @property
    def now(self) -> float:
        return (datetime.now(UTC) - START) / SECOND


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(START, tick=False) as traveller:
        yield Clock(traveller)


def test_a_task_is_done_when_so_many_seconds_have_passed(clock: Clock) -> None:
    done: list[float] = []
    clock.tasks.add("late", 30 * SECOND, lambda: done.append(clock.now))
    for at in (0, 29.9, 30, 59, 60):
        clock.turn(at)
    assert done == [0, 30, 60]


def test_the_loop_learns_how_long_it_may_wait(clock: Clock) -> None:
    clock.tasks.add("late", 30 * SECOND, lambda: None)
    clock.tasks.add("note", 60 * SECOND, lambda: None)
    assert [clock.turn(at) for at in (0, 20, 30, 59)] == [30, 10, 30, 1]
    assert clock.turn(61, at_most=1) == 1
    assert clock.woken > 0  # a new task may come before what was said


def test_a_daily_task_is_done_soon_after_the_machine_started(clock: Clock) -> None:
    done: list[str] = []
    clock.tasks.add("prune", DAY, lambda: done.append("prune"))
    clock.turn(5)
    assert done == ["prune"]


def test_what_is_put_off_waits_as_if_it_had_been_done(clock: Clock) -> None:
    done: list[float] = []
    clock.tasks.add("late", 30 * SECOND, lambda: done.append(clock.now), at_once=False)
    for at in (0, 29.9, 30):
        clock.turn(at)
    assert done == [30]


def test_tasks_of_one_turn_come_in_the_order_of_their_names(clock: Clock) -> None:
    done: list[str] = []

    def named(name: str) -> Callable[[], None]:
        return lambda: done.append(name)

    for name in ("requests", "files", "ledger"):
        clock.tasks.add(name, SECOND, named(name))
    clock.turn(0)
    done.clear()
    clock.turn(1)
    clock.turn(2)
    assert done == ["files", "ledger", "requests"] * 2


def test_a_month_asleep_is_one_run_and_costs_nothing(clock: Clock) -> None:
    done: list[float] = []
    clock.tasks.add("files", SECOND, lambda: done.append(clock.now))
    with capture_logs() as logged:
        for at in (0, 30 * 86400, 30 * 86400 + 0.5, 30 * 86400 + 1):
            clock.turn(at)
    assert done == [0, 30 * 86400, 30 * 86400 + 1]
    assert logged == []


def test_after_a_clock_that_went_back_no_task_waits_for_it(clock: Clock) -> None:
    done: list[float] = []
    clock.tasks.add("files", SECOND, lambda: done.append(clock.now))
    clock.tasks.add("prune", DAY, lambda: done.append(-clock.now))
    clock.turn(0)
    done.clear()
    back = -3 * 86400.0
    assert clock.turn(back, at_most=1) == 1
    assert done == []
    clock.tasks.clock_jumped(START + back * SECOND)
    for at in (back, back + 1, back + 2):
        clock.turn(at)
    assert sorted(done) == [back, back + 1, back + 2, -back]


def test_trouble_is_told_once_while_it_lasts_and_keeps_nothing_else_from_being_done(
    clock: Clock,
) -> None:
    troubled, done = True, list[str]()

    def check() -> None:
        if troubled:
            raise LedgerError("ledger_replaced", folder="state")

    clock.tasks.add("ledger", SECOND, check)
    clock.tasks.add("requests", SECOND, lambda: done.append("requests"))
    with capture_logs() as logged:
        clock.turn(0)
        clock.turn(1)
        assert clock.tasks.troubled == {"ledger"}
        troubled = False
        clock.turn(2)
        assert clock.tasks.troubled == set()
        troubled = True
        clock.turn(3)
    assert [(line["event"], line["what"]) for line in logged] == [("service.trouble", "ledger")] * 2
    assert done == ["requests"] * 4


def test_a_fault_is_told_with_its_traceback_and_the_rest_goes_on(clock: Clock) -> None:
    def check() -> None:
        raise ZeroDivisionError

    done: list[str] = []
    clock.tasks.add("files", SECOND, check)
    clock.tasks.add("requests", SECOND, lambda: done.append("x"))
    with capture_logs() as logged:
        clock.turn(0)
    (line,) = logged
    assert (line["event"], line["what"], line["exc_info"]) == ("service.fault", "files", True)
    assert (clock.tasks.troubled, done) == ({"files"}, ["x"])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_order_to_end_is_no_trouble_of_a_task(clock: Clock, stop: type[BaseException]) -> None:
    def ordered() -> None:
        raise stop

    clock.tasks.add("files", SECOND, ordered)
    with pytest.raises(stop):
        clock.turn(0)
