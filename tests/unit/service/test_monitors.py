"""A clock that is set: what waits for it is planned anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from structlog.testing import capture_logs

from syncd.adapters.ledger import SqlLedger
from syncd.service.dispatcher import Dispatcher
from syncd.service.monitors import Monitors
from syncd.service.periodic import PeriodicTasks
from syncd.service.schedule import Schedules
from syncd.service.scheduler import LoopScheduler
from syncd.service.state import ServiceState
from tests.unit.service.test_freshness import DAY, HOUR, NOW, OLD, day, ledger, state

__all__ = ["day", "ledger", "state"]  # fixtures

SECOND = timedelta(seconds=1)


def test_a_clock_that_goes_back_stops_neither_schedules_nor_tasks(
    state: ServiceState, ledger: SqlLedger, day: time_machine.Traveller, tmp_path: Path
) -> None:
    done: list[str] = []
    scheduler = LoopScheduler(lambda: None)
    schedules, periodic = Schedules(scheduler), PeriodicTasks(scheduler)
    dispatcher = Dispatcher(lambda _job, _release: None, limit=1)
    monitors = Monitors(state, ledger, dispatcher, schedules, periodic, tmp_path)
    scheduler.start()
    schedules.follow(state.runtime.app.manifest, {}, NOW, lambda _dataset, why: done.append(why))
    periodic.add("files", SECOND, lambda: done.append("files"))
    scheduler.run_due(1)
    assert done == ["start", "files"]

    day.move_to(NOW - 2 * DAY)
    with capture_logs() as logged:
        monitors.check_clock()
        monitors.check_clock()
    assert [(one["event"], one["seconds"]) for one in logged] == [("clock.jumped", -2 * 86400)]
    assert schedules.plans() == {OLD: NOW - 2 * DAY + HOUR}
    scheduler.run_due(1)
    assert done == ["start", "files", "files"]


def test_a_clock_that_is_slewed_is_no_jump(
    state: ServiceState, ledger: SqlLedger, day: time_machine.Traveller, tmp_path: Path
) -> None:
    scheduler = LoopScheduler(lambda: None)
    dispatcher = Dispatcher(lambda _job, _release: None, limit=1)
    schedules, periodic = Schedules(scheduler), PeriodicTasks(scheduler)
    monitors = Monitors(state, ledger, dispatcher, schedules, periodic, tmp_path)
    with capture_logs() as logged:
        for seconds in (20, 40, 15):
            day.move_to(NOW + seconds * SECOND)
            monitors.check_clock()
    assert logged == []


def test_of_the_plans_only_what_changed_is_written(
    state: ServiceState, ledger: SqlLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = LoopScheduler(lambda: None)
    schedules, periodic = Schedules(scheduler), PeriodicTasks(scheduler)
    dispatcher = Dispatcher(lambda _job, _release: None, limit=1)
    monitors = Monitors(state, ledger, dispatcher, schedules, periodic, tmp_path)
    portal = state.runtime.app.manifest.portal
    ledger.put_plans(portal, {"left by another service": NOW})
    written: list[object] = []
    change = ledger.change_plans
    monkeypatch.setattr(ledger, "change_plans", lambda *a: (written.append(a[1:]), change(*a)))
    for plans in (
        {"a": NOW, "b": NOW},
        {"a": NOW, "b": NOW},
        {"a": NOW, "b": NOW + HOUR},
        {"b": NOW + HOUR, "c": NOW},
    ):
        monkeypatch.setattr(schedules, "plans", lambda plans=plans: plans)
        monitors.publish_plans()
        assert ledger.plans(portal) == plans

    assert written == [({"b": NOW + HOUR}, set()), ({"c": NOW}, {"a"})]
