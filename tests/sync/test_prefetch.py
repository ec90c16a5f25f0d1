"""The first small file is read before the portal is asked, and saves one request."""

from __future__ import annotations

import pytest

from syncd.core.errors import ObjectChanged, SourceUnreachable
from syncd.core.records import Outcome
from syncd.sync.prepare import SMALL
from tests.support.sync_harness import House

NEW = b"id\n1\n2\n"


@pytest.fixture
def resource(house: House) -> str:
    """Published before, with new bytes in the bucket."""
    found = house.resource("Titre humain")
    house.target(found, "a.csv")
    house.bucket.put("a.csv", NEW)
    assert house.sync().exit_code == 0
    house.bucket.put("a.csv", NEW + b"3\n")
    house.pass_time(5)
    house.portal.journal.clear()
    house.bucket.reads.clear()
    house.stop_the_clock()
    return found


def asked(house: House) -> list[str]:
    return [f"{one.method} {one.path}" for one in house.portal.requests]


def test_one_changed_file_costs_four_requests(house: House, resource: str) -> None:
    assert house.sync_one().outcome is Outcome.REPLACED

    path = f"/api/1/datasets/{house.dataset}/"
    assert asked(house) == [
        f"GET {path}",
        "GET /api/1/datasets/extensions/",  # once a day, or once for a command
        f"POST {path}resources/{resource}/upload/",
        f"GET {path}resources/{resource}/",
        f"PUT {path}resources/{resource}/",
    ]
    assert house.bucket.reads == ["a.csv"]
    assert house.online(resource).title == "Titre humain"


def test_a_title_written_while_the_file_is_being_read_is_kept(house: House, resource: str) -> None:
    house.bucket.before_open = lambda _key: house.portal.store.retitle(
        house.dataset, resource, "Nouveau titre"
    )

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Nouveau titre"


def test_what_was_said_too_long_ago_is_asked_again(house: House, resource: str) -> None:
    def edit() -> None:
        house.pass_time(1)
        house.portal.store.retitle(house.dataset, resource, "Nouveau titre")

    house.portal.faults.add(path=".*/extensions/$", hook=edit)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Nouveau titre"


def test_a_large_file_is_not_read_before_the_portal_is_asked(house: House, resource: str) -> None:
    house.bucket.put("a.csv", b"1\n" * SMALL)
    house.portal.faults.add(status=404, times=None)

    assert house.sync_one().outcome is not Outcome.REPLACED
    assert house.bucket.reads == []


@pytest.mark.parametrize(
    "trouble", [SourceUnreachable("s3_cut", key="a.csv"), ObjectChanged("s3_object_changed")]
)
def test_trouble_with_reading_ahead_is_found_again_in_its_turn(
    house: House, resource: str, trouble: Exception
) -> None:
    calls = iter([trouble])

    def once(_key: str) -> None:
        for error in calls:
            raise error

    house.bucket.before_open = once

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == NEW + b"3\n"
    assert house.spool_is_empty()


def test_later_files_have_a_reading_of_their_own(house: House, resource: str) -> None:
    other = house.resource("Autre titre")
    house.target(other, "b.csv")
    house.bucket.put("b.csv", NEW + b"4\n5\n6\n")
    house.portal.faults.add(
        method="PUT",
        hook=lambda: house.portal.store.retitle(house.dataset, other, "Écrit à l'instant"),
    )

    assert house.sync().summary == {"replaced": 2}
    assert house.online(other).title == "Écrit à l'instant"
    assert house.online(resource).title == "Titre humain"
