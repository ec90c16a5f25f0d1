"""What is not seen: no letter of others ends a line, hides text or commands a terminal."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.unseen import escaped_in_json, in_sight, on_one_line

LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
CONTROLS = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HIDDEN = LINE_ENDS + CONTROLS + BIDI + "\u200b\ufeff\ud800\U000e0041"

hostile = st.text(st.one_of(st.sampled_from(HIDDEN), st.characters()))


@given(hostile)
def test_nothing_hidden_is_left_on_one_line(words: str) -> None:
    assert set(on_one_line(words)) & set(HIDDEN) == set()
    assert len(on_one_line(words).splitlines()) <= 1


@given(hostile)
def test_words_in_sight_are_as_long_as_before(words: str) -> None:
    assert len(in_sight(words)) == len(words)
    assert set(in_sight(words)) & set(HIDDEN) == set()


@given(st.recursive(hostile, lambda some: st.lists(some) | st.dictionaries(hostile, some)))
def test_a_document_holds_nothing_hidden_and_says_the_same(value: object) -> None:
    written = escaped_in_json(json.dumps(value, ensure_ascii=False))
    assert set(written) & set(HIDDEN) == set()
    # json reads two surrogates as the letter that they are a pair for, also where none was meant.
    assert json.loads(written) == json.loads(json.dumps(value))


def test_accents_and_the_spaces_of_french_stay() -> None:
    words = "Musées\u00a0: 1\u202f000 œuvres, 日本 ✓"
    assert on_one_line(words) == in_sight(words) == escaped_in_json(words) == words


def test_a_line_end_becomes_a_space() -> None:
    assert on_one_line("a\r\nb\u2028c\td") == "a b c d"
