"""What is due at start, what stays over a reload, and what a jump of the clock does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from structlog.testing import capture_logs

from syncd.config.manifest import LoadedManifest, loads
from syncd.core.service_records import DatasetRun
from syncd.service.schedule import RETRY_AFTER, Schedules
from syncd.service.scheduler import DATASETS, LoopScheduler

PORTAL = "https://portal.example"
DATASET = "d" * 24
HOUR = timedelta(hours=1)


def manifest(schedule: str) -> LoadedManifest:
    return loads(
        f"version: 1\nportal: {PORTAL}\ntimezone: UTC\n"
        "sources:\n  s: {endpoint: 'https://s3.example', bucket: bucket}\n"
        f"defaults: {{source: s, schedule: {{{schedule}}}}}\n"
        f"datasets:\n  - dataset: {DATASET}\n    resources:\n"
        "      - {resource: 00000000-0000-4000-8000-000000000000, object: a.csv}\n",
        "m.yaml",
    )


def run(at: datetime, code: int = 0) -> dict[str, DatasetRun]:
    return {DATASET: DatasetRun(PORTAL, DATASET, at, at, code)}


class Asked:
    def __init__(self) -> None:
        self.why: list[str] = []
        self.scheduler = LoopScheduler(lambda: None)
        self.schedules = Schedules(self.scheduler)
        self.scheduler.start()

    def follow(self, loaded: LoadedManifest, runs: dict[str, DatasetRun], now: datetime) -> None:
        self.schedules.follow(loaded, runs, now, lambda _dataset, why: self.why.append(why))


@pytest.fixture
def asked() -> Asked:
    return Asked()


NOW = datetime(2100, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


YEARLY = "cron: '0 6 1 1 *'"


@pytest.mark.parametrize(
    ("schedule", "runs", "why"),
    [
        ("every: 1h", {}, ["start"]),
        ("every: 1h", run(NOW), ["start"]),
        (YEARLY, {}, []),
        (YEARLY, run(NOW - HOUR), []),
        (YEARLY, run(NOW - 300 * 24 * HOUR), ["start"]),
        (YEARLY, run(NOW - HOUR, 1), ["start"]),  # it failed: not forgotten by a restart
        (YEARLY, run(NOW - HOUR, 3), []),  # a person must look; another cycle would not help
    ],
)
def test_what_is_due_at_start(
    asked: Asked, schedule: str, runs: dict[str, DatasetRun], why: list[str]
) -> None:
    asked.follow(manifest(schedule), runs, NOW)
    assert asked.why == why


def test_a_schedule_that_stays_keeps_its_next_instant(asked: Asked) -> None:
    asked.follow(manifest("every: 1h"), {}, NOW)
    before = asked.schedules.plans()
    asked.follow(manifest("every: 1h"), {}, NOW + HOUR / 2)
    assert asked.schedules.plans() == before == {DATASET: NOW + HOUR}
    assert asked.why == ["start"]


def test_a_failed_cycle_is_tried_again_before_a_distant_instant(asked: Asked) -> None:
    asked.follow(manifest(YEARLY), {}, NOW)
    asked.schedules.retry(DATASET, NOW)
    assert asked.schedules.plans() == {DATASET: NOW + RETRY_AFTER}


def test_and_not_when_the_schedule_comes_first(asked: Asked) -> None:
    asked.follow(manifest("every: 10m"), {}, NOW)
    asked.schedules.retry(DATASET, NOW)
    assert asked.schedules.plans() == {DATASET: NOW + timedelta(minutes=10)}


def test_a_clock_that_goes_back_does_not_stop_the_schedule(asked: Asked) -> None:
    loaded = manifest("every: 1h")
    asked.follow(loaded, {}, NOW)
    asked.schedules.clock_jumped(loaded, NOW - 48 * HOUR)
    assert asked.schedules.plans() == {DATASET: NOW - 47 * HOUR}


def test_an_instant_that_comes_is_asked_for_once(clock: time_machine.Traveller) -> None:
    asked = Asked()
    asked.follow(manifest("every: 1h"), {}, NOW)
    asked.schedules.retry(DATASET, NOW)
    assert asked.scheduler.run_due(10) == 10
    clock.move_to(NOW + RETRY_AFTER)
    asked.scheduler.run_due(10)
    clock.move_to(
        NOW + 3 * HOUR - timedelta(minutes=1)
    )  # asleep: what was missed is made up for once
    asked.scheduler.run_due(10)
    asked.scheduler.run_due(10)
    assert asked.why == ["start", "again", "schedule"]


def test_a_dataset_that_leaves_takes_its_jobs_with_it(asked: Asked) -> None:
    asked.follow(manifest(YEARLY), {}, NOW)
    asked.schedules.retry(DATASET, NOW)
    other = manifest(YEARLY.replace("6", "7")).datasets[0]
    asked.follow(replace(manifest(YEARLY), datasets=(replace(other, dataset="e" * 24),)), {}, NOW)
    assert list(asked.schedules.plans()) == ["e" * 24]


def test_a_fault_of_one_job_leaves_the_others(clock: time_machine.Traveller) -> None:
    done: list[str] = []

    def fails() -> None:
        raise RuntimeError("a fault of our own")

    scheduler = LoopScheduler(lambda: None)
    scheduler.start()
    for name, do in (("a", fails), ("b", lambda: done.append("b"))):
        scheduler.add_job(do, "date", run_date=NOW, id=name, jobstore=DATASETS)
    with capture_logs() as logged:
        scheduler.run_due(1)
    assert (done, [line["what"] for line in logged]) == (["b"], ["a"])
