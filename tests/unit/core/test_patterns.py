"""Key patterns: what they match, and what they are refused for."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.linear_match import matched
from syncd.core.patterns import KINDS, Pattern, PatternError, natural_order
from tests.support.examples import examples

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


EXPRESSIONS = {"*": "[^/]*", "**": ".*", "**/": "(?:.*/)?", "a": "a", "b": "b", "/": "/", "1": "1"}
EXPRESSIONS |= {f"{{{kind}}}": expression for kind, expression in KINDS.items()}
PIECES = st.lists(st.sampled_from(list(EXPRESSIONS)), max_size=9)
SMALL_KEYS = st.text(alphabet="ab/1\n", max_size=12) | st.text(alphabet="0123ab", max_size=12)


@given(PIECES, st.lists(SMALL_KEYS, max_size=4))
@settings(max_examples=examples(2000))
def test_a_pattern_means_what_the_expression_of_its_parts_means(
    pieces: list[str], keys: list[str]
) -> None:
    """Where a regular expression tries every way: what it finds first is what is found."""
    text, expression, names = "", "", 0
    for piece in pieces:
        if piece in ("**/", "**", "*") and text.endswith("*"):
            continue  # they would be read as one
        if piece == "**/" and text and not text.endswith("/"):
            continue  # `**` and a slash
        if piece == "/" and text.endswith("**"):
            continue
        if piece.startswith("{"):
            kind = piece.strip("{}")
            text += f"{{v{names}:{kind}}}"
            expression += f"(?P<v{names}>{KINDS[kind]})"
            names += 1
        else:
            text += piece
            expression += EXPRESSIONS[piece]
    pattern, wanted = Pattern.parse(text), re.compile(expression, re.DOTALL)
    for key in keys:
        found = wanted.fullmatch(key)
        expected = found.groupdict() if found else None
        assert pattern.match(key) == expected
        assert matched(pattern.parts, key) == expected  # as it is for longer keys


HOSTILE = {
    "stars": ("*a" * 500 + "b", "a" * 1024),
    "stars that match": ("*a" * 500 + "*", "a" * 1024),
    "double stars": ("**a" * 300 + "b", "a/" * 512),
    "folders": ("**/a/" * 200 + "b", "a/" * 512),
    "names": ("".join(f"{{v{at}}}a" for at in range(120)) + "b", "a" * 1024),
    "numbers": ("".join(f"{{v{at}:int}}1" for at in range(90)) + "b", "1" * 1024),
    "years": ("".join(f"*{{v{at}:yyyy}}" for at in range(80)) + "b", "1" * 1024),
    "one of each": ("**/*{a}*{b:int}**{c}*{d:yyyy}*x", "a1/" * 341),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pattern_of_many_wildcards_is_matched_at_once(name: str) -> None:
    text, key = HOSTILE[name]
    pattern = Pattern.parse(text)
    started = time.thread_time()
    for _ in range(10):
        pattern.match(key)
    assert time.thread_time() - started < 2


@pytest.mark.parametrize("unit", ["*a", "**a", "**/a/", "{v}a", "*1{v:yyyy}"])
def test_four_times_the_key_and_the_pattern_take_no_more_than_their_share(unit: str) -> None:
    def took(times: int) -> float:
        units = [unit.replace("v", f"v{at}") for at in range(25 * times)]
        pattern, key = Pattern.parse("".join(units) + "b"), "a1/"[: len(unit)] * 80 * times
        started = time.thread_time()
        for _ in range(20):
            pattern.match(key)
        return time.thread_time() - started

    small, large = min(took(1) for _ in range(3)), min(took(4) for _ in range(3))
    # Parts and places: 16 times as many at most, and a word of the processor holds many places.
    assert large < 20 * max(small, 0.01)


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
