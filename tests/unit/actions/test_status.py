"""The state of each target, from the manifest and the ledger alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.actions.selection import KnownDataset
from syncd.actions.status import NEVER, TargetStatus, next_run, status_of
from syncd.core.records import Outcome, Row
from syncd.core.targets import DatasetEntry, Place, Schedule, Target
from tests.support.builders import (
    BINDING,
    DATASET,
    NOW,
    RESOURCE,
    SOURCE,
    digest,
    each,
    exactly,
    judged,
    newest,
    row,
    target,
    version,
)

PARIS = ZoneInfo("Europe/Paris")
QUARTER = Schedule(every=timedelta(minutes=15))


def states(rows: list[Row], *targets: Target) -> list[TargetStatus]:
    entry = DatasetEntry(DATASET, "Nom", None, QUARTER, targets, Place(1, 1))
    known = KnownDataset(entry, DATASET, None, tuple(rows))
    return status_of(known, {"depot": SOURCE}, NOW, PARIS)


def test_a_target_that_nobody_looked_at_says_so_and_is_due_now() -> None:
    (one,) = states([], target(newest("m/*.csv")))
    assert (one.state, one.object, one.resource) == (NEVER, "m/*.csv", RESOURCE)
    assert (one.reason.code, one.next_run) == ("never_looked", NOW)
    assert (one.last_checked_at, one.last_published_at, one.sha1) == (None, None, None)


def test_a_row_tells_what_is_online_and_which_object_was_read_last() -> None:
    online = judged("online", version("m/1.csv"))
    held = judged("held", version("m/2.csv"))
    binding = replace(BINDING, key="newest:m/*.csv")
    (one,) = states(
        [row(held, online, binding=binding, state=Outcome.HELD)], target(newest("m/*.csv"))
    )
    assert (one.state, one.object, one.title) == ("held", "m/2.csv", "Liste des musées")
    assert one.sha1 == digest("online").sha1
    assert one.last_published_at == NOW - timedelta(hours=1)


def test_without_any_reading_the_pattern_stands_for_the_object() -> None:
    binding = replace(BINDING, key="newest:m/*.csv")
    (one,) = states([row(binding=binding, state=Outcome.MISSING)], target(newest("m/*.csv")))
    assert (one.object, one.sha1) == ("m/*.csv", None)


def test_each_shows_every_file_that_it_ever_had_in_order() -> None:
    rows = [row(binding=replace(BINDING, key=f"f/{n}.csv", resource="")) for n in (3, 1, 2)]
    rows.append(row(binding=replace(BINDING, key="g/1.csv")))
    found = states(rows, target(each("f/{n:int}.csv")))
    assert [(one.object, one.resource) for one in found] == [
        ("f/1.csv", None),
        ("f/2.csv", None),
        ("f/3.csv", None),
    ]


@pytest.mark.parametrize(
    "changed",
    [{"source": "https://elsewhere/depot"}, {"resource": "another"}, {"key": "b.csv"}],
)
def test_a_row_of_another_binding_says_nothing_of_this_target(changed: dict[str, str]) -> None:
    (one,) = states([row(binding=replace(BINDING, **changed))], target(exactly("a.csv")))
    assert one.state == NEVER


def test_targets_keep_the_order_of_the_manifest() -> None:
    found = states([row()], target(newest("z/*.csv"), 1), target(exactly("a.csv"), 2))
    assert [one.object for one in found] == ["z/*.csv", "a.csv"]


MINUTE = timedelta(minutes=1)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "ahead"),
    [(None, 0), (0, 15), (10, 5), (15, 0), (60, 0)],
)
def test_every_counts_from_the_last_look_and_what_is_due_is_due_now(
    ago: int | None, ahead: int
) -> None:
    last = None if ago is None else NOW - ago * MINUTE
    assert next_run(QUARTER, last, NOW, PARIS) == NOW + ahead * MINUTE


@pytest.mark.parametrize(
    ("cron", "now", "expected"),
    [
        ("0 6 * * *", utc(1, 10, 5, 30), utc(1, 11, 5)),
        ("0 6 * * *", utc(7, 10, 3, 30), utc(7, 10, 4)),
        ("0 6 * * mon-fri", utc(1, 9, 12), utc(1, 12, 5)),
        ("0 6 * * 7", utc(1, 9, 12), utc(1, 11, 5)),
        # the night of 29 March 2026 has no half past two
        ("30 2 * * *", utc(3, 28, 12), utc(3, 29, 1)),
    ],
)
def test_cron_speaks_the_manifests_time_zone(cron: str, now: datetime, expected: datetime) -> None:
    found = next_run(Schedule(cron=cron), now, now, PARIS)
    assert found == expected
