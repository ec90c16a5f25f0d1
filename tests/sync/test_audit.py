"""What the audit says of lateness, after cycles that really ran: the ledger is what they left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.audit import Audited, Rating
from syncd.audit.inspect import inspect
from syncd.core.records import Outcome
from tests.support.sync_harness import House

DAY = 86400.0
LATE = "update_fulfilled_in_time"


def deposit(house: House, body: bytes = b"id\n1\n", *, days: float = 0) -> None:
    """`days` ago; a bucket that gives every deposit an ETag of its own."""
    at = (house.now() - timedelta(days=days)).replace(microsecond=0)
    house.bucket.put("a_2026.csv", body, at=at, etag=f'"{at.timestamp()}"')


@pytest.fixture
def weekly(house: House) -> House:
    """A dataset that promises a file every week; the first one is online."""
    with house.portal.store.writing():
        house.portal.store.dataset(house.dataset).frequency = "weekly"
    house.target(house.resource("Titre"), "a_2026.csv")
    deposit(house)
    assert house.sync_one().outcome is Outcome.REPLACED
    return house


def audit(house: House) -> Audited:
    with house.adapters(read_only=True) as adapters:
        entries, places = house.manifest.datasets, {"depot": str(house.bucket.location)}
        found = inspect(entries, (), adapters.portal, adapters.ledger, places, house.now())
    (one,) = found.datasets
    return one


def lateness(house: House) -> tuple[Rating, str]:
    (one,) = (each for each in audit(house).findings if each.criterion == LATE)
    return one.status, one.reason.code


def test_a_fresh_file_is_in_time(weekly: House) -> None:
    assert lateness(weekly) == (Rating.OK, "audit_ok")


def test_the_same_file_deposited_each_week_is_no_silent_producer(weekly: House) -> None:
    for _ in range(3):
        weekly.pass_time(7 * DAY)
        deposit(weekly)
        assert weekly.sync_one().outcome is Outcome.UNCHANGED

    assert weekly.uploads() == 1  # the first
    assert lateness(weekly) == (Rating.IMPROVE, "audit_late_unchanged")


def test_a_producer_who_deposits_nothing_is_silent(weekly: House) -> None:
    for _ in range(3):
        weekly.pass_time(7 * DAY)
        assert weekly.sync_one().outcome is Outcome.UNCHANGED

    assert lateness(weekly) == (Rating.PROBLEM, "audit_late_silent")


def test_a_syncd_that_did_not_run_blames_nobody(weekly: House) -> None:
    weekly.pass_time(21 * DAY)

    assert lateness(weekly) == (Rating.UNKNOWN, "audit_late_not_looked")


def test_a_file_that_was_held_back_is_said(weekly: House) -> None:
    weekly.pass_time(21 * DAY)
    deposit(weekly, b"")
    assert weekly.sync_one().outcome is Outcome.HELD

    assert lateness(weekly) == (Rating.PROBLEM, "audit_late_held")


def test_weekly_files_that_come_each_month_are_monthly(weekly: House) -> None:
    for month in range(4):
        weekly.pass_time(31 * DAY)
        deposit(weekly, f"id\n{month}\n".encode())
        assert weekly.sync_one().outcome is Outcome.REPLACED

    (one,) = (each for each in audit(weekly).findings if each.criterion == "frequency")
    assert (one.status, one.reason.facts["proposed"]) == (Rating.IMPROVE, "monthly")


def test_long_names_of_columns_are_known_from_the_publication(weekly: House) -> None:
    deposit(weekly, b"id," + b"x" * 64 + b"\n1,2\n")
    assert weekly.sync_one(force=True).outcome is Outcome.REPLACED

    (one,) = (each for each in audit(weekly).findings if each.criterion == "column_names")
    assert (one.status, one.reason.facts["columns"]) == (Rating.IMPROVE, "2")
