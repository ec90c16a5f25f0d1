"""Large tables are looked into while they are fetched, in whole cycles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.adapters.reader import client
from syncd.core.ports import Following
from syncd.core.records import Outcome
from syncd.sync import apply
from tests.support import sync_harness
from tests.support.shared_reader import READER
from tests.support.sync_harness import House

GOOD = b"id,nom\n1,Louvre\n2,Orsay\n"
OTHER = b"id,nom\n1,Louvre\n2,Orsay\n3,Cluny\n"
UNEVEN = b"id,nom\n1,Louvre\n2,Orsay,Paris\n"


class Counting:
    """The real one; remembers what was begun, and what became of it."""

    def __init__(self) -> None:
        self.followed: list[str] = []
        self.used: list[bool] = []

    def follow(self, path: Path, name: str, size: int) -> Following | None:
        self.followed.append(name)
        return READER.follow(path, name, size)

    def read(self, *asked: Any, **more: Any) -> str:
        self.used.append(more.get("following") is not None)
        return READER.read(*asked, **more)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Every file is a large one."""
    monkeypatch.setattr(apply, "BIG", 1)
    counting = Counting()
    monkeypatch.setattr(sync_harness, "READER", counting)
    return counting


def test_a_good_table_goes_online_by_what_was_found_on_the_way(
    house: House, reader: Counting
) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", OTHER)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == OTHER
    assert (reader.followed, reader.used[0]) == (["a.csv"], True)


def test_a_bad_table_is_held_by_what_was_found_on_the_way(house: House, reader: Counting) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", UNEVEN)
    result = house.sync_one()
    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_uneven")
    assert house.bytes_online(resource) == GOOD
    assert reader.used[0]


def test_a_file_of_the_size_of_the_one_online_is_not_read_ahead(
    house: House, reader: Counting
) -> None:
    house.target(house.resource("Titre", content=GOOD), "a.csv")
    house.bucket.put("a.csv", GOOD)
    assert house.sync_one().outcome is Outcome.ADOPTED
    assert reader.followed == []


def test_without_guards_nothing_is_read_ahead(house: House, reader: Counting) -> None:
    house.target(house.resource("Titre", content=GOOD), "a.csv", guards="off")
    house.bucket.put("a.csv", OTHER)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert reader.followed == []


def test_what_ended_a_process_while_it_was_fetched_is_not_read_ahead_again(
    house: House, reader: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The whole process goes: nothing more is written."""

    def follow(*_: object) -> None:
        raise Killed

    house.target(house.resource("Titre", content=GOOD), "a.csv")
    house.bucket.put("a.csv", OTHER)
    with monkeypatch.context() as patch:
        patch.setattr(reader, "follow", follow)
        patch.setattr(SqlLedger, "end_reading", lambda *_: None)
        with pytest.raises(Killed):
            house.sync_one()
    assert house.sync_one().outcome is Outcome.REPLACED
    assert (reader.followed, reader.used[0]) == ([], False)


def test_what_was_overwritten_meanwhile_is_judged_as_it_is_now(
    house: House, reader: Counting
) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", OTHER)
    later = iter((UNEVEN,))

    def overwrite(key: str) -> None:
        for body in later:
            house.bucket.put(key, body)

    house.bucket.before_open = overwrite
    result = house.sync_one()
    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_uneven")
    assert house.bytes_online(resource) == GOOD
    assert reader.followed == ["a.csv", "a.csv"]


def test_a_download_that_fails_leaves_the_reader_to_others(house: House, reader: Counting) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", OTHER)
    whole = house.bucket.objects["a.csv"]
    house.bucket.objects["a.csv"] = replace(whole, body=OTHER[:-9])
    assert house.sync_one().outcome is Outcome.FAILED
    assert not client._ONE.locked()

    house.bucket.objects["a.csv"] = whole
    assert house.sync_one().outcome is Outcome.REPLACED
    assert (reader.followed, reader.used[0]) == (["a.csv", "a.csv"], True)
