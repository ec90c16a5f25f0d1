"""Uploads in parts by syncd's own client: on the simulator and the real portal software.

Trouble that a real portal does not make on demand comes from the simulator alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncd.adapters.portal import HttpPortal
from syncd.adapters.portal.parts import PARALLEL
from syncd.core import errors
from syncd.simulator import Simulator
from syncd.simulator.journal import Asked
from tests.support.portal_clients import Counted, client, refused, spooled, still
from tests.support.portal_servers import PortalServer

UPLOAD = r"/upload/$"
PART = 1000
CONTENT = bytes(range(256)) * 20  # 5120 bytes: five full parts and a short one
PARTS = 6


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def portal(portal_server: PortalServer) -> Iterator[HttpPortal]:
    key = portal_server.keys["editor"]
    with client(portal_server.url, key, part_threshold=2 * PART, part_size=PART) as opened:
        yield opened


@pytest.fixture
def sim_portal(simulator: Simulator, waited: list[float]) -> Iterator[HttpPortal]:
    key = simulator.keys["editor"]
    with client(simulator.url, key, waited, part_threshold=2 * PART, part_size=PART) as opened:
        yield opened


@pytest.fixture
def place(simulator: Simulator) -> tuple[str, str]:
    dataset = simulator.new_dataset()
    return dataset, simulator.new_resource(dataset, "a.csv", b"1", title="Liste des musées")


def put(portal: HttpPortal, folder: Path, place: tuple[str, str], content: bytes = CONTENT) -> Any:
    with still() as transfer:
        return portal.replace(*place, spooled(folder, content), "b.csv", transfer)


def uploads(simulator: Simulator) -> list[Asked]:
    return simulator.journal.uploads()


def parts_of(simulator: Simulator) -> list[tuple[str, str]]:
    """(uuid, part) of every part that was sent."""
    sent = [asked.fields for asked in uploads(simulator)]
    return [(f["uuid"], f["partindex"]) for f in sent if "partindex" in f]


def assemblings(simulator: Simulator) -> list[Asked]:
    sent = [asked for asked in uploads(simulator) if "uuid" in asked.fields]
    return [asked for asked in sent if "partindex" not in asked.fields]


def assert_no_part_was_sent_twice(simulator: Simulator) -> None:
    assert [part for part, times in Counter(parts_of(simulator)).items() if times > 1] == []


# -- on both -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2 * PART + 1, 3 * PART, 3 * PART + 1, 20 * PART - 1])
def test_a_file_in_parts_replaces_like_one_in_one_request(
    portal: HttpPortal, portal_server: PortalServer, tmp_path: Path, size: int
) -> None:
    dataset = portal_server.new_dataset()
    made = portal_server.upload(dataset, "a.csv", b"1")
    words = {"description": "À moi.", "type": "update"}
    portal_server.edit(dataset, made["id"], title="Liste des musées", **words)
    content = (CONTENT * 4)[:size]
    counted = Counted()
    answer = portal.replace(dataset, made["id"], spooled(tmp_path, content), "Été.csv", counted)
    assert (answer.id, answer.latest) == (made["id"], made["latest"])
    assert (answer.sha1, answer.size) == (hashlib.sha1(content).hexdigest(), size)
    assert (answer.title, answer.made_title) == ("ete.csv", "ete.csv")
    assert (counted.passed, counted.restarts) == (size, 1)
    assert portal_server.call("GET", answer.url, None).content == content
    assert portal.retitle(dataset, made["id"], "Liste des musées").title == "Liste des musées"
    after = portal_server.resource(dataset, made["id"])
    assert {name: after[name] for name in words} == words


def test_a_file_in_parts_makes_one_resource(
    portal: HttpPortal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    with still() as transfer:
        made = portal.create(dataset, spooled(tmp_path, CONTENT), "Relevés_2024.csv", transfer)
    (shown,) = portal_server.dataset(dataset)["resources"]
    assert (shown["id"], shown["title"]) == (made.id, "releves-2024.csv")
    assert shown["checksum"]["value"] == hashlib.sha1(CONTENT).hexdigest()


def test_a_file_that_is_refused_as_too_large_goes_in_parts(
    portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    content = CONTENT * 40
    counted = Counted()
    with (
        client(portal_server.url, portal_server.keys["editor"], part_size=50_000) as portal,
        portal_server.settings(MAX_CONTENT_LENGTH=60_000),
    ):
        made = portal.create(dataset, spooled(tmp_path, content), "a.csv", counted)
    assert (made.sha1, made.size) == (hashlib.sha1(content).hexdigest(), len(content))
    assert counted.passed == len(content)
    assert len(portal_server.dataset(dataset)["resources"]) == 1


def test_parts_that_are_too_large_themselves_are_rejected(
    portal: HttpPortal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    with portal_server.settings(MAX_CONTENT_LENGTH=500):
        error = refused(lambda: put(portal, tmp_path, (dataset, resource)))
    assert (type(error), error.status) == (errors.Rejected, 413)
    assert error.reason.code == "portal_part_too_large"
    assert portal_server.resource(dataset, resource)["filesize"] == 1


def test_a_type_that_the_portal_does_not_take_is_rejected_by_the_last_request(
    portal: HttpPortal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    with still() as transfer:
        file = spooled(tmp_path, CONTENT)
        error = refused(lambda: portal.create(dataset, file, "a.exe", transfer))
    assert (type(error), error.reason.code) == (errors.Rejected, "portal_rejected")
    assert portal_server.dataset(dataset)["resources"] == []


def test_a_stranger_may_not_send_a_part(portal_server: PortalServer, tmp_path: Path) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    with client(
        portal_server.url, portal_server.keys["stranger"], part_threshold=0, part_size=PART
    ) as stranger:
        error = refused(lambda: put(stranger, tmp_path, (dataset, resource)))
    assert isinstance(error, errors.NotAllowed)


def test_a_read_only_portal_says_so_after_some_patience(
    portal_server: PortalServer, waited: list[float], tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    key = portal_server.keys["editor"]
    with (
        client(portal_server.url, key, waited, part_threshold=0, part_size=PART) as portal,
        portal_server.settings(READ_ONLY_MODE=True),
    ):
        error = refused(lambda: put(portal, tmp_path, (dataset, resource)))
    assert isinstance(error, errors.ReadOnly)
    assert waited == [1.0, 2.0, 4.0]


# -- what goes over the wire -------------------------------------------------------------------


@pytest.mark.parametrize(("size", "parts"), [(2 * PART, 0), (2 * PART + 1, 3)])
def test_up_to_the_threshold_a_file_goes_in_one_request(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    tmp_path: Path,
    size: int,
    parts: int,
) -> None:
    put(sim_portal, tmp_path, place, CONTENT[:size])
    assert len(parts_of(simulator)) == parts
    assert len(uploads(simulator)) == parts + 1


def test_a_file_of_one_part_goes_in_one_request(
    simulator: Simulator, place: tuple[str, str], tmp_path: Path
) -> None:
    with client(
        simulator.url, simulator.keys["editor"], part_threshold=10, part_size=PART
    ) as portal:
        put(portal, tmp_path, place, CONTENT[:PART])
    (asked,) = uploads(simulator)
    assert asked.fields == {}


def test_the_fields_are_those_that_the_portal_asks_for(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    put(sim_portal, tmp_path, place)
    *sent, last = [asked.fields for asked in uploads(simulator)]
    identifier = last["uuid"]
    whole = {
        "uuid": identifier,
        "filename": "b.csv",
        "totalparts": str(PARTS),
        "totalfilesize": str(len(CONTENT)),
    }
    assert last == whole
    assert sorted(sent, key=lambda fields: fields["partindex"]) == [
        {
            **whole,
            "partindex": str(index),
            "partbyteoffset": str(index * PART),
            "chunksize": str(min(PART, len(CONTENT) - index * PART)),
        }
        for index in range(PARTS)
    ]
    simulator.clock.advance(2)  # one name, one dataset, one second
    put(sim_portal, tmp_path, place, CONTENT[1:])
    assert uploads(simulator)[-1].fields["uuid"] != identifier


def test_never_more_parts_are_on_their_way_than_allowed(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    meet = threading.Barrier(PARALLEL)
    simulator.faults.add(path=UPLOAD, times=PARALLEL, hook=lambda: meet.wait(60) and None)
    put(sim_portal, tmp_path, place, CONTENT * 4)
    sent = [asked for asked in uploads(simulator) if "partindex" in asked.fields]
    at_once = [sum(a.started <= one.started < a.ended for a in sent) for one in sent]
    assert max(at_once) == PARALLEL
    assert simulator.journal.overlapping_uploads() == []  # one upload, for all its parts
    (last,) = assemblings(simulator)
    assert last.started > max(asked.ended for asked in sent)


def test_the_portal_gets_more_time_to_put_a_larger_file_together(
    simulator: Simulator,
    place: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timeouts: list[float] = []
    real = httpx.HTTPTransport.handle_request

    def handled(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        timeouts.append(request.extensions["timeout"]["read"])
        return real(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handled)
    content = bytes(5_000_000)
    key = simulator.keys["editor"]
    with client(simulator.url, key, part_threshold=2_000_000, part_size=1_000_000) as portal:
        put(portal, tmp_path, place, content)
    assert timeouts == [20.2] * 5 + [21.0]


# -- trouble with a part -----------------------------------------------------------------------

LOST: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "502 as HTML": {"status": 502, "body": "<html>", "content_type": "text/html"},
    "503": {"status": 503},
    "cut before": {"cut": "before"},
    "cut after the body": {"cut": "body"},
    "cut after the work": {"cut": "after"},
}


@pytest.mark.parametrize("way", LOST)
@pytest.mark.parametrize("after", [0, 3, PARTS - 1])
def test_after_a_lost_part_all_begins_afresh_under_another_identifier(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    way: str,
    after: int,
) -> None:
    simulator.faults.add(path=UPLOAD, after=after, **LOST[way])
    counted = Counted()
    answer = sim_portal.replace(*place, spooled(tmp_path, CONTENT), "b.csv", counted)
    assert (answer.sha1, answer.size) == (hashlib.sha1(CONTENT).hexdigest(), len(CONTENT))
    assert_no_part_was_sent_twice(simulator)
    (last,) = assemblings(simulator)
    identifiers = {identifier for identifier, _ in parts_of(simulator)}
    assert len(identifiers - {last.fields["uuid"]}) <= 1  # cut before: the portal never read it
    assert [part for part in parts_of(simulator) if part[0] == last.fields["uuid"]]
    assert (waited, counted.restarts, counted.passed) == ([1.0], 2, len(CONTENT))


@pytest.mark.parametrize("way", LOST)
def test_parts_that_are_lost_again_and_again_publish_nothing_and_leave_nothing_open(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    way: str,
) -> None:
    simulator.faults.add(path=UPLOAD, times=None, **LOST[way])
    error = refused(lambda: put(sim_portal, tmp_path, place))
    assert isinstance(error, errors.PortalUnreachable)  # and not AnswerLost: nothing may arrive
    assert error.reason.code in {"portal_fault", "portal_answer_lost"}
    assert waited == [1.0, 2.0, 4.0]
    assert assemblings(simulator) == []
    assert_no_part_was_sent_twice(simulator)
    assert simulator.store.content(*place) == b"1"
    assert sim_portal.usage.reachable is False
    simulator.faults.clear()
    assert put(sim_portal, tmp_path, place).size == len(CONTENT)


@pytest.mark.parametrize("status", [423, 429])
@pytest.mark.parametrize("times", [1, 3])
def test_a_part_that_was_not_taken_is_sent_again_after_the_pause_and_no_other_one(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    status: int,
    times: int,
) -> None:
    simulator.faults.add(path=UPLOAD, after=1, status=status, headers={"Retry-After": "7"})
    simulator.faults.add(path=UPLOAD, after=PARALLEL, times=times - 1, status=status)
    counted = Counted()
    answer = sim_portal.replace(*place, spooled(tmp_path, CONTENT), "b.csv", counted)
    assert answer.sha1 == hashlib.sha1(CONTENT).hexdigest()
    assert len({identifier for identifier, _ in parts_of(simulator)}) == 1
    assert len(parts_of(simulator)) == PARTS + times
    # One pause for all parts that were refused together.
    assert 1 <= len(waited) <= times
    assert (counted.restarts, counted.passed) == (1, len(CONTENT))


FINAL = [
    (400, errors.Rejected, "portal_rejected"),
    (401, errors.KeyRefused, "portal_key_refused"),
    (403, errors.NotAllowed, "portal_not_allowed"),
    (404, errors.NotFound, "portal_not_found"),
    (410, errors.Gone, "portal_gone"),
    (413, errors.Rejected, "portal_part_too_large"),
    (307, errors.PortalUnreachable, "portal_redirects"),
]


@pytest.mark.parametrize(("status", "kind", "code"), FINAL)
@pytest.mark.parametrize("after", [0, 3])
def test_a_plain_no_to_a_part_ends_the_upload(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    status: int,
    kind: type[errors.PortalError],
    code: str,
    after: int,
) -> None:
    headers = {"Location": "/elsewhere/"} if status == 307 else {}
    simulator.faults.add(path=UPLOAD, after=after, status=status, body="<html>", headers=headers)
    error = refused(lambda: put(sim_portal, tmp_path, place))
    assert (type(error), error.reason.code, waited) == (kind, code, [])
    assert assemblings(simulator) == []
    if status == 401:
        again = refused(lambda: put(sim_portal, tmp_path, place))
        assert (again.reason, again.already_reported) == (error.reason, True)
        # Not counted by requests: one of the first upload, cut on its way, may be noted late.
        assert len({identifier for identifier, _ in parts_of(simulator)}) <= 1


@pytest.mark.parametrize(
    "body",
    [
        "<html>Sign in</html>",
        "{}",
        "[]",
        "null",
        '{"success": false}',
        '{"success": "true"}',
        '{"id": "x", "success": true}',
    ],
)
def test_an_unreadable_answer_to_a_part_is_an_answer_lost_and_nothing_more_is_sent(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    body: str,
) -> None:
    """Who knows what such a server did with it: it may have taken the part for a whole file."""
    simulator.faults.add(path=UPLOAD, status=200, body=body)
    error = refused(lambda: put(sim_portal, tmp_path, place))
    assert (type(error), error.reason.code) == (errors.AnswerLost, "portal_garbled")
    assert (waited, assemblings(simulator)) == ([], [])
    assert len({identifier for identifier, _ in parts_of(simulator)}) == 1


# -- trouble with the last request -------------------------------------------------------------


@pytest.mark.parametrize("way", [*LOST, "a page"])
def test_a_lost_answer_to_the_last_request_is_lost_and_nothing_is_sent_again(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    way: str,
) -> None:
    page = {"status": 200, "body": "<html>", "content_type": "text/html"}
    simulator.faults.add(path=UPLOAD, after=PARTS, times=None, **{**LOST, "a page": page}[way])
    error = refused(lambda: put(sim_portal, tmp_path, place))
    assert isinstance(error, errors.AnswerLost)
    assert (waited, len(uploads(simulator))) == ([], PARTS + 1)


def test_an_upload_whose_last_answer_was_lost_may_still_arrive(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    gate = threading.Event()
    fault = simulator.faults.add(path=UPLOAD, after=PARTS, gate=gate)
    assert isinstance(refused(lambda: put(sim_portal, tmp_path, place)), errors.AnswerLost)
    assert simulator.store.content(*place) == b"1"
    gate.set()
    assert fault.done.wait(60)
    assert simulator.store.content(*place) == CONTENT


@pytest.mark.parametrize("status", [423, 429])
def test_a_busy_portal_is_asked_again_to_put_the_parts_together_and_gets_no_part_again(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    tmp_path: Path,
    status: int,
) -> None:
    simulator.faults.add(path=UPLOAD, after=PARTS, status=status, headers={"Retry-After": "7"})
    assert put(sim_portal, tmp_path, place).sha1 == hashlib.sha1(CONTENT).hexdigest()
    assert len(parts_of(simulator)) == PARTS
    assert len({asked.fields["uuid"] for asked in assemblings(simulator)}) == 1
    assert len(waited) == 1


# -- when it is too large for one request ------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
def test_whichever_server_says_that_it_is_too_large_parts_are_tried_once(
    simulator: Simulator, place: tuple[str, str], tmp_path: Path, content_type: str
) -> None:
    body = "<html>Request Entity Too Large</html>" if "html" in content_type else '{"message": ""}'
    simulator.faults.add(path=UPLOAD, status=413, body=body, content_type=content_type)
    simulator.faults.add(path=UPLOAD, status=413, body=body, times=None, after=PARTS)
    with client(simulator.url, simulator.keys["editor"], part_size=PART) as portal:
        error = refused(lambda: put(portal, tmp_path, place))
        assert (type(error), error.reason.code) == (errors.Rejected, "portal_too_large")
        assert (len(parts_of(simulator)), len(assemblings(simulator))) == (PARTS, 1)
        simulator.faults.clear()
        simulator.faults.add(path=UPLOAD, status=413, body=body, content_type=content_type)
        assert put(portal, tmp_path, place).size == len(CONTENT)


def test_a_small_file_that_is_refused_as_too_large_is_not_tried_in_parts(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    simulator.faults.add(path=UPLOAD, status=413, times=None)
    error = refused(lambda: put(sim_portal, tmp_path, place, CONTENT[:PART]))
    assert error.reason.code == "portal_too_large"
    assert len(uploads(simulator)) == 1


# -- cut by the service ------------------------------------------------------------------------


class Cuttable:
    """As the service's: raises as soon as it is told to."""

    def __init__(self, told: threading.Event) -> None:
        self._told = told

    def advance(self, _count: int) -> None:
        if self._told.is_set():
            raise errors.Abandoned

    def restart(self) -> None:
        pass


def test_a_cut_ends_the_upload_though_every_part_waits_for_its_answer(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    cutting, gate = threading.Event(), threading.Event()
    meet = threading.Barrier(PARALLEL, action=cutting.set)

    def hang() -> None:
        meet.wait(60)
        gate.wait(60)

    fault = simulator.faults.add(path=UPLOAD, times=PARALLEL, hook=hang)
    with pytest.raises(errors.Abandoned):
        sim_portal.replace(*place, spooled(tmp_path, CONTENT), "b.csv", Cuttable(cutting))
    assert not gate.is_set()
    sim_portal.close()  # as the service does when it stops
    gate.set()
    assert fault.done.wait(60)
    assert assemblings(simulator) == []
    assert simulator.store.content(*place) == b"1"
