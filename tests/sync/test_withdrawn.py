"""A resource that a person removed is made again only when a person says so."""

from __future__ import annotations

import pytest

from syncd.core.errors import UsageError
from syncd.core.reasons import because
from syncd.core.records import Act, Outcome
from syncd.text import sentence
from tests.support.sync_harness import House

KEY = "f/f_2024.csv"
CONTENT = b"annee\n2024\n"


def _withdrawn(house: House, **fields: object) -> str:
    """An object whose resource syncd made, and a person removed."""
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True, **fields)
    house.bucket.put(KEY, CONTENT)
    made = house.sync_one().resource
    assert made
    house.portal.store.withdraw(house.dataset, made)
    house.pass_time(2 * 86400)
    assert house.sync_one().outcome is Outcome.REFUSED
    return made


def test_a_release_makes_it_again_once_with_its_title(house: House) -> None:
    before = _withdrawn(house)

    (result,) = house.release(KEY, by="Léa Martin").results

    assert result.outcome is Outcome.CREATED
    (made,) = house.resources()
    assert made.id == result.resource != before
    assert (made.title, house.bytes_online(made.id)) == ("Festivals 2024", CONTENT)
    line = house.history(made.id)[-1]
    assert (line.act, line.cause.trigger, line.cause.by) == (Act.CREATED, "release", "Léa Martin")
    house.pass_time(2 * 86400)
    assert house.sync_one().outcome is Outcome.UNCHANGED
    assert len(house.resources()) == 1


def test_it_may_be_removed_again_and_then_stays_away_again(house: House) -> None:
    _withdrawn(house)
    house.release(KEY)
    house.portal.store.withdraw(house.dataset, house.resources()[0].id)
    house.pass_time(2 * 86400)
    assert house.sync_one().outcome is Outcome.REFUSED
    assert house.sync_one().outcome is Outcome.REFUSED
    assert house.resources() == []


def test_the_guards_look_at_what_it_would_be_made_with(house: House) -> None:
    _withdrawn(house)
    house.bucket.put(KEY, b"")

    (result,) = house.release(KEY).results

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_empty")
    assert house.resources() == []


def test_a_manifest_that_allows_no_new_resources_is_still_heard(house: House) -> None:
    _withdrawn(house)
    house.entries.clear()
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}")

    (result,) = house.release(KEY).results

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "to_be_created")
    assert house.resources() == []


def test_a_resource_that_the_manifest_names_cannot_be_made_again(house: House) -> None:
    resource = house.resource("Titre", content=b"annee\n2023\n")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", CONTENT)
    house.sync_one()
    house.portal.store.withdraw(house.dataset, resource)
    house.pass_time(2 * 86400)
    assert house.sync_one().reason.code == "resource_withdrawn"

    with pytest.raises(UsageError) as caught:
        house.release(resource)

    assert caught.value.reason.code == "release_named"
    assert house.resources() == []
    assert house.sync_one().reason.code == "resource_withdrawn"


def test_its_sentence_says_the_command_that_makes_it_again(house: House) -> None:
    _withdrawn(house)
    reason = house.sync_one().reason
    assert (reason.code, reason.facts["key"]) == ("resource_withdrawn_each", KEY)


def test_the_command_can_be_copied_whatever_the_object_is_called(house: House) -> None:
    reason = because("resource_withdrawn_each", resource="r", title="t", page="p", key="à b.csv")
    assert "`syncd release 'à b.csv' --by " in sentence(reason)
