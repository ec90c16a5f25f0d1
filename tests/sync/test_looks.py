"""Datasets that are due together are looked at together: one listing serves them, and what is told
of each is what its own pass would tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from syncd.actions import sync
from syncd.core.records import Outcome
from syncd.core.results import Report
from syncd.sync.context import RunOptions
from syncd.sync.whole_manifest import WholeManifest
from tests.support.sync_harness import House

SAME = b"id\n1\n2\n"
NEWS = b"id\n1\n2\n3\n"


def look(house: House, *, stopping: bool = False) -> dict[str, Report]:
    """At all datasets of the manifest."""
    whole = WholeManifest(house.manifest.datasets)
    with house.adapters() as adapters:
        told = replace(adapters, stopping=lambda: stopping)
        return sync.look(whole.entries, whole, told, RunOptions(), house.now())


def settled(house: House, count: int, key: str = "{n}/a.csv") -> list[str]:
    """Datasets that a round left as they are; `key`: of the n-th one's object."""
    letters = "abcdefghijklmnopqrst"
    first = key.format(n=letters[0])
    house.target(house.resource("Titre", Path(first).name, SAME), first)
    house.bucket.put(first, SAME)
    for number in range(1, count):
        dataset = house.portal.new_dataset(f"Jeu {number}")
        house.pass_time(2)
        name = key.format(n=letters[number])
        resource = house.portal.new_resource(dataset, Path(name).name, SAME, title=name)
        house.bucket.put(name, SAME)
        house.more += (
            f"  - dataset: {dataset}\n    resources:\n"
            f"      - {{resource: {resource}, object: {name}}}\n"
        )
    house.sync()
    assert set(house.sync().summary) == {"unchanged"}
    house.bucket.lists.clear()
    house.bucket.stats.clear()
    return [entry.dataset for entry in house.manifest.datasets]


@pytest.mark.parametrize("key", ["commun/{n}.csv", "{n}/a.csv"])
def test_one_listing_serves_many_datasets(house: House, key: str) -> None:
    datasets = settled(house, 20, key)

    reports = look(house)

    assert set(reports) == set(datasets)
    assert len(house.bucket.lists) == 1
    assert {report.results[0].outcome for report in reports.values()} == {Outcome.UNCHANGED}


def test_a_run_of_each_is_noted(house: House) -> None:
    datasets = settled(house, 9)
    house.pass_time(60)
    house.stop_the_clock()

    look(house)

    with house.adapters(read_only=True) as adapters:
        runs = adapters.ledger.runs(house.url)
        (last, *_) = reversed(adapters.ledger.cycles())
    assert {runs[one].succeeded_at for one in datasets} == {house.now()}
    assert (last.command, last.summary) == ("run", {"unchanged": 9})


def test_what_has_news_is_left_to_its_own_pass(house: House) -> None:
    datasets = settled(house, 9)
    house.bucket.put("d/a.csv", NEWS)
    house.bucket.delete("f/a.csv")
    uploads = house.uploads()

    reports = look(house)

    assert set(reports) == {one for at, one in enumerate(datasets) if at not in {3, 5}}
    assert house.uploads() == uploads
    assert house.sync().summary == {"unchanged": 7, "replaced": 1, "missing": 1}


def test_a_listing_that_serves_one_dataset_is_not_made(house: House) -> None:
    """They list abreast, and each waits for itself alone."""
    settled(house, 5)

    assert look(house) == {}
    assert house.bucket.lists == []


def test_a_bucket_that_is_mostly_nobody_s_is_not_read_to_its_end(house: House) -> None:
    settled(house, 9)
    for number in range(5000):
        house.bucket.put(f"0-autres/{number}.csv", b"x")
    shown = house.bucket.shown

    assert look(house) == {}
    assert house.bucket.shown - shown <= 2 * house.bucket.page_size


def test_what_may_not_be_listed_is_left_to_those_who_say_so(house: House) -> None:
    datasets = settled(house, 9, "commun/{n}.csv")
    house.bucket.denied = frozenset({"commun/"})

    assert look(house) == {}
    results = house.sync().results
    assert {one.outcome for one in results} == {Outcome.FAILED}
    assert {one.dataset for one in results} == set(datasets)


def test_a_bucket_that_breaks_off_says_nothing_of_those_it_did_not_show(house: House) -> None:
    settled(house, 9, "commun/{n}.csv")
    house.bucket.broken_after = 4

    assert look(house) == {}


def test_whoever_another_syncd_works_on_is_left_out(house: House) -> None:
    datasets = settled(house, 9)
    with house.adapters() as adapters, adapters.locks.hold(house.url, datasets[2], 0, "undo"):
        assert set(look(house)) == set(datasets) - {datasets[2]}


def test_a_look_that_was_given_up_ends_nobody(house: House) -> None:
    settled(house, 9)

    assert look(house, stopping=True) == {}


def test_a_new_object_beside_one_of_them_is_told_with_it(house: House) -> None:
    datasets = settled(house, 9, "{n}/export_2026.csv")
    look(house)  # from here on they are watched
    house.bucket.put("e/export_2027.csv", NEWS, at=house.now())
    house.pass_time(60)

    reports = look(house)

    told = {one: [u.key for u in report.unclaimed or ()] for one, report in reports.items()}
    assert told == {one: [] for one in datasets} | {datasets[4]: ["e/export_2027.csv"]}
