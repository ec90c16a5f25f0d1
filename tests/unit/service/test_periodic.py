"""What the service's loop does by the way."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from syncd.core.errors import LedgerError
from syncd.service.periodic import Chore, Chores


class Ticks:
    """Seconds, moved by the test."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_chore_is_done_when_so_many_seconds_have_passed() -> None:
    ticks, done = Ticks(), list[float]()
    chores = Chores(ticks)
    for ticks.now in (1000.0, 1029.9, 1030.0, 1059.0, 1060.0):
        chores.do([Chore(30, "late", lambda: done.append(ticks.now))])
    assert done == [1000.0, 1030.0, 1060.0]


def test_a_daily_chore_is_done_soon_after_the_machine_started() -> None:
    ticks, done = Ticks(), list[str]()
    ticks.now = 5.0
    Chores(ticks).do([Chore(86400, "prune", lambda: done.append("prune"))])
    assert done == ["prune"]


def test_what_is_put_off_waits_as_if_it_had_been_done() -> None:
    ticks, done = Ticks(), list[float]()
    chores = Chores(ticks)
    chores.put_off("late")
    for ticks.now in (1000.0, 1029.9, 1030.0):
        chores.do([Chore(30, "late", lambda: done.append(ticks.now))])
    assert done == [1030.0]


def test_trouble_is_told_once_while_it_lasts_and_keeps_nothing_else_from_being_done() -> None:
    troubled, done = True, list[str]()

    def look() -> None:
        if troubled:
            raise LedgerError("ledger_replaced", folder="state")

    chores = Chores(Ticks())
    rows = [Chore(0, "ledger", look), Chore(0, "files", lambda: done.append("files"))]
    with capture_logs() as told:
        chores.do(rows)
        chores.do(rows)
        assert chores.troubled == {"ledger"}
        troubled = False
        chores.do(rows)
        assert chores.troubled == set()
        troubled = True
        chores.do(rows)
    assert [(line["event"], line["what"]) for line in told] == [("service.trouble", "ledger")] * 2
    assert done == ["files"] * 4


def test_a_fault_is_told_with_its_traceback_and_the_rest_goes_on() -> None:
    def look() -> None:
        raise ZeroDivisionError

    done: list[str] = []
    chores = Chores(Ticks())
    with capture_logs() as told:
        chores.do([Chore(0, "clock", look), Chore(0, "files", lambda: done.append("x"))])
    (line,) = told
    assert (line["event"], line["what"], line["exc_info"]) == ("service.fault", "clock", True)
    assert (chores.troubled, done) == ({"clock"}, ["x"])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_order_to_end_is_no_trouble_of_a_chore(stop: type[BaseException]) -> None:
    def ordered() -> None:
        raise stop

    with pytest.raises(stop):
        Chores(Ticks()).do([Chore(0, "files", ordered)])
