"""The keys of JSON's records are its columns: those that go away are missed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from tests.support.builders import version
from tests.support.content_builders import case, codes
from tests.support.shared_reader import read_here

Records = Sequence[Any]


def lines(records: Records) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def profile(tmp_path: Path, records: Records, name: str) -> Profile:
    path = tmp_path / name
    path.write_text(lines(records) if name.endswith("l") else json.dumps(records))
    found = Profile.from_json(read_here(path, name).to_json())
    assert found is not None
    return found


def said(now: Profile, before: Profile | None) -> tuple[list[str], list[str]]:
    named = {"version": version("a.json"), "accepted": frozenset({"json"})}
    findings = guards.judge(case(found=now, before=before, **named), GuardPolicy({}))
    return codes(findings.held), codes(findings.warned)


FULL = [{"id": n, "nom": "x", "lieu": {"ville": "y", "code": n}} for n in range(60)]
LESS = [{"id": n, "nom": "x"} for n in range(60)]
FEW = [*FULL[:50], *({"id": n, "nom": "x", "note": 1} for n in range(10))]  # a sixth has a note


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_key_that_all_records_had_and_none_has_is_held(tmp_path: Path, name: str) -> None:
    found = said(profile(tmp_path, LESS, name), profile(tmp_path, FULL, name))

    assert found == (["guard_keys"], [])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_key_that_only_some_had_is_told(tmp_path: Path, name: str) -> None:
    found = said(profile(tmp_path, FULL, name), profile(tmp_path, FEW, name))

    assert found == ([], ["guard_keys_some"])


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (FULL, FULL),
        (FULL, LESS),  # new ones
        ([{**record, "nom": None} for record in FULL], FULL),
        ([*LESS[:50], *FULL[:10]], FULL),  # some still have it
        ([{**record, "lieu": {"ville": "y"}} for record in FULL], FULL),  # of records' own keys
        ([dict(reversed(record.items())) for record in FULL], FULL),
        ([], FULL),  # that is for others to say
        (FULL, [{**each, f"n{at}": 1} for at, each in enumerate(FULL * 3)]),  # values as keys
        ([{"2025": 1, "2024": 2, "nom": ""}], [{"2024": 1, "2023": 2, "nom": ""}]),  # a later year
        ([{"Au 01/02/2025": 1}], [{"Au 01/01/2025": 1}]),
    ],
)
def test_nothing_is_said_of_keys_that_are_there_or_were_nobodys(
    tmp_path: Path, now: Records, before: Records
) -> None:
    held, told = said(profile(tmp_path, now, "a.json"), profile(tmp_path, before, "a.json"))

    assert not {"guard_keys", "guard_keys_some"} & {*held, *told}


@pytest.mark.parametrize("key", ["Nom", "nom 2024", "2024"])
def test_a_key_of_another_spelling_is_another_one(tmp_path: Path, key: str) -> None:
    renamed = [{key if name == "nom" else name: 1 for name in record} for record in FULL]
    found = said(profile(tmp_path, renamed, "a.json"), profile(tmp_path, FULL, "a.json"))

    assert found == (["guard_keys"], [])


@pytest.mark.parametrize("now", [[{}] * 60, [1, 2] * 30, {str(n): FULL[0] for n in range(60)}])
def test_records_that_have_no_key_left_are_held(tmp_path: Path, now: Any) -> None:
    held, _ = said(profile(tmp_path, now, "a.json"), profile(tmp_path, FULL, "a.json"))

    assert held == ["guard_keys"]


def test_nothing_is_said_on_a_first_publication(tmp_path: Path) -> None:
    assert said(profile(tmp_path, LESS, "a.json"), None) == ([], [])


def test_nothing_is_said_where_an_older_syncd_did_not_look(tmp_path: Path) -> None:
    old = Profile("json", encoding="utf-8", rows=60)

    assert said(profile(tmp_path, LESS, "a.json"), old) == ([], [])


def test_the_keys_of_one_object_are_no_records(tmp_path: Path) -> None:
    assert profile(tmp_path, {"a": {"x": 1}, "b": {"x": 2}}, "a.json").keys == {}  # type: ignore[arg-type]


def test_what_the_lists_of_an_object_hold_are_records(tmp_path: Path) -> None:
    answer: Any = {"about": {"x": {"y": {"z": 1}}}, "results": FULL, "links": [1, [2], {"id": 1}]}
    found = profile(tmp_path, answer, "a.json")

    assert (found.rows, found.keys) == (3, {"id": 100, "nom": 98, "lieu": 98})


@pytest.mark.parametrize(
    "now", [{"error": "unavailable", "status": 503}, {"results": LESS}, {"results": []}]
)
def test_an_answer_without_the_records_or_keys_that_it_had_is_held(
    tmp_path: Path, now: Any
) -> None:
    before: Any = {"results": FULL}

    held, _ = said(profile(tmp_path, now, "a.json"), profile(tmp_path, before, "a.json"))

    assert held == ["guard_keys"]


def test_of_many_names_the_first_are_known(tmp_path: Path) -> None:
    wide = [{f"k{n}": n for n in range(500)}] * 3
    found = profile(tmp_path, wide, "a.jsonl")

    assert (len(found.keys), found.rows) == (300, 3)


def test_of_many_records_the_shares_are_those_of_all(tmp_path: Path) -> None:
    many = [{"id": n, **({"pair": 1} if n % 8 < 4 else {})} for n in range(30_000)]
    found = profile(tmp_path, many, "a.jsonl")

    assert found.rows == 30_000
    assert found.keys == {"id": 100, "pair": 50}


def test_a_name_of_a_thousand_letters_is_none(tmp_path: Path) -> None:
    assert profile(tmp_path, [{"a\n b": 1, "x" * 2000: 2}], "a.json").keys == {"a b": 100}
