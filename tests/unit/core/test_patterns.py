"""Key patterns: what they match, and what they are refused for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.patterns import KINDS, Pattern, PatternError, natural_order

SEGMENT = st.text(alphabet="ab.é+% _-()[]^$|\\\n0", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("a.csv", "a.csv", {}),
        ("a.csv", "abcsv", None),
        ("a.csv", "a.csv\n", None),
        ("*.csv", "x.csv", {}),
        ("*.csv", ".csv", {}),
        ("*.csv", "d/x.csv", None),
        ("d/*", "d/x", {}),
        ("d/**", "d/x/y.csv", {}),
        ("**/x.csv", "x.csv", {}),
        ("**/x.csv", "a/b/x.csv", {}),
        ("**/x.csv", "a/bx.csv", None),
        ("**/x.csv", "a//x.csv", {}),
        ("d/**/x.csv", "d/x.csv", {}),
        ("d/**/x.csv", "d/a/b/x.csv", {}),
        ("d/**/x.csv", "dx.csv", None),
        ("a**/x.csv", "a1/b/x.csv", {}),
        ("a**/x.csv", "ax.csv", None),
        ("a**/x.csv", "a/x.csv", {}),
        ("**", "any/thing", {}),
        ("f_{annee:yyyy}.csv", "f_2024.csv", {"annee": "2024"}),
        ("f_{annee:yyyy}.csv", "f_20245.csv", None),
        ("f_{annee:yyyy}.csv", "f_٢٠٢٤.csv", None),
        ("{a:yyyy}{m:mm}{j:dd}", "20240131", {"a": "2024", "m": "01", "j": "31"}),
        ("{m:mm}", "13", None),
        ("{j:dd}", "32", None),
        ("{j:dd}", "00", None),
        ("{n:int}.csv", "00017.csv", {"n": "00017"}),
        ("{a}_{b}.csv", "x_y_z.csv", {"a": "x", "b": "y_z"}),
        ("{a}.csv", "d/x.csv", None),
        ("{a}/{b}.csv", "d/x.csv", {"a": "d", "b": "x"}),
        ("{a:}.csv", "x.csv", {"a": "x"}),
        ("{année:yyyy}", "2024", {"année": "2024"}),
        ("été_*.csv", "été_1.csv", {}),
    ],
)
def test_a_pattern_matches_whole_keys(
    pattern: str, key: str, expected: dict[str, str] | None
) -> None:
    assert Pattern.parse(pattern).match(key) == expected


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("a{", "pattern_brace", {"brace": "{"}),
        ("a}", "pattern_brace", {"brace": "}"}),
        ("{}", "pattern_name", {"name": ""}),
        ("{a b}", "pattern_name", {"name": "a b"}),
        ("{1a}", "pattern_name", {"name": "1a"}),
        ("{a:yy}", "pattern_kind", {"kind": "yy", "known": "yyyy, mm, dd, int"}),
        ("{a}{a}", "pattern_twice", {"name": "a"}),
    ],
)
def test_a_bad_pattern_is_refused_with_its_reason(
    text: str, code: str, facts: dict[str, str]
) -> None:
    with pytest.raises(PatternError) as caught:
        Pattern.parse(text)
    assert caught.value.code == code
    assert caught.value.facts == facts


@pytest.mark.parametrize(
    ("text", "folder", "flat"),
    [
        ("a.csv", "", True),
        ("d/e/a_*.csv", "d/e/", True),
        ("d/{x}/a.csv", "d/", False),
        ("d/a{x:yyyy}.csv", "d/", True),
        ("**/a.csv", "", False),
        ("d/**", "d/", False),
        ("d/a**b", "d/", False),
        ("*", "", True),
    ],
)
def test_the_folder_is_the_longest_literal_one(text: str, folder: str, flat: bool) -> None:
    pattern = Pattern.parse(text)
    assert pattern.folder == folder
    assert pattern.is_flat == flat


def test_variables_come_in_the_order_of_appearance() -> None:
    assert Pattern.parse("{b}/{a:int}").variables == ("b", "a")


def test_patterns_of_one_text_are_equal() -> None:
    assert Pattern.parse("{a}*") == Pattern.parse("{a}*")
    assert Pattern.parse("a*") != Pattern.parse("a**")


@given(st.lists(SEGMENT, min_size=1, max_size=4))
def test_a_text_without_marks_matches_itself_alone(segments: list[str]) -> None:
    text = "/".join(segments)
    pattern = Pattern.parse(text)
    assert pattern.match(text) == {}
    assert pattern.match(text + "x") is None
    assert pattern.match("x" + text) is None


@given(st.lists(SEGMENT, min_size=1, max_size=4), SEGMENT, st.data())
def test_every_match_lies_in_the_folder(
    segments: list[str], value: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(segments) - 1))
    mark = data.draw(st.sampled_from(["*", "{x}", "**"]))
    pattern = Pattern.parse("/".join([*segments[:at], segments[at] + mark, *segments[at + 1 :]]))
    key = "/".join([*segments[:at], segments[at] + value, *segments[at + 1 :]])
    found = pattern.match(key)
    assert found is not None
    assert key.startswith(pattern.folder)
    if pattern.is_flat:
        assert "/" not in key[len(pattern.folder) :]


@given(st.text(alphabet="{}*:/ab1yd", max_size=20))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    try:
        pattern = Pattern.parse(text)
    except PatternError:
        return
    assert pattern.text == text
    assert all(name.isidentifier() for name in pattern.variables)


def test_folders_repeated_do_not_make_matching_slow() -> None:
    pattern = Pattern.parse("**/" * 12 + "x.csv")
    started = time.thread_time()
    assert pattern.match("a/" * 500 + "y.csv") is None
    assert time.thread_time() - started < 2


def test_natural_order_counts() -> None:
    keys = ["export_10", "export_9", "export_9b", "Export_1", "export_", "export_09"]
    assert sorted(keys, key=natural_order) == [
        "Export_1",
        "export_",
        "export_9",
        "export_09",
        "export_9b",
        "export_10",
    ]


@given(st.text(max_size=10), st.text(max_size=10))
def test_natural_order_compares_any_two_keys(one: str, other: str) -> None:
    assert (natural_order(one) < natural_order(other)) + (
        natural_order(other) < natural_order(one)
    ) <= 1


def test_kinds_are_documented_by_their_names() -> None:
    assert set(KINDS) == {"", "yyyy", "mm", "dd", "int"}
