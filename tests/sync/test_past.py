"""A file is compared with what its resource held before, in whole cycles."""

from __future__ import annotations

from syncd.core.records import Outcome
from syncd.core.results import Result
from tests.support.sync_harness import House


def content(count: int) -> bytes:
    rows = "".join(f"{at},gymnase {at % 7},{at * 37 % 500}\n" for at in range(count))
    return b"id,lieu,places\n" + rows.encode()


PASTED = content(60) + content(60)


def published(house: House, times: int) -> str:
    resource = house.resource("Lieux", content=content(40))
    house.target(resource, "a.csv", settle="0s")
    for count in range(times):
        assert deposited(house, content(50 + count)).outcome is Outcome.REPLACED
    return resource


def deposited(house: House, new: bytes) -> Result:
    house.pass_time(2)  # one name, one dataset, one second
    house.bucket.put("a.csv", new)
    return house.sync_one()


def test_once_three_publications_are_known_a_mistake_is_held(house: House) -> None:
    resource = published(house, 3)

    result = deposited(house, PASTED)

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_header_again")
    assert result.reason.facts["line"] == 62
    assert house.bytes_online(resource) == content(52)


def test_before_that_it_is_told_and_published(house: House) -> None:
    resource = published(house, 2)

    result = deposited(house, PASTED)

    assert result.outcome is Outcome.REPLACED
    assert "guard_header_again" in [each.code for each in result.warnings]
    assert house.bytes_online(resource) == PASTED


def test_another_resources_past_does_not_count(house: House) -> None:
    published(house, 3)
    house.entries.clear()
    other = house.resource("Autres lieux", "b.csv", content(40))
    house.target(other, "b.csv", settle="0s")
    house.bucket.put("b.csv", PASTED)
    house.pass_time(2)

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert "guard_header_again" in [each.code for each in result.warnings]


def test_what_was_released_is_the_resources_own_past(house: House) -> None:
    resource = published(house, 3)
    deposited(house, PASTED)
    assert house.sync_one(force=True, only="a.csv").outcome is Outcome.REPLACED

    assert deposited(house, PASTED + b"60,stade,7\n").outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == PASTED + b"60,stade,7\n"
