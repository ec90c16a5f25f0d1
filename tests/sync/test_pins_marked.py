"""What a person pinned stays online when syncd's state folder is lost: the portal has the mark."""

from __future__ import annotations

import shutil
import sqlite3
from typing import Any
from unicodedata import normalize

import pytest

from syncd.core.history_records import LineKind
from syncd.core.records import Outcome
from syncd.sync import pins
from tests.support.sync_harness import House

OLD = b"id\nancien\n"
GOOD = b"id\n1\n2\n3\n"
BAD = b"id\n1\n"
NEW = b"id\n1\n2\n3\n4\n"
TITLE = "Titre de la personne"


@pytest.fixture
def undone(house: House) -> str:
    """Good bytes, then bad ones, then a person went back; the bucket still has the bad ones."""
    resource = house.resource(TITLE, content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    house.pass_time(60)
    house.bucket.put("a.csv", BAD)
    house.sync()
    assert house.undo(resource).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD
    return resource


def lose_the_state(house: House) -> None:
    shutil.rmtree(house.state)
    house.pass_time(60)  # nothing is left that would space two uploads of one name


def mark(house: House, resource: str) -> Any:
    return house.online(resource).extras.get(pins.MARK)


def writes(house: House) -> list[str]:
    return [one.path for one in house.portal.journal.all() if one.method in {"PUT", "POST"}]


def test_a_lost_state_does_not_undo_an_undo_and_the_plan_says_so(house: House, undone: str) -> None:
    lose_the_state(house)

    planned = house.plan_one()
    assert planned.outcome is Outcome.PINNED
    assert planned.reason.code == "pinned_marked"
    for _ in range(2):
        house.pass_time(90_000)
        assert house.sync_one().reason.code == "pinned_marked"
        assert house.bytes_online(undone) == GOOD
    assert house.uploads() == 3
    with house.adapters(read_only=True) as adapters:
        told = [e for e in adapters.ledger.events(house.url) if e.kind is LineKind.PINNED]
    assert [event.resource for event in told] == [undone]


def test_the_words_and_the_dates_are_as_they_were_but_for_the_mark(
    house: House, undone: str
) -> None:
    online = house.online(undone)
    assert online.extras == {"note": "à garder", pins.MARK: mark(house, undone)}
    assert (online.title, online.description) == (TITLE, "Mots de la personne")
    lose_the_state(house)
    house.sync()
    assert house.online(undone) == online


def test_a_push_to_a_fed_resource_survives_too(house: House) -> None:
    resource = house.resource(TITLE, content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", BAD)
    house.sync()
    request = house.request("main.csv", GOOD, resource=resource, mapped=house.mapped(resource))
    assert house.push(request).outcome is Outcome.PINNED
    lose_the_state(house)

    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD


def test_after_the_loss_a_new_deposit_ends_the_pin_and_takes_its_mark_away(
    house: House, undone: str
) -> None:
    lose_the_state(house)
    house.sync()
    house.bucket.put("a.csv", NEW)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(undone) == NEW
    assert mark(house, undone) is None
    assert house.online(undone).extras == {"note": "à garder"}


def test_a_deposit_that_came_with_the_loss_is_published(house: House, undone: str) -> None:
    lose_the_state(house)
    house.bucket.put("a.csv", NEW)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert mark(house, undone) is None


def test_unpin_takes_the_mark_away_before_and_after_a_loss(house: House, undone: str) -> None:
    house.unpin(undone)
    assert mark(house, undone) is None
    lose_the_state(house)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(undone) == BAD


def test_unpin_after_the_loss_publishes_the_buckets_file(house: House, undone: str) -> None:
    lose_the_state(house)
    house.sync()
    house.unpin(undone)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(undone) == BAD


def test_a_mark_that_unpin_could_not_remove_pins_nothing_that_syncd_knows(
    house: House, undone: str
) -> None:
    house.portal.faults.add(method="PUT", path=r"/extras/$", status=403, times=1)
    house.unpin(undone)
    assert mark(house, undone) is not None

    assert house.sync_one().outcome is Outcome.REPLACED
    assert mark(house, undone) is None


def test_the_buckets_good_file_ends_the_pin_and_its_mark_without_an_upload(
    house: House, undone: str
) -> None:
    house.bucket.put("a.csv", GOOD)
    assert house.sync_one().outcome is Outcome.UNCHANGED
    assert mark(house, undone) is None


def test_a_held_deposit_leaves_the_mark_as_it_leaves_the_pin(house: House, undone: str) -> None:
    house.entries.clear()
    house.target(undone, "a.csv")
    lose_the_state(house)
    house.bucket.put("a.csv", b"")
    assert house.sync_one().outcome is Outcome.HELD
    lose_the_state(house)
    house.bucket.put("a.csv", BAD)

    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(undone) == GOOD


def test_a_mark_is_written_once_when_a_pin_begins_and_once_when_it_ends(
    house: House, undone: str
) -> None:
    assert sum("/extras/" in path for path in writes(house)) == 1
    for _ in range(3):
        house.pass_time(90_000)  # the portal is looked at
        house.sync()
    house.bucket.put("a.csv", NEW)
    house.sync()
    for _ in range(3):
        house.pass_time(90_000)
        house.sync()
    assert sum("/extras/" in path for path in writes(house)) == 2


def test_a_publication_without_a_pin_writes_no_mark(house: House) -> None:
    house.target(house.resource(TITLE, content=OLD), "a.csv")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    assert [path for path in writes(house) if "/extras/" in path] == []


def test_a_pin_of_before_there_were_marks_gets_one_at_the_next_look(
    house: House, undone: str
) -> None:
    expected = mark(house, undone)
    with house.adapters() as adapters:
        adapters.portal.mark(house.dataset, undone, {pins.MARK: None})
    assert house.sync_one().outcome is Outcome.PINNED
    assert mark(house, undone) is None  # nothing was asked of the portal
    house.pass_time(90_000)
    house.sync()
    assert mark(house, undone) == expected


def test_the_mark_of_another_object_pins_nothing(house: House, undone: str) -> None:
    lose_the_state(house)
    house.entries.clear()
    house.bucket.put("b.csv", BAD)
    house.target(undone, "b.csv", guards="off")

    assert house.sync_one().outcome is Outcome.REPLACED


# -- holds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_changed", [False, True], ids=["drifted", "conflict"])
def test_a_file_that_somebody_put_there_outlives_the_loss_once_it_was_seen(
    house: House, is_changed: bool
) -> None:
    resource = house.resource(TITLE, content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    house.pass_time(60)
    house.portal.store.replace_file(house.dataset, resource, "main.csv", BAD)
    if is_changed:
        house.bucket.put("a.csv", NEW)
    house.pass_time(90_000)
    for _ in range(3):
        assert house.sync_one().outcome is (Outcome.HELD if is_changed else Outcome.DRIFTED)
    assert sum("/extras/" in path for path in writes(house)) == 1
    lose_the_state(house)

    assert house.plan_one().outcome is Outcome.PINNED
    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(resource) == BAD
    house.bucket.put("a.csv", b"id\n7\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    assert mark(house, resource) is None


def test_the_mark_of_a_drift_goes_when_the_file_is_back(house: House) -> None:
    resource = house.resource(TITLE, content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    for content, outcome in ((BAD, Outcome.DRIFTED), (GOOD, Outcome.UNCHANGED)):
        house.pass_time(90_000)
        house.portal.store.replace_file(house.dataset, resource, "main.csv", content)
        assert house.sync_one().outcome is outcome
        assert (mark(house, resource) is None) is (outcome is Outcome.UNCHANGED)


def test_a_file_that_a_guard_held_is_held_again_after_the_loss(house: House) -> None:
    resource = house.resource(TITLE, content=OLD * 100)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BAD)
    assert house.sync_one().outcome is Outcome.HELD
    held = house.sync_one().reason.code
    assert mark(house, resource) is None  # nothing needs to be written for it
    lose_the_state(house)

    found = house.sync_one()
    assert (found.outcome, found.reason.code) == (Outcome.HELD, held)


def test_a_mark_is_known_whichever_form_of_unicode_the_ledger_had(house: House) -> None:
    key = normalize("NFD", "été.csv")
    resource = house.resource(TITLE, content=OLD)
    house.target(resource, key, guards="off")
    for body in (GOOD, BAD):
        house.bucket.put(key, body)
        house.sync()
        house.pass_time(60)
    with sqlite3.connect(house.state / "ledger.sqlite") as ledger:  # as an earlier syncd wrote it
        ledger.execute("UPDATE bindings SET key = ?", (key,))
    assert house.undo(resource).outcome is Outcome.PINNED
    online = house.online(resource)
    lose_the_state(house)

    for _ in range(2):
        house.pass_time(90_000)
        assert house.sync_one().reason.code == "pinned_marked"
    assert house.bytes_online(resource) == GOOD
    assert house.online(resource) == online
