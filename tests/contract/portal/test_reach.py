"""How far a key reaches, and whose a dataset is: what `check --online` and a cycle are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from syncd.core.ports import Portal
from syncd.simulator import Simulator
from tests.support.portal_clients import client
from tests.support.portal_servers import PortalServer


def assign(server: PortalServer, datasets: Iterable[str], key: str = "orgadmin") -> Any:
    person = server.call("GET", "/api/1/me/", "partial").json()["id"]
    path = f"/api/1/organizations/{server.organization}/member/{person}/assignments/"
    wanted = [{"class": "Dataset", "id": one} for one in datasets]
    return server.call("PUT", path, key, json=wanted)


def test_a_partial_editor_writes_to_the_datasets_that_are_assigned_and_to_no_other(
    portal_server: PortalServer,
) -> None:
    mine, other = portal_server.new_dataset(), portal_server.new_dataset(private=True)
    answer = assign(portal_server, [mine])
    assert answer.status_code == 200
    assert [one["subject"]["id"] for one in answer.json()] == [mine]
    for dataset, rights, status in ((mine, True, 201), (other, False, 403)):
        shown = portal_server.dataset(dataset, "partial")
        assert shown["permissions"] == {"delete": rights, "edit": rights, "edit_resources": rights}
        path = f"/api/1/datasets/{dataset}/upload/"
        sent = portal_server.call("POST", path, "partial", files={"file": ("a.csv", b"1")})
        assert sent.status_code == status
    assert assign(portal_server, []).json() == []
    assert not portal_server.dataset(mine, "partial")["permissions"]["edit_resources"]


def test_nobody_but_an_administrator_assigns_datasets(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    for key in ("partial", "editor", "stranger"):
        assert assign(portal_server, [dataset], key).status_code == 403


def test_a_partial_editor_may_write_to_what_they_made_themselves(
    portal_server: PortalServer,
) -> None:
    wanted = {"title": "À moi", "description": "d", "organization": portal_server.organization}
    made = portal_server.call("POST", "/api/1/datasets/", "partial", json=wanted).json()["id"]
    assert portal_server.dataset(made, "partial")["permissions"]["edit_resources"]


def test_ones_own_datasets_are_listed_without_those_of_the_organization(
    portal_server: PortalServer,
) -> None:
    of_the_organization = portal_server.new_dataset()
    wanted = {"title": "À moi seul", "description": "d"}
    made = portal_server.call("POST", "/api/1/datasets/", "stranger", json=wanted).json()["id"]
    listed = portal_server.call("GET", "/api/1/me/datasets/", "stranger").json()
    assert made in {one["id"] for one in listed}
    assert of_the_organization not in {one["id"] for one in listed}


def test_the_lists_say_which_datasets_a_key_may_write_to(portal_server: PortalServer) -> None:
    mine, other, deleted = (portal_server.new_dataset() for _ in range(3))
    assign(portal_server, [mine, deleted])
    portal_server.call("DELETE", f"/api/1/datasets/{deleted}/", "orgadmin")
    found = {}
    for name in ("partial", "editor", "stranger", "sysadmin"):
        with client(portal_server.url, portal_server.keys[name]) as portal:
            account = portal.whoami()
            assert account.is_admin is (name == "sysadmin")
            found[name] = portal.reach(account).datasets & {mine, other, deleted}
    assert found["partial"] == {mine}
    assert found["editor"] == {mine, other}
    assert found["stranger"] == set()


def test_a_long_list_is_not_read_to_its_end(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.adapters.portal.client._PAGE", 2)
    monkeypatch.setattr("syncd.adapters.portal.client._REACH_PAGES", 2)
    for number in range(5):
        simulator.new_dataset(f"Jeu {number}")
    with client(simulator.url, simulator.keys["editor"]) as portal:
        reach = portal.reach(portal.whoami())
    assert (len(reach.datasets), reach.is_whole) == (4, False)


def test_a_dataset_says_whose_it_is_and_who_sees_it(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset = portal_server.new_dataset(private=True)
    before = portal.describe(dataset)
    portal_server.lab(
        "transfer", {"dataset": dataset, "name": "Département", "members": ["editor"]}
    )
    after = portal.describe(dataset)
    assert before.private
    assert before.owner is not None
    assert after.owner is not None
    assert (before.owner.id, before.owner.name) == (portal_server.organization, "Ville de Test")
    assert (after.owner.name, after.may_edit) == ("Département", True)


def test_a_transferred_dataset_is_out_of_reach_of_its_former_owners(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset, private = portal_server.new_dataset(), portal_server.new_dataset(private=True)
    assign(portal_server, [dataset])
    for one in (dataset, private):
        portal_server.lab("transfer", {"dataset": one, "name": "Région", "members": []})
    after = portal.describe(dataset)
    assert after.owner is not None
    assert (after.owner.name, after.may_edit) == ("Région", False)
    assert not portal_server.dataset(dataset, "partial")["permissions"]["edit_resources"]
    assert portal_server.call("GET", f"/api/1/datasets/{private}/").status_code == 404
