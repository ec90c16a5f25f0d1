"""The daily look at the portal alone: it sees, resolves what was left, and publishes nothing."""

from __future__ import annotations

import pytest

from syncd.actions import sync
from syncd.core.records import Outcome
from syncd.core.results import Report
from tests.support.sync_harness import House

DAY = 86400.0
OLD, NEW = b"id\n1\n", b"id\n1\n2\n"


def check(house: House) -> Report:
    (entry,) = house.manifest.datasets
    with house.adapters() as adapters:
        return sync.check(entry, adapters, house.now())


@pytest.fixture
def published(house: House) -> str:
    """A resource that syncd has published."""
    resource = house.resource("Liste")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", OLD)
    assert house.sync_one().outcome is Outcome.REPLACED
    return resource


def test_what_is_as_it_should_be(house: House, published: str) -> None:
    house.bucket.broken_after = 0
    house.bucket.lists.clear()
    (result,) = check(house).results
    assert (result.outcome, result.resource) == (Outcome.UNCHANGED, published)
    assert house.bucket.lists == []


def test_a_new_object_is_left_to_its_own_time(house: House, published: str) -> None:
    house.bucket.put("a.csv", NEW)
    sent = len(house.portal.journal.uploads())
    (result,) = check(house).results
    assert result.outcome is Outcome.UNCHANGED
    assert len(house.portal.journal.uploads()) == sent
    assert house.sync_one().outcome is Outcome.REPLACED


def test_a_file_replaced_by_hand_is_seen(house: House, published: str) -> None:
    by_hand(house, published)
    (result,) = check(house).results
    assert result.outcome is Outcome.DRIFTED


def test_republishing_waits_for_the_cycle(house: House) -> None:
    resource = house.resource("Liste")
    house.target(resource, "a.csv", drift="republish")
    house.bucket.put("a.csv", OLD)
    house.sync_one()
    by_hand(house, resource)
    sent = len(house.portal.journal.uploads())
    check(house)
    assert len(house.portal.journal.uploads()) == sent
    house.pass_time(DAY)
    assert house.sync_one().outcome is Outcome.REPLACED


def test_an_object_that_is_missing_is_not_its_business(house: House, published: str) -> None:
    house.bucket.delete("a.csv")
    (result,) = check(house).results
    assert result.outcome is Outcome.UNCHANGED


def test_what_was_not_well_is_not_well_again(house: House, published: str) -> None:
    """The look at the portal alone has learnt nothing of the bucket."""
    house.bucket.delete("a.csv")
    assert house.sync_one().outcome is Outcome.MISSING
    assert check(house).results == ()
    assert house.rows()[0].state is Outcome.MISSING
    house.bucket.put("a.csv", b"")
    assert house.sync_one().outcome is Outcome.HELD
    assert check(house).results == ()
    assert house.rows()[0].state is Outcome.HELD


def test_a_refused_file_is_still_remembered_after_it(house: House, published: str) -> None:
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path="/upload/$", status=415, body=b"{}")
    assert house.sync_one().outcome is Outcome.REFUSED
    sent = len(house.portal.journal.uploads())
    check(house)
    assert house.sync_one().outcome is Outcome.REFUSED
    assert len(house.portal.journal.uploads()) == sent


def test_a_portal_that_is_down_changes_nothing_of_what_is_known(
    house: House, published: str
) -> None:
    before = house.rows()
    house.portal.faults.add(status=500, times=None)
    (result,) = check(house).results
    assert result.outcome is Outcome.FAILED
    house.portal.faults.clear()
    assert house.rows() == before


def test_a_withdrawn_resource_is_seen(house: House, published: str) -> None:
    house.portal.store.withdraw(house.dataset, published)
    (result,) = check(house).results
    assert result.outcome is Outcome.REFUSED


def test_it_is_no_run(house: House, published: str) -> None:
    """A cron instant that was missed must still be made up for."""
    with house.adapters() as adapters:
        before = adapters.ledger.runs(house.url)
    house.pass_time(DAY)
    check(house)
    with house.adapters() as adapters:
        assert adapters.ledger.runs(house.url) == before


def by_hand(house: House, resource: str) -> None:
    house.pass_time(2)
    house.portal.store.replace_file(house.dataset, resource, "main.csv", b"a la main\n")
    house.portal.store.retitle(house.dataset, resource, "Liste")
