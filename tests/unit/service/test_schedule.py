"""What is due at start, what stays over a reload, and what a jump of the clock does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from syncd.config.manifest import LoadedManifest, loads
from syncd.core.service_records import DatasetRun
from syncd.service.schedule import AGAIN_AFTER, Timetable

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
        self.timetable = Timetable(lambda _dataset, why: self.why.append(why))
        self.timetable._scheduler.start(paused=True)


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    made.timetable.stop()


# Far from now, so that the scheduler itself never finds a job due.
NOW = datetime(2100, 6, 15, 12, tzinfo=UTC)
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
    asked.timetable.follow(manifest(schedule), runs, NOW)
    assert asked.why == why


def test_a_schedule_that_stays_keeps_its_next_instant(asked: Asked) -> None:
    asked.timetable.follow(manifest("every: 1h"), {}, NOW)
    before = asked.timetable.plans()
    asked.timetable.follow(manifest("every: 1h"), {}, NOW + HOUR / 2)
    assert asked.timetable.plans() == before == {DATASET: NOW + HOUR}
    assert asked.why == ["start"]


def test_a_failed_cycle_is_tried_again_before_a_distant_instant(asked: Asked) -> None:
    asked.timetable.follow(manifest(YEARLY), {}, NOW)
    asked.timetable.try_again(DATASET, NOW)
    assert asked.timetable.plans() == {DATASET: NOW + AGAIN_AFTER}


def test_and_not_when_the_schedule_comes_first(asked: Asked) -> None:
    asked.timetable.follow(manifest("every: 10m"), {}, NOW)
    asked.timetable.try_again(DATASET, NOW)
    assert asked.timetable.plans() == {DATASET: NOW + timedelta(minutes=10)}


def test_a_clock_that_goes_back_does_not_stop_the_schedule(asked: Asked) -> None:
    loaded = manifest("every: 1h")
    asked.timetable.follow(loaded, {}, NOW)
    asked.timetable.clock_jumped(loaded, NOW - 48 * HOUR)
    assert asked.timetable.plans() == {DATASET: NOW - 47 * HOUR}
