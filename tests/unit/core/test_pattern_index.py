"""The index of patterns leaves none out that matches, and few in that do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.pattern_index import PatternIndex
from syncd.core.patterns import Pattern

TEXT = st.lists(
    st.sampled_from(["a", "b", "/", ".csv", "*", "**", "{x:int}", "{y}", "1"]),
    min_size=1,
    max_size=5,
).map("".join)
KEY = st.lists(st.sampled_from(["a", "b", "/", ".csv", "1", "2"]), max_size=6).map("".join)


def index_of(*texts: str) -> PatternIndex[int]:
    found = PatternIndex[int]()
    for at, text in enumerate(texts):
        found.add(Pattern.parse(text), at)
    return found


@given(st.lists(TEXT.filter(lambda text: text.count("{x") < 2 and text.count("{y") < 2)), KEY)
def test_every_pattern_that_matches_a_key_is_a_candidate(texts: list[str], key: str) -> None:
    candidates = [at for _, at in index_of(*texts).candidates(key)]
    matching = {at for at, text in enumerate(texts) if Pattern.parse(text).match(key) is not None}
    assert matching <= set(candidates)
    assert len(candidates) == len(set(candidates))


def test_patterns_that_begin_or_end_otherwise_are_not_tried() -> None:
    index = index_of("a/*.csv", "a/*.json", "b/*.csv", "*", "a/x_{year:yyyy}.csv")
    assert {pattern.text for pattern, _ in index.candidates("a/1.csv")} == {"a/*.csv", "*"}


def test_a_key_shorter_than_beginning_and_end_is_nobodys() -> None:
    assert list(index_of("exports/*.csv").candidates("exports/")) == []
    assert list(index_of("exports/*.csv").candidates("")) == []


def test_each_owner_of_the_same_pattern_is_named() -> None:
    assert [owner for _, owner in index_of("a*", "a*").candidates("ab")] == [0, 1]
