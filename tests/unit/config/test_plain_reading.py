"""The fast reading of a manifest: what it says is what the careful one says, or it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config.manifest.careful_reading import read_carefully
from syncd.config.manifest.plain_reading import read_plain
from syncd.config.manifest.reading import read
from tests.support.hostile_manifests import DATASET, ENTRY, HEAD

EXAMPLE = Path(__file__).parents[3] / "config" / "manifest.example.yaml"
MANIFEST = (
    HEAD
    + DATASET
    + ENTRY
    + """\
      - resource: "89d73e25-6e67-4f0d-9ea8-d3c7d1e2d5a8"  # of the summer
        newest: 'exports/*.csv'
        known: {2021: no, '2022': ~, on: 0o17, y: 1e3, d: 2026-01-31, "n": "null"}
        paused: >-
          a text
          of lines
        title: L'été à Saint-Étienne : \U0001f3ad
"""
)
# What the two versions of YAML, or the two libraries, may read in two ways.
SIGNS = [
    *"ab01 \n:-#'\"[]{}&*!|>%@`,?.~=<é\r\t\x85\u2028\\",
    *("\n  ", "\n- ", ": ", "- ", "? ", "\n...", "\n---\n", "''", '""', "<<: ", "\n\n", "\r\n"),
    *("{a: b}", "[c, d]", "a: ", "//", ":]", ":}", "[:", "{:", "::", "?x", "-x", ":x", " #x"),
    *("yes", "1e3", "0o17", "null", "2020-01-01", "%YAML 1.1\n---\n", "&a ", "*a", "!!str "),
]


def assert_the_same(text: str) -> None:
    found = read_plain(text)
    if found is not None:
        assert (found, []) == read_carefully(text, "manifest.yaml")


@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join))
def test_a_text_of_signs_means_the_same_in_both_readings(text: str) -> None:
    assert_the_same(text)


@given(st.data())
def test_a_manifest_with_slips_means_the_same_in_both_readings(data: st.DataObject) -> None:
    text = MANIFEST
    for _ in range(data.draw(st.integers(1, 4))):
        at, cut = data.draw(st.integers(0, len(text))), data.draw(st.sampled_from([0, 0, 1, 5]))
        text = text[:at] + data.draw(st.sampled_from(SIGNS)) + text[at + cut :]
    assert_the_same(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n...\n...\n",
        "a:\n",
        "a: 1\na: 2\n",
        "a: &b 1\nc: *b\n",
        "a: !!str 1\n",
        "<<: {a: 1}\n",
        '[a, "k":v]\n',
        "a: 1\n---\nb: 2\n",
        "%YAML 1.1\n---\na: yes\n",
        "a:\tb\n",
        "a: one\x85b: two\n",
        'a: "\\/"\n',
        "[a, b]: c\n",
        "",
        "# nothing\n",
        "a: {" + "b: {" * 60 + "}" * 61,
        f"a: {'long ' * 3_000}\n",
    ],
)
def test_what_is_odd_is_left_to_the_careful_reading(text: str) -> None:
    assert read_plain(text) is None


@pytest.mark.parametrize("text", [HEAD + DATASET + ENTRY, EXAMPLE.read_text(encoding="utf-8")])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_manifest_as_people_write_it_is_read_fast(text: str, ends: str) -> None:
    text = text.replace("\n", ends)
    assert read_plain(text) is not None
    assert_the_same(text)


def test_where_libyaml_is_missing_the_careful_reading_does_it_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = read(HEAD + DATASET + ENTRY, "manifest.yaml")
    monkeypatch.setattr("syncd.config.manifest.plain_reading._LOADER", None)
    assert read_plain(HEAD + DATASET + ENTRY) is None
    assert read(HEAD + DATASET + ENTRY, "manifest.yaml") == before
