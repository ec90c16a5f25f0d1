"""Something on the way answers, and the portal does afterwards what it was asked.

Whatever the status: the title, the mark and the number of resources come out right, and what a
person did meanwhile stays (docs/decisions/0044-the-portal-is-read-back-after-refusals.md).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial

import pytest

from syncd.core.records import Outcome
from syncd.simulator.faults import Fault
from tests.support import sync_harness as house_module
from tests.support.clients import http_portal
from tests.support.committing_uploads import KINDS, NEW, PART, Place, elsewhere, table
from tests.support.examples import shared_out
from tests.support.sync_harness import UPLOAD, House

DAY = 24 * 3600 + 1
WEEK = 7 * DAY
OTHER = b"id,nom\n" + b"2,hetre\n" * 400
REFUSING = (302, 303, 307, 400, 403, 404, 405, 408, 409, 410, 415, 418, 422, 425, 431, 451, 499)
PASSING = (423, 429)  # syncd asks again by itself


@dataclass(frozen=True)
class Upload:
    """One that was answered, and that the portal carries out when it is told to."""

    fault: Fault
    gate: threading.Event

    def carry_out(self) -> None:
        self.gate.set()
        assert self.fault.done.wait(10)


def answered(place: Place, status: int) -> Upload:
    gate = threading.Event()
    return Upload(place.spoil(status=status, headers=elsewhere(status), gate=gate), gate)


def answered_in(house: House, status: int = 408) -> Upload:
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, status=status, gate=gate)
    return Upload(fault, gate)


@pytest.mark.parametrize(("kind", "status"), table("replace", "create"))
def test_a_file_that_appears_after_any_answer_gets_its_title_and_its_mark(
    place: Place, status: int
) -> None:
    house = place.house
    upload = answered(place, status)
    # Where syncd tries once more by itself, it sits out first what makes a second resource.
    house.on_wait = lambda seconds: upload.carry_out() if seconds >= 15 else None

    first = house.sync_one()
    upload.carry_out()
    house.pass_time(DAY if first.outcome is place.done else 900)
    planned, second = house.plan_one(), house.sync_one()

    assert (planned.outcome, planned.reason.code) == (second.outcome, second.reason.code)
    assert place.done in {first.outcome, second.outcome}
    made = place.assert_online()
    *_, last = house.history(made)
    assert (last.act.value, last.title) == (place.done.value, house.online(made).title)
    assert house.open_intents() == 0
    place.assert_idle()


@pytest.mark.parametrize(("kind", "status"), shared_out(30, KINDS, REFUSING))
def test_a_refused_upload_that_was_carried_out_is_told_as_what_it_is(
    place: Place, status: int
) -> None:
    upload = answered(place, status)
    first = place.house.sync_one()
    assert first.outcome in {Outcome.REFUSED, Outcome.FAILED}
    assert place.house.open_intents() == 0
    upload.carry_out()
    place.house.pass_time(60)

    second = place.house.sync_one()

    assert (second.outcome, second.reason.code) == (place.done, "stored_after_refusal")
    place.assert_right()


@pytest.mark.parametrize("status", PASSING)
def test_a_title_is_put_back_once_more_where_the_first_of_two_tries_comes_last(
    house: House, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    place = Place(house, "replace", monkeypatch)
    upload = answered(place, status)
    assert house.sync_one().outcome is Outcome.REPLACED
    upload.carry_out()
    assert house.online(place.stood).title == "a.csv"
    house.pass_time(DAY)

    assert house.sync_one().reason.code == "stored_after_refusal"
    place.assert_online()
    assert house.intents() == 0
    place.assert_idle()


@pytest.mark.parametrize("kind", ["replace", "create"])
def test_a_file_that_went_in_parts_after_all_is_online_once_where_the_whole_comes_last(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = place.house
    monkeypatch.setattr(house_module, "http_portal", partial(http_portal, part_size=PART))
    upload = answered(place, 413)
    house.on_wait = lambda seconds: upload.carry_out() if seconds >= 15 else None

    assert house.sync_one().outcome is place.done
    upload.carry_out()
    house.pass_time(DAY)
    house.sync()
    place.assert_online()
    place.assert_idle()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_appears_while_it_is_read_once_more_is_adopted_and_then_brought_to_its_end(
    place: Place,
) -> None:
    house = place.house
    upload = answered(place, 403)  # which is sent again in each cycle
    assert house.sync_one().outcome is Outcome.REFUSED
    house.pass_time(60)
    house.bucket.before_open = lambda _key: upload.carry_out()
    assert house.sync_one().outcome is Outcome.ADOPTED
    house.bucket.before_open = lambda _key: None
    house.pass_time(DAY)

    assert house.sync_one().reason.code == "stored_after_refusal"
    place.assert_right()


@pytest.mark.parametrize(("kind", "status"), shared_out(4, KINDS[2:], PASSING))
def test_a_creation_is_not_sent_again_while_the_first_may_still_make_one(
    place: Place, status: int
) -> None:
    house = place.house
    upload = answered(place, status)
    house.on_wait = lambda seconds: upload.carry_out() if seconds >= 15 else None

    assert house.sync_one().outcome is Outcome.CREATED
    place.assert_right()


def test_a_creation_that_was_just_refused_is_waited_for_before_another_file_is_created(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(house, "create", monkeypatch)
    upload = answered(place, 408)
    assert house.sync_one().outcome is Outcome.REFUSED
    house.bucket.put("f/f_2024.csv", OTHER)
    house.on_wait = lambda _seconds: upload.carry_out()

    assert house.sync_one().outcome is Outcome.REPLACED

    (made,) = (one for one in house.resources() if one.id != place.stood)
    assert (made.title, list(made.extras)) == ("Festivals 2024", ["syncd:source"])
    assert house.bytes_online(made.id) == OTHER


def test_a_file_that_is_pushed_again_at_once_is_created_once(house: House) -> None:
    upload = answered_in(house)
    request = house.request("b.csv", NEW, title="Titre neuf")
    assert house.push(request).outcome is Outcome.REFUSED
    house.on_wait = lambda _seconds: upload.carry_out()

    assert house.push(request).outcome.is_well

    (made,) = house.resources()
    assert (made.title, list(made.extras)) == ("Titre neuf", ["syncd:source"])


# -- what a person does meanwhile --------------------------------------------------------------


@pytest.fixture
def refused(house: House, monkeypatch: pytest.MonkeyPatch) -> tuple[Place, Upload]:
    """OTHER is online by syncd; NEW was refused, and may still come."""
    place = Place(house, "replace", monkeypatch)
    house.bucket.put("a.csv", OTHER)
    assert house.sync_one().outcome is Outcome.REPLACED
    house.pass_time(60)
    house.bucket.put("a.csv", NEW)
    upload = answered(place, 408)
    assert house.sync_one().outcome is Outcome.REFUSED
    house.pass_time(60)
    return place, upload


def test_the_title_that_a_person_wrote_after_the_file_came_stays(
    refused: tuple[Place, Upload],
) -> None:
    place, upload = refused
    upload.carry_out()
    place.house.portal.store.retitle(place.house.dataset, place.stood, "Mots nouveaux")

    assert place.house.sync_one().outcome is Outcome.ADOPTED
    place.assert_online("Mots nouveaux")


def test_the_title_that_a_person_wrote_before_the_file_came_is_put_back(
    refused: tuple[Place, Upload],
) -> None:
    place, upload = refused
    place.house.portal.store.retitle(place.house.dataset, place.stood, "Mots nouveaux")
    assert place.house.sync_one().outcome is Outcome.REFUSED
    upload.carry_out()
    place.house.pass_time(60)

    assert place.house.sync_one().reason.code == "stored_after_refusal"
    place.assert_online("Mots nouveaux")


def test_the_title_of_a_refused_upload_does_not_beat_a_later_one(
    refused: tuple[Place, Upload],
) -> None:
    place, upload = refused
    house = place.house
    house.bucket.put("a.csv", OTHER + b"3,if\n")
    house.bucket.before_open = lambda _key: house.portal.store.retitle(
        house.dataset, place.stood, "Mots nouveaux"
    )
    assert house.sync_one().outcome is Outcome.REPLACED
    house.bucket.before_open = lambda _key: None
    upload.carry_out()
    house.pass_time(DAY)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(place.stood).title == "Mots nouveaux"
    assert house.bytes_online(place.stood) == OTHER + b"3,if\n"
    assert [line.title for line in house.history(place.stood)][-2:] == ["Mots nouveaux"] * 2


@pytest.mark.parametrize(
    ("name", "title", "kept"),
    [
        ("a.csv", "Mots nouveaux", "Mots nouveaux"),
        ("export.csv", "export.csv", "Titre humain"),  # nobody can see that a person wrote it
    ],
)
def test_the_same_bytes_that_a_person_put_there_are_adopted_with_their_title(
    refused: tuple[Place, Upload], name: str, title: str, kept: str
) -> None:
    place, _ = refused
    house = place.house
    house.portal.store.replace_file(house.dataset, place.stood, name, NEW)
    house.portal.store.retitle(house.dataset, place.stood, title)

    assert house.sync_one().outcome is Outcome.ADOPTED
    place.assert_online(kept)


@pytest.mark.parametrize("seconds", [60, DAY])
def test_a_file_of_our_name_that_a_person_put_there_instead_is_not_replaced(
    refused: tuple[Place, Upload], seconds: float
) -> None:
    place, _ = refused
    house = place.house
    house.portal.store.replace_file(house.dataset, place.stood, "a.csv", b"corrige\n")
    house.pass_time(seconds)

    assert house.sync_one().outcome in {Outcome.REFUSED, Outcome.HELD}
    assert house.bytes_online(place.stood) == b"corrige\n"


def test_a_resource_that_a_person_made_of_a_refused_file_is_adopted_with_its_title(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(house, "create", monkeypatch)
    answered(place, 403)
    assert house.sync_one().outcome is Outcome.REFUSED
    house.pass_time(60)
    made = house.resource("A la main", "f_2024.csv", NEW)

    assert house.sync_one().outcome is Outcome.ADOPTED
    assert (house.online(made).title, len(house.resources())) == ("A la main", 2)
    assert "syncd:source" not in house.online(made).extras


def test_a_resource_that_a_person_removed_is_not_said_to_have_had_the_file(
    refused: tuple[Place, Upload],
) -> None:
    place, _ = refused
    place.house.portal.store.withdraw(place.house.dataset, place.stood)

    assert place.house.sync_one().reason.code == "resource_withdrawn"


# -- what is remembered, and for how long ------------------------------------------------------


@pytest.mark.parametrize("kind", ["replace", "create"])
def test_of_a_file_that_is_refused_each_day_one_upload_is_remembered_for_a_week(
    place: Place,
) -> None:
    house = place.house
    house.portal.faults.add(method="POST", path=UPLOAD, status=403, times=None)
    for _ in range(5):
        assert house.sync_one().outcome is Outcome.REFUSED
        assert (house.open_intents(), house.intents()) == (0, 1)
        house.pass_time(DAY)
    house.bucket.delete("f/f_2024.csv" if place.creates else "a.csv")
    house.pass_time(WEEK)
    house.sync()

    assert house.intents() == 0


def test_a_refused_file_is_sent_once_a_day_also_where_nobody_wrote_a_title(house: House) -> None:
    resource = house.resource("a.csv", name="a.csv")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path=UPLOAD, status=400, times=None)
    assert house.sync_one().outcome is Outcome.REFUSED
    house.bucket.put("a.csv", OTHER)
    for _ in range(3):
        house.pass_time(60)
        assert house.sync_one().outcome is Outcome.REFUSED

    assert house.uploads() == 2


def test_a_refused_file_is_sent_once_a_day_also_where_the_one_online_was_lost_once(
    house: House,
) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")
    assert house.sync_one().outcome is Outcome.FAILED
    assert house.sync_one().outcome is Outcome.REPLACED
    house.portal.journal.clear()
    house.bucket.put("a.csv", OTHER)
    house.portal.faults.add(method="POST", path=UPLOAD, status=400, times=None)
    for _ in range(3):
        house.pass_time(60)
        assert house.sync_one().outcome is Outcome.REFUSED

    assert house.uploads() == 1
