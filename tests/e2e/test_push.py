"""`syncd push`, by the installed command, on both portals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli_harness import Office
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket

FILE = b"id,nom\n1,Louvre\n"
BY = ("--by", "Paul Petit", "--note", "demande du cabinet")


@pytest.fixture
def either(portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    office = Office(portal_server, seaweed_bucket, tmp_path)
    office.target("Autre chose", "autre.csv", b"id\n1\n")  # a manifest must name something
    (tmp_path / "Musées 2024.csv").write_bytes(FILE)
    return office


def test_a_resource_outside_of_the_manifest_is_replaced_under_its_title(either: Office) -> None:
    elsewhere = either.portal.new_dataset()
    resource = either.resource("Les musées", dataset=elsewhere)
    plan = either.run("push", "Musées 2024.csv", "--resource", resource, "--dry-run", "--json")
    assert plan.actions == {"Musées 2024.csv": "replace"}
    assert either.online(resource, dataset=elsewhere)["title"] == "Les musées"

    done = either.run("push", "Musées 2024.csv", "--resource", resource, *BY, "--json")

    assert (done.code, done.outcomes) == (0, {"Musées 2024.csv": "replaced"})
    assert either.permanent_link(resource) == FILE
    assert either.online(resource, dataset=elsewhere)["title"] == "Les musées"
    lines = either.run("history", resource, "--json").document["publications"]
    assert [(line["act"], line["by"]) for line in lines] == [
        ("found", None),
        ("replaced", "Paul Petit"),
    ]


def test_a_new_resource_is_made_with_the_title_that_was_given(either: Office) -> None:
    where = ("--dataset", either.dataset, "--title", "Musées de France, 2024")
    done = either.run("push", "Musées 2024.csv", *where, *BY, "--json")

    assert (done.code, done.outcomes) == (0, {"Musées 2024.csv": "created"})
    resource = done.document["outcomes"][0]["resource"]
    assert either.online(resource)["title"] == "Musées de France, 2024"
    assert either.permanent_link(resource) == FILE
    again = either.run("push", "Musées 2024.csv", *where, *BY, "--json")
    assert again.outcomes == {"Musées 2024.csv": "adopted"}
    assert len(either.order()) == 2


def test_where_a_bucket_feeds_the_resource_it_is_pinned_and_said(either: Office) -> None:
    resource = either.order()[0]
    either.sync()

    done = either.run("push", "Musées 2024.csv", "--resource", "autre.csv", *BY)

    assert done.code == 0, done.all
    assert (
        "A bucket feeds this resource: the file stays online until the object changes" in done.out
    )
    assert either.sync().outcomes == {"autre.csv": "pinned"}
    assert either.permanent_link(resource) == FILE


@pytest.mark.parametrize(
    "arguments",
    [
        ("--title", "T"),
        (),
        ("--resource", "autre.csv", "--title", "T"),
        ("--resource", "nulle-part.csv"),
        ("--dataset", "!", "--title", "T"),
    ],
)
def test_a_push_that_does_not_say_where_does_nothing(
    either: Office, arguments: tuple[str, ...]
) -> None:
    done = either.run("push", "Musées 2024.csv", *arguments, *BY)
    assert done.code == 2, done.all
    assert len(either.order()) == 1
