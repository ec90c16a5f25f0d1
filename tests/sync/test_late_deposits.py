"""A producer who deposits nothing is heard of before the public notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.core.records import Outcome
from tests.support.sync_harness import House

EXPECT = {"every": "1d", "grace": "6h"}
DAY = 86400.0


def deposit(house: House, key: str = "a.csv", body: bytes = b"id\n1\n", *, days: float = 0) -> None:
    """`days` ago."""
    at = (house.now() - timedelta(days=days)).replace(microsecond=0)
    house.bucket.put(key, body, at=at)


@pytest.fixture
def daily(house: House) -> str:
    resource = house.resource("Titre")
    house.target(resource, "a.csv", expect=EXPECT)
    deposit(house)
    assert house.sync_one().outcome is Outcome.REPLACED
    return resource


def test_a_target_is_late_once_no_new_file_came_and_well_with_the_next(
    house: House, daily: str
) -> None:
    house.pass_time(1.2 * DAY)
    assert house.sync_one().outcome is Outcome.UNCHANGED
    house.pass_time(0.1 * DAY)

    assert house.plan_one().outcome is Outcome.LATE
    assert house.plan().exit_code == 3
    report = house.sync()
    (result,) = report.results

    assert (result.outcome, report.exit_code) == (Outcome.LATE, 3)
    assert result.reason.code == "deposit_late"
    assert house.rows()[0].state is Outcome.LATE
    deposit(house, body=b"id\n2\n")
    assert house.sync_one().outcome is Outcome.REPLACED


def test_a_late_target_asks_nothing_of_the_portal_and_sends_nothing(
    house: House, daily: str
) -> None:
    house.pass_time(2 * DAY)
    house.sync()
    sent = house.uploads()
    house.portal.journal.clear()
    house.bucket.reads.clear()

    assert house.sync_one().outcome is Outcome.LATE
    assert house.portal.journal.all() == []
    assert house.bucket.reads == []
    assert house.uploads() == sent == 1 or house.uploads() == 0


def test_the_same_bytes_deposited_again_are_a_deposit(house: House, daily: str) -> None:
    house.pass_time(2 * DAY)
    house.sync()
    deposit(house)

    assert house.sync_one().outcome is Outcome.UNCHANGED


def test_an_old_file_is_published_first_and_late_afterwards(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", expect=EXPECT)
    deposit(house, days=40)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.sync_one().outcome is Outcome.LATE


def test_a_drifted_file_is_worse_than_a_late_one(house: House, daily: str) -> None:
    house.portal.store.replace_file(house.dataset, daily, "main.csv", b"a la main\n")
    house.pass_time(2 * DAY)

    assert house.sync_one().outcome is Outcome.DRIFTED


def test_newest_is_late_by_its_newest_match(house: House) -> None:
    house.entry(resource=house.resource("Titre"), newest="e/e_*.csv", expect=EXPECT)
    deposit(house, "e/e_1.csv", days=9)
    deposit(house, "e/e_2.csv", b"id\n2\n")
    house.sync()
    assert house.sync_one().outcome is Outcome.UNCHANGED
    house.pass_time(2 * DAY)

    assert house.sync_one().outcome is Outcome.LATE


def test_each_is_late_by_its_last_deposit_and_only_that_one_says_so(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True, expect=EXPECT)
    deposit(house, "f/f_2024.csv", days=300)
    deposit(house, "f/f_2025.csv", b"id\n2\n")
    house.sync()
    assert house.sync().summary == {"unchanged": 2}
    house.pass_time(2 * DAY)

    found = {r.object: r.outcome for r in house.sync().results}

    assert found == {"f/f_2024.csv": Outcome.UNCHANGED, "f/f_2025.csv": Outcome.LATE}


def test_of_many_that_were_copied_in_one_second_the_last_by_its_name_says_so(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True, expect=EXPECT)
    for year in (2024, 2025, 2023):
        deposit(house, f"f/f_{year}.csv", f"id\n{year}\n".encode(), days=300)
    house.sync()

    found = {r.object: r.outcome for r in house.sync().results}

    assert [key for key, outcome in found.items() if outcome is Outcome.LATE] == ["f/f_2025.csv"]


def test_what_a_dataset_expects_holds_for_its_targets(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.more = "    expect: {every: 1d}\n"
    deposit(house, days=2)
    house.sync()

    assert house.sync_one().outcome is Outcome.LATE


def test_a_pinned_target_is_not_called_late(house: House, daily: str) -> None:
    last = house.history(daily)[-1]
    house.undo(daily, last.id)
    house.pass_time(9 * DAY)

    assert house.sync_one().outcome is Outcome.PINNED
