"""Deleted, private, archived and harvested datasets; a portal in read-only mode."""

from __future__ import annotations

import pytest

from tests.support.portal_servers import PortalServer

FILE = {"file": ("b.csv", b"2")}
HARVESTED = "2020-01-02T03:04:05+00:00"


def path_of(dataset: str, version: int = 1) -> str:
    return f"/api/{version}/datasets/{dataset}/"


def deleted(portal_server: PortalServer) -> tuple[str, str]:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    assert portal_server.call("DELETE", path_of(dataset)).status_code == 204
    return dataset, resource


@pytest.mark.parametrize("person", ["stranger", None])
def test_a_deleted_dataset_is_gone_for_outsiders(
    portal_server: PortalServer, person: str | None
) -> None:
    dataset, resource = deleted(portal_server)
    for path in (
        path_of(dataset),
        path_of(dataset, 2),
        f"{path_of(dataset)}resources/{resource}/",
        f"{path_of(dataset, 2)}resources/",
        f"{path_of(dataset, 2)}resources/{resource}/extras/",
        f"/api/2/datasets/resources/{resource}/",
    ):
        answer = portal_server.call("GET", path, person)
        assert answer.status_code == 410, path
        assert answer.json() == {"message": "Dataset has been deleted"}


@pytest.mark.parametrize("person", ["editor", "orgadmin", "partial", "sysadmin"])
def test_a_deleted_dataset_still_answers_its_people(
    portal_server: PortalServer, person: str
) -> None:
    dataset, _ = deleted(portal_server)
    shown = portal_server.dataset(dataset, person)
    assert shown["deleted"] is not None
    assert shown["permissions"]["edit_resources"] is (person != "partial")


def test_a_deleted_dataset_still_takes_files_from_its_editor(portal_server: PortalServer) -> None:
    """The trap for which syncd looks at `deleted` itself."""
    dataset, resource = deleted(portal_server)
    new = portal_server.call("POST", f"{path_of(dataset)}upload/", files=FILE)
    assert new.status_code == 201
    one = f"{path_of(dataset)}resources/{resource}/"
    replaced = portal_server.call("POST", f"{one}upload/", files={"file": ("c.csv", b"3")})
    assert replaced.status_code == 200
    assert portal_server.call("PUT", one, json={"title": "x"}).status_code == 200
    extras = f"{path_of(dataset, 2)}resources/{resource}/extras/"
    assert portal_server.call("PUT", extras, json={"a": 1}).status_code == 410
    assert portal_server.call("DELETE", path_of(dataset)).status_code == 410
    body = {"title": "x", "description": "y"}
    assert portal_server.call("PUT", path_of(dataset), json=body).status_code == 410


def test_the_permanent_link_survives_the_dataset(portal_server: PortalServer) -> None:
    _, resource = deleted(portal_server)
    assert portal_server.call("GET", f"/api/1/datasets/r/{resource}", None).status_code == 302


@pytest.mark.parametrize(
    ("person", "status"),
    [("editor", 200), ("partial", 200), ("sysadmin", 200), ("stranger", 404), (None, 404)],
)
def test_a_private_dataset_is_unknown_to_outsiders(
    portal_server: PortalServer, person: str | None, status: int
) -> None:
    dataset = portal_server.new_dataset(private=True)
    assert portal_server.call("GET", path_of(dataset), person).status_code == status


def test_an_archived_dataset_is_shown_to_all_and_still_takes_files(
    portal_server: PortalServer,
) -> None:
    dataset = portal_server.new_dataset()
    portal_server.lab("archive", {"dataset": dataset})
    assert portal_server.dataset(dataset, None)["archived"] is not None
    assert portal_server.dataset(dataset, "editor")["archived"] is not None
    sent = portal_server.call("POST", f"{path_of(dataset)}upload/", files=FILE)
    assert sent.status_code == 201


def test_a_harvested_dataset_says_where_it_comes_from(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    portal_server.upload(dataset, "a.csv", b"1")
    portal_server.lab("harvest", {"dataset": dataset, "resource": None})
    shown = portal_server.dataset(dataset)
    assert shown["harvest"] == {
        "backend": "dcat",
        "domain": "source.example.org",
        "source_id": "0123456789abcdef01234567",
        "source_url": "https://source.example.org/catalogue",
        "remote_id": "jeu-1",
        "remote_url": "https://source.example.org/jeu-1",
        "uri": "https://source.example.org/jeu-1",
        "last_update": HARVESTED,
    }
    assert shown["resources"][0]["harvest"] is None
    assert shown["permissions"]["edit_resources"] is True


def test_a_harvested_resource_says_so_and_keeps_its_sources_date(
    portal_server: PortalServer,
) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    portal_server.lab("harvest", {"dataset": dataset, "resource": resource})
    shown = portal_server.resource(dataset, resource)
    uri = "https://source.example.org/jeu-1/fichier"
    assert shown["harvest"] == {"uri": uri, "modified_at": HARVESTED}
    assert shown["last_modified"] == HARVESTED
    assert portal_server.dataset(dataset)["harvest"] is None
    after = portal_server.replace(dataset, resource, "b.csv", b"2")
    assert after["harvest"] == shown["harvest"]
    assert after["last_modified"] == HARVESTED


def test_a_read_only_portal_takes_no_new_content(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    one = f"{path_of(dataset)}resources/{resource}/"
    remote = {"title": "R", "url": "https://www.example.org/x", "filetype": "remote"}
    new = {"title": "x", "description": "y"}
    with portal_server.settings(READ_ONLY_MODE=True):
        refused = [
            portal_server.call("POST", f"{path_of(dataset)}upload/", files=FILE),
            portal_server.call("POST", f"{one}upload/", files=FILE),
            portal_server.call("POST", f"{path_of(dataset)}resources/", json=remote),
            portal_server.call("POST", "/api/1/datasets/", json=new),
        ]
        assert [answer.status_code for answer in refused] == [423] * 4
        assert refused[0].json() == {
            "message": "Due to security reasons, the creation of new content is currently disabled."
        }
        assert portal_server.call("PUT", one, json={"title": "T"}).status_code == 200
        admin = portal_server.call("POST", f"{one}upload/", "sysadmin", files=FILE)
        assert admin.status_code == 200
        assert portal_server.call("DELETE", one).status_code == 204
    assert portal_server.dataset(dataset)["resources"] == []
