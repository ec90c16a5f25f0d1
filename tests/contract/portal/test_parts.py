"""Uploads in parts, and the last request that assembles them."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import httpx
import pytest

from tests.support.portal_servers import PortalServer


class Parts:
    """A chunked upload under way."""

    def __init__(self, portal_server: PortalServer, path: str, total: int) -> None:
        self._server = portal_server
        self._path = path
        self._fields = {
            "uuid": str(uuid.uuid4()),
            "filename": "Relevés_2024.csv",
            "totalparts": str(total),
        }

    def send(
        self, index: object, content: bytes, key: str = "editor", **changed: str
    ) -> httpx.Response:
        fields = {**self._fields, "partindex": str(index), "chunksize": str(len(content))}
        return self._server.call(
            "POST",
            self._path,
            key,
            data={**fields, **changed},
            files={"file": ("blob", content)},
        )

    def assemble(self, path: str | None = None, **changed: str) -> httpx.Response:
        # `files` of None values: a multipart body of fields only
        fields = {**self._fields, **changed}
        return self._server.call(
            "POST", path or self._path, files={n: (None, v) for n, v in fields.items()}
        )


def start(portal_server: PortalServer, total: int = 2) -> tuple[str, Parts]:
    dataset = portal_server.new_dataset()
    return dataset, Parts(portal_server, f"/api/1/datasets/{dataset}/upload/", total)


def resources(portal_server: PortalServer, dataset: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portal_server.dataset(dataset)["resources"]
    return found


def test_parts_in_any_order_make_one_file(portal_server: PortalServer) -> None:
    dataset, parts = start(portal_server, 3)
    for index, content in ((2, b"cc"), (0, b"aaaa"), (1, b"bbb")):
        answer = parts.send(index, content)
        assert answer.status_code == 200
        assert answer.json() == {"error": None, "message": "", "success": True}
    assert resources(portal_server, dataset) == []
    answer = parts.assemble()
    assert answer.status_code == 201
    made = answer.json()
    assert made["success"] is True
    assert made["title"] == "releves-2024.csv"
    assert made["filesize"] == 9
    assert made["checksum"]["value"] == hashlib.sha1(b"aaaabbbcc").hexdigest()
    assert portal_server.call("GET", made["url"], None).content == b"aaaabbbcc"


def test_parts_replace_a_resource(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    old = portal_server.upload(dataset, "a.csv", b"1")
    path = f"/api/1/datasets/{dataset}/resources/{old['id']}/upload/"
    parts = Parts(portal_server, path, 2)
    parts.send(0, b"x")
    parts.send(1, b"y")
    answer = parts.assemble()
    assert answer.status_code == 200
    assert answer.json()["id"] == old["id"]
    assert answer.json()["title"] == "releves-2024.csv"
    assert portal_server.call("GET", old["url"], None).status_code == 404


def test_the_same_part_twice_is_a_server_error_and_the_first_one_stays(
    portal_server: PortalServer,
) -> None:
    _, parts = start(portal_server)
    assert parts.send(0, b"first").status_code == 200
    again = parts.send(0, b"other")
    assert again.status_code == 500
    assert again.json() == {"message": "Internal Server Error"}
    assert parts.send(1, b"!").status_code == 200
    assert parts.assemble().json()["checksum"]["value"] == hashlib.sha1(b"first!").hexdigest()


def test_assembling_too_early_fails_and_can_be_made_good(portal_server: PortalServer) -> None:
    _, parts = start(portal_server)
    assert parts.send(0, b"a").status_code == 200
    assert parts.assemble().status_code == 500
    assert parts.send(1, b"b").status_code == 200
    # under another name: on the real portal's disk a truncated file took the first one
    assert parts.assemble(filename="autre.csv").status_code == 201


def test_assembling_twice_fails_though_the_resource_exists(portal_server: PortalServer) -> None:
    dataset, parts = start(portal_server)
    parts.send(0, b"a")
    parts.send(1, b"b")
    assert parts.assemble().status_code == 201
    assert parts.assemble(filename="autre.csv").status_code == 500
    assert len(resources(portal_server, dataset)) == 1


def test_too_small_a_total_truncates_the_file(portal_server: PortalServer) -> None:
    _, parts = start(portal_server, 3)
    for index in range(3):
        parts.send(index, b"x")
    answer = parts.assemble(totalparts="2")
    assert answer.status_code == 201
    assert answer.json()["filesize"] == 2


@pytest.mark.parametrize("size", ["3", "0"])
def test_a_part_of_another_size_than_announced_is_refused(
    portal_server: PortalServer, size: str
) -> None:
    _, parts = start(portal_server)
    answer = parts.send(0, b"xx", chunksize=size)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Chunk size mismatch", "message": "", "success": False}
    assert parts.send(0, b"xx").status_code == 200


def test_a_part_index_must_be_a_number(portal_server: PortalServer) -> None:
    _, parts = start(portal_server)
    answer = parts.send("x", b"1")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Input payload validation failed"
    assert set(answer.json()["errors"]) == {"partindex"}


def test_the_extension_is_checked_when_assembling(portal_server: PortalServer) -> None:
    _, parts = start(portal_server)
    assert parts.send(0, b"a", filename="x.parquet").status_code == 200
    assert parts.send(1, b"b", filename="x.parquet").status_code == 200
    refused = parts.assemble(filename="x.parquet")
    assert refused.status_code == 400
    assert "file type is not allowed" in refused.json()["message"]
    assert parts.assemble(filename="x.csv").status_code == 201


def test_parts_are_tied_to_no_dataset_and_no_person(portal_server: PortalServer) -> None:
    _, parts = start(portal_server)
    other = portal_server.new_dataset()
    assert parts.send(0, b"a", "orgadmin").status_code == 200
    assert parts.send(1, b"b").status_code == 200
    answer = parts.assemble(f"/api/1/datasets/{other}/upload/")
    assert answer.status_code == 201
    assert len(resources(portal_server, other)) == 1


def test_without_rights_a_part_is_refused(portal_server: PortalServer) -> None:
    _, parts = start(portal_server)
    assert parts.send(0, b"a", "stranger").status_code == 403


def test_one_part_of_one_is_a_plain_upload(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "POST",
        f"/api/1/datasets/{dataset}/upload/",
        data={"totalparts": "1", "filename": "ignored.csv", "partindex": "0"},
        files={"file": ("a.csv", b"1")},
    )
    assert answer.status_code == 201
    assert answer.json()["title"] == "a.csv"


def test_assembling_without_a_name_is_a_server_error(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "POST",
        f"/api/1/datasets/{dataset}/upload/",
        data={"uuid": str(uuid.uuid4()), "totalparts": "2"},
    )
    assert answer.status_code == 500


def test_what_the_front_end_says_beyond_the_parts_is_not_looked_at(
    portal_server: PortalServer,
) -> None:
    _, parts = start(portal_server)
    wrong = {"totalfilesize": "999", "partbyteoffset": "77"}
    assert parts.send(0, b"a", **wrong).status_code == 200
    assert parts.send(1, b"b", **wrong).status_code == 200
    answer = parts.assemble(totalfilesize="999")
    assert (answer.status_code, answer.json()["filesize"]) == (201, 2)


def test_a_part_that_was_refused_was_not_taken(portal_server: PortalServer) -> None:
    _, parts = start(portal_server)
    with portal_server.settings(READ_ONLY_MODE=True):
        assert parts.send(0, b"refused").status_code == 423
    with portal_server.settings(MAX_CONTENT_LENGTH=100):
        assert parts.send(0, b"too large" * 100).status_code == 413
    assert parts.send(0, b"a").status_code == 200
    assert parts.send(1, b"b").status_code == 200
    assert parts.assemble().json()["checksum"]["value"] == hashlib.sha1(b"ab").hexdigest()


def test_a_refused_assembling_leaves_the_parts(portal_server: PortalServer) -> None:
    dataset, parts = start(portal_server)
    parts.send(0, b"a")
    parts.send(1, b"b")
    with portal_server.settings(READ_ONLY_MODE=True):
        assert parts.assemble().status_code == 423
    assert resources(portal_server, dataset) == []
    assert parts.assemble().status_code == 201


def test_two_files_of_one_name_assembled_within_one_second_are_a_server_error(
    portal_server: PortalServer,
) -> None:
    """Counted from the last request, and not from the first part."""
    dataset = portal_server.new_dataset()
    path = f"/api/1/datasets/{dataset}/upload/"

    def statuses() -> list[int]:
        pair = [Parts(portal_server, path, 2), Parts(portal_server, path, 2)]
        for parts in pair:
            parts.send(0, b"a")
            parts.send(1, b"b")
        return [parts.assemble().status_code for parts in pair]

    # The clock may strike between the two of a pair, but not in every pair.
    assert any(500 in statuses() for _ in range(10))
