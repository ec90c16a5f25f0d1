"""What udata makes of files that it is sent: names, titles, and how long it takes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.adapters.portal.upload_rules import LONGEST, UdataUploads
from syncd.simulator import Simulator
from tests.support.sync_harness import House

RULES = UdataUploads()
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
    assert RULES.name(key) == name


@given(TEXT)
@example("é" * 200 + ".csv")
@example("." + "é" * 200)
def test_a_name_never_breaks_a_header_nor_grows_too_long(key: str) -> None:
    name = RULES.name(key)
    assert len(name.encode()) <= LONGEST
    assert not set(name) & set('"\\%/\r\n\0\x7f')
    assert RULES.name(name) == name


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=400), st.sampled_from(["csv", "7z"])
)
def test_the_extension_survives(stem: str, extension: str) -> None:
    assert RULES.name(f"a/{stem}.{extension}").endswith(f".{extension}")


def test_a_large_upload_may_arrive_later_than_a_small_one() -> None:
    assert RULES.busy_with(0) == timedelta(0)
    assert RULES.busy_with(10**9) == timedelta(seconds=100)


def test_the_window_of_a_lost_upload_grows_with_its_size(
    simulator: Simulator, tmp_path: Path
) -> None:
    with House(simulator, tmp_path).adapters() as adapters:
        assert adapters.settle_window(0) == adapters.least_settle_window
        window = adapters.settle_window(10**9)
        assert window == adapters.least_settle_window + timedelta(seconds=100)
