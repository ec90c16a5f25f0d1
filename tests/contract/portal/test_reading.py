"""What the portals show, and where they send one."""

from __future__ import annotations

import pytest

from tests.support.portal_servers import PortalServer

UNKNOWN = "0" * 24
NO_RESOURCE = "00000000-0000-0000-0000-000000000000"

DATASET_FIELDS = {
    "id", "slug", "title", "acronym", "description", "description_short", "tags", "license",
    "frequency", "frequency_date", "private", "archived", "deleted", "featured", "doi", "owner",
    "organization", "created_at", "last_modified", "last_update", "internal", "harvest", "geopf",
    "extras", "quality", "permissions", "access_type", "access_audiences", "contact_points",
    "badges", "metrics", "spatial", "temporal_coverage", "schema", "page", "uri", "resources",
}  # fmt: skip
RESOURCE_FIELDS = {
    "id", "title", "description", "filetype", "type", "format", "mime", "filesize", "checksum",
    "url", "latest", "created_at", "last_modified", "internal", "extras", "harvest", "geopf",
    "schema", "preview_url", "metrics",
}  # fmt: skip


def test_a_dataset_is_shown_with_its_resources(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    first = portal_server.upload(dataset, "a.csv", b"1")["id"]
    second = portal_server.upload(dataset, "b.csv", b"2")["id"]
    shown = portal_server.dataset(dataset)
    assert set(shown) >= DATASET_FIELDS
    assert shown["id"] == dataset
    assert shown["organization"]["id"] == portal_server.organization
    assert shown["owner"] is None
    assert shown["private"] is False
    assert shown["archived"] is shown["deleted"] is shown["harvest"] is None
    assert [r["id"] for r in shown["resources"]] == [second, first]
    assert all(set(r) == RESOURCE_FIELDS for r in shown["resources"])


def test_a_resource_looks_the_same_wherever_it_is_read(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    alone = portal_server.resource(dataset, resource)
    assert set(alone) == RESOURCE_FIELDS
    assert portal_server.dataset(dataset)["resources"] == [alone]
    anywhere = portal_server.call("GET", f"/api/2/datasets/resources/{resource}/").json()
    assert anywhere == {"resource": alone, "dataset_id": dataset}
    page = portal_server.call("GET", f"/api/2/datasets/{dataset}/resources/").json()
    assert page["data"] == [alone]


def test_the_second_api_lists_resources_page_by_page(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    made = [portal_server.upload(dataset, f"{n}.csv", b"1")["id"] for n in "abc"]
    path = f"/api/2/datasets/{dataset}/resources/"
    first = portal_server.call("GET", path, params={"page_size": 2}).json()
    assert [r["id"] for r in first["data"]] == made[:0:-1]
    assert (first["page"], first["page_size"], first["total"]) == (1, 2, 3)
    assert first["previous_page"] is None
    assert first["next_page"] == f"{portal_server.url}{path}?page=2&page_size=2"
    last = portal_server.call("GET", first["next_page"]).json()
    assert [r["id"] for r in last["data"]] == made[:1]
    assert last["next_page"] is None
    beyond = portal_server.call("GET", path, params={"page": 9})
    assert beyond.status_code == 200
    assert beyond.json()["data"] == []
    assert portal_server.call("GET", path, params={"page": 0}).status_code == 400
    titled = portal_server.call("GET", path, params={"q": "B.c", "type": "main"}).json()
    assert [r["title"] for r in titled["data"]] == ["b.csv"]


def test_the_second_api_shows_a_dataset_with_a_link_for_its_resources(
    portal_server: PortalServer,
) -> None:
    dataset = portal_server.new_dataset()
    portal_server.upload(dataset, "a.csv", b"1")
    shown = portal_server.call("GET", f"/api/2/datasets/{dataset}/").json()
    assert shown["id"] == dataset
    assert shown["permissions"]["edit_resources"] is True
    assert shown["resources"] == {
        "rel": "subsection",
        "href": f"{portal_server.url}/api/2/datasets/{dataset}/resources/?page=1&page_size=50",
        "type": "GET",
        "total": 1,
    }


def test_a_dataset_answers_to_its_slug(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    slug = portal_server.dataset(dataset)["slug"]
    assert portal_server.dataset(slug)["id"] == dataset


def test_a_slug_comes_from_the_title_and_is_unique(portal_server: PortalServer) -> None:
    titles = ["L'été à la mer, n° 1.5"] * 2
    slugs = [portal_server.dataset(portal_server.new_dataset(t))["slug"] for t in titles]
    assert slugs == ["lete-a-la-mer-ndeg-1-5", "lete-a-la-mer-ndeg-1-5-1"]


def test_another_case_of_a_slug_redirects(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    slug = portal_server.dataset(dataset)["slug"]
    answer = portal_server.call("GET", f"/api/1/datasets/{slug.upper()}/")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/api/1/datasets/{slug}/"


def test_an_old_slug_redirects_on_reads_and_on_uploads(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    old = portal_server.dataset(dataset)["slug"]
    body = {"title": f"{old} renommé", "description": "Un jeu de test."}
    assert portal_server.call("PUT", f"/api/1/datasets/{dataset}/", json=body).status_code == 200
    new = portal_server.dataset(dataset)["slug"]
    assert new == f"{old}-renomme"
    read = portal_server.call("GET", f"/api/1/datasets/{old}/")
    assert (read.status_code, read.headers["location"]) == (308, f"/api/1/datasets/{new}/")
    sent = portal_server.call(
        "POST", f"/api/1/datasets/{old}/upload/", files={"file": ("a.csv", b"1")}
    )
    assert (sent.status_code, sent.headers["location"]) == (308, f"/api/1/datasets/{new}/upload/")


def test_a_missing_last_slash_redirects(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call("GET", f"/api/1/datasets/{dataset}")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{portal_server.url}/api/1/datasets/{dataset}/"


def test_unknown_things_are_404(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    assert portal_server.call("GET", f"/api/1/datasets/{UNKNOWN}/").status_code == 404
    assert portal_server.call("GET", "/api/1/datasets/no-such-slug/").status_code == 404
    assert portal_server.call("GET", f"/api/2/datasets/{UNKNOWN}/").status_code == 404
    assert portal_server.call("GET", f"/api/1/datasets/r/{NO_RESOURCE}").status_code == 404
    assert portal_server.call("GET", "/api/1/nothing/").status_code == 404
    resource = portal_server.call("GET", f"/api/1/datasets/{dataset}/resources/{NO_RESOURCE}/")
    assert resource.status_code == 404
    assert resource.json() == {"message": "Resource does not exist"}
    anywhere = portal_server.call("GET", f"/api/2/datasets/resources/{NO_RESOURCE}/")
    assert anywhere.status_code == 404


def test_a_resource_of_another_dataset_is_404(portal_server: PortalServer) -> None:
    resource = portal_server.upload(portal_server.new_dataset(), "a.csv", b"1")["id"]
    other = portal_server.new_dataset()
    path = f"/api/1/datasets/{other}/resources/{resource}/"
    assert portal_server.call("GET", path).status_code == 404
    sent = portal_server.call("POST", f"{path}upload/", files={"file": ("b.csv", b"2")})
    assert sent.status_code == 404


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("application/json", "application/json"), ("*/*", "application/json"), ("text/html", "text/")],
)
def test_a_404_is_html_for_who_prefers_html(
    portal_server: PortalServer, accept: str, kind: str
) -> None:
    answer = portal_server.call("GET", f"/api/1/datasets/{UNKNOWN}/", headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith(kind)


def test_a_wrong_method_is_405(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call("PATCH", f"/api/1/datasets/{dataset}/")
    assert answer.status_code == 405
    assert answer.json() == {"message": "The method is not allowed for the requested URL."}


def test_the_permanent_link_leads_to_the_current_file(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    made = portal_server.upload(dataset, "a.csv", b"first")
    assert made["latest"] == f"{portal_server.url}/api/1/datasets/r/{made['id']}"
    assert portal_server.call("GET", made["latest"], None).headers["location"] == made["url"]
    new = portal_server.replace(dataset, made["id"], "b.csv", b"second")
    answer = portal_server.call("GET", made["latest"], None)
    assert (answer.status_code, answer.headers["location"]) == (302, new["url"])
    assert portal_server.call("GET", new["url"], None).content == b"second"


def test_a_mask_keeps_only_the_fields_asked_for(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    wanted = "id,archived,permissions{edit},resources{id,checksum{type}},nonsense"
    answer = portal_server.call("GET", f"/api/1/datasets/{dataset}/", headers={"X-Fields": wanted})
    assert answer.json() == {
        "id": dataset,
        "archived": None,
        "permissions": {"edit": True},
        "resources": [{"id": resource, "checksum": {"type": "sha1"}}],
    }


def test_a_broken_mask_is_400(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "GET", f"/api/1/datasets/{dataset}/", headers={"X-Fields": "id,resources{id"}
    )
    assert answer.status_code == 400
    assert answer.json() == {"message": "Mask parse error: Missing closing bracket"}


def test_a_mask_takes_the_text_of_a_refusal_away(portal_server: PortalServer) -> None:
    """Why syncd sends masks with reads only."""
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "POST",
        f"/api/1/datasets/{dataset}/upload/",
        files={"file": ("a.parquet", b"1")},
        headers={"X-Fields": "id,title"},
    )
    assert answer.status_code == 400
    assert answer.json() == {"message": ""}


def test_the_extensions_are_listed(portal_server: PortalServer) -> None:
    listed = portal_server.call("GET", "/api/1/datasets/extensions/", None).json()
    assert {"csv", "geojson", "xlsx", "zip", "gz"} <= set(listed)
    assert not {"parquet", "html", "tsv"} & set(listed)
    assert listed == sorted(listed)
    assert len(listed) == 64


def test_answers_carry_no_validators(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    headers = portal_server.call("GET", f"/api/1/datasets/{dataset}/").headers
    assert not {"etag", "last-modified", "cache-control"} & set(headers)
