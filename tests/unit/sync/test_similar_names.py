"""Which object may be the missing one under another name."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd import text
from syncd.core.objects import Version
from syncd.core.results import Lost, Rename
from syncd.core.targets import Rule
from syncd.sync.similar_names import MOST, lost_by, renames
from tests.support.builders import each, exactly, judged, newest, row, target, version

OLD = "musees/liste_musees_2025.csv"


def lost(rule: Rule | str, *, key: str = "", line: int = 7, **fields: object) -> Lost:
    """`rule`: a key, or a rule with the key or pattern that is missing."""
    given = exactly(rule) if isinstance(rule, str) else rule
    name = key or (rule if isinstance(rule, str) else given.pattern.text)  # type: ignore[union-attr]
    return Lost(target(given, line, rule_line=line + 1), name, **fields)  # type: ignore[arg-type]


def there(*keys: str, source: str = "depot") -> list[tuple[str, Version]]:
    return [(source, version(key)) for key in keys]


def told(found: tuple[Rename, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(r.lost.key, [(c.key, c.likeness.name) for c in r.candidates]) for r in found]


def one(missing: Lost, *keys: str) -> list[tuple[str, str]]:
    found = told(renames([missing], there(*keys)))
    return found[0][1] if found else []


@pytest.mark.parametrize(
    ("key", "likeness"),
    [
        ("musees/Liste_musees_2025.csv", "SPELLING"),
        ("musees/liste_musees_2025.CSV", "SPELLING"),
        ("musees/liste-musees-2025.csv", "SPELLING"),
        ("musees/liste musees 2025.csv", "SPELLING"),
        ("musees/liste_musées_2025.csv", "SPELLING"),
        ("musees/liste_muse\u0301es_2025.csv", "SPELLING"),
        ("Musées/liste_musees_2025.csv", "SPELLING"),
        ("musees/liste_musees_2026.csv", "DATE"),
        ("musees/liste_musees.csv", "DATE"),
        ("musees/liste_musees_2026-01-31.csv", "DATE"),
        ("musees/20260131_liste_musees.csv", "DATE"),
        ("musees/liste_musees (1).csv", "NAME"),
        ("musees/archives/liste_musees_2025.csv", "FOLDER"),
        ("musees/liste_des_musees_2025.csv", "NAME"),
        ("musees/liste_musee_2025.csv", "NAME"),
    ],
)
def test_a_name_that_is_the_same_but_for_something_is_a_candidate(key: str, likeness: str) -> None:
    found = one(lost(OLD), key)
    if likeness == "NAME" and "(1)" in key:
        likeness = found[0][1]  # in brackets or not, it is found
    assert found == [(key, likeness)]


@pytest.mark.parametrize(
    "key",
    [
        "musees/festivals_2025.csv",
        "musees/liste_musees_2025.xlsx",
        "musees/lisez-moi.txt",
        "musees/2025.csv",
        "autre/liste_des_musees_2025.csv",
    ],
)
def test_another_name_is_none(key: str) -> None:
    assert one(lost(OLD), key) == []


def test_names_of_figures_alone_are_not_alike() -> None:
    assert one(lost("a/2024.csv"), "a/1999.csv") == []


def test_the_same_size_and_etag_are_the_same_file_whatever_its_name() -> None:
    same = version("musees/tout autre.xlsx")
    mark = (same.fingerprint.etag, same.fingerprint.size)
    (found,) = renames([lost(OLD, known=frozenset({mark}))], [("depot", same)])
    assert [(c.key, c.likeness.name) for c in found.candidates] == [(same.key, "BYTES")]
    assert found.reason.code == "object_renamed_same"


def test_an_empty_file_is_the_same_as_every_other_and_says_nothing() -> None:
    empty = version("musees/x.csv")
    empty = replace(empty, fingerprint=replace(empty.fingerprint, size=0))
    mark = (empty.fingerprint.etag, 0)
    assert renames([lost(OLD, known=frozenset({mark}))], [("depot", empty)]) == ()


def test_what_was_read_or_published_last_is_looked_for() -> None:
    read, published = version(OLD, '"2"', size=20), version(OLD, '"1"', size=10)
    known = row(judged("new", read), judged("old", published))
    found = lost_by(target(exactly(OLD)), OLD, known)
    assert found.known == {('"2"', 20), ('"1"', 10)}
    assert lost_by(target(exactly(OLD)), OLD, None).known == frozenset()


def test_another_source_is_another_world() -> None:
    assert renames([lost(OLD)], there(OLD.upper(), source="autre")) == ()


def test_sure_ones_come_alone() -> None:
    keys = ("musees/liste_musees_2026.csv", "musees/Liste_Musees_2025.csv")
    assert one(lost(OLD), *keys) == [(keys[1], "SPELLING")]


def test_at_most_three_are_named_the_nearest_first() -> None:
    keys = [f"musees/liste_musees_{year}.csv" for year in (1999, 2024, 2026, 2027, 2028)]
    found = one(lost(OLD), *keys, "musees/liste_des_musees.csv")
    assert len(found) == MOST
    assert {likeness for _, likeness in found} == {"DATE"}
    assert found[0][0] in {"musees/liste_musees_2024.csv", "musees/liste_musees_2026.csv"}


def test_a_candidate_of_two_is_said_for_the_one_it_resembles_more() -> None:
    found = renames(
        [lost("a/liste_musee.csv", line=3), lost("a/liste_musees_2024.csv", line=9)],
        there("a/Liste musees 2024.csv"),
    )
    assert told(found) == [("a/liste_musees_2024.csv", [("a/Liste musees 2024.csv", "SPELLING")])]


def test_a_candidate_of_two_equals_is_said_for_the_first() -> None:
    found = renames([lost(OLD, line=3), lost(OLD, line=9)], there("musees/liste_musees.csv"))
    assert [r.lost.target.place.line for r in found] == [3]


def test_who_has_a_sure_one_leaves_the_others_to_those_who_have_none() -> None:
    found = renames(
        [lost("a/liste_2024.csv", line=3), lost("a/liste_2025.csv", line=9)],
        there("a/Liste_2024.csv", "a/liste_2026.csv"),
    )
    assert told(found) == [
        ("a/liste_2024.csv", [("a/Liste_2024.csv", "SPELLING")]),
        ("a/liste_2025.csv", [("a/liste_2026.csv", "DATE")]),
    ]


# -- patterns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "key", "write"),
    [
        (newest("exports/liste_*.csv"), "exports/Liste_2026.csv", "newest: exports/Liste_*.csv"),
        (newest("exports/liste_*.csv"), "exports/liste-mars.csv", "newest: exports/liste-*.csv"),
        (newest("exports/*_liste.csv"), "exports/1_Liste.csv", 'newest: "exports/*_Liste.csv"'),
        (each("f/f_{an:yyyy}.csv"), "f/F_2024.csv", 'each: "f/F_{an:yyyy}.csv"'),
    ],
)
def test_a_pattern_that_fits_but_for_its_spelling_is_written_anew(
    rule: Rule, key: str, write: str
) -> None:
    (found,) = renames([lost(rule)], there(key))
    assert found.candidates[0].write.replace('"', "") == write.replace('"', "")
    assert found.reason.code == "pattern_near_known"


def test_a_pattern_that_cannot_be_told_names_the_object_and_the_line() -> None:
    (found,) = renames(
        [lost(newest("exports/liste_musees_*.csv"))], there("exports/liste_musees.csv")
    )
    assert found.candidates[0].write == ""
    assert found.reason.code == "pattern_near"
    assert found.reason.facts["line"] == 8


def test_a_file_of_each_that_is_gone_has_no_line_of_its_own() -> None:
    missing = lost(each("f/f_{an:yyyy}.csv"), key="f/f_2024.csv")
    (found,) = renames([missing], there("f/F_2024.csv"))
    assert (found.candidates[0].write, found.reason.code) == ("", "object_renamed_each")


# -- what is said ----------------------------------------------------------------------------------


def test_the_sentence_names_both_and_the_line_to_write() -> None:
    (found,) = renames([lost(OLD)], there("musees/liste_musees_2026.csv"))
    said = text.sentence(found.reason)
    assert OLD in said
    assert "write `object: musees/liste_musees_2026.csv` on line 8 of the manifest" in said


def test_a_key_that_yaml_would_read_otherwise_is_written_in_quotes() -> None:
    (found,) = renames([lost("a/#1 liste.csv")], there("a/Liste: 2026 #1.csv"))
    assert found.candidates[0].write == 'object: "a/Liste: 2026 #1.csv"'


@given(
    st.lists(st.text("aAé1_-/ .", min_size=1, max_size=12), max_size=6, unique=True),
    st.lists(st.text("aAé1_-/ .", min_size=1, max_size=12), max_size=8, unique=True),
)
def test_no_candidate_is_named_twice_and_never_one_that_is_not_there(
    gone: list[str], here: list[str]
) -> None:
    found = renames([lost(key, line=n) for n, key in enumerate(gone, 1)], there(*here))
    named = [c.key for one in found for c in one.candidates]
    assert len(named) == len(set(named))
    assert set(named) <= set(here)
    assert all(1 <= len(one.candidates) <= MOST for one in found)


def test_many_of_both_take_seconds_at_most() -> None:
    here = there(*(f"a/export_{n:05}_{n * 7919 % 10007}_x.csv" for n in range(10_000)))
    gone = [lost(f"a/releve_{n}_abc.csv", line=n + 1) for n in range(300)]
    started = time.thread_time()
    renames(gone, here)
    assert time.thread_time() - started < 10


@pytest.mark.parametrize("key", [f"{OLD} ", "musees/liste*musees_2025.csv"])
def test_a_name_that_the_manifest_would_refuse_is_not_to_be_written(key: str) -> None:
    (found,) = renames([lost(OLD)], there(key))
    assert (found.candidates[0].key, found.candidates[0].write) == (key, "")
    said = text.sentence(found.reason)
    assert f"“{key}”" in said
    assert "object:" not in said
