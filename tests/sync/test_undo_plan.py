"""An undo says which file goes and which comes, and can be tried without doing it."""

from __future__ import annotations

import pytest

from syncd.actions.undo import ShownFile
from syncd.core.errors import UsageError
from syncd.core.records import Outcome
from tests.support.sync_harness import House

OLD = b"id\n0\n"
GOOD = b"id\n1\n2\n3\n"
BAD = b"id\n1\n"


@pytest.fixture
def spoilt(house: House) -> str:
    """Good bytes were published, then bad ones that no guard stopped."""
    resource = house.resource("Titre de la personne", content=OLD)
    house.target(resource, "a.csv", guards={"rows": "off", "shrink": "off"})
    house.bucket.put("a.csv", GOOD)
    house.sync()
    house.pass_time(60)
    house.bucket.put("a.csv", BAD)
    house.sync()
    assert house.bytes_online(resource) == BAD
    return resource


def written(house: House) -> bytes:
    return (house.state / "ledger.sqlite").read_bytes()


def test_a_dry_run_says_what_goes_and_what_comes_and_changes_nothing(
    house: House, spoilt: str
) -> None:
    _, good, bad = house.history(spoilt)
    ledger, sent = written(house), house.uploads()

    planned, told = house.plan_undo(spoilt)

    (step,) = told
    assert (step.online.number, step.online.size, step.online.rows) == (bad.id, len(BAD), 1)
    assert (step.back_to.number, step.back_to.size, step.back_to.rows) == (good.id, len(GOOD), 3)
    assert (step.online.at, step.back_to.at) == (bad.titled_at, good.titled_at)
    assert planned.outcome is Outcome.REPLACED
    assert (planned.listed_size, planned.previous_size) == (len(GOOD), len(BAD))
    assert planned.reason.facts["number"] == good.id
    assert (written(house), house.uploads()) == (ledger, sent)
    assert house.bytes_online(spoilt) == BAD
    assert house.spool_is_empty()


def test_the_undo_after_a_dry_run_does_what_it_said(house: House, spoilt: str) -> None:
    _, (step,) = house.plan_undo(spoilt)

    result = house.undo(spoilt)

    assert result.outcome is Outcome.PINNED
    assert result.sha1 == step.back_to.sha1
    assert house.bytes_online(spoilt) == GOOD


def test_a_dry_run_of_a_file_that_is_online_already_would_only_pin(
    house: House, spoilt: str
) -> None:
    *_, bad = house.history(spoilt)

    planned, (step,) = house.plan_undo(spoilt, bad.id)

    assert (planned.outcome, planned.reason.code) == (Outcome.PINNED, "undo_would_pin")
    assert step.back_to == step.online


def test_a_dry_run_finds_out_that_the_file_is_no_longer_there(house: House, spoilt: str) -> None:
    for kept in (house.state / "archive").iterdir():
        if not kept.name.startswith("."):
            kept.write_bytes(b"damaged")

    planned, _ = house.plan_undo(spoilt)

    assert (planned.outcome, planned.reason.code) == (Outcome.FAILED, "archive_damaged")


def test_somebody_elses_file_online_has_a_size_and_no_number(house: House, spoilt: str) -> None:
    house.portal.store.replace_file(house.dataset, spoilt, "main.csv", b"id\n9\n9\n")

    _, (step,) = house.plan_undo(spoilt)

    assert (step.online.number, step.online.at, step.online.rows) == (None, None, None)
    assert isinstance(step.online, ShownFile)


def test_a_dry_run_with_an_unknown_number_is_a_usage_error(house: House, spoilt: str) -> None:
    with pytest.raises(UsageError, match="no_such_number"):
        house.plan_undo(spoilt, 4711)
