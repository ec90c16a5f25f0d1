"""Which object is like which resource's file, and when that is sure."""

from __future__ import annotations

import pytest

from syncd.core.file_names import dateless
from syncd.core.objects import Fingerprint, Version
from syncd.core.portal import Resource
from syncd.sync.resource_matcher import Guesses, MatchedBy, ResourceMatcher
from tests.support.builders import NOW as AT

A, B = "a" * 40, "b" * 40


def resource(
    identifier: str, name: str, title: str = "?", sha1: str = A, size: int = 10
) -> Resource:
    url = f"https://static.example.fr/resources/jeu/20240101-000000/{name}"
    link = f"https://x/r/{identifier}"
    return Resource(identifier, title, "file", url, link, sha1, size, made_title=name)


def version(key: str, size: int = 10) -> Version:
    return Version(key, Fingerprint(f'"{key}"', size, AT))


def found(
    resources: list[Resource], keys: dict[str, int], sha1s: dict[str, str] | None = None
) -> dict[str, Guesses]:
    matcher = ResourceMatcher(resources)
    for key, size in keys.items():
        matcher.see(version(key, size))
    return matcher.guesses(sha1s or {})


def matched(guesses: Guesses) -> list[tuple[str, str]]:
    return [(one.key, one.by.value) for one in guesses.guesses]


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("liste_musees_2024.csv", "liste-musees.csv"),
        ("liste-musees.csv", "liste-musees.csv"),
        ("Liste Musées 2024-03.csv", "liste-musees.csv"),
        ("liste_20240131_musees.csv", "liste-musees.csv"),
        ("liste.31-01-2024.csv", "liste.csv"),
        ("liste.31.01.2024.csv", "liste.csv"),
        ("2024.csv", ""),
        ("lot_12345.csv", "lot-12345.csv"),
        ("ean_3012024567.csv", "ean-3012024567.csv"),
        ("export_v2.csv", "export-v2.csv"),
        ("liste2024.csv", "liste.csv"),
        ("sans_extension_2024", "sans-extension"),
    ],
)
def test_a_name_without_its_date(name: str, bare: str) -> None:
    assert dateless(name) == bare


def test_equal_bytes_are_sure_whatever_the_name() -> None:
    one = found([resource("r", "liste.csv")], {"x/export.csv": 10}, {"x/export.csv": A})["r"]
    assert (matched(one), one.sure) == ([("x/export.csv", "bytes")], True)


def test_a_name_alone_is_a_question() -> None:
    keys = {"x/Liste Musées.csv": 11}
    one = found([resource("r", "liste-musees.csv")], keys)["r"]
    assert (matched(one), one.sure) == ([("x/Liste Musées.csv", "name")], False)


def test_the_title_counts_as_a_name_with_the_files_extension() -> None:
    one = found(
        [resource("r", "export-1.csv", "Les musées de France")], {"les_musees_de_france.csv": 5}
    )
    assert matched(one["r"]) == [("les_musees_de_france.csv", "name")]


def test_another_extension_is_another_file() -> None:
    assert found([resource("r", "liste.csv")], {"liste.json": 11})["r"].guesses == ()


def test_dates_are_looked_past_and_the_newest_comes_first() -> None:
    keys = {"f/liste_2023.csv": 1, "f/liste_2025.csv": 1, "f/liste_2024.csv": 2}
    one = found([resource("r", "liste-2024.csv", size=99)], keys)["r"]
    assert matched(one) == [
        ("f/liste_2024.csv", "name"),
        ("f/liste_2025.csv", "date"),
        ("f/liste_2023.csv", "date"),
    ]
    assert one.pattern == "f/liste_*.csv"
    assert not one.sure


def test_a_pattern_is_only_proposed_for_several_files_of_one_folder() -> None:
    one = found([resource("r", "liste-2024.csv")], {"a/liste_2023.csv": 1, "b/liste_2025.csv": 1})
    assert one["r"].pattern == ""


def test_no_pattern_is_proposed_where_the_folder_would_be_one() -> None:
    keys = {"{annee}/liste_2023.csv": 1, "{annee}/liste_2025.csv": 1}
    assert found([resource("r", "liste-2024.csv")], keys)["r"].pattern == ""


def test_several_objects_with_the_bytes_are_sure_only_by_one_name() -> None:
    keys = {"old/liste.csv": 10, "new/autre.csv": 10}
    sha1s = dict.fromkeys(keys, A)
    one = found([resource("r", "liste.csv")], keys, sha1s)["r"]
    assert (one.guesses[0].key, one.sure) == ("old/liste.csv", True)
    other = found([resource("r", "rien.csv")], keys, sha1s)["r"]
    assert not other.sure
    both = found(
        [resource("r", "liste.csv")],
        {"a/liste.csv": 10, "b/liste.csv": 10},
        {"a/liste.csv": A, "b/liste.csv": A},
    )["r"]
    assert not both.sure


def test_the_bytes_are_not_sure_while_another_object_that_was_not_read_may_have_them() -> None:
    matcher = ResourceMatcher([resource("r", "liste.csv")])
    for n in range(7):
        matcher.see(version(f"n{n}.csv"))
    sha1s = {one.key: B for one in matcher.to_compare} | {"n0.csv": A}
    assert not matcher.guesses(sha1s)["r"].sure
    matcher.see(version("z/liste.csv"))  # one that has the name as well is
    sha1s = {one.key: B for one in matcher.to_compare} | {"z/liste.csv": A}
    assert matcher.guesses(sha1s)["r"].sure
    matcher.see(version("liste.csv"))  # unless another of its name was not read
    assert not matcher.guesses(sha1s)["r"].sure


def test_one_of_a_crowd_of_namesakes_is_sure_when_none_else_has_its_size() -> None:
    matcher = ResourceMatcher([resource("r", "liste.csv")])
    matcher.see(version("2020/liste.csv"))
    for n in range(30):
        matcher.see(version(f"2021/{n:02}/liste.csv", 11))
    assert matcher.guesses({"2020/liste.csv": A})["r"].sure
    matcher.see(version("2019/liste.csv"))
    assert not matcher.guesses({"2020/liste.csv": A, "2019/liste.csv": A})["r"].sure


def test_of_a_crowd_the_newest_by_name_are_kept() -> None:
    matcher = ResourceMatcher([resource("r", "liste.csv", size=99)])
    for n in range(1, 31):
        matcher.see(version(f"{n}/liste.csv"))
    keys = [key for key, _ in matched(matcher.guesses({})["r"])]
    assert keys == [f"{n}/liste.csv" for n in range(30, 10, -1)]


def test_one_object_is_sure_for_one_resource_at_most() -> None:
    twins = [resource("r", "liste.csv"), resource("s", "copie.csv")]
    each = found(twins, {"liste.csv": 10}, {"liste.csv": A})
    assert [each["r"].sure, each["s"].sure] == [False, False]


def test_only_objects_of_the_same_size_are_read_and_few_of_them() -> None:
    matcher = ResourceMatcher([resource("r", "liste.csv")])
    for n in range(100):
        matcher.see(version(f"n{n:03}.csv"))
    matcher.see(version("z/liste.csv"))
    matcher.see(version("other.csv", 11))
    keys = [one.key for one in matcher.to_compare]
    assert "z/liste.csv" in keys
    assert len(keys) == 5


def test_a_huge_object_is_not_read() -> None:
    matcher = ResourceMatcher([resource("r", "liste.csv", size=300_000_000)])
    matcher.see(version("liste.csv", 300_000_000))
    assert matcher.to_compare == ()


def test_empty_files_and_unknown_sha1s_are_not_compared() -> None:
    matcher = ResourceMatcher(
        [resource("r", "liste.csv", size=0), resource("s", "b.csv", sha1="", size=7)]
    )
    matcher.see(version("x.csv", 0))
    matcher.see(version("y.csv", 7))
    assert matcher.to_compare == ()


def test_what_is_like_nothing_is_counted_and_the_first_are_named() -> None:
    matcher = ResourceMatcher([resource("r", "liste.csv")])
    for n in range(30):
        matcher.see(version(f"etranger-{n:02}.csv", 1))
    matcher.see(version("liste.csv", 1))
    matcher.see(version("bad*key.csv", 1), usable=False)
    assert (matcher.seen, matcher.strange, len(matcher.strangers)) == (32, 31, 20)


def test_the_likenesses_are_ranked_by_how_sure_they_are() -> None:
    named = [MatchedBy.BYTES, MatchedBy.NAME, MatchedBy.DATE]
    assert list(MatchedBy) == [*named, MatchedBy.FOLDER]
