"""What the audit relies on: quality criteria, and which datasets are elements of a topic."""

from __future__ import annotations

import pytest

from syncd.adapters.portal.catalogue import entry as entry_of
from syncd.adapters.portal.catalogue import topic_page
from syncd.adapters.portal.paging import Page, every
from syncd.core.errors import NotFound, PortalUnreachable
from syncd.core.ports import Portal
from tests.support.dataset_builders import GOOD, NINE, new_topic
from tests.support.portal_clients import UNKNOWN
from tests.support.portal_servers import PortalServer

# -- odd answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -1, 3])
def test_a_score_that_is_no_share_is_none(portal_server: PortalServer, score: float) -> None:
    body = portal_server.dataset(portal_server.new_dataset())
    assert entry_of(body).score is not None
    assert entry_of(body | {"quality": {**body["quality"], "score": score}}).score is None


# -- quality -------------------------------------------------------------------------------------


def test_a_new_dataset_has_no_point_and_says_nothing_of_files_and_lateness(
    portal_server: PortalServer,
) -> None:
    quality = portal_server.dataset(portal_server.new_dataset())["quality"]
    assert quality == {
        "license": False,
        "temporal_coverage": False,
        "spatial": False,
        "update_frequency": False,
        "dataset_description_quality": False,
        "score": 0,
    }


def test_a_dataset_with_everything_has_nine_points(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset(**GOOD)
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    before = portal_server.dataset(dataset)["quality"]
    assert before["resources_documentation"] is False
    assert before["score"] == pytest.approx(8 / 9)
    portal_server.edit(dataset, resource, description="Une colonne : le nombre.")
    after = portal_server.dataset(dataset)["quality"]
    assert {name for name, value in after.items() if value is True} == NINE | {"has_resources"}
    assert after["score"] == 1


def test_a_pdf_alone_is_no_open_format(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset(**GOOD)
    portal_server.upload(dataset, "a.pdf", b"1")
    assert portal_server.dataset(dataset)["quality"]["has_open_format"] is False


@pytest.mark.parametrize("frequency", ["punctual", "irregular", "never", "continuous", "hourly"])
def test_a_frequency_that_expects_nothing_or_lately_is_in_time(
    portal_server: PortalServer, frequency: str
) -> None:
    dataset = portal_server.new_dataset(frequency=frequency)
    quality = portal_server.dataset(dataset)["quality"]
    assert quality["update_frequency"] is quality["update_fulfilled_in_time"] is True


def test_a_dataset_is_late_when_its_newest_file_is_older_than_its_frequency(
    portal_server: PortalServer,
) -> None:
    """Made by a harvested date, the one that a client can put into the past."""
    dataset = portal_server.new_dataset(**GOOD)
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    assert portal_server.dataset(dataset)["quality"]["update_fulfilled_in_time"] is True
    portal_server.lab("harvest", {"dataset": dataset, "resource": resource})
    portal_server.edit(dataset, resource, description="x")
    assert portal_server.dataset(dataset)["quality"]["update_fulfilled_in_time"] is False


def test_coverages_and_short_description_are_shown_as_they_were_given(
    portal_server: PortalServer,
) -> None:
    shown = portal_server.dataset(portal_server.new_dataset(**GOOD))
    assert shown["spatial"] == {"geom": None, "granularity": "poi", "zones": []}
    assert shown["temporal_coverage"] == GOOD["temporal_coverage"]
    assert shown["description_short"] == "Un jeu de test."
    assert shown["license"] == "lov2"
    assert shown["frequency"] == "daily"
    assert shown["tags"] == ["culture", "musee", "patrimoine"]
    long = {"title": "x", "description": "y", "description_short": "z" * 201}
    refused = portal_server.call("POST", "/api/1/datasets/", json=long)
    assert refused.status_code == 400
    assert refused.json() == {
        "errors": {"description_short": ["Field cannot be longer than 200 characters."]}
    }


# -- topics --------------------------------------------------------------------------------------


def test_a_topic_lists_its_elements_by_class_page_and_mask(portal_server: PortalServer) -> None:
    made = [portal_server.new_dataset() for _ in range(3)]
    topic = new_topic(portal_server, *made, notes=2)
    path = f"/api/2/topics/{topic['slug']}/elements/"
    asked = {"class": "Dataset", "page_size": 2}
    mask = {"X-Fields": "data{element},next_page"}
    first = portal_server.call("GET", path, None, params=asked, headers=mask).json()
    assert first == {
        "data": [{"element": {"class": "Dataset", "id": one}} for one in made[:2]],
        "next_page": f"{portal_server.url}{path}?class=Dataset&page_size=2&page=2",
    }
    last = portal_server.call("GET", first["next_page"], None).json()
    assert [one["element"]["id"] for one in last["data"]] == made[2:]
    assert (last["next_page"], last["page"], last["total"]) == (None, 2, 3)
    everything = portal_server.call("GET", path, None).json()["data"]
    assert [one["element"] is None for one in everything] == [False, True, True, False, False]
    beyond = portal_server.call("GET", path, None, params={**asked, "page": 9})
    assert beyond.status_code == 404


def test_a_topics_slug_in_other_letters_is_redirected_without_the_query(
    portal_server: PortalServer,
) -> None:
    """Why the client asks for the topic's id first."""
    slug = new_topic(portal_server, portal_server.new_dataset())["slug"]
    path = f"/api/2/topics/{slug.upper()}/elements/"
    answer = portal_server.call("GET", path, params={"class": "Dataset"})
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"/api/2/topics/{slug}/elements/"


def test_a_deleted_dataset_stays_an_element(portal_server: PortalServer) -> None:
    """So being listed is not enough to be visible."""
    dataset = portal_server.new_dataset()
    topic = new_topic(portal_server, dataset)
    assert portal_server.call("DELETE", f"/api/1/datasets/{dataset}/").status_code == 204
    path = f"/api/2/topics/{topic['id']}/elements/"
    (left,) = portal_server.call("GET", path).json()["data"]
    assert left["element"] == {"class": "Dataset", "id": dataset}


# -- the client ----------------------------------------------------------------------------------


def test_the_client_reads_an_entry_of_the_catalogue(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset = portal_server.new_dataset(**GOOD)
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    portal_server.edit(dataset, resource, description="Une colonne.", type="documentation")
    entry = portal.catalogue_entry(dataset)
    assert portal.catalogue_entry(portal_server.dataset(dataset)["slug"]).id == dataset
    assert set(entry.quality) == NINE | {"has_resources"}
    assert entry.score == 1
    assert (entry.frequency, entry.tags) == ("daily", ("culture", "musee", "patrimoine"))
    assert {entry.private, entry.archived, entry.deleted} == {False}
    assert entry.created_at <= entry.updated_at <= entry.modified_at
    (file,) = entry.files
    assert (file.resource.id, file.description) == (resource, "Une colonne.")
    assert file.type == "documentation"


def test_the_client_sees_what_hides_a_dataset(portal: Portal, portal_server: PortalServer) -> None:
    hidden = portal_server.new_dataset(private=True)
    archived, deleted = portal_server.new_dataset(), portal_server.new_dataset()
    portal_server.lab("archive", {"dataset": archived})
    portal_server.call("DELETE", f"/api/1/datasets/{deleted}/")
    assert portal.catalogue_entry(hidden).private
    assert portal.catalogue_entry(archived).archived
    assert portal.catalogue_entry(deleted).deleted


def test_the_client_reads_a_topic_to_its_end(
    portal: Portal, portal_server: PortalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [portal_server.new_dataset() for _ in range(5)]
    topic = new_topic(portal_server, *made, notes=25)  # more than a page that nobody sized
    monkeypatch.setattr("syncd.adapters.portal.catalogue.PAGE_SIZE", 2)
    assert portal.topic_datasets(topic["id"]) == frozenset(made)
    assert portal.topic_datasets(topic["slug"].upper()) == frozenset(made)


def test_the_client_says_that_there_is_no_such_topic(portal: Portal) -> None:
    with pytest.raises(NotFound) as refused:
        portal.topic_datasets(UNKNOWN)
    assert refused.value.reason.facts["what"] == "topic"


def test_what_is_no_dataset_is_none_even_if_it_is_listed() -> None:
    listed = [
        {"element": {"class": "Reuse", "id": "a"}},
        {"element": {"class": "Dataset", "id": "b"}},
        {"element": None},
    ]
    assert topic_page({"data": listed, "next_page": "x"}) == Page(("b",), True)


def test_a_topic_without_end_is_no_topic() -> None:
    with pytest.raises(PortalUnreachable):
        every(lambda _number: Page((), True), "portal.example", "topic")


def test_a_portal_that_shows_the_same_page_again_is_asked_twice_and_no_more() -> None:
    asked = []

    def page(number: int) -> Page:
        asked.append(number)
        return Page(("a", "b"), True)

    with pytest.raises(PortalUnreachable):
        every(page, "portal.example", "organization")
    assert asked == [1, 2]
