"""A file is got to be looked at: exactly the one that is meant, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from syncd.actions import obtaining
from syncd.core.errors import SpoolError, UsageError
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.records import Outcome, Row
from tests.support.sync_harness import House

OLD = b"id\n" + b"0\n" * 100
CUT = b"id\n" + b"1\n" * 10

Wanted = Callable[[Row, Adapters], AbstractContextManager[SpooledFile]]


@pytest.fixture
def holding(house: House) -> str:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", CUT)
    assert house.sync_one().outcome is Outcome.HELD
    return resource


def got(house: House, only: str, wanted: Wanted) -> bytes:
    """By a ledger that can only be read."""
    with house.adapters(read_only=True) as adapters:
        row = obtaining.row_to_look_at(house.manifest.datasets[0], only, adapters)
        with wanted(row, adapters) as file:
            return file.path.read_bytes()


def held(row: Row, adapters: Adapters) -> AbstractContextManager[SpooledFile]:
    return obtaining.held(row, adapters, "a.csv")


def online(row: Row, adapters: Adapters) -> AbstractContextManager[SpooledFile]:
    there = obtaining.resource_online(row.binding.dataset, row.binding.resource, adapters, "a.csv")
    return obtaining.online(there, adapters)


def test_the_held_file_is_the_one_that_was_judged_and_the_ledger_is_as_it_was(
    house: House, holding: str
) -> None:
    before = (house.state / "ledger.sqlite").read_bytes()

    assert got(house, holding, held) == CUT
    assert got(house, "a.csv", online) == OLD
    assert (house.state / "ledger.sqlite").read_bytes() == before
    assert house.spool_is_empty()


@pytest.mark.parametrize("now", [CUT + b"1\n", None])
def test_a_held_file_that_was_replaced_or_removed_in_the_bucket_is_refused(
    house: House, holding: str, now: bytes | None
) -> None:
    if now is None:
        house.bucket.delete("a.csv")
    else:
        house.bucket.put("a.csv", now)

    with pytest.raises(SpoolError, match="held_other_bytes"):
        got(house, holding, held)


def test_what_is_not_held_cannot_be_got_as_held(house: House, holding: str) -> None:
    house.release(holding)

    with pytest.raises(UsageError, match="not_held"):
        got(house, holding, held)


def test_a_former_file_is_got_by_its_number_as_undo_finds_it(house: House, holding: str) -> None:
    house.release(holding)
    found, line = house.history(holding)

    def of(number: int) -> Wanted:
        return lambda row, adapters: obtaining.former(row, number, adapters, holding)

    assert got(house, holding, of(found.id)) == OLD
    assert got(house, holding, of(line.id)) == CUT
    with pytest.raises(UsageError, match="no_such_number"):
        got(house, holding, of(line.id + 1))


def test_a_link_to_elsewhere_is_not_followed(house: House, holding: str) -> None:
    record = house.portal.store.resource(house.dataset, holding)
    record.filetype, record.link = "remote", f"{house.portal.url}/inner.csv"

    with pytest.raises(UsageError, match="online_remote"):
        got(house, holding, online)
