"""`HttpPortal`, syncd's own client: against the simulator and the real portal software.

Trouble that a real portal does not make on demand comes from the simulator alone.
"""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from syncd import __version__
from syncd.adapters.net.circuit_breaker import BUDGET, PAUSE
from syncd.adapters.portal import HttpPortal
from syncd.adapters.portal.retry_policy import ATTEMPTS
from syncd.core import errors
from syncd.core.errors import PortalError
from syncd.core.objects import Digest
from syncd.core.patience import Patience
from syncd.core.ports import Portal
from syncd.core.reasons import Reason
from syncd.simulator import Simulator
from syncd.text import sentence
from tests.support.clients import http_portal
from tests.support.portal_clients import (
    UNKNOWN,
    Counted,
    client,
    refused,
    spooled,
    still,
)
from tests.support.portal_servers import PortalServer

NO_RESOURCE = "00000000-0000-0000-0000-000000000000"


def put(portal: Portal, folder: Path, dataset: str, resource: str, content: bytes) -> Any:
    with still() as transfer:
        return portal.replace(dataset, resource, spooled(folder, content), "b.csv", transfer)


@pytest.mark.parametrize("host", ["xn--i-7iq.example", "\ufb00.example", "\xe9..example"])
def test_a_host_that_no_name_is_written_like_is_not_known(host: str) -> None:
    with pytest.raises(PortalError, match="portal_unknown_host"):
        http_portal(f"https://{host}", "key")


# -- reading, on both --------------------------------------------------------------------------


def test_it_fulfils_the_port(portal: Portal, portal_server: PortalServer) -> None:
    assert portal.url == portal_server.url


def test_a_dataset_is_described_with_its_resources(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset = portal_server.new_dataset()
    first = portal_server.upload(dataset, "Été 1.csv", b"one")
    second = portal_server.upload(dataset, "b.csv", b"two!")
    portal_server.edit(dataset, first["id"], title="Liste des musées", extras={"note": "x"})
    shown = portal.describe(dataset)
    assert (shown.id, shown.title) == (dataset, portal_server.dataset(dataset)["title"])
    assert shown.page.startswith("http")
    assert (shown.deleted, shown.archived, shown.harvested, shown.may_edit) == (
        False,
        False,
        False,
        True,
    )
    assert [r.id for r in shown.resources] == [second["id"], first["id"]]
    one = shown.find(first["id"])
    assert one is not None
    assert one == portal.resource(dataset, first["id"])
    assert (one.title, one.made_title, one.has_made_title) == (
        "Liste des musées",
        "ete-1.csv",
        False,
    )
    assert (one.filetype, one.harvested, dict(one.extras)) == ("file", False, {"note": "x"})
    assert one.holds(Digest(hashlib.sha1(b"one").hexdigest(), 3))
    assert one.latest.endswith(f"/datasets/r/{one.id}")


def test_a_stranger_may_not_edit(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    with client(portal_server.url, portal_server.keys["stranger"]) as stranger:
        assert stranger.describe(dataset).may_edit is False


@pytest.mark.parametrize("body", [{}, {"archived": True}])
def test_an_archived_dataset_says_so(portal_server: PortalServer, body: dict[str, Any]) -> None:
    dataset = portal_server.new_dataset()
    if body:
        portal_server.lab("archive", {"dataset": dataset})
    with client(portal_server.url, portal_server.keys["editor"]) as portal:
        assert portal.describe(dataset).archived is bool(body)


def test_a_deleted_dataset_says_so_to_its_editor(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset = portal_server.new_dataset()
    portal_server.call("DELETE", f"/api/1/datasets/{dataset}/", "orgadmin")
    assert portal.describe(dataset).deleted is True


def test_a_harvested_resource_says_so(portal: Portal, portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    portal_server.lab("harvest", {"dataset": dataset, "resource": resource})
    assert portal.resource(dataset, resource).harvested is True


def test_a_dataset_is_found_by_id_slug_and_the_slugs_that_it_had(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset = portal_server.new_dataset()
    old = portal_server.dataset(dataset)["slug"]
    body = {"title": f"{old} renommé", "description": "Un jeu de test."}
    portal_server.call("PUT", f"/api/1/datasets/{dataset}/", json=body)
    new = portal_server.dataset(dataset)["slug"]
    assert new != old
    for address in (dataset, new, old, new.upper()):
        assert portal.resolve(address) == dataset


def test_the_dataset_of_a_resource_is_found(portal: Portal, portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1\n")["id"]

    assert portal.dataset_of(resource) == dataset
    assert isinstance(refused(lambda: portal.dataset_of(NO_RESOURCE)), errors.NotFound)


def test_the_key_says_whose_it_is(portal: Portal) -> None:
    account = portal.whoami()
    assert account.id
    assert account.name == "Editor Lab"


def test_a_key_that_expires_says_when(portal_server: PortalServer) -> None:
    body = {"name": "syncd", "expires_at": "2130-01-01T00:00:00Z"}
    made = portal_server.call("POST", "/api/1/me/api_tokens/", "stranger", json=body).json()
    with client(portal_server.url, made["token"]) as ending:
        assert ending.key_expiry() == datetime(2130, 1, 1, tzinfo=UTC)
    with client(portal_server.url, portal_server.keys["stranger"]) as lasting:
        assert lasting.key_expiry() is None  # the other key's end is not taken for its own


def test_the_portals_clock_and_that_it_answered_are_known_after_a_request(
    portal: HttpPortal, portal_server: PortalServer
) -> None:
    assert (portal.usage.reachable, portal.usage.skew, portal.usage.via) == (None, None, "")
    portal.whoami()
    assert portal.usage.reachable is True
    assert portal.usage.skew is not None
    assert abs(portal.usage.skew) < 10
    with client(portal_server.url, "udata_nobody") as stranger:
        refused(stranger.whoami)
        assert (stranger.usage.reachable, stranger.usage.refused) == (False, True)


def test_the_accepted_extensions_are_asked_for_once(
    portal: Portal, portal_server: PortalServer
) -> None:
    accepted = portal.extensions()
    assert {"csv", "geojson", "xlsx", "zip"} <= accepted
    assert "exe" not in accepted
    assert portal.extensions() is accepted


# -- writing, on both --------------------------------------------------------------------------


def test_a_file_is_replaced_and_its_title_put_back(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    made = portal_server.upload(dataset, "a.csv", b"1")
    words = {"description": "À moi.", "type": "update"}
    portal_server.edit(dataset, made["id"], title="Liste des musées", **words)
    content = b"x" * 3_000_000
    counted = Counted()
    answer = portal.replace(dataset, made["id"], spooled(tmp_path, content), "Été.csv", counted)
    assert (answer.id, answer.latest) == (made["id"], made["latest"])
    assert (answer.sha1, answer.size) == (hashlib.sha1(content).hexdigest(), len(content))
    assert (answer.title, answer.made_title) == ("ete.csv", "ete.csv")
    assert (counted.passed, counted.restarts) == (len(content), 1)
    assert portal.retitle(dataset, made["id"], "Liste des musées").title == "Liste des musées"
    after = portal_server.resource(dataset, made["id"])
    assert {name: after[name] for name in words} == words


def test_a_created_resource_is_marked_and_the_mark_moves_no_date(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    with still() as transfer:
        made = portal.create(dataset, spooled(tmp_path, b"1"), "f_2024.csv", transfer)
    before = portal_server.resource(dataset, made.id)
    portal.mark(dataset, made.id, {"syncd:source": "abc"})
    after = portal_server.resource(dataset, made.id)
    assert after["extras"]["syncd:source"] == "abc"
    assert portal.resource(dataset, made.id).extras["syncd:source"] == "abc"
    assert after["last_modified"] == before["last_modified"]
    assert (made.title, made.filetype) == ("f-2024.csv", "file")


def test_a_mark_stays_through_a_replacement_and_goes_alone_when_it_is_removed(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    """What a pin that is older than a lost ledger is known by."""
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"before\n")["id"]
    portal_server.edit(dataset, resource, title="Liste", extras={"note": "à garder"})
    before = portal_server.resource(dataset, resource)
    portal.mark(dataset, resource, {"syncd:pinned": None})  # there is none
    portal.mark(dataset, resource, {"syncd:pinned": "abc"})
    marked = portal_server.resource(dataset, resource)
    assert marked["extras"] == {"note": "à garder", "syncd:pinned": "abc"}
    assert {**marked, "extras": before["extras"]} == before  # no date, no word moved

    answer = put(portal, tmp_path, dataset, resource, b"after\n")
    assert answer.extras["syncd:pinned"] == "abc"
    portal.retitle(dataset, resource, "Liste")
    replaced = portal_server.resource(dataset, resource)
    assert replaced["extras"] == {"note": "à garder", "syncd:pinned": "abc"}

    portal.mark(dataset, resource, {"syncd:pinned": None})
    after = portal_server.resource(dataset, resource)
    assert after == {**replaced, "extras": {"note": "à garder"}}


def test_a_hosted_files_address_says_when_the_portal_got_it_and_no_word_moves_that(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    earliest = datetime.now(UTC) - timedelta(seconds=2)
    resource = portal_server.upload(dataset, "a.csv", b"before\n")["id"]
    stored = portal.resource(dataset, resource).stored_at
    assert stored is not None
    assert earliest <= stored <= datetime.now(UTC) + timedelta(seconds=2)
    portal_server.edit(dataset, resource, title="Liste")
    portal.mark(dataset, resource, {"syncd:pinned": "abc"})
    assert portal.resource(dataset, resource).stored_at == stored


# -- refusals, on both -------------------------------------------------------------------------


def downloaded(portal: Portal, url: str) -> bytes:
    with portal.download(url) as download:
        content = b"".join(download.chunks)
        assert download.size in {None, len(content)}
    return content


def test_what_reusers_get_is_read_at_the_files_address_and_at_the_permanent_link(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"before\n")["id"]
    old = portal.resource(dataset, resource)
    assert downloaded(portal, old.url) == downloaded(portal, old.latest) == b"before\n"

    new = put(portal, tmp_path, dataset, resource, b"after\n")

    assert downloaded(portal, new.latest) == b"after\n"
    assert isinstance(refused(lambda: downloaded(portal, old.url)), errors.NotFound)


def test_what_does_not_exist_is_not_found(portal: Portal, portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    for ask in (
        lambda: portal.describe(UNKNOWN),
        lambda: portal.resolve("no-such-slug"),
        lambda: portal.resource(dataset, NO_RESOURCE),
        lambda: portal.retitle(dataset, NO_RESOURCE, "x"),
        lambda: portal.mark(dataset, NO_RESOURCE, {"syncd:source": "x"}),
    ):
        error = refused(ask)
        assert isinstance(error, errors.NotFound)
        assert (error.status, error.reason.code) == (404, "portal_not_found")


def test_a_stranger_is_not_allowed(portal_server: PortalServer, tmp_path: Path) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    with client(portal_server.url, portal_server.keys["stranger"]) as stranger:
        for ask in (
            lambda: put(stranger, tmp_path, dataset, resource, b"2"),
            lambda: stranger.retitle(dataset, resource, "x"),
            lambda: stranger.mark(dataset, resource, {"syncd:source": "x"}),
        ):
            error = refused(ask)
            assert isinstance(error, errors.NotAllowed)
            assert error.status == 403
            assert error.reason.facts["words"]
    assert portal_server.resource(dataset, resource)["title"] == "a.csv"


def test_a_wrong_key_is_refused_in_the_portals_words_and_nothing_more_is_asked(
    portal_server: PortalServer,
) -> None:
    dataset = portal_server.new_dataset()
    with client(portal_server.url, "udata_nobody") as wrong:
        error = refused(lambda: wrong.describe(dataset))
        assert isinstance(error, errors.KeyRefused)
        assert error.reason.facts["words"] == "Invalid API token"
        assert "udata_nobody" not in f"{error}{error.reason}{sentence(error.reason)}{wrong!r}"
        assert refused(lambda: wrong.describe(UNKNOWN)).reason == error.reason


def test_a_type_that_the_portal_does_not_take_is_rejected(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    with still() as transfer:
        file = spooled(tmp_path, b"MZ")
        error = refused(lambda: portal.replace(dataset, resource, file, "a.exe", transfer))
    assert isinstance(error, errors.Rejected)
    assert error.reason.facts["words"]
    assert portal.resource(dataset, resource).size == 1


def test_a_read_only_portal_says_so_after_some_patience(
    portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    waited: list[float] = []
    with (
        client(portal_server.url, portal_server.keys["editor"], waited) as portal,
        portal_server.settings(READ_ONLY_MODE=True),
    ):
        error = refused(lambda: put(portal, tmp_path, dataset, resource, b"2"))
    assert isinstance(error, errors.ReadOnly)
    assert (error.status, waited) == (423, [1.0, 2.0, 4.0])


def test_a_session_opened_by_a_good_key_does_not_outlive_it(portal_server: PortalServer) -> None:
    """The portal's cookie would outweigh any later key: a revoked one would go on working."""
    made = portal_server.call("POST", "/api/1/me/api_tokens/", json={"name": "short-lived"}).json()
    with client(portal_server.url, made["token"]) as portal:
        assert portal.whoami().name == "Editor Lab"
        portal_server.call("DELETE", f"/api/1/me/api_tokens/{made['id']}/")
        assert isinstance(refused(portal.whoami), errors.KeyRefused)


# -- what goes over the wire -------------------------------------------------------------------


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def sim_portal(simulator: Simulator, waited: list[float]) -> Iterator[HttpPortal]:
    with client(simulator.url, simulator.keys["editor"], waited) as opened:
        yield opened


@pytest.fixture
def place(simulator: Simulator) -> tuple[str, str]:
    dataset = simulator.new_dataset()
    return dataset, simulator.new_resource(dataset, "a.csv", b"1", title="Liste des musées")


def test_every_request_names_syncd_asks_for_json_and_brings_no_cookie(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    sim_portal.describe(place[0])
    put(sim_portal, tmp_path, *place, b"2")
    sim_portal.retitle(*place, "x")
    assert len(simulator.requests) == 3
    for asked in simulator.requests:
        assert asked.headers["user-agent"].startswith(f"syncd/{__version__}")
        assert asked.headers["accept"] == "application/json"
        assert "cookie" not in asked.headers


def test_a_title_is_the_only_thing_that_is_put(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str]
) -> None:
    before = simulator.store.snapshot(*place)
    sim_portal.retitle(*place, "Nouveau titre")
    after = simulator.store.snapshot(*place)
    assert (before.title, after.title) == ("Liste des musées", "Nouveau titre")
    assert after.description == before.description
    assert after.extras == before.extras


def test_proxies_of_the_environment_are_not_used(
    simulator: Simulator, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with client(simulator.url, simulator.keys["editor"]) as portal:
        assert portal.describe(place[0]).id == place[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_key_never_travels_to_another_server(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], status: int
) -> None:
    with Simulator() as elsewhere:
        location = {"Location": f"{elsewhere.url}/api/1/datasets/{place[0]}/"}
        simulator.faults.add(status=status, headers=location, times=None)
        error = refused(lambda: sim_portal.describe(place[0]))
        assert (type(error), error.reason.code) == (errors.PortalUnreachable, "portal_redirects")
        assert elsewhere.requests == []
        assert len(simulator.requests) == 1


@contextmanager
def answering(raw: bytes) -> Iterator[tuple[str, int, list[bytes]]]:
    """A server that gives every connection these bytes: host, port, and what it received."""
    received: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    received.append(connection.recv(65536))
                    connection.sendall(raw)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host, port = listening.getsockname()[:2]
        yield host, port, received
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize(
    "location",
    [
        b"http://xn--/",
        b"//elsewhere.example/",
        b"http://[broken",
        b"http://127.0.0.1@elsewhere.example/",
        b"http://127.0.0.1:99999/",
        b"ftp://127.0.0.1/",
        b"\xff\xfe",
        b"",
    ],
)
def test_odd_redirections_are_not_followed(location: bytes) -> None:
    raw = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: %b\r\n\r\n"
    with (
        answering(raw % location) as (host, port, received),
        client(f"http://{host}:{port}", "k") as portal,
    ):
        error = refused(lambda: portal.describe(UNKNOWN))
    assert (error.reason.code, type(error)) == ("portal_redirects", errors.PortalUnreachable)
    assert all(b"GET /" in data for data in received)
    assert len(received) <= 4  # "" leads to where one is: followed, but not tried again


def test_a_redirection_in_circles_ends(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str]
) -> None:
    headers = {"Location": f"/api/1/datasets/{place[0]}/"}
    simulator.faults.add(status=302, headers=headers, times=None)
    assert refused(lambda: sim_portal.describe(place[0])).reason.code == "portal_redirects"


def test_an_upload_is_never_redirected(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    simulator.faults.add(method="POST", status=307, headers={"Location": "/api/1/x/"}, times=None)
    error = refused(lambda: put(sim_portal, tmp_path, *place, b"2"))
    assert error.reason.code == "portal_redirects"
    assert {asked.method for asked in simulator.requests} == {"POST"}


# -- trouble on demand -------------------------------------------------------------------------

KINDS = [
    (400, errors.Rejected, "portal_rejected"),
    (401, errors.KeyRefused, "portal_key_refused"),
    (403, errors.NotAllowed, "portal_not_allowed"),
    (404, errors.NotFound, "portal_not_found"),
    (405, errors.Rejected, "portal_rejected"),
    (409, errors.Rejected, "portal_rejected"),
    (410, errors.Gone, "portal_gone"),
    (413, errors.Rejected, "portal_too_large"),
    (415, errors.Rejected, "portal_bad_type"),
    (423, errors.ReadOnly, "portal_read_only"),
    (429, errors.Busy, "portal_busy"),
    (500, errors.AnswerLost, "portal_fault"),
    (502, errors.AnswerLost, "portal_fault"),
    (503, errors.AnswerLost, "portal_fault"),
    (504, errors.AnswerLost, "portal_fault"),
]


@pytest.mark.parametrize(("status", "kind", "code"), KINDS)
@pytest.mark.parametrize("upload", [False, True])
def test_every_refusal_has_its_error_with_the_portals_words_and_request_id(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    tmp_path: Path,
    status: int,
    kind: type[PortalError],
    code: str,
    upload: bool,
) -> None:
    simulator.faults.add(
        status=status,
        headers={"X-Request-Id": "req-42"},
        body='{"message": "Non, vraiment"}',
        content_type="application/json",
        times=None,
    )
    ask = (
        (lambda: put(sim_portal, tmp_path, *place, b"2"))
        if upload
        else (lambda: sim_portal.describe(place[0]))
    )
    error = refused(ask)
    assert (type(error), error.reason.code, error.status) == (kind, code, status)
    facts = error.reason.facts
    assert (facts["words"], facts["request_id"], facts["status"]) == (
        "Non, vraiment",
        "req-42",
        status,
    )
    said = sentence(error.reason)
    assert "127.0.0.1" in said
    assert "Non, vraiment" in said
    assert "req-42" in said
    repeated = kind in {errors.ReadOnly, errors.Busy} or (kind is errors.AnswerLost and not upload)
    assert len(simulator.requests) == (4 if repeated else 1)


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        ("<html><h1>Request Entity Too Large</h1></html>", "text/html", "REQUEST ENTITY TOO LARGE"),
        ("", "application/json", "REQUEST ENTITY TOO LARGE"),
        ("[1, 2]", "application/json", "REQUEST ENTITY TOO LARGE"),
        ('{"message": "', "application/json", "REQUEST ENTITY TOO LARGE"),
        (b"\xff\xfe\x00", "application/json", "REQUEST ENTITY TOO LARGE"),
        ('{"message": "Trop gros", "error": "E1"}', "application/json", "Trop gros E1"),
        ('{"errors": {"title": ["vide"]}}', "application/json", "title: ['vide']"),
        ('{"message": "' + "x" * 9999 + '"}', "application/json", "X" * 300),
    ],
)
def test_what_a_refusal_says_is_quoted_where_it_says_anything(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    tmp_path: Path,
    body: str | bytes,
    content_type: str,
    words: str,
) -> None:
    simulator.faults.add(method="POST", status=413, body=body, content_type=content_type)
    error = refused(lambda: put(sim_portal, tmp_path, *place, b"2"))
    assert str(error.reason.facts["words"]).upper() == words.upper()


NOT_UDATA = [
    (b"<html>Bienvenue</html>", "text/html"),
    (b'{"id": "x", "title": ', "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'"text"', "application/json"),
    (b"{}", "application/json"),
    (b"\xff\xfe", "application/json"),
    (b"", "application/json"),
    (b'{"id": 1, "title": "x", "resources": [{}]}', "application/json"),
    (b'{"id": 1, "title": "x", "resources": 3}', "application/json"),
]


@pytest.mark.parametrize(("body", "content_type"), NOT_UDATA)
def test_a_server_that_is_no_portal_is_not_taken_for_one(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    body: bytes,
    content_type: str,
) -> None:
    simulator.faults.add(status=200, body=body, content_type=content_type, times=None)
    error = refused(lambda: sim_portal.describe(place[0]))
    assert (type(error), error.reason.code) == (errors.PortalUnreachable, "portal_not_udata")
    assert len(simulator.requests) == 1  # it will not have become one a second later


@pytest.mark.parametrize(("body", "content_type"), NOT_UDATA)
def test_an_unreadable_answer_to_an_upload_is_an_answer_lost(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    tmp_path: Path,
    body: bytes,
    content_type: str,
) -> None:
    simulator.faults.add(method="POST", status=200, body=body, content_type=content_type)
    error = refused(lambda: put(sim_portal, tmp_path, *place, b"2"))
    assert (type(error), error.reason.code) == (errors.AnswerLost, "portal_garbled")
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("cut", ["before", "body", "after"])
def test_a_cut_upload_is_lost_and_not_sent_again(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path, cut: Any
) -> None:
    simulator.faults.add(method="POST", cut=cut, times=None)
    error = refused(lambda: put(sim_portal, tmp_path, *place, b"2" * 100))
    assert (type(error), error.reason.code) == (errors.AnswerLost, "portal_answer_lost")
    assert len(simulator.requests) == 1


def test_a_cut_reading_is_tried_again(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], waited: list[float]
) -> None:
    simulator.faults.add(cut="before", times=2)
    assert sim_portal.describe(place[0]).id == place[0]
    assert waited == [1.0, 2.0]


def test_a_busy_portal_gets_its_pause_and_the_whole_file_again(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    tmp_path: Path,
    waited: list[float],
) -> None:
    simulator.faults.add(method="POST", status=429, headers={"Retry-After": "7"})
    counted, content = Counted(), b"2" * 100_000
    file = spooled(tmp_path, content)
    assert sim_portal.replace(*place, file, "b.csv", counted).size == len(content)
    assert (waited, counted.restarts, counted.passed) == ([7.0], 2, len(content))


def gmt(seconds: float) -> str:
    """So many seconds from now, as HTTP writes instants."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("0", 0, 0),
        pytest.param(90.0, 1, 90, id="a date to come"),
        pytest.param(-90.0, 0, 0, id="a date past"),
        ("soon", 1, 1),  # nonsense: our own pause
        ("²", 1, 1),
        ("-5", 1, 1),
        ("1.5", 1, 1),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 1, 1),
    ],
)
def test_both_forms_of_retry_after_are_understood(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    status: int,
    value: str | float,
    least: float,
    most: float,
) -> None:
    said = value if isinstance(value, str) else gmt(value)
    simulator.faults.add(status=status, headers={"Retry-After": said})
    assert sim_portal.describe(place[0]).id == place[0]
    (pause,) = waited
    assert least <= pause <= most


@pytest.mark.parametrize("value", ["121", "9" * 400])
def test_a_pause_that_is_too_long_is_left_to_the_next_cycle(
    simulator: Simulator,
    sim_portal: HttpPortal,
    place: tuple[str, str],
    waited: list[float],
    value: str,
) -> None:
    simulator.faults.add(status=429, headers={"Retry-After": value}, times=None)
    assert isinstance(refused(lambda: sim_portal.describe(place[0])), errors.Busy)
    assert (len(simulator.requests), waited) == (1, [])


def test_whoever_waits_says_for_which_host_why_and_until_when(
    simulator: Simulator, place: tuple[str, str], waited: list[float]
) -> None:
    simulator.faults.add(status=503, headers={"Retry-After": "120"})
    told: list[tuple[Reason, float]] = []

    def note(why: Reason, seconds: float) -> None:
        assert waited == []  # before it waits
        told.append((why, seconds))

    options = {"waiting": note, "clock": lambda: 1_700_000_000.0}
    with (
        structlog.testing.capture_logs() as logged,
        client(simulator.url, simulator.keys["editor"], waited, **options) as portal,
    ):
        portal.describe(place[0])

    ((why, seconds),) = told
    assert (why.code, why.facts["host"], seconds) == ("wait_portal", "127.0.0.1", 120)
    assert "127.0.0.1 asks for time (503" in sentence(why)
    (retry,) = (line for line in logged if line["event"] == "portal.retry")
    assert retry["until"] == "2023-11-14T22:15:20+00:00"
    assert "127.0.0.1" in retry["why"]


def test_who_may_wait_no_longer_ends_with_what_the_portal_said(
    simulator: Simulator, place: tuple[str, str], waited: list[float]
) -> None:
    simulator.faults.add(status=503, headers={"Retry-After": "120"}, times=None)
    patience = Patience(60, lambda: 0.0)
    with client(simulator.url, simulator.keys["editor"], waited, allows=patience.allows) as portal:
        assert refused(lambda: portal.describe(place[0])).status == 503
    assert (waited, len(simulator.requests)) == ([], 1)
    assert patience.refused >= 120


def test_a_title_is_put_back_however_long_that_takes(
    simulator: Simulator, place: tuple[str, str], waited: list[float]
) -> None:
    """What was sent is brought to its end: nobody's patience leaves a title behind."""
    simulator.faults.add(method="PUT", status=503, headers={"Retry-After": "120"})
    with client(simulator.url, simulator.keys["editor"], waited, allows=lambda _: False) as portal:
        assert portal.retitle(*place, "x").title == "x"
    assert waited == [120]


def test_after_a_refused_key_no_further_request_is_sent(
    simulator: Simulator, sim_portal: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    simulator.faults.add(status=401)
    first = refused(lambda: sim_portal.describe(place[0]))
    for ask in (
        lambda: sim_portal.describe(place[0]),
        lambda: put(sim_portal, tmp_path, *place, b"2"),
        lambda: sim_portal.retitle(*place, "x"),
        lambda: sim_portal.mark(*place, {}),
        sim_portal.whoami,
        sim_portal.extensions,
        lambda: sim_portal.resolve("musees"),
    ):
        assert refused(ask).reason == first.reason
    assert len(simulator.requests) == 1


def test_extensions_that_could_not_be_asked_are_asked_again(
    simulator: Simulator, sim_portal: HttpPortal
) -> None:
    simulator.faults.add(status=404)
    refused(sim_portal.extensions)
    assert "csv" in sim_portal.extensions()


@pytest.mark.parametrize(
    ("status", "reachable"),
    [
        *((status, True) for status in (400, 403, 404, 423, 429)),
        *((status, False) for status in (308, 401, 500, 502, 503)),
    ],
)
def test_whether_the_portal_can_be_used_is_known_after_each_request(
    simulator: Simulator, place: tuple[str, str], status: int, reachable: bool
) -> None:
    headers = {"Location": "https://elsewhere.example/"} if status == 308 else {}
    seconds = [0.0]
    with client(simulator.url, simulator.keys["editor"], monotonic=lambda: seconds[0]) as portal:
        portal.describe(place[0])
        simulator.faults.add(status=status, times=4, headers=headers)
        refused(lambda: portal.describe(place[0]))
        assert portal.usage.reachable is reachable
        assert portal.usage.refused is (status == 401)  # it was reached, and answered
        simulator.faults.clear()
        seconds[0] += PAUSE
        if status != 401:
            portal.describe(place[0])
            assert portal.usage.reachable is True


# -- a portal that fails is left alone ---------------------------------------------------------


@pytest.fixture
def seconds() -> list[float]:
    """A clock: its only item is moved by the test."""
    return [0.0]


@pytest.fixture
def watched(simulator: Simulator, seconds: list[float]) -> Iterator[HttpPortal]:
    with client(simulator.url, simulator.keys["editor"], monotonic=lambda: seconds[0]) as opened:
        yield opened


def test_a_gateway_that_fails_three_requests_in_a_row_is_left_alone_and_probed(
    simulator: Simulator, watched: HttpPortal, place: tuple[str, str], seconds: list[float]
) -> None:
    simulator.faults.add(status=502, times=None)
    for _ in range(3):
        assert isinstance(refused(lambda: watched.describe(place[0])), errors.AnswerLost)
    asked = len(simulator.requests)
    assert asked == 3 * ATTEMPTS
    for _ in range(500):
        error = refused(lambda: watched.describe(place[0]))
        assert (error.reason.code, error.already_reported) == ("portal_left_alone", True)
    assert len(simulator.requests) == asked

    seconds[0] += PAUSE
    refused(lambda: watched.describe(place[0]))
    refused(lambda: watched.describe(place[0]))
    assert len(simulator.requests) == asked + 1  # one probe, and no second try of it

    simulator.faults.clear()
    seconds[0] += PAUSE
    for _ in range(2):
        assert watched.describe(place[0]).id == place[0]


def test_a_fault_of_one_dataset_leaves_the_others_alone(
    simulator: Simulator, watched: HttpPortal, place: tuple[str, str]
) -> None:
    simulator.faults.add(path=".*" + UNKNOWN, status=500, times=None)
    for _ in range(5):
        refused(lambda: watched.describe(UNKNOWN))
    assert watched.describe(place[0]).id == place[0]


def test_a_portal_that_takes_no_files_is_read_all_the_same(
    simulator: Simulator, watched: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    simulator.faults.add(method="POST", status=423, times=None)
    assert isinstance(refused(lambda: put(watched, tmp_path, *place, b"2")), errors.ReadOnly)
    asked = len(simulator.requests)
    for _ in range(20):
        assert isinstance(refused(lambda: put(watched, tmp_path, *place, b"2")), errors.ReadOnly)
        assert isinstance(refused(watched.expect_uploads), errors.ReadOnly)
    assert len(simulator.requests) == asked
    assert watched.describe(place[0]).id == place[0]


def test_an_upload_that_is_not_even_tried_is_no_lost_answer(
    simulator: Simulator, watched: HttpPortal, place: tuple[str, str], tmp_path: Path
) -> None:
    """Else a cycle would wait for something to arrive."""
    simulator.faults.add(method="POST", status=500, times=None)
    for _ in range(3):
        assert isinstance(refused(lambda: put(watched, tmp_path, *place, b"2")), errors.AnswerLost)
    error = refused(lambda: put(watched, tmp_path, *place, b"2"))
    assert (type(error), error.reason.code) == (errors.PortalUnreachable, "portal_left_alone")


def test_the_last_steps_of_a_publication_are_tried_on_a_portal_that_is_left_alone(
    simulator: Simulator, watched: HttpPortal, place: tuple[str, str]
) -> None:
    simulator.faults.add(method="GET", status=502, times=12)
    for _ in range(3):
        refused(lambda: watched.describe(place[0]))
    assert refused(lambda: watched.resource(*place)).already_reported

    assert watched.resource(*place, urgent=True).id == place[1]
    assert watched.retitle(*place, "Le titre").title == "Le titre"


def test_retries_end_when_their_budget_is_used_up(
    simulator: Simulator, watched: HttpPortal, place: tuple[str, str]
) -> None:
    simulator.faults.add(path=".*" + UNKNOWN, status=500, times=None)
    for _ in range(30):
        refused(lambda: watched.describe(UNKNOWN))
    assert len(simulator.requests) == 30 + int(BUDGET)
    assert watched.describe(place[0]).id == place[0]


# -- no server at all --------------------------------------------------------------------------


def test_a_portal_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    waited: list[float] = []
    with client(f"http://127.0.0.1:{port}", "k", waited) as portal:
        for ask in (
            lambda: portal.describe(UNKNOWN),
            lambda: put(portal, tmp_path, UNKNOWN, NO_RESOURCE, b"1"),
        ):
            error = refused(ask)
            assert isinstance(error, errors.PortalUnreachable)
            assert error.reason.code == "portal_unreachable"
    assert waited == [1.0, 2.0, 4.0]  # once is enough to see that it is down


def test_a_proxy_that_is_not_there_is_named_as_such(simulator: Simulator) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with client(simulator.url, "k", proxy=f"http://127.0.0.1:{port}") as portal:
        assert isinstance(refused(portal.whoami), errors.PortalUnreachable)
    assert simulator.requests == []


def test_a_portal_that_never_answers_is_left_in_time() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        host, port = silent.getsockname()[:2]
        with client(f"http://{host}:{port}", "k", read_timeout=0.05) as portal:
            error = refused(portal.whoami)
    assert (type(error), error.reason.code) == (errors.AnswerLost, "portal_answer_lost")


def test_who_waits_for_an_answer_is_told_for_whom_and_no_longer_than_asked_for() -> None:
    told: list[tuple[str, float]] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        host, port = silent.getsockname()[:2]
        options = {
            "slow": 0.0,
            "patience": 1.0,
            "waiting": lambda why, seconds: told.append((why.code, seconds)),
            "allows": lambda _: False,
        }
        with client(f"http://{host}:{port}", "k", read_timeout=600, **options) as portal:
            error = refused(portal.whoami)
    assert error.reason.code == "portal_answer_lost"
    assert told == [("wait_answer", 1.0)]


def test_where_there_is_no_tls_the_key_is_not_sent() -> None:
    with (
        answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (host, port, received),
        client(f"https://{host}:{port}", "very-secret-key") as portal,
    ):
        error = refused(portal.whoami)
    assert isinstance(error, errors.PortalUnreachable)
    assert received
    assert not any(b"very-secret-key" in data for data in received)


# -- downloads ---------------------------------------------------------------------------------


def test_the_key_is_not_shown_for_a_download(sim_portal: HttpPortal, simulator: Simulator) -> None:
    dataset = simulator.new_dataset("D")
    online = sim_portal.resource(dataset, simulator.new_resource(dataset, "a.csv", b"id\n"))
    simulator.journal.clear()

    assert downloaded(sim_portal, online.latest) == b"id\n"

    asked = simulator.journal.all()
    assert len(asked) == 2  # the redirection is followed
    assert [one.person for one in asked] == [None, None]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [({"cut": "before"}, errors.AnswerLost), ({"status": 401}, errors.Rejected)],
)
def test_trouble_with_a_download_is_the_portals_and_blames_no_key(
    sim_portal: HttpPortal, simulator: Simulator, fault: dict[str, Any], kind: type[PortalError]
) -> None:
    dataset = simulator.new_dataset("D")
    online = sim_portal.resource(dataset, simulator.new_resource(dataset, "a.csv", b"id\n"))
    simulator.faults.add(method="GET", path="/s/resources/", **fault)

    assert type(refused(lambda: downloaded(sim_portal, online.url))) is kind
    assert downloaded(sim_portal, online.url) == b"id\n"


@contextmanager
def serving(answer: bytes) -> Iterator[str]:
    """The address of a server that gives this answer once."""

    def answer_once(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_once, args=(server,))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a.csv"
        thread.join()


def test_a_download_gives_the_bytes_as_they_are_stored(sim_portal: HttpPortal) -> None:
    """A `.csv.gz` that a server calls compressed is compared as the file that it is."""
    stored = gzip.compress(b"id\n1\n")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(stored)}\r\n\r\n"
    with serving(head.encode() + stored) as url:
        assert downloaded(sim_portal, url) == stored


def test_a_download_that_ends_early_is_an_error_while_reading(sim_portal: HttpPortal) -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nid\n") as url:
        error = refused(lambda: downloaded(sim_portal, url))

    assert isinstance(error, errors.AnswerLost)


def test_a_download_that_leads_to_no_host_is_an_error_of_ours() -> None:
    raw = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://xn--/\r\n\r\n"
    with (
        answering(raw) as (host, port, _),
        client(f"http://{host}:{port}", "k") as portal,
        pytest.raises(errors.PortalError, match="portal_answer_lost"),
        portal.download(f"http://{host}:{port}/a.csv"),
    ):
        pass
