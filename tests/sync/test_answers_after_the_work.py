"""The portal has done what it was asked, and something on the way answers otherwise.

Whatever the status, and whichever request that commits it answers: the portal is read back before
anything is sent again or forgotten (docs/architecture.md, Promise 13).
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import httpx
import pytest

from syncd.core.records import Outcome
from tests.support import sync_harness as house_module
from tests.support.clients import http_portal
from tests.support.examples import shared_out
from tests.support.sync_harness import House

PART = 1000
NEW = b"id,nom\n" + b"1,chene\n" * 400  # 3207 bytes: four parts, and a last request
STATUSES = (
    *(300, 301, 302, 303, 304, 307, 308),
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417),
    *(418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499),
    *(500, 501, 502, 503, 504, 507, 511, 520, 599),
    *(200, 201, 202, 204, 206),  # with a body that is not the portal's
)
SOME = (
    *(200, 301, 302, 307, 400, 401, 403, 404, 408, 409, 410, 413, 418),
    *(422, 423, 425, 429, 451, 500, 502, 503),
)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = (423, 429, 503)  # a client may be tempted to send again
KINDS = ("replace", "replace in parts", "create", "create in parts")


def answer(status: int, times: int | None = 1) -> dict[str, Any]:
    elsewhere = {"Location": "https://filtre.example/"} if status in REDIRECTS else {}
    return {"status": status, "headers": elsewhere, "after_work": True, "times": times}


class Place:
    """A dataset with one resource of a person's; the manifest replaces it, or makes another."""

    def __init__(self, house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.creates = house, kind.startswith("create")
        if kind.endswith("in parts"):
            small = partial(http_portal, part_threshold=PART, part_size=PART)
            monkeypatch.setattr(house_module, "http_portal", small)
        self.parts = 4 if kind.endswith("in parts") else 0
        self.stood = house.resource("Titre humain")
        if self.creates:
            house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
            house.bucket.put("f/f_2024.csv", NEW)
        else:
            house.target(self.stood, "a.csv")
            house.bucket.put("a.csv", NEW)

    @property
    def done(self) -> Outcome:
        return Outcome.CREATED if self.creates else Outcome.REPLACED

    def spoil(self, **fault: Any) -> None:
        """The last request of the upload, which commits it."""
        self.house.portal.faults.add(method="POST", path="/upload/$", after=self.parts, **fault)

    def refuse_everything(self, status: int) -> None:
        """From now on the filter answers all that is asked, and lets nothing through."""
        self.house.portal.faults.add(status=status, times=None)

    def assert_right(self) -> None:
        """The file is online once, known as ours, under the title that it must have."""
        house = self.house
        house.portal.faults.clear()
        titles = {one.id: one.title for one in house.resources()}
        if self.creates:
            (made,) = (one for one in house.resources() if one.id != self.stood)
            assert sorted(titles.values()) == ["Festivals 2024", "Titre humain"]
            assert list(made.extras) == ["syncd:source"]
        else:
            made = house.online(self.stood)
            assert list(titles.values()) == ["Titre humain"]
        assert house.bytes_online(made.id) == NEW
        (line,) = (one for one in house.history(made.id) if one.act.value == self.done.value)
        assert line.title == titles[made.id]
        assert house.intents() == 0
        assert house.uploads() == 1 + self.parts
        house.portal.journal.clear()
        house.pass_time(60)
        assert house.sync_one().outcome is Outcome.UNCHANGED
        assert house.portal.requests == []


@pytest.fixture
def place(house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(house, kind, monkeypatch)


def _table(*whole: str) -> list[Any]:
    """Every status with these kinds, and some with the others; six of seven for `make stress`.

    Each kind begins elsewhere, so that `make test` meets many of them.
    """
    return [
        pytest.param(kind, status, marks=[pytest.mark.stress] if number % 7 else [])
        for kind in KINDS
        for number, status in enumerate(STATUSES if kind in whole else SOME, start=len(kind))
    ]


@pytest.mark.parametrize(("kind", "status"), _table("replace", "create"))
def test_an_upload_that_was_stored_is_found_whatever_was_answered(
    place: Place, status: int
) -> None:
    place.spoil(**answer(status))

    first = place.house.sync_one()

    if status == 401:  # nothing more is asked of a portal that refuses the key
        assert (first.outcome, first.reason.code) == (Outcome.FAILED, "portal_key_refused")
        place.house.pass_time(60)
        second = place.house.sync_one()
        assert (second.outcome, second.reason.code) == (place.done, "recovered")
    else:
        assert first.outcome is place.done
    place.assert_right()


@pytest.mark.parametrize(("kind", "status"), _table("replace"))
def test_a_title_that_was_put_is_found_whatever_was_answered(place: Place, status: int) -> None:
    place.house.portal.faults.add(method="PUT", path="/resources/[^/]+/$", **answer(status))

    first = place.house.sync_one()

    if status == 401:
        assert (first.outcome, first.reason.code) == (Outcome.FAILED, "portal_key_refused")
        place.house.pass_time(60)
        assert place.house.sync_one().outcome is place.done
    else:
        assert first.outcome is place.done
    place.assert_right()


@pytest.mark.parametrize("status", SOME)
def test_a_mark_that_was_put_is_found_whatever_was_answered(
    house: House, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    place = Place(house, "create", monkeypatch)
    house.portal.faults.add(method="PUT", path="/extras/$", **answer(status))

    if house.sync_one().outcome is not Outcome.CREATED:
        house.pass_time(60)
        assert house.sync_one().outcome is Outcome.CREATED
    place.assert_right()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", PASSING)
def test_nothing_is_sent_again_although_every_try_is_told_to_come_later(
    place: Place, status: int
) -> None:
    place.spoil(**answer(status, times=None))

    assert place.house.sync_one().outcome is place.done
    place.assert_right()


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410, 413, 418, 422, 429, 451])
@pytest.mark.parametrize("kind", KINDS)
def test_while_the_portal_cannot_be_read_back_the_upload_is_not_forgotten(
    place: Place, status: int
) -> None:
    place.spoil(**answer(status), hook=lambda: place.refuse_everything(status))

    first = place.house.sync_one()

    assert first.outcome in {Outcome.FAILED, Outcome.REFUSED}
    assert "nothing was changed" not in str(first.reason).lower()
    place.house.portal.faults.clear()
    place.house.pass_time(60)
    second = place.house.sync_one()
    assert (second.outcome, second.reason.code) == (place.done, "recovered")
    place.assert_right()


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_about_another_resource_is_not_believed(
    house: House, monkeypatch: pytest.MonkeyPatch, kind: str, status: int
) -> None:
    place = Place(house, kind, monkeypatch)
    other = house.resource("Une autre", name="autre.csv")
    shown = httpx.get(f"{house.url}/api/1/datasets/{house.dataset}/resources/{other}/").json()
    place.spoil(**{**answer(status), "body": json.dumps(shown)})

    assert house.sync_one().outcome is place.done
    house.portal.store.withdraw(house.dataset, other)
    place.assert_right()


CODES = {
    302: (Outcome.FAILED, "portal_redirects"),
    400: (Outcome.REFUSED, "portal_rejected"),
    403: (Outcome.REFUSED, "portal_not_allowed"),
    404: (Outcome.REFUSED, "portal_not_found"),
    408: (Outcome.REFUSED, "portal_rejected"),
    410: (Outcome.REFUSED, "portal_gone"),
    415: (Outcome.REFUSED, "portal_bad_type"),
    451: (Outcome.REFUSED, "portal_rejected"),
}


@pytest.mark.parametrize(("kind", "status"), shared_out(5, KINDS, CODES))
def test_a_refusal_of_what_was_not_done_is_believed_after_one_look(
    place: Place, status: int
) -> None:
    place.spoil(**{**answer(status), "after_work": False})

    result = place.house.sync_one()

    assert (result.outcome, result.reason.code) == CODES[status]
    *_, refused, look = place.house.portal.requests
    assert (refused.method, refused.status) == ("POST", status)
    assert (look.method, look.path) == ("GET", f"/api/1/datasets/{place.house.dataset}/")
    assert place.house.intents() == 0
    place.house.portal.faults.clear()
    place.house.portal.journal.clear()
    place.house.pass_time(24 * 3600 + 1)  # what was refused is sent once a day
    assert place.house.sync_one().outcome is place.done
    place.assert_right()


def test_a_replacement_that_goes_well_costs_four_requests(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(house, "replace", monkeypatch)
    house.sync()
    house.portal.journal.clear()
    house.pass_time(60)
    house.bucket.put("a.csv", NEW + b"2,hetre\n")

    assert house.sync_one().outcome is Outcome.REPLACED

    methods = [one.method for one in house.portal.requests]
    assert methods in (["GET", "POST", "GET", "PUT"], ["GET", "GET", "POST", "GET", "PUT"])
    assert house.online(place.stood).title == "Titre humain"
