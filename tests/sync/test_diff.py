"""A person sees what a held or planned file changes, before deciding; and nothing is written."""

from __future__ import annotations

import pytest

from syncd.actions import diff as diffs
from syncd.actions.file_diff import FileDiff
from syncd.actions.selection import Selection
from syncd.core.errors import SpoolError, UsageError
from syncd.core.records import Outcome
from syncd.guards.comparison import Rows
from tests.support.sync_harness import House

OLD = b"id;nom\n" + b"".join(f"{n};Musee {n}\n".encode() for n in range(100))
CUT = b"id;nom\n" + b"".join(f"{n};Musee {n}\n".encode() for n in range(5))
FULL = OLD.replace(b"Musee 7\n", b"Louvre\n") + b"100;Fabre\n"


@pytest.fixture
def resource(house: House) -> str:
    made = house.resource("Titre", content=OLD)
    house.target(made, "a.csv")
    return made


def seen(house: House, only: str, *by: str) -> FileDiff:
    entries = house.manifest.datasets
    with house.adapters(read_only=True) as adapters:
        return diffs.diff(Selection(entries, only), entries, adapters, by, house.now())


def rows(found: FileDiff) -> Rows:
    assert found.found is not None
    assert found.found.rows is not None
    return found.found.rows


def test_a_held_file_is_compared_with_the_one_online_and_the_ledger_is_as_it_was(
    house: House, resource: str
) -> None:
    house.bucket.put("a.csv", CUT)
    assert house.sync_one().outcome is Outcome.HELD
    ledger = (house.state / "ledger.sqlite").read_bytes()
    house.portal.journal.clear()

    found = seen(house, resource)

    assert found.is_held
    assert (rows(found).by, rows(found).removed, rows(found).same) == (("id",), 95, 5)
    assert (found.before and found.before.size, found.after and found.after.size) == (
        len(OLD), len(CUT),
    )  # fmt: skip
    assert (house.state / "ledger.sqlite").read_bytes() == ledger
    assert house.spool_is_empty()
    assert house.uploads() == 0


def test_a_file_that_was_never_looked_at_is_compared_before_the_first_sync(
    house: House, resource: str
) -> None:
    house.bucket.put("a.csv", FULL)

    found = seen(house, "a.csv")

    assert not found.is_held
    assert (rows(found).added, rows(found).removed, rows(found).changed) == (1, 0, 1)
    (change,) = rows(found).first_changed
    assert [(c.before, c.after) for c in change.cells] == [("Musee 7", "Louvre")]


def test_a_file_that_is_online_already_has_the_same_bytes(house: House, resource: str) -> None:
    house.bucket.put("a.csv", FULL)
    house.sync()

    found = seen(house, resource)

    assert found.is_same
    assert found.found is None


def test_held_bytes_that_are_gone_from_the_bucket_are_not_compared_with_others(
    house: House, resource: str
) -> None:
    house.bucket.put("a.csv", CUT)
    house.sync()
    house.bucket.put("a.csv", FULL)

    with pytest.raises(SpoolError, match="held_other_bytes"):
        seen(house, resource)
    with house.adapters(read_only=True) as adapters:
        (told,) = diffs.of_holds(house.rows(), adapters)
    assert told.trouble is not None
    assert told.trouble.code == "held_other_bytes"


def test_a_missing_object_is_said_to_be_missing(house: House, resource: str) -> None:
    with pytest.raises(UsageError, match="diff_no_object"):
        seen(house, resource)


def test_a_plan_has_a_diff_for_what_would_be_replaced_or_held_and_for_nothing_else(
    house: House, resource: str
) -> None:
    same = house.resource("Autre", content=OLD)
    house.target(same, "same.csv")
    house.bucket.put("same.csv", OLD)
    house.bucket.put("a.csv", FULL)
    report = house.plan()

    with house.adapters(read_only=True) as adapters:
        first, second = diffs.of_plan(report, house.manifest.datasets, adapters)

    assert first is not None
    assert rows(first).added == 1
    assert second is None


def test_a_file_that_its_readers_did_not_survive_is_not_opened(house: House, resource: str) -> None:
    house.bucket.put("a.csv", CUT)
    house.sync()
    (row,) = house.rows()
    assert row.judged is not None
    with house.adapters() as adapters:
        for _ in range(3):
            adapters.ledger.begin_reading(row.judged.digest.sha1, "a.csv", house.now())

    found = seen(house, resource)

    assert found.found is not None
    assert found.found.not_further == "limits"
