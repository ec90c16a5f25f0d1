"""Whole passes with a ledger on PostgreSQL; `SYNCD_TEST_LEDGER=postgresql` asks for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.core.records import Outcome
from syncd.simulator import Simulator
from tests.support.sync_harness import House, killed_between_upload_and_title


@pytest.fixture
def house(simulator: Simulator, tmp_path: Path, database: str) -> House:
    made = House(simulator, tmp_path)
    made.database = database
    return made


def test_a_file_is_published_once_and_again_when_it_changed(house: House) -> None:
    resource = house.resource("Titre à soi")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.sync_one().outcome is Outcome.UNCHANGED
    house.bucket.put("a.csv", b"id\n2\n")
    assert house.plan_one().outcome is Outcome.REPLACED
    assert house.sync_one().outcome is Outcome.REPLACED
    assert (house.bytes_online(resource), house.uploads()) == (b"id\n2\n", 2)
    assert house.online(resource).title == "Titre à soi"
    assert len(house.history(resource)) == 3  # with the file that was found there
    assert not (house.state / "ledger.sqlite").exists()


def test_killed_before_the_title_it_is_put_back_and_nothing_sent_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = house.resource("Titre à soi")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    killed_between_upload_and_title(house, monkeypatch)
    sent = house.uploads()
    assert house.open_intents() == 1
    house.sync()
    assert (house.online(resource).title, house.uploads()) == ("Titre à soi", sent)
    assert house.open_intents() == 0
