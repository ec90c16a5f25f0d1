"""Whole cycles with uploads in parts: whatever goes wrong, as if nothing had
(docs/architecture.md, Promises and Hard cases)."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from syncd.adapters.portal.connection import Connection
from syncd.core.records import Outcome
from tests.support import sync_harness as house_module
from tests.support.clients import http_portal
from tests.support.examples import shared_out
from tests.support.portal_faults import CUTS, ODD_ANSWERS
from tests.support.replaced_and_made import assert_replaced_and_made
from tests.support.sync_harness import House, Killed

UPLOAD = r"/upload/$"
PART = 1000
NEW = b"id,nom\n" + b"1,chene\n" * 400  # 3207 bytes: four parts
YEAR = b"annee\n" + b"2024,x\n" * 300  # 2106 bytes: three
CREATING, REPLACING = 4, 5  # requests of each upload, in their order; the last one included
# A part and the last request of each; parts come in no order, so that one stands for all.
VISITED = (0, CREATING - 1, CREATING + 1, CREATING + REPLACING - 1)

WAYS: dict[str, dict[str, Any]] = {
    **{str(status): {"status": status} for status in (403, 423, 500)},
    **ODD_ANSWERS,
    **CUTS,
    "other bytes": {"corrupt": True},
}
TROUBLES = {
    **{way: {**how, "times": 1} for way, how in WAYS.items()},
    **{f"{way}, 5 times": {**WAYS[way], "times": 5} for way in ("500", "cut after the work")},
}


@pytest.fixture(autouse=True)
def _in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    small = partial(http_portal, part_threshold=PART, part_size=PART)
    monkeypatch.setattr(house_module, "http_portal", small)


@pytest.fixture
def resource(house: House) -> str:
    found = house.resource("Titre humain")
    house.target(found, "a.csv")
    house.bucket.put("a.csv", NEW)
    return found


@pytest.fixture
def replaced(house: House, resource: str) -> str:
    """The manifest: one resource to replace, one to make. The id of the first."""
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", YEAR)
    return resource


def assert_as_if_nothing_had_happened(house: House, replaced: str) -> None:
    assert_replaced_and_made(house, replaced, NEW, YEAR)
    parts = [(a.fields["uuid"], a.fields.get("partindex")) for a in sent_whole(house)]
    assert len(parts) == len(set(parts))  # nothing that the portal may have is sent again


def sent_whole(house: House) -> list[Any]:
    """Uploads but those that the portal refused: 4xx, of which nothing was taken."""
    return [a for a in house.portal.journal.uploads() if a.fields and not 400 <= a.status < 500]


def identifiers(house: House) -> list[str]:
    """One for each attempt, in their order. A part that was cut on its way shows none."""
    seen = (asked.fields.get("uuid", "") for asked in house.portal.journal.uploads())
    return [one for one in dict.fromkeys(seen) if one]


def test_the_uploads_have_as_many_requests_as_the_sweep_visits(house: House, replaced: str) -> None:
    house.sync()

    assert house.uploads() == REPLACING + CREATING
    assert len(identifiers(house)) == 2
    assert_as_if_nothing_had_happened(house, replaced)
    assert house.uploads() == REPLACING + CREATING


@pytest.mark.parametrize(("request_number", "trouble"), shared_out(3, VISITED, TROUBLES))
def test_a_request_of_an_upload_goes_wrong(
    house: House, replaced: str, request_number: int, trouble: str
) -> None:
    house.portal.faults.add(path=UPLOAD, after=request_number, **TROUBLES[trouble])

    report = house.sync()

    done = house.bytes_online(replaced) == NEW and house.online(replaced).title == "Titre humain"
    assert done or report.exit_code != 0
    assert_as_if_nothing_had_happened(house, replaced)


def test_parts_that_never_arrive_leave_nothing_to_wait_for(house: House, resource: str) -> None:
    house.portal.faults.add(path=UPLOAD, times=None, status=502)

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "portal_fault")
    assert house.open_intents() == 0
    assert sum(house.waited) < 15  # the pauses between the tries, but no settle window
    house.portal.faults.clear()
    house.waited.clear()
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.waited == []
    assert house.online(resource).title == "Titre humain"


def test_one_lost_part_does_not_fail_the_cycle(house: House, resource: str) -> None:
    house.portal.faults.add(path=UPLOAD, after=1, cut="after")

    assert house.sync_one().outcome is Outcome.REPLACED
    assert len(identifiers(house)) == 2
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"


def test_a_file_put_together_late_is_waited_for_and_not_sent_twice(
    house: House, replaced: str
) -> None:
    """Both uploads: the replaced file and the new resource, of which no second one is made."""
    gates = threading.Event(), threading.Event()
    # The last request of either upload; what meets the first fault is not counted for the second.
    faults = [
        house.portal.faults.add(path=UPLOAD, after=after, gate=gate)
        for after, gate in zip((VISITED[1], VISITED[3] - 1), gates, strict=True)
    ]

    def commit_after_four_seconds(_seconds: float) -> None:
        for fault, gate in zip(faults, gates, strict=True):
            if fault.reached.is_set() and len(house.waited) in {4, 8}:
                gate.set()
                assert fault.done.wait(10)

    house.on_wait = commit_after_four_seconds

    report = house.sync()

    assert report.summary == {"replaced": 1, "created": 1}
    assert all(fault.done.is_set() for fault in faults)
    assert house.uploads() == REPLACING + CREATING
    assert len(house.resources()) == 2
    assert_as_if_nothing_had_happened(house, replaced)


def test_a_file_put_together_wrongly_is_sent_again_at_once(house: House, resource: str) -> None:
    house.portal.faults.add(path=UPLOAD, after=2, corrupt=True)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.uploads() == 2 * REPLACING
    assert len(identifiers(house)) == 2
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"


@pytest.mark.parametrize("after", range(CREATING))
def test_killed_between_two_requests_the_next_cycles_end_in_the_same_state(
    house: House, replaced: str, after: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        real, calls = Connection.send, iter(range(1000))

        def send(self: Connection, method: str, path: str, *more: Any, **options: Any) -> Any:
            if method == "POST" and next(calls) >= after:
                raise Killed
            return real(self, method, path, *more, **options)

        patched.setattr(Connection, "send", send)
        with pytest.raises(Killed):
            house.sync()
    assert house.intents() == 1
    assert_as_if_nothing_had_happened(house, replaced)


def test_two_files_of_one_name_are_put_together_in_different_seconds(
    house: House, resource: str
) -> None:
    other = house.resource("Autre titre", "autre.csv", b"annee\n2023,x\n")
    house.target(other, "sous/a.csv")
    house.bucket.put("sous/a.csv", YEAR)

    report = house.sync()

    assert report.summary == {"replaced": 2}
    assert house.waited
    assert max(house.waited) <= 1.1
    assert (house.bytes_online(resource), house.bytes_online(other)) == (NEW, YEAR)
    assert house.uploads() == REPLACING + CREATING


def test_a_portal_that_takes_no_such_file_in_one_request_gets_it_in_parts(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = partial(http_portal, part_threshold=10**9, part_size=PART)
    monkeypatch.setattr(house_module, "http_portal", whole)
    house.portal.faults.add(path=UPLOAD, status=413, body="<html>", content_type="text/html")

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.uploads() == 1 + REPLACING
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"


def test_a_file_refused_in_large_parts_is_sent_at_once_in_smaller_ones(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.portal.faults.add(method="POST", path=UPLOAD, status=413)
    refused = house.sync_one()
    assert (refused.outcome, refused.reason.code) == (Outcome.REFUSED, "portal_part_too_large")
    sent = house.uploads()
    assert house.sync_one().outcome is Outcome.REFUSED
    assert house.uploads() == sent  # not the same again

    smaller = partial(http_portal, part_threshold=PART - 1, part_size=PART - 1)
    monkeypatch.setattr(house_module, "http_portal", smaller)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == NEW


def test_a_title_written_while_the_parts_travel_is_kept(house: House, resource: str) -> None:
    house.portal.faults.add(
        method="POST",
        path=UPLOAD,
        hook=lambda: house.portal.store.retitle(house.dataset, resource, "Nouveau titre"),
    )

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Nouveau titre"


@pytest.mark.parametrize("way", ["cut after the work", "404"])
def test_trouble_with_the_last_look_leaves_the_old_file(
    house: House, resource: str, way: str
) -> None:
    trouble = {"cut after the work": {"cut": "after"}, "404": {"status": 404}}[way]

    def after_the_parts() -> None:
        house.portal.faults.add(method="GET", times=None, **trouble)

    house.portal.faults.add(method="POST", path=UPLOAD, after=1, hook=after_the_parts)
    before = house.bytes_online(resource)

    assert house.sync_one().outcome is not Outcome.REPLACED
    house.portal.faults.clear()
    assert house.bytes_online(resource) == before
    assert max(house.waited, default=0) < 60  # nothing can arrive: no settle window

    for pause in (60, 24 * 3600 + 1):
        house.pass_time(pause)
        house.sync()
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"
