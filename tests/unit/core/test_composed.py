"""Names are compared as they look."""

from __future__ import annotations

from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.composed import composed, forms

PATHS = st.text(st.sampled_from("aé/ñ o\u0301.ü"), max_size=12)


@given(PATHS)
def test_every_form_of_a_path_looks_like_it(path: str) -> None:
    assert {composed(form) for form in forms(path)} == {composed(path)}


@given(PATHS)
def test_a_path_in_one_form_throughout_is_among_its_forms(path: str) -> None:
    assert {normalize("NFC", path), normalize("NFD", path)} <= set(forms(path))


def test_an_ascii_path_has_one_form() -> None:
    assert forms("a/b c.csv") == ("a/b c.csv",)


def test_each_segment_may_be_in_a_form_of_its_own() -> None:
    assert normalize("NFC", "é/") + normalize("NFD", "ü.csv") in forms("é/ü.csv")


def test_a_path_of_many_accents_asks_for_no_more_than_two_forms() -> None:
    assert len(forms("/".join("é" * 20))) == 2
