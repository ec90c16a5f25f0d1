"""`--wait` ends what is waited for before a publication; never one that is under way."""

from __future__ import annotations

import pytest

from syncd.core.records import Outcome
from tests.support.sync_harness import UPLOAD, House

ASKED = r"/datasets/[^/]+/$"


@pytest.fixture
def resource(house: House) -> str:
    """With a new file that has not been sent."""
    found = house.resource("Titre humain")
    house.target(found, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    return found


@pytest.fixture
def impatient(house: House) -> None:
    house.allows = lambda _seconds: False


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_is_read_back_although_the_portal_asks_for_time(
    house: House, resource: str
) -> None:
    faults = house.portal.faults

    def busy() -> None:
        faults.add(method="GET", path=ASKED, status=503, headers={"Retry-After": "2"})

    faults.add(method="POST", path=UPLOAD, cut="after", hook=busy)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Titre humain"
    assert house.open_intents() == 0


@pytest.mark.usefixtures("impatient")
def test_a_resource_that_seems_gone_is_looked_for_although_the_portal_asks_for_time(
    house: House, resource: str
) -> None:
    faults = house.portal.faults

    def gone_for_a_moment() -> None:
        faults.add(method="GET", path=r"/resources/[^/]+/$", status=404)
        faults.add(method="GET", path=ASKED, status=503, headers={"Retry-After": "2"})

    faults.add(method="POST", path=UPLOAD, hook=gone_for_a_moment)

    assert house.sync_one().reason.code == "portal_not_found"
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Titre humain"


@pytest.mark.usefixtures("impatient")
def test_wrong_bytes_online_are_sent_again_although_the_portal_asks_for_time(
    house: House, resource: str
) -> None:
    faults = house.portal.faults

    def busy() -> None:
        for method in ("GET", "POST"):
            faults.add(method=method, path="/resources/", status=429, headers={"Retry-After": "2"})

    faults.add(method="POST", path=UPLOAD, corrupt=True, hook=busy)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n1\n2\n"
    assert house.online(resource).title == "Titre humain"


def test_wrong_bytes_have_their_title_back_where_what_became_of_the_next_upload_is_unknown(
    house: House, resource: str
) -> None:
    faults = house.portal.faults
    faults.add(method="POST", path=UPLOAD, corrupt=True)
    faults.add(method="POST", path=UPLOAD, status=503)

    assert house.sync_one().reason.code == "upload_lost"
    assert house.online(resource).title == "Titre humain"
    house.pass_time(60)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n1\n2\n"
    assert house.online(resource).title == "Titre humain"
