"""The dataset itself has changed on the portal: seen by who looks, and told in its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.text import sentence
from tests.support.sync_harness import House


@pytest.fixture
def quiet(house: House) -> House:
    """In order: nothing in the bucket will change."""
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n0\n")
    assert house.sync_one().outcome is Outcome.ADOPTED
    return house


def _private(house: House) -> None:
    house.portal.store.dataset(house.dataset).private = True


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda house: house.portal.store.delete_dataset(house.dataset), "dataset_deleted"),
        (lambda house: house.portal.store.archive(house.dataset), "dataset_archived"),
        (lambda house: house.portal.store.harvest(house.dataset), "dataset_harvested"),
        (
            lambda house: house.portal.store.transfer(house.dataset, "Région"),
            "dataset_transferred",
        ),
    ],
)
def test_who_looks_is_told_though_no_object_changed(
    quiet: House, change: Callable[[House], None], code: str
) -> None:
    change(quiet)
    assert quiet.sync_one().outcome is Outcome.UNCHANGED  # a timer's, which asks once a day

    planned, done = quiet.plan_one(ask=True), quiet.sync_one(ask=True)

    assert planned.reason == done.reason
    assert (done.outcome, done.reason.code) == (Outcome.REFUSED, code)


def test_a_transfer_is_told_with_both_names_for_as_long_as_the_key_is_kept_out(
    quiet: House,
) -> None:
    quiet.portal.store.transfer(quiet.dataset, "Région")
    for _ in range(3):
        said = sentence(quiet.sync_one(ask=True).reason)
        assert "Région" in said
        assert "Ville de Test" in said


def test_a_transfer_that_leaves_the_key_its_right_is_told_once_and_publishes_on(
    quiet: House,
) -> None:
    quiet.portal.store.transfer(quiet.dataset, "Région", ["editor"])
    quiet.bucket.put("a.csv", b"id\n1\n")

    planned, done = quiet.plan_one(), quiet.sync_one()

    assert codes(planned.warnings) == codes(done.warnings) == ["dataset_moved"]
    assert done.outcome is Outcome.REPLACED
    assert codes(quiet.sync_one(ask=True).warnings) == []


def test_a_private_dataset_is_told_once_among_its_targets(quiet: House) -> None:
    quiet.target(quiet.resource("Deux"), "b.csv")
    quiet.bucket.put("b.csv", b"id\n0\n")
    _private(quiet)

    report = quiet.sync(ask=True)

    assert [codes(one.warnings) for one in report.results] == [["dataset_private"], []]
    assert report.exit_code == 0


def test_who_looks_is_told_that_the_portal_could_not_be_asked(quiet: House) -> None:
    quiet.portal.faults.add(method="GET", cut="before", times=None)

    assert quiet.sync_one().outcome is Outcome.UNCHANGED
    planned, done = quiet.plan_one(ask=True), quiet.sync_one(ask=True)

    assert (planned.outcome, done.outcome) == (Outcome.FAILED, Outcome.FAILED)
    quiet.portal.faults.clear()
    quiet.pass_time(600)
    assert quiet.sync_one().outcome is Outcome.UNCHANGED


def test_who_had_no_right_from_the_beginning_is_told_of_no_transfer(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n0\n")
    house.portal.store.transfer(house.dataset, "Région")

    assert house.sync_one().reason.code == "dataset_no_right"


def codes(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.code for reason in reasons]
