"""Figures are written as French readers write them; spaces within them do not break."""

from __future__ import annotations

import pytest

from syncd.text import figures


@pytest.fixture(autouse=True)
def french() -> None:
    figures.speak("fr")


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0\u00a0o"),
        (999, "999\u00a0o"),
        (1_000, "1,00\u00a0ko"),
        (12_300_000, "12,3\u00a0Mo"),
        (20_000_000_000, "20,0\u00a0Go"),
        (5 * 10**15, "5\u202f000\u00a0To"),
        (-1, "?"),
    ],
)
def test_sizes_have_a_comma_and_count_octets(count: int, shown: str) -> None:
    assert figures.size(count) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (7, "7"),
        (1_234, "1\u202f234"),
        (1_234_567, "1\u202f234\u202f567"),
        (2.5, "2,5"),
        (60.0, "60"),
    ],
)
def test_counts_stand_in_groups_of_three(count: float, shown: str) -> None:
    assert figures.show(count, "n") == shown


def test_what_is_no_count_is_never_grouped() -> None:
    assert figures.show(12345, "") == "12345"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0\u00a0s"),
        (90, "1\u00a0min\u00a030\u00a0s"),
        (108_000, "1\u00a0jour\u00a06\u00a0h"),
        (172_800, "2\u00a0jours"),
    ],
)
def test_durations_are_words(seconds: int, shown: str) -> None:
    assert figures.duration(seconds) == shown


def test_a_date_has_its_day_first() -> None:
    shown = figures.date("2026-11-26T12:29:00+00:00")
    assert shown.startswith("26/11/2026\u00a0à\u00a0")
    assert shown.endswith("12:29 UTC")


def test_english_figures_are_those_of_the_manifest() -> None:
    figures.speak("en")
    assert figures.number(1_234_567) == "1,234,567"
    assert figures.duration(108_000) == "1d6h"
    assert figures.size(12_300_000) == "12.3 MB"
