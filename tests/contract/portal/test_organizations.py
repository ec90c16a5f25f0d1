"""The datasets of an organization, as portals list them."""

from __future__ import annotations

import itertools

from tests.support.portal_servers import PortalServer


def _ids(server: PortalServer, organization: str, key: str | None, **params: int) -> list[str]:
    found: list[str] = []
    for page in itertools.count(1):
        answer = server.call(
            "GET",
            f"/api/1/organizations/{organization}/datasets/",
            key,
            params={"page": page, **params},
        )
        assert answer.status_code == 200, answer.text
        found += [one["id"] for one in answer.json()["data"]]
        if answer.json()["next_page"] is None:
            return found
    raise AssertionError("unreachable")


def test_an_organization_lists_its_datasets_page_by_page_by_id_and_slug(
    portal_server: PortalServer,
) -> None:
    made = {portal_server.new_dataset() for _ in range(3)}
    shown = portal_server.dataset(next(iter(made)))["organization"]
    by_id = _ids(portal_server, shown["id"], None, page_size=2)
    assert made <= set(by_id)
    assert len(by_id) == len(set(by_id))
    assert set(_ids(portal_server, shown["slug"], None, page_size=100)) == set(by_id)


def test_private_datasets_are_listed_for_members_only(portal_server: PortalServer) -> None:
    private = portal_server.new_dataset(private=True)
    assert private not in _ids(portal_server, portal_server.organization, None, page_size=100)
    assert private in _ids(portal_server, portal_server.organization, "editor", page_size=100)


def test_an_unknown_organization_is_404(portal_server: PortalServer) -> None:
    answer = portal_server.call("GET", "/api/1/organizations/no-such-body/datasets/", None)
    assert answer.status_code == 404


def test_archived_and_even_deleted_datasets_are_listed_to_everybody_and_say_so(
    portal_server: PortalServer,
) -> None:
    deleted, archived = portal_server.new_dataset(), portal_server.new_dataset()
    portal_server.call("DELETE", f"/api/1/datasets/{deleted}/", "orgadmin")
    portal_server.lab("archive", {"dataset": archived})
    path = f"/api/1/organizations/{portal_server.organization}/datasets/?page_size=10000"
    for key in ("editor", None):
        listed = {one["id"]: one for one in portal_server.call("GET", path, key).json()["data"]}
        assert listed[deleted]["deleted"]
        assert listed[archived]["archived"]
