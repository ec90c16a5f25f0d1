"""`check` and `plan` count the same, and say why there are more files than targets or fewer."""

from __future__ import annotations

from dataclasses import replace

from syncd.cli.output.counts import counted
from syncd.core.targets import DatasetEntry, Place, Schedule
from tests.support.builders import each, exactly, target

PLAIN = target(exactly("a.csv"))
EACH = target(each("e/{annee:yyyy}.csv", "{annee}"))


def entry(*targets: object) -> DatasetEntry:
    return DatasetEntry("d", "", None, Schedule(), tuple(targets), Place(1, 1))  # type: ignore[arg-type]  # targets of the builders


def test_nothing_is_said_where_each_target_is_one_file() -> None:
    assert list(counted([entry(PLAIN, PLAIN)])) == []
    assert list(counted([entry(PLAIN, PLAIN)], files=2)) == []


def test_the_files_of_a_pattern_are_more_than_their_target() -> None:
    each_of = "1 target (`each`) stands for all files of its pattern; `syncd plan` counts them"
    (of_check,) = counted([entry(PLAIN, EACH)])
    of_plan = list(counted([entry(PLAIN, EACH)], files=12))
    assert of_check.startswith(each_of)
    assert of_plan == ["12 files of 2 targets in 1 dataset.", of_check]


def test_what_is_paused_is_counted_by_both() -> None:
    entries = [entry(PLAIN, replace(PLAIN, paused="inventory"))]
    assert list(counted(entries)) == ["1 target is paused in the manifest, and left alone."]
    assert list(counted(entries, files=1)) == [
        "1 file of 2 targets in 1 dataset.",
        "1 target is paused in the manifest, and left alone.",
    ]
