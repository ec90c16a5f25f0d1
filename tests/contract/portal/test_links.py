"""Resources that are links: what a portal makes of an address and of what is said of its file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from syncd.core.errors import NotAllowed, ReadOnly, Rejected
from syncd.core.objects import Digest
from syncd.core.portal import PublicFile
from syncd.core.ports import Portal
from syncd.simulator import Simulator
from tests.support.clients import http_portal
from tests.support.portal_clients import client, refused
from tests.support.portal_servers import PortalServer

ADDRESS = "https://open.example.org/a%20b/%C3%A9t%C3%A9-1.csv"
OTHER = "https://open.example.org/a%20b/%C3%A9t%C3%A9-2.csv"
SHA1 = "a" * 40
DIGEST = Digest("b" * 40, 13)
SAID = {"url", "filesize", "checksum", "mime", "format"}


def made(portal_server: PortalServer, dataset: str, **more: Any) -> dict[str, Any]:
    """A link, as a client declares it."""
    body = {
        "title": "Un lien",
        "url": ADDRESS,
        "filetype": "remote",
        "type": "main",
        "format": "CSV",
        "mime": "text/csv",
        "filesize": 12,
        "checksum": {"type": "sha1", "value": SHA1},
        "extras": {"syncd:source": "m"},
        **more,
    }
    answer = portal_server.call("POST", f"/api/1/datasets/{dataset}/resources/", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_link_is_made_first_with_its_words_and_marks(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    portal_server.upload(dataset, "a.csv", b"1")
    shown = made(portal_server, dataset, extras={"syncd:source": "m", "analysis:x": 1})
    assert portal_server.dataset(dataset)["resources"][0]["id"] == shown["id"]
    assert (shown["url"], shown["filesize"], shown["format"]) == (ADDRESS, 12, "csv")
    assert shown["checksum"] == {"type": "sha1", "value": SHA1}
    assert shown["extras"] == {"syncd:source": "m"}  # what is reserved is left out in silence


def test_another_address_keeps_what_persons_wrote_and_moves_the_dates(
    portal_server: PortalServer,
) -> None:
    dataset = portal_server.new_dataset()
    before = made(portal_server, dataset, description="Des mots")
    portal_server.edit(
        dataset,
        before["id"],
        url=OTHER,
        filesize=13,
        checksum={"type": "sha1", "value": "b" * 40},
        mime=None,
        format="csv.gz",
        last_modified="2020-01-01T00:00:00+00:00",  # the portal's own
    )
    after = portal_server.resource(dataset, before["id"])
    assert (after["url"], after["filesize"], after["format"]) == (OTHER, 13, "csv.gz")
    assert (after["checksum"]["value"], after["mime"]) == ("b" * 40, None)
    assert after["last_modified"] > before["last_modified"]
    assert portal_server.dataset(dataset)["last_update"] == after["last_modified"]
    apart = {*SAID, "last_modified", "internal", "created_at"}
    assert {k: v for k, v in after.items() if k not in apart} == {
        k: v for k, v in before.items() if k not in apart
    }
    latest = portal_server.call("GET", after["latest"], None)
    assert latest.headers["location"] == OTHER


def test_an_address_alone_leaves_what_was_said_of_the_former_file(
    portal_server: PortalServer,
) -> None:
    """So a sha1 that is ours says nothing of an address that is not."""
    dataset = portal_server.new_dataset()
    link = made(portal_server, dataset)["id"]
    edited = portal_server.edit(dataset, link, url=OTHER)
    assert (edited["checksum"]["value"], edited["filesize"]) == (SHA1, 12)
    assert portal_server.edit(dataset, link, checksum=None)["checksum"] is None


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"url": ""}, {"url": ["This field is required."]}),
        (
            {"url": "https://open.example.org/a b.csv"},
            {"url": ['Invalid URL "https://open.example.org/a b.csv"']},
        ),
        (
            {"checksum": {"type": "sha1", "value": None}},
            {"checksum": {"value": ["This field is required."]}},
        ),
    ],
)
def test_what_is_no_address_and_no_checksum_is_refused(
    portal_server: PortalServer, fields: dict[str, Any], errors: dict[str, Any]
) -> None:
    dataset = portal_server.new_dataset()
    link = made(portal_server, dataset)["id"]
    path = f"/api/1/datasets/{dataset}/resources/{link}/"
    answer = portal_server.call("PUT", path, json=fields)
    assert (answer.status_code, answer.json()) == (400, {"errors": errors})
    assert portal_server.resource(dataset, link)["url"] == ADDRESS


def test_an_upload_to_a_link_resets_its_title_and_leaves_it_a_link_by_name(
    portal_server: PortalServer,
) -> None:
    """Why syncd never makes a file of a link; an address puts an end to it, without the title."""
    dataset = portal_server.new_dataset()
    link = made(portal_server, dataset)["id"]
    hosted = portal_server.replace(dataset, link, "z.csv", b"1")
    assert (hosted["title"], hosted["filetype"]) == ("z.csv", "remote")
    assert "/resources/" in hosted["url"]
    back = portal_server.edit(dataset, link, url=ADDRESS)
    assert (back["title"], back["url"], back["filetype"]) == ("z.csv", ADDRESS, "remote")


# -- by our client ---------------------------------------------------------------------------------

FILE = PublicFile(ADDRESS, Digest(SHA1, 12))


def test_the_client_makes_a_link_in_one_request_and_turns_it_in_another(
    portal_server: PortalServer, portal: Portal
) -> None:
    dataset = portal_server.new_dataset()
    link = portal.create_link(dataset, FILE, "Un titre", {"syncd:source": "m"})
    assert (link.title, link.filetype, link.extras) == ("Un titre", "remote", {"syncd:source": "m"})
    assert link.shows(FILE.digest, ADDRESS)
    turned = PublicFile(OTHER, Digest("b" * 40, 13))
    answered = portal.turn_link(dataset, link.id, turned)
    assert answered.shows(turned.digest, OTHER)
    assert not answered.shows(FILE.digest, ADDRESS)
    shown = portal_server.resource(dataset, link.id)
    assert (shown["title"], shown["format"], shown["mime"]) == ("Un titre", "csv", "text/csv")
    assert (shown["filesize"], shown["type"]) == (13, "main")


def test_the_client_knows_when_a_link_was_last_told_otherwise(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset = portal_server.new_dataset()
    first = portal.resource(dataset, made(portal_server, dataset)["id"]).told_at
    portal.turn_link(dataset, portal.describe(dataset).resources[0].id, PublicFile(OTHER, DIGEST))
    (link,) = portal.describe(dataset).resources
    assert first is not None
    assert link.told_at is not None
    assert first < link.told_at <= datetime.now(UTC)
    hosted = portal_server.upload(dataset, "a.csv", b"1")["id"]
    assert portal.resource(dataset, hosted).told_at is None


def test_the_client_is_refused_a_link_as_it_is_a_file(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    link = made(portal_server, dataset)["id"]
    with client(portal_server.url, portal_server.keys["stranger"]) as stranger:
        error = refused(lambda: stranger.turn_link(dataset, link, FILE))
        assert isinstance(error, NotAllowed)
        assert isinstance(refused(lambda: stranger.create_link(dataset, FILE, "x", {})), NotAllowed)
    with client(portal_server.url, portal_server.keys["editor"]) as editor:
        nowhere = PublicFile("https://open.example.org/a b.csv", FILE.digest)
        assert isinstance(refused(lambda: editor.turn_link(dataset, link, nowhere)), Rejected)
        with portal_server.settings(READ_ONLY_MODE=True):
            error = refused(lambda: editor.create_link(dataset, FILE, "x", {}))
            assert isinstance(error, ReadOnly)


def test_a_lost_answer_to_a_new_link_is_not_asked_for_again(simulator: Simulator) -> None:
    """A second one would be a second resource; turning a link twice is turning it once."""
    dataset = simulator.new_dataset("Jeu")
    with http_portal(simulator.url, simulator.keys["editor"], wait=lambda _: None) as portal:
        simulator.faults.add(method="POST", cut="after")
        error = refused(lambda: portal.create_link(dataset, FILE, "x", {}))
        assert error.reason.code == "portal_answer_lost"
        (link,) = simulator.store.dataset(dataset).resources
        simulator.faults.add(method="PUT", cut="after")
        assert portal.turn_link(dataset, link.id, FILE).shows(FILE.digest, ADDRESS)
