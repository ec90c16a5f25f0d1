"""The files of an archive are compared by their names, without the dates in these."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.content.parts import MOST
from syncd.guards.profile import Profile
from tests.support.builders import version
from tests.support.content_builders import case, codes
from tests.support.corpus import zipped
from tests.support.shared_reader import looked_into, read_here

_TABLE = b"id,nom\n1,a\n2,b\n3,c\n"
_FILES = {
    "stops.txt": b"stop_id,stop_name\n1,Brest\n",
    "plan-2024-03.pdf": b"%PDF-1.7 a plan\n",
    "data/lines.json": b'{"a": 1}',
    "lisez-moi.txt": b"Bonjour",
}


def _judged(path: Path, files: Mapping[str, bytes], before: Mapping[str, bytes]) -> list[str]:
    found = []
    for each in (before, files):
        path.write_bytes(zipped(dict(each)))
        found.append(Profile.from_json(read_here(path, "a.zip").to_json()))
    now, kept = found[1], found[0]
    assert kept is not None
    given = {"version": version("a.zip"), "found": now, "accepted": frozenset({"zip"})}
    judged = guards.judge(case(**given, before=kept, past=(kept,) * 3), GuardPolicy({}))
    assert not judged.faults
    early = guards.judge(case(**given, before=kept, past=(kept,)), GuardPolicy({}))
    learnt = {"guard_file_gone", "guard_file_emptied"} & {*codes(judged.held)}
    assert learnt <= {*codes(early.warned)}  # before three publications they are told
    assert not learnt & {*codes(early.held)}
    return codes(judged.held)


def _without(name: str) -> dict[str, bytes]:
    return {each: content for each, content in _FILES.items() if each != name}


def test_the_sizes_of_all_files_are_kept_by_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(zipped(_FILES))
    found = looked_into(tmp_path / "a", "a.zip")
    assert found.parts == {name: len(content) for name, content in _FILES.items()}


@pytest.mark.parametrize("name", _FILES)
def test_a_file_that_is_missing_is_held_whatever_it_is(tmp_path: Path, name: str) -> None:
    assert _judged(tmp_path / "a", _without(name), _FILES) == ["guard_file_gone"]


@pytest.mark.parametrize("name", _FILES)
def test_a_file_that_has_become_empty_is_held(tmp_path: Path, name: str) -> None:
    assert _judged(tmp_path / "a", {**_FILES, name: b""}, _FILES) == ["guard_file_emptied"]


def test_a_file_that_was_empty_may_stay_so(tmp_path: Path) -> None:
    empty = {**_FILES, "done": b""}
    assert _judged(tmp_path / "a", empty, empty) == []


def test_a_file_beside_a_single_table_is_missed_too(tmp_path: Path) -> None:
    before = {"a.csv": _TABLE, "licence.pdf": b"%PDF-1.7"}
    assert _judged(tmp_path / "a", {"a.csv": _TABLE}, before) == ["guard_file_gone"]


def test_a_table_without_a_row_is_held(tmp_path: Path) -> None:
    before = {"a.csv": _TABLE, "b.csv": _TABLE * 3}
    now = {"a.csv": b"id,nom\n", "b.csv": _TABLE * 4}
    assert _judged(tmp_path / "a", now, before) == ["guard_no_rows"]


@pytest.mark.parametrize(
    "files",
    [
        dict(reversed(_FILES.items())),
        {**_FILES, "horaires.txt": b"x"},
        {**_without("plan-2024-03.pdf"), "plan-2024-04.pdf": b"%PDF-1.7 another\n"},
        {**_without("plan-2024-03.pdf"), "carte.pdf": b"%PDF-1.7 another\n"},
        {**_without("data/lines.json"), "export_7f3a.json": b'{"a": 2}'},
        {**_without("data/lines.json"), "data\\lines.json": b'{"a": 2}'},
    ],
    ids=["other order", "a new one", "another date", "another name", "a mark in it", "backslashes"],
)
def test_harmless_later_archives_are_let_pass(tmp_path: Path, files: Mapping[str, bytes]) -> None:
    assert _judged(tmp_path / "a", files, _FILES) == []


def test_what_a_file_manager_left_is_not_missed(tmp_path: Path) -> None:
    litter = {
        "__MACOSX/._stops.txt": b"x",
        ".DS_Store": b"x",
        "data/Thumbs.db": b"x",
        "x.qix": b"x",
    }
    assert _judged(tmp_path / "a", _FILES, {**_FILES, **litter}) == []


def test_the_files_of_a_geodatabase_are_one(tmp_path: Path) -> None:
    before = {f"a.gdb/a000000{n}.gdbtable": b"x" * n for n in range(6)}
    now = {f"a.gdb/a000000{n}.spx": b"x" * n for n in range(4)}
    assert _judged(tmp_path / "a", now, before) == []
    assert _judged(tmp_path / "a", {"notes.txt": b"x"}, before) == ["guard_file_gone"]


def test_of_very_many_files_no_names_are_kept(tmp_path: Path) -> None:
    many = {f"{n}.txt": b"x" for n in range(MOST + 1)}
    (tmp_path / "a").write_bytes(zipped(many))
    assert read_here(tmp_path / "a", "a.zip").parts == {}
    assert _judged(tmp_path / "a", many, {**many, "more.pdf": b"x"}) == []


def test_a_profile_of_before_says_nothing_of_files() -> None:
    before = Profile("zip")
    judged = guards.judge(
        case(version=version("a.zip"), found=Profile("zip", parts={"a.pdf": 3}), before=before,
             accepted=frozenset({"zip"})), GuardPolicy({})
    )  # fmt: skip
    assert codes(judged.held) == []
