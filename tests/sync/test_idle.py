"""A round in which nothing changed costs next to nothing, and ends as the long way would."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import CacheStats
from structlog.testing import capture_logs

from syncd.actions import sync
from syncd.core.records import Outcome, Row
from syncd.core.results import Result
from syncd.core.targets import DatasetEntry, Target
from syncd.sync import idle
from syncd.sync.context import RunOptions
from syncd.sync.engine import run_dataset
from syncd.sync.listing import scan
from syncd.sync.matching import Index
from syncd.sync.whole_manifest import WholeManifest
from tests.support.sync_harness import House

DAY = 86400.0
SAME = b"id\n1\n2\n"


@contextmanager
def statements() -> Iterator[list[Any]]:
    """What is asked of the ledger: each statement's context."""
    seen: list[Any] = []

    def note(*given: Any) -> None:
        seen.append(given[4])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def another_dataset(house: House, number: int, *keys: str, there: bool = True) -> str:
    """With a target for each of these objects, whose bytes are online."""
    dataset = house.portal.new_dataset(f"Jeu {number}")
    lines = ""
    for key in keys:
        house.pass_time(2)
        resource = house.portal.new_resource(dataset, Path(key).name, SAME, title=key)
        lines += f"      - {{resource: {resource}, object: {key}}}\n"
        if there:
            house.bucket.put(key, SAME)
    house.more += f"  - dataset: {dataset}\n    resources:\n{lines}"
    return dataset


def many(house: House, datasets: int, each: int) -> list[str]:
    """Beside the first; all are known, and were looked at once after that."""
    if not house.entries:
        house.target(house.resource("Titre", content=SAME), "a.csv")
        house.bucket.put("a.csv", SAME)
    made = [
        another_dataset(house, number, *(f"{datasets}/{number}/{n}.csv" for n in range(each)))
        for number in range(datasets)
    ]
    house.sync()
    assert set(house.sync().summary) == {"unchanged"}
    return [house.dataset, *made]


def test_the_ledger_is_asked_as_often_for_many_targets_as_for_few(house: House) -> None:
    counts = []
    for datasets, each in ((1, 1), (5, 3)):
        many(house, datasets, each)
        with statements() as seen:
            house.sync()
        counts.append(len(seen))

    assert counts[0] == counts[1] < 40


def test_no_statement_is_put_together_twice(house: House) -> None:
    many(house, 2, 2)
    house.sync()  # whatever was put together before, in this process, is known by now

    with statements() as seen:
        house.sync()

    made = [one for one in seen if one.cache_hit is CacheStats.CACHE_MISS]
    assert [one.statement for one in made] == []


def test_datasets_with_nothing_to_say_share_a_line_of_the_log(house: House) -> None:
    quiet = many(house, 3, 2)
    gone = another_dataset(house, 8, "absent.csv", there=False)
    fresh = another_dataset(house, 9, "neuf.csv")

    with capture_logs() as logs:
        house.sync()

    (line,) = [one for one in logs if one["event"] == "cycle.idle"]
    assert (line["datasets"], line["among"], line["outcomes"]) == (4, quiet, {"unchanged": 7})
    said = {tuple(one["outcomes"]) for one in logs if one["event"] == "cycle.done"}
    assert said == {("missing",), ("adopted",)}, (gone, fresh)
    assert len([one for one in logs if one["event"] == "cycle.done"]) == 2


def test_a_dataset_that_is_looked_at_alone_has_its_line(house: House) -> None:
    many(house, 1, 1)

    with capture_logs() as logs:
        house.sync_entry(house.manifest.datasets[0])

    (line,) = [one for one in logs if one["event"].startswith("cycle.")]
    assert (line["event"], line["outcomes"]) == ("cycle.done", {"unchanged": 1})


def test_an_idle_dataset_that_another_syncd_works_on_is_waited_for(house: House) -> None:
    _, other = many(house, 1, 1)

    with house.adapters() as adapters, adapters.locks.hold(house.url, other, 0, "undo", "Léa"):
        report = house.sync(patience=5.0)

    assert sum(house.waited) >= 5
    assert [(one.dataset, one.outcome) for one in report.results] == [
        (house.dataset, Outcome.UNCHANGED),
        (other, Outcome.FAILED),
    ]


def test_what_was_looked_at_again_says_when(house: House) -> None:
    datasets = many(house, 2, 1)
    house.pass_time(600)
    house.stop_the_clock()

    house.sync()

    with house.adapters(read_only=True) as adapters:
        rows = [row for one in datasets for row in adapters.ledger.rows(house.url, one)]
    assert {row.checked_at for row in rows} == {house.now()}


def test_cycles_of_one_dataset_sort_the_manifests_targets_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(house, 1, 2)
    made: list[Index] = []

    class Counted(Index):
        def __init__(self, targets: Iterable[Target]) -> None:
            super().__init__(targets)
            made.append(self)

    monkeypatch.setattr("syncd.sync.whole_manifest.Index", Counted)
    whole = WholeManifest(house.manifest.datasets)
    with house.adapters() as adapters:
        for entry in (*whole.entries, *whole.entries):
            report = sync.sync([entry], whole, adapters, RunOptions(), house.now(), "run")
            assert set(report.summary) == {"unchanged"}

    assert len(made) == 1


def test_pauses_that_stay_are_not_written_again(house: House) -> None:
    house.target(house.resource("Pause"), "p.csv", paused="travaux")
    many(house, 1, 1)

    with statements() as seen:
        house.sync()

    assert [one.statement for one in seen if "INTO pauses" in one.statement] == []
    with house.adapters(read_only=True) as adapters:
        assert [one.reason for one in adapters.ledger.pauses(house.url)] == ["travaux"]


# -- the long way --------------------------------------------------------------------------------


def _fed_by_another(house: House) -> None:
    """The second file was held; then the manifest went back to the first."""
    former = list(house.entries)
    house.entries = [line.replace("b.csv", "autre.csv") for line in former]
    house.bucket.put("autre.csv", b"")
    house.sync()
    house.entries = former


def _settling(house: House) -> None:
    house.target(house.resource("Quatre"), "s.csv", settle="1d")
    house.bucket.put("s.csv", SAME, at=house.now().replace(microsecond=0))


def _returning(house: House) -> None:
    house.target(house.resource("Quatre"), "s.csv", settle="1d")
    house.sync()
    house.bucket.put("s.csv", SAME, at=house.now().replace(microsecond=0))


def _late(house: House) -> None:
    house.pass_time(0.9 * DAY)
    house.sync()


SCENES: dict[str, Callable[[House], object]] = {
    "nothing": lambda _house: None,
    "an object is gone": lambda house: house.bucket.delete("b.csv"),
    "an object of `each` is gone": lambda house: house.bucket.delete("e/f_2024.csv"),
    "an object is new": lambda house: house.bucket.put("e/f_2026.csv", b"id\n7\n"),
    "an object is deposited again": lambda house: house.bucket.put("b.csv", b"id\n1\n2\n"),
    "the bucket cannot be listed": lambda house: setattr(house.bucket, "broken_after", 0),
    "two are the newest": lambda house: house.bucket.put(
        "n/x_2.csv", b"id\n9\n", at=house.bucket.objects["n/x_1.csv"].fingerprint.modified
    ),
    "a file is pinned": lambda house: house.undo("b.csv"),
    "another object had fed it": _fed_by_another,
    "a day has passed": lambda house: house.pass_time(1.1 * DAY),
    "nobody deposited": lambda house: house.pass_time(0.9 * DAY),
    "nobody deposited for long": _late,
    "an object is being written": _settling,
    "one that was missing is being written": _returning,
    "a target has left": lambda house: house.entries.pop(0),
    "a target is paused": lambda house: house.target(
        house.resource("Pause"), "p.csv", paused="travaux"
    ),
}


ALL_BUSY = {SCENES["the bucket cannot be listed"], SCENES["a day has passed"]}


def _mixed(house: House) -> None:
    """A dataset with a target of each kind, and others."""
    house.target(house.resource("Un"), "a.csv")
    second = house.resource("Deux")
    house.target(second, "b.csv", expect={"every": "20h", "grace": "1h"})
    house.entry(resource=house.resource("Trois"), newest="n/x_*.csv")
    house.entry(each="e/f_{annee:yyyy}.csv", title="F {annee}", create=True)
    keys = ["a.csv", "n/x_1.csv", "e/f_2024.csv", "e/f_2025.csv"]
    for key in keys:
        house.bucket.put(key, b"id\n1\n2\n")
    house.bucket.put("b.csv", b"id\n1\n2\n", at=house.now().replace(microsecond=0))
    another_dataset(house, 1, "c.csv", "d.csv")
    house.sync()
    house.bucket.put("b.csv", b"id\n1\n3\n4\n", at=house.now().replace(microsecond=0))
    house.sync()
    house.sync()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_the_short_way_ends_as_the_long_one(house: House, scene: Callable[[House], object]) -> None:
    _mixed(house)
    scene(house)
    house.stop_the_clock()
    shutil.copytree(house.state, house.folder / "as it was")
    house.portal.journal.clear()

    short, rows = _looked(house, idle.look)

    assert house.portal.journal.all() == []
    house.state = house.folder / "as it was"
    long, other_rows = _looked(house, lambda *given: _long(short, *given))
    assert short == long
    assert rows == other_rows
    assert short or scene in ALL_BUSY


def _looked(
    house: House, look: Callable[..., Mapping[str, list[Result]]]
) -> tuple[Mapping[str, list[Result]], list[Row]]:
    """The results and, after that, the ledger's rows of the same datasets."""
    entries = house.manifest.datasets
    targets = [target for entry in entries for target in entry.targets]
    wanted = [target for entry in entries for target in entry.active]
    with house.adapters() as adapters:
        seen = scan(wanted, targets, adapters.sources, house.now())
        found = look(entries, seen, adapters, RunOptions(), house.now())
        rows = [row for one in found for row in adapters.ledger.rows(house.url, one)]
    return found, rows


def _long(wanted: Mapping[str, object], entries: Sequence[DatasetEntry], *given: Any) -> Any:
    seen, *others = given
    return {
        entry.dataset: run_dataset(entry, seen, *others, lambda _: seen)
        for entry in entries
        if entry.dataset in wanted
    }
