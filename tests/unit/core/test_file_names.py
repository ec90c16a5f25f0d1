"""File names on their way to the portal."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.core.file_names import LONGEST, may_be_name, same_name, slug, upload_name

TEXT = st.text(st.characters(codec="utf-8"), max_size=400)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("musees/liste.csv", "liste.csv"),
        ("liste.csv", "liste.csv"),
        ("a/Liste des Musées (2024).csv", "Liste des Musées (2024).csv"),
        ('a/"x".csv', "-x-.csv"),
        ("a/x\\y.csv", "x-y.csv"),
        ("a/100%.csv", "100-.csv"),
        ("a/x\r\ny.csv", "x--y.csv"),
        ("a/x.tar.gz", "x.tar.gz"),
        ("a/.csv", ".csv"),
        ("a/sans", "sans"),
        ("a/" + "x" * 300 + ".csv", "x" * 176 + ".csv"),
        ("a/" + "é" * 300 + ".csv", "é" * 88 + ".csv"),
        ("a/" + "x" * 300, "x" * 180),
        ("a/." + "x" * 300, "." + "x" * 179),
        ("a/x." + "y" * 300, "x." + "y" * 178),
    ],
)
def test_a_file_is_sent_under_its_own_name_made_harmless(key: str, name: str) -> None:
    assert upload_name(key) == name


@given(TEXT)
@example("é" * 200 + ".csv")
@example("." + "é" * 200)
def test_a_name_never_breaks_a_header_nor_grows_too_long(key: str) -> None:
    name = upload_name(key)
    assert len(name.encode()) <= LONGEST
    assert not set(name) & set('"\\%/\r\n\0\x7f')
    assert upload_name(name) == name


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=400), st.sampled_from(["csv", "7z"])
)
def test_the_extension_survives(stem: str, extension: str) -> None:
    assert upload_name(f"a/{stem}.{extension}").endswith(f".{extension}")


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
