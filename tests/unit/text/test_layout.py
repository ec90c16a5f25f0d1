"""Lines that fit a terminal."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.text.excerpts import columns
from syncd.text.layout import folded, indent, shortened, side_by_side
from tests.support.examples import examples

WORDS = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="`…"), min_size=1, max_size=30
)
COMMANDS = st.lists(WORDS, min_size=1, max_size=5).map(lambda words: f"`{' '.join(words)}`")
LINES = st.tuples(
    st.integers(0, 13).map(" ".__mul__),
    st.lists(st.tuples(WORDS | COMMANDS, st.sampled_from([" ", "  "])), min_size=1, max_size=40),
).map(lambda parts: parts[0] + "".join(word + gap for word, gap in parts[1]).rstrip(" "))


def words(text: str) -> list[str]:
    """Commands are one word each."""
    return re.findall("(?:`[^`]*`|[^ \n])+", text)


@settings(max_examples=examples(200))
@given(LINES, st.integers(60, 200))
def test_whatever_the_width_no_word_is_broken_and_none_is_lost(line: str, width: int) -> None:
    shown = folded(line, width).split("\n")
    assert words("\n".join(shown)) == words(line)
    for number, one in enumerate(shown):
        assert columns(one) <= width or len(words(one)) == 1
        if number:
            assert len(one) - len(one.lstrip(" ")) == indent(line)


@settings(max_examples=examples(100))
@given(LINES, st.integers(60, 200))
def test_a_line_is_folded_only_where_the_next_word_does_not_fit(line: str, width: int) -> None:
    """But for what two spaces set apart, which moves as a whole."""
    shown = folded(re.sub(" +", " ", line), width).split("\n")
    for one, following in pairwise(shown):
        assert columns(one) + 1 + columns(words(following)[0]) > width


@settings(max_examples=examples(100))
@given(WORDS, st.integers(1, 60))
def test_a_long_name_keeps_its_beginning_and_its_end(name: str, width: int) -> None:
    shown = shortened(name, width)
    assert columns(shown) <= width
    if columns(name) <= width:
        assert shown == name
        return
    before, after = shown.split("…", 1)
    assert name.startswith(before)
    assert name.endswith(after)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_names_side_by_side_fit_and_the_short_ones_stay_whole(width: int) -> None:
    names = ["dossier/" * 20 + "liste.csv", "Liste des musées " * 5, "2026-03-10"]
    shown = side_by_side(names, width)
    assert columns("  ".join(shown)) <= width
    assert shown[2] == names[2]
    assert shown[0].endswith("liste.csv")


def test_what_two_spaces_set_apart_goes_to_the_next_line_as_a_whole() -> None:
    before = f"  held       {'Liste des musées ' * 3}".rstrip()
    line = f"{before}  musees/liste de tous les musees.csv"
    assert folded(line, 80).split("\n") == [before, "    musees/liste de tous les musees.csv"]


def test_a_pipe_gets_the_line_as_it_is() -> None:
    assert folded("mot " * 100, None) == "mot " * 100
