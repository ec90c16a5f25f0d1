"""Whose a title is: a person's stays, whoever uploads a file; a file's name is nobody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.core.records import Outcome
from tests.support.sync_harness import House

DAY = 24 * 3600 + 1
OLD, NEW = b"id\n1\n", b"id\n1\n2\n"


@pytest.fixture
def resource(house: House) -> str:
    """In order, under the title "Titre"."""
    found = house.resource("Titre", name="vieux.csv", content=OLD)
    house.target(found, "a.csv")
    house.bucket.put("a.csv", OLD)
    assert house.sync_one().outcome is Outcome.ADOPTED
    house.portal.journal.clear()
    return found


def by_hand(house: House, resource: str, content: bytes = b"autre\n", name: str = "b.csv") -> None:
    house.pass_time(2)
    house.portal.store.replace_file(house.dataset, resource, name, content)


def titles_put(house: House) -> int:
    written = [request.path for request in house.portal.requests if request.method == "PUT"]
    return sum(not path.endswith("/extras/") for path in written)


def test_the_next_look_puts_the_title_back_after_somebodys_upload_and_says_so(
    house: House, resource: str
) -> None:
    by_hand(house, resource)

    result = house.sync_one(ask=True)

    assert (result.outcome, result.title) == (Outcome.DRIFTED, "Titre")
    assert result.reason.facts["title"] == "Titre"
    assert [(one.code, one.facts["made"]) for one in result.warnings] == [
        ("title_put_back", "b.csv")
    ]
    assert house.online(resource).title == "Titre"
    assert house.bytes_online(resource) == b"autre\n"


def test_it_is_put_back_once_and_nothing_is_written_afterwards(house: House, resource: str) -> None:
    by_hand(house, resource)
    for _ in range(3):
        result = house.sync_one(ask=True)
        house.pass_time(DAY)
    assert titles_put(house) == 1
    assert result.warnings == ()


def test_a_new_file_is_published_under_the_title_that_somebodys_upload_had_reset(
    house: House, resource: str
) -> None:
    by_hand(house, resource)
    house.bucket.put("a.csv", NEW)

    assert house.plan_one(force=True).title == "Titre"
    assert house.sync_one(force=True).outcome is Outcome.REPLACED
    assert house.online(resource).title == "Titre"
    assert titles_put(house) == 1  # not before the upload, which would reset it again


def test_the_same_bytes_put_there_by_hand_are_adopted_under_the_old_title(
    house: House, resource: str
) -> None:
    house.bucket.put("a.csv", NEW)
    by_hand(house, resource, NEW)

    assert house.sync_one().outcome is Outcome.ADOPTED
    assert house.online(resource).title == "Titre"
    assert house.rows()[0].title == "Titre"


@pytest.mark.parametrize("name", ["b.csv", "vieux.csv"])
def test_the_very_same_bytes_sent_by_hand_reset_no_title_either(
    house: House, resource: str, name: str
) -> None:
    by_hand(house, resource, OLD, name)
    assert house.sync_one(ask=True).outcome is Outcome.UNCHANGED
    assert house.online(resource).title == "Titre"


def test_a_held_file_does_not_keep_the_title_from_coming_back(house: House, resource: str) -> None:
    by_hand(house, resource)
    house.bucket.put("a.csv", NEW)

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "conflict")
    assert result.reason.facts["title"] == house.online(resource).title == "Titre"


def test_a_plan_says_it_and_writes_nothing(house: House, resource: str) -> None:
    by_hand(house, resource)
    planned = house.plan_one(ask=True)
    assert titles_put(house) == 0
    done = house.sync_one(ask=True)
    assert (planned.title, planned.reason, planned.warnings) == (
        done.title,
        done.reason,
        done.warnings,
    )


# -- a person's own --------------------------------------------------------------------------


def test_the_file_name_that_a_person_writes_on_purpose_stays(house: House, resource: str) -> None:
    house.portal.store.retitle(house.dataset, resource, "vieux.csv")
    assert house.sync_one(ask=True).title == "vieux.csv"
    house.bucket.put("a.csv", NEW)
    house.sync()
    assert house.online(resource).title == "vieux.csv"
    by_hand(house, resource)
    house.sync(ask=True)
    assert house.online(resource).title == "vieux.csv"


def test_who_prefers_the_new_files_name_writes_it_once_more(house: House, resource: str) -> None:
    by_hand(house, resource)
    house.sync(ask=True)
    house.portal.store.retitle(house.dataset, resource, "b.csv")
    for _ in range(2):
        assert house.sync_one(ask=True).title == "b.csv"
    assert titles_put(house) == 1


def test_a_title_that_a_person_writes_after_their_upload_is_the_new_one(
    house: House, resource: str
) -> None:
    by_hand(house, resource)
    house.portal.store.retitle(house.dataset, resource, "Titre neuf")
    house.sync(ask=True)
    by_hand(house, resource, b"encore\n", "c.csv")
    house.sync(ask=True)
    assert house.online(resource).title == "Titre neuf"


def test_a_name_that_an_upload_gave_is_put_back_for_nobody(house: House) -> None:
    resource = house.resource("vieux.csv", name="vieux.csv", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", OLD)
    house.sync()
    house.bucket.put("a.csv", NEW)
    house.sync()  # under the old title, whatever it is
    assert house.online(resource).title == "vieux.csv"
    by_hand(house, resource)
    house.sync(ask=True)
    assert house.online(resource).title == "b.csv"


def test_a_title_given_to_a_resource_that_syncd_made_comes_back_too(house: House) -> None:
    house.entry(each="f/{annee}.csv", title="Fichier {annee}", create=True)
    house.bucket.put("f/2026.csv", OLD)
    (made,) = house.sync().results
    assert made.resource
    by_hand(house, made.resource)
    house.sync(ask=True)
    assert house.online(made.resource).title == "Fichier 2026"


def test_the_title_is_known_by_its_resource_when_another_object_feeds_it(
    house: House, resource: str
) -> None:
    by_hand(house, resource)
    house.entries.clear()
    house.target(resource, "autre.csv")
    house.bucket.put("autre.csv", NEW)
    house.sync()
    assert house.online(resource).title == "Titre"


# -- what is not ours to write ---------------------------------------------------------------


@pytest.mark.parametrize("state", ["archived", "harvested", "no right"])
def test_where_nothing_may_be_published_no_title_is_written(
    house: House, resource: str, state: str
) -> None:
    by_hand(house, resource)
    if state == "archived":
        house.portal.store.archive(house.dataset)
    elif state == "harvested":
        house.portal.store.harvest(house.dataset, resource)
    else:
        house.key = house.portal.keys["stranger"]
    assert house.sync_one(ask=True).outcome in {Outcome.REFUSED, Outcome.DRIFTED}
    assert titles_put(house) == 0


def test_a_title_that_cannot_be_put_back_now_is_put_back_by_the_next_look(
    house: House, resource: str
) -> None:
    by_hand(house, resource)
    house.portal.faults.add(method="PUT", status=403)
    assert house.sync_one(ask=True).outcome is Outcome.DRIFTED
    assert house.online(resource).title == "b.csv"
    house.sync(ask=True)
    assert house.online(resource).title == "Titre"


def test_what_an_older_version_noted_is_enough(house: House, resource: str) -> None:
    with house.adapters() as adapters:
        (row,) = adapters.ledger.rows(house.url, house.dataset)
        adapters.ledger.put(replace(row, written_title="", file_url=""))
    by_hand(house, resource)
    house.sync(ask=True)
    assert house.online(resource).title == "Titre"


def test_after_an_upgrade_a_name_that_was_written_on_purpose_stays(
    house: House, resource: str
) -> None:
    with house.adapters() as adapters:
        (row,) = adapters.ledger.rows(house.url, house.dataset)
        adapters.ledger.put(replace(row, written_title="", file_url=""))
    house.portal.store.retitle(house.dataset, resource, "vieux.csv")
    house.sync(ask=True)
    assert house.online(resource).title == "vieux.csv"
