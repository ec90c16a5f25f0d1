"""Titles, extras, dates, remote resources; and the dataset's own PUT, with its traps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.portal_servers import PortalServer

REMOTE = {"title": "Distante", "url": "https://www.example.org/x.csv", "filetype": "remote"}
NO_RESOURCE = "00000000-0000-0000-0000-000000000000"


def dates(portal_server: PortalServer, dataset: str) -> dict[str, Any]:
    shown = portal_server.dataset(dataset)
    return {
        "last_modified": shown["last_modified"],
        "last_update": shown["last_update"],
        "resources": [r["last_modified"] for r in shown["resources"]],
    }


def one(dataset: str, resource: str, version: int = 1) -> str:
    return f"/api/{version}/datasets/{dataset}/resources/{resource}/"


def prepared(portal_server: PortalServer) -> tuple[str, str]:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    portal_server.edit(
        dataset, resource, title="Titre", description="Texte", type="update", extras={"a": 1}
    )
    return dataset, resource


def test_a_put_of_the_title_changes_the_title_and_the_dates_only(
    portal_server: PortalServer,
) -> None:
    dataset, resource = prepared(portal_server)
    before = portal_server.resource(dataset, resource)
    answered = portal_server.edit(dataset, resource, title="Autre titre")
    after = portal_server.resource(dataset, resource)
    assert answered["title"] == after["title"] == "Autre titre"
    assert "success" not in answered
    assert after.pop("last_modified") > before.pop("last_modified")
    for shown in (before, after):
        shown.pop("internal")
    assert after == {**before, "title": "Autre titre"}


def test_a_put_moves_the_public_dates_even_when_it_changes_nothing(
    portal_server: PortalServer,
) -> None:
    dataset, resource = prepared(portal_server)
    before = dates(portal_server, dataset)
    portal_server.edit(dataset, resource)
    after = dates(portal_server, dataset)
    assert after["last_update"] > before["last_update"]
    assert after["last_modified"] > before["last_modified"]
    assert after["resources"] > before["resources"]


def test_a_title_is_kept_as_it_was_written(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    for title in ("  espaces  ", "« guillemets » & <b>", "Été\u00a0: l'œuvre", "x" * 350, "😀"):
        assert portal_server.edit(dataset, resource, title=title)["title"] == title
        assert portal_server.resource(dataset, resource)["title"] == title


def test_a_description_can_be_emptied(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    assert portal_server.edit(dataset, resource, description=None)["description"] is None


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"title": ""}, {"title": ["This field is required."]}),
        ({"title": None}, {"title": ["This field is required."]}),
        ({"title": "x" * 351}, {"title": ["Field cannot be longer than 350 characters."]}),
        ({"type": "bogus"}, {"type": ["Not a valid choice."]}),
    ],
)
def test_a_bad_field_is_refused_by_name(
    portal_server: PortalServer, fields: dict[str, Any], errors: dict[str, Any]
) -> None:
    dataset, resource = prepared(portal_server)
    answer = portal_server.call("PUT", one(dataset, resource), json=fields)
    assert answer.status_code == 400
    assert answer.json() == {"errors": errors}


def test_a_body_that_is_no_json_object_is_refused(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    path = one(dataset, resource)
    plain = portal_server.call("PUT", path, content=b"x")
    assert plain.json() == {"errors": {"Content-Type": "expecting application/json"}}
    listed = portal_server.call("PUT", path, json=[1])
    assert listed.json() == {"errors": {"request": "expecting a JSON object"}}
    broken = portal_server.call(
        "PUT", path, content=b"{", headers={"Content-Type": "application/json"}
    )
    assert [a.status_code for a in (plain, listed, broken)] == [400, 400, 400]


def test_the_servers_own_fields_of_a_hosted_file_are_left_alone(
    portal_server: PortalServer,
) -> None:
    dataset, resource = prepared(portal_server)
    before = portal_server.resource(dataset, resource)
    stale = {
        "url": "https://www.example.org/x.csv",
        "checksum": {"type": "sha1", "value": "0" * 40},
        "filesize": 7,
        "mime": "text/plain",
        "format": "txt",
    }
    portal_server.edit(dataset, resource, **stale)
    after = portal_server.resource(dataset, resource)
    assert {name: after[name] for name in stale} == {name: before[name] for name in stale}


def test_a_filetype_cannot_be_changed(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    answer = portal_server.call("PUT", one(dataset, resource), json={"filetype": "remote"})
    assert answer.status_code == 400
    assert answer.json() == {"message": "Cannot modify filetype after creation"}


def test_a_remote_resource_is_created(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    path = f"/api/1/datasets/{dataset}/resources/"
    body = {**REMOTE, "format": "CSV", "type": "main", "id": NO_RESOURCE}
    answer = portal_server.call("POST", path, json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert made["id"] != NO_RESOURCE
    assert (made["filetype"], made["url"], made["format"]) == ("remote", REMOTE["url"], "csv")
    assert made["checksum"] is made["filesize"] is made["mime"] is None
    latest = portal_server.call("GET", made["latest"], None)
    assert latest.headers["location"] == REMOTE["url"]
    assert portal_server.call("POST", path, json=REMOTE).json()["type"] == "other"
    edited = portal_server.edit(dataset, made["id"], filesize=12, mime="text/csv")
    assert (edited["filesize"], edited["mime"], edited["title"]) == (12, "text/csv", "Distante")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (
            {"title": "x", "url": "https://www.example.org/"},
            {"message": "This endpoint only supports remote resources"},
        ),
        (
            {"title": "x", "filetype": "remote"},
            {"errors": {"url": ["This field is required."]}},
        ),
        (
            {"url": "https://www.example.org/", "filetype": "remote"},
            {"errors": {"title": ["This field is required."]}},
        ),
        (
            {"title": "x", "filetype": "remote", "url": "nonsense"},
            {"errors": {"url": ['Invalid URL "nonsense"']}},
        ),
    ],
)
def test_a_bad_remote_resource_is_refused(
    portal_server: PortalServer, body: dict[str, Any], answer: dict[str, Any]
) -> None:
    dataset = portal_server.new_dataset()
    refused = portal_server.call("POST", f"/api/1/datasets/{dataset}/resources/", json=body)
    assert (refused.status_code, refused.json()) == (400, answer)


def test_extras_are_merged_and_move_no_date(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    path = f"{one(dataset, resource, 2)}extras/"
    before = dates(portal_server, dataset)
    marks = {"syncd:etag": '"abc"', "syncd:size": 10, "with.dot": None, "a": None}
    answer = portal_server.call("PUT", path, json=marks)
    assert answer.status_code == 200
    assert answer.json() == {"syncd:etag": '"abc"', "syncd:size": 10}
    portal_server.call("PUT", path, json={"syncd:size": 11, "k.v": [1]})
    kept = {"syncd:etag": '"abc"', "syncd:size": 11, "k.v": [1]}
    assert portal_server.call("GET", path).json() == kept
    assert portal_server.resource(dataset, resource)["extras"] == kept
    assert dates(portal_server, dataset) == before
    assert portal_server.call("DELETE", path, json=["k.v"]).status_code == 204
    assert portal_server.call("DELETE", path, json=["k.v"]).status_code == 404
    assert dates(portal_server, dataset) == before


def test_extras_survive_a_replacement_and_a_put_replaces_them(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    path = f"{one(dataset, resource, 2)}extras/"
    portal_server.call("PUT", path, json={"syncd:etag": "e"})
    after = portal_server.replace(dataset, resource, "b.csv", b"2")
    assert after["extras"] == {"a": 1, "syncd:etag": "e"}
    assert portal_server.edit(dataset, resource, extras={"b": 2})["extras"] == {"b": 2}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([1], "Wrong payload format, dict expected"),
        ({"check:status": 200}, "Extras keys reserved to platform services: check:status"),
        (
            {"check:date": 1, "analysis:checksum": "x", "b": 1},
            "Extras keys reserved to platform services: check:date, analysis:checksum",
        ),
    ],
)
def test_bad_extras_are_refused(portal_server: PortalServer, body: object, message: str) -> None:
    dataset, resource = prepared(portal_server)
    answer = portal_server.call("PUT", f"{one(dataset, resource, 2)}extras/", json=body)
    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert portal_server.resource(dataset, resource)["extras"] == {"a": 1}


def test_a_key_of_extras_must_not_start_with_a_dollar(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    answer = portal_server.call("PUT", f"{one(dataset, resource, 2)}extras/", json={"$x": 1})
    assert answer.status_code == 400


def test_extras_must_come_as_json(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    answer = portal_server.call("PUT", f"{one(dataset, resource, 2)}extras/", content=b"{}")
    assert answer.status_code == 415


def test_extras_of_an_unknown_resource_are_404(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call("PUT", f"{one(dataset, NO_RESOURCE, 2)}extras/", json={"a": 1})
    assert (answer.status_code, answer.json()) == (404, {"message": "Resource does not exist"})


def test_extras_of_a_dataset_are_merged_and_move_no_date(portal_server: PortalServer) -> None:
    dataset, _ = prepared(portal_server)
    before = dates(portal_server, dataset)
    path = f"/api/2/datasets/{dataset}/extras/"
    assert portal_server.call("PUT", path, json={"syncd:x": 1}).json() == {"syncd:x": 1}
    assert portal_server.dataset(dataset)["extras"] == {"syncd:x": 1}
    assert dates(portal_server, dataset) == before


def test_a_withdrawal_moves_the_datasets_dates(portal_server: PortalServer) -> None:
    dataset, resource = prepared(portal_server)
    rest = portal_server.upload(dataset, "b.csv", b"2")["id"]
    before = dates(portal_server, dataset)
    assert portal_server.call("DELETE", one(dataset, resource)).status_code == 204
    shown = portal_server.dataset(dataset)
    assert [r["id"] for r in shown["resources"]] == [rest]
    assert shown["last_modified"] > before["last_modified"]
    assert shown["last_update"] == shown["resources"][0]["last_modified"]


def test_a_new_order_moves_no_date(portal_server: PortalServer) -> None:
    dataset, first = prepared(portal_server)
    second = portal_server.upload(dataset, "b.csv", b"2")["id"]
    before = dates(portal_server, dataset)
    path = f"/api/1/datasets/{dataset}/resources/"
    assert portal_server.call("PUT", path, json=[first]).status_code == 400
    assert portal_server.call("PUT", path, json=[first, second]).status_code == 200
    shown = portal_server.dataset(dataset)
    assert [r["id"] for r in shown["resources"]] == [first, second]
    assert shown["last_update"] == before["last_update"]


def test_a_put_of_the_dataset_empties_what_it_does_not_name(portal_server: PortalServer) -> None:
    """Why syncd never PUTs a dataset."""
    dataset = portal_server.new_dataset(tags=["musees", "culture"])
    dropped = portal_server.upload(dataset, "a.csv", b"1")["id"]
    kept = portal_server.upload(dataset, "b.csv", b"2")
    kept.pop("success")
    assert portal_server.dataset(dataset)["tags"] == ["culture", "musees"]
    path = f"/api/1/datasets/{dataset}/"
    body = {"title": "Un autre titre", "description": "Texte", "resources": [kept]}
    assert portal_server.call("PUT", path, json=body).status_code == 200
    shown = portal_server.dataset(dataset)
    assert shown["tags"] == []
    assert [r["id"] for r in shown["resources"]] == [kept["id"]]
    assert portal_server.call("GET", one(dataset, dropped)).status_code == 404


@pytest.mark.parametrize("missing", ["title", "description"])
def test_a_dataset_needs_a_title_and_a_description(
    portal_server: PortalServer, missing: str
) -> None:
    body = {"title": "x", "description": "y"}
    del body[missing]
    answer = portal_server.call("POST", "/api/1/datasets/", json=body)
    assert answer.status_code == 400
    assert answer.json() == {"errors": {missing: ["This field is required."]}}


def test_a_dataset_cannot_be_made_for_an_organization_of_others(
    portal_server: PortalServer,
) -> None:
    body = {"title": "x", "description": "y", "organization": portal_server.organization}
    answer = portal_server.call("POST", "/api/1/datasets/", "stranger", json=body)
    assert answer.status_code == 400
    assert answer.json() == {
        "errors": {"organization": ["Permission denied for this organization"]}
    }
