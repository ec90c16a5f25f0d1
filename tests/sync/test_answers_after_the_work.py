"""The portal has done what it was asked, and something on the way answers otherwise.

Whatever the status, and whichever request that commits it answers: the portal is read back before
anything is sent again or forgotten (docs/architecture.md, Promise 13).
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from syncd.core.records import Outcome
from tests.support.committing_uploads import KINDS, NEW, SOME, Place, elsewhere, table
from tests.support.examples import shared_out
from tests.support.sync_harness import House

PASSING = (423, 429, 503)  # a client may be tempted to send again


def answer(status: int, times: int | None = 1) -> dict[str, Any]:
    return {"status": status, "headers": elsewhere(status), "after_work": True, "times": times}


@pytest.mark.parametrize(("kind", "status"), table("replace", "create"))
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


@pytest.mark.parametrize(("kind", "status"), table("replace"))
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
    assert (place.house.open_intents(), place.house.intents()) == (0, 1)
    place.house.portal.faults.clear()
    place.house.portal.journal.clear()
    place.house.pass_time(24 * 3600 + 1)  # what was refused is sent once a day
    assert place.house.sync_one().outcome is place.done
    place.assert_right(remembered=0 if place.creates else 1)


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
