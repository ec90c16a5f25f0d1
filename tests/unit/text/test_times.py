"""Instants are told in the manifest's time zone, by name, wherever the machine stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from syncd import text
from syncd.text import figures

PARIS, NOUMEA = ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Noumea")
NOON = "2026-07-01T10:00:00+00:00"


@pytest.fixture(autouse=True, params=[None, "UTC", "Europe/Paris", "Pacific/Noumea"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param is None:
        monkeypatch.delenv("TZ", raising=False)
    else:
        monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_an_instant_is_that_of_the_manifest_with_the_name_of_its_zone() -> None:
    figures.tell_time_in(PARIS)
    assert figures.date(NOON) == "2026-07-01 12:00 Europe/Paris"
    figures.tell_time_in(NOUMEA)
    assert figures.date(NOON) == "2026-07-01 21:00 Pacific/Noumea"
    text.speak("fr")
    assert figures.date(NOON) == "01/07/2026\u00a0à\u00a021:00 Pacific/Noumea"


def test_before_a_manifest_is_read_instants_are_those_of_utc() -> None:
    assert figures.date("2026-07-01T12:00:00+02:00") == "2026-07-01 10:00 UTC"


def test_an_instant_without_a_zone_is_of_utc() -> None:
    figures.tell_time_in(PARIS)
    assert figures.date("2026-07-01T10:00:00") == figures.date(NOON)


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    figures.tell_time_in(PARIS)
    both = [f"2026-10-25T0{hour}:30:00+00:00" for hour in range(3)]
    assert [figures.date(one) for one in both] == [
        "2026-10-25 02:30 CEST Europe/Paris",
        "2026-10-25 02:30 CET Europe/Paris",
        "2026-10-25 03:30 Europe/Paris",
    ]


def test_a_cell_of_a_table_has_its_offset() -> None:
    figures.tell_time_in(NOUMEA)
    assert figures.offset_date(NOON) == "2026-07-01T21:00:00+11:00"


@pytest.mark.parametrize("iso", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
def test_the_first_and_the_last_day_are_told_as_well(iso: str) -> None:
    for zone in (NOUMEA, ZoneInfo("America/Cayenne")):
        figures.tell_time_in(zone)
        assert figures.date(iso).endswith(f" {zone.key}")
