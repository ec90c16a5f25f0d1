"""File names, compared in spite of what a portal makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.file_names import may_be_name, same_name, slug

TEXT = st.text(st.characters(codec="utf-8"), max_size=400)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Liste des Musées.CSV", "liste-des-musees.csv"),
        ("l'été – 2024.csv", "lete-2024.csv"),
        ("Œuvres_d’art.csv", "oeuvres-dart.csv"),
        ("e\u0301te\u0301.csv", "ete.csv"),
        ("--a--b--.csv", "a-b-.csv"),
    ],
)
def test_names_are_compared_as_the_portal_writes_them(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(TEXT)
def test_a_slug_is_its_own_slug(name: str) -> None:
    assert slug(slug(name)) == slug(name)


@given(TEXT)
def test_a_name_is_the_same_as_itself(name: str) -> None:
    assert same_name(name, name)
    assert may_be_name(name, name)


@pytest.mark.parametrize(
    ("made", "sent", "maybe"),
    [
        ("liste-des-musees.csv", "Liste des Musées.csv", True),
        ("liste-des-parcs.csv", "Liste des Musées.csv", False),
        ("da-lian.csv", "大连.csv", True),  # the portal's tables know; we do not
        ("whatever.csv", "大连.csv", True),
        ("whatever.xlsx", "大连.csv", False),
    ],
)
def test_letters_of_other_scripts_leave_only_the_extension_to_compare(
    made: str, sent: str, maybe: bool
) -> None:
    assert may_be_name(made, sent) is maybe
