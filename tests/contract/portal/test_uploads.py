"""Uploads in one request: what they make, what they change, what is refused."""

from __future__ import annotations

import hashlib
import socket
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.portal_servers import PortalServer
from tests.support.raw_uploads import connect, raw_upload

NO_RESOURCE = "00000000-0000-0000-0000-000000000000"
KEPT = ("id", "latest", "type", "description", "extras", "created_at", "schema", "filetype")


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def send(
    portal_server: PortalServer, path: str, name: str = "a.csv", content: bytes = b"1"
) -> httpx.Response:
    return portal_server.call("POST", path, files={"file": (name, content)})


def test_a_new_upload_answers_the_resource(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    slug = portal_server.dataset(dataset)["slug"]
    content = b"id,nom\n1,chene\n"
    answer = send(portal_server, f"/api/1/datasets/{dataset}/upload/", "Arbres 2024.csv", content)
    assert answer.status_code == 201
    made = answer.json()
    assert made.pop("success") is True
    assert made["title"] == "arbres-2024.csv"
    assert made["checksum"] == {"type": "sha1", "value": sha1(content)}
    assert made["filesize"] == len(content)
    assert (made["filetype"], made["type"], made["format"]) == ("file", "main", "csv")
    assert made["mime"] == "text/csv"
    assert made["description"] is made["harvest"] is made["schema"] is None
    assert made["extras"] == {}
    parts = urlsplit(made["url"]).path.split("/")
    assert parts[:4] == ["", "s", "resources", slug]
    assert len(parts[4]) == len("20261123-155223")
    assert parts[5:] == ["arbres-2024.csv"]
    assert portal_server.call("GET", made["url"], None).content == content
    assert portal_server.resource(dataset, made["id"])["checksum"] == made["checksum"]


def test_new_resources_go_first(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    made = [portal_server.upload(dataset, f"{n}.csv", b"1")["id"] for n in "abc"]
    assert [r["id"] for r in portal_server.dataset(dataset)["resources"]] == made[::-1]


def test_all_other_form_fields_are_ignored(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "POST",
        f"/api/1/datasets/{dataset}/upload/",
        files={"file": ("a.csv", b"1", "application/pdf")},
        data={"title": "Titre", "description": "x", "type": "update", "filename": "z.csv"},
    )
    made = answer.json()
    assert (made["title"], made["type"]) == ("a.csv", "main")
    assert made["description"] is None
    assert made["mime"] == "text/csv"


def test_a_second_file_part_is_ignored(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    files = [("file", ("a.csv", b"first")), ("file", ("b.csv", b"second"))]
    answer = portal_server.call("POST", f"/api/1/datasets/{dataset}/upload/", files=files)
    assert answer.json()["checksum"]["value"] == sha1(b"first")
    assert len(portal_server.dataset(dataset)["resources"]) == 1


def test_a_replacement_resets_the_title_and_keeps_the_rest(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    portal_server.upload(dataset, "below.csv", b"0")
    resource = portal_server.upload(dataset, "a.csv", b"first")["id"]
    portal_server.upload(dataset, "above.csv", b"2")
    portal_server.edit(
        dataset,
        resource,
        title="Liste des musées",
        description="Écrite à la main",
        type="update",
        extras={"mine": 1},
    )
    before = portal_server.resource(dataset, resource)
    answered = portal_server.replace(dataset, resource, "Nouveau_Nom.json", b"second")
    assert answered.pop("success") is True
    after = portal_server.resource(dataset, resource)
    assert after["title"] == answered["title"] == "nouveau-nom.json"
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    assert after["url"] == answered["url"] != before["url"]
    assert after["url"].endswith("/nouveau-nom.json")
    assert after["checksum"] == {"type": "sha1", "value": sha1(b"second")}
    assert (after["filesize"], after["format"], after["mime"]) == (6, "json", "application/json")
    assert after["last_modified"] > before["last_modified"]
    places = [r["title"] for r in portal_server.dataset(dataset)["resources"]]
    assert places == ["above.csv", "nouveau-nom.json", "below.csv"]


def test_the_old_file_is_gone_after_a_replacement(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    made = portal_server.upload(dataset, "a.csv", b"first")
    assert portal_server.call("GET", made["url"], None).content == b"first"
    portal_server.replace(dataset, made["id"], "b.csv", b"second")
    assert portal_server.call("GET", made["url"], None).status_code == 404


def test_an_upload_onto_a_remote_resource_keeps_it_remote(portal_server: PortalServer) -> None:
    """A hosted address with filetype "remote": why syncd never does this."""
    dataset = portal_server.new_dataset()
    body = {"title": "R", "url": "https://www.example.org/x.csv", "filetype": "remote"}
    made = portal_server.call("POST", f"/api/1/datasets/{dataset}/resources/", json=body).json()
    after = portal_server.replace(dataset, made["id"], "a.csv", b"1")
    assert after["filetype"] == "remote"
    assert after["url"].startswith(f"{portal_server.url}/s/resources/")


def test_an_upload_moves_the_public_dates(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    made = portal_server.upload(dataset, "a.csv", b"1")
    before = portal_server.dataset(dataset)
    portal_server.replace(dataset, made["id"], "b.csv", b"2")
    after = portal_server.dataset(dataset)
    assert after["last_update"] > before["last_update"]
    assert after["last_modified"] > before["last_modified"]
    assert after["last_update"] == after["resources"][0]["last_modified"]


def test_an_empty_file_is_accepted(portal_server: PortalServer) -> None:
    made = portal_server.upload(portal_server.new_dataset(), "a.csv", b"")
    assert made["filesize"] == 0
    assert made["checksum"]["value"] == sha1(b"")


@pytest.mark.parametrize(
    "request_body",
    [
        {"data": {"x": "1"}},
        {"content": b"raw", "headers": {"Content-Type": "application/octet-stream"}},
        {"json": {"file": "x"}},
        {"files": {"data": ("a.csv", b"1")}},
        {"files": {"file": ("", b"1")}},
    ],
    ids=["form", "raw", "json", "wrong field", "no file name"],
)
def test_without_a_file_the_upload_is_refused(
    portal_server: PortalServer, request_body: dict[str, Any]
) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call("POST", f"/api/1/datasets/{dataset}/upload/", **request_body)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Missing file parameter", "message": "", "success": False}


def test_an_unknown_resource_cannot_be_replaced(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = send(portal_server, f"/api/1/datasets/{dataset}/resources/{NO_RESOURCE}/upload/")
    assert answer.status_code == 404
    assert answer.json() == {"message": "Resource does not exist"}


def test_a_withdrawn_resource_cannot_be_replaced(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    made = portal_server.upload(dataset, "a.csv", b"1")
    path = f"/api/1/datasets/{dataset}/resources/{made['id']}/"
    assert portal_server.call("DELETE", path).status_code == 204
    assert portal_server.call("DELETE", path).status_code == 404
    assert portal_server.call("GET", made["url"], None).status_code == 404
    assert portal_server.call("GET", made["latest"], None).status_code == 404
    assert send(portal_server, f"{path}upload/").status_code == 404


def test_one_name_twice_within_a_second_is_a_server_error(portal_server: PortalServer) -> None:
    path = f"/api/1/datasets/{portal_server.new_dataset()}/upload/"
    answers = [send(portal_server, path, "a.csv", b"0")]
    for attempt in range(1, 20):  # two of them may fall on both sides of a second
        answers.append(send(portal_server, path, "A.csv", str(attempt).encode()))
        if answers[-1].status_code != 201:
            break
    assert answers[-1].status_code == 500
    assert answers[-1].json() == {"message": "Internal Server Error"}


def test_a_collision_leaves_the_resource_as_it_was(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    for attempt in count():
        made = portal_server.upload(dataset, f"{attempt}.csv", b"first")
        path = f"/api/1/datasets/{dataset}/resources/{made['id']}/"
        portal_server.edit(dataset, made["id"], title="Titre humain")
        answer = send(portal_server, f"{path}upload/", f"{attempt}.csv", b"second")
        if answer.status_code == 500 or attempt > 20:
            break
    assert answer.status_code == 500
    after = portal_server.resource(dataset, made["id"])
    assert after["title"] == "Titre humain"
    assert (after["url"], after["checksum"]) == (made["url"], made["checksum"])
    assert portal_server.call("GET", made["url"], None).content == b"first"


def test_too_large_a_body_is_413(portal_server: PortalServer) -> None:
    path = f"/api/1/datasets/{portal_server.new_dataset()}/upload/"
    with portal_server.settings(MAX_CONTENT_LENGTH=1000):
        answer = send(portal_server, path, "a.csv", b"x" * 2000)
    assert answer.status_code == 413
    assert answer.json() == {"message": "The data value transmitted exceeds the capacity limit."}


def test_the_extensions_are_what_the_server_is_set_to(portal_server: PortalServer) -> None:
    path = f"/api/1/datasets/{portal_server.new_dataset()}/upload/"
    with portal_server.settings(ALLOWED_RESOURCES_EXTENSIONS=["csv", "parquet"]):
        listed = portal_server.call("GET", "/api/1/datasets/extensions/", None)
        assert listed.json() == ["csv", "parquet"]
    assert send(portal_server, path, "a.parquet").status_code == 400


def test_an_upload_is_committed_though_its_client_died_after_the_last_byte(
    portal_server: PortalServer,
) -> None:
    dataset = portal_server.new_dataset()
    path = f"/api/1/datasets/{dataset}/upload/"
    content = b"0123456789abcdef" * 250_000
    with connect(portal_server) as client:
        client.sendall(raw_upload(portal_server, path, "a.csv", content))
    found: list[dict[str, Any]] = []
    for _ in range(2000):  # each look takes milliseconds; the commit comes when it comes
        found = portal_server.dataset(dataset)["resources"]
        if found:
            break
    assert [r["checksum"]["value"] for r in found] == [sha1(content)]


def test_an_upload_that_was_cut_half_way_leaves_nothing(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    path = f"/api/1/datasets/{dataset}/upload/"
    whole = raw_upload(portal_server, path, "a.csv", b"0123456789abcdef" * 10_000)
    with connect(portal_server) as client:
        client.sendall(whole[: len(whole) // 2])
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):  # until the server is done with it
            pass
    assert portal_server.dataset(dataset)["resources"] == []
