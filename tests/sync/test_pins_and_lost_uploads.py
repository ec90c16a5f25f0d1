"""What a person put online by hand stays, also where an upload of the bucket's was given up."""

from __future__ import annotations

from syncd.core.records import Outcome
from tests.support.sync_harness import House

GOOD = b"id\n1\n2\n3\n"
LOST = b"id\n1\n2\n"
BAD = b"id\n1\n"
UPLOAD = "/upload/"


def _lose_one(house: House, content: bytes) -> None:
    house.pass_time(60)
    house.bucket.put("a.csv", content)
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")
    assert house.sync_one().outcome is Outcome.FAILED


def test_undo_stays_although_an_upload_was_given_up_before_the_last_one(house: House) -> None:
    resource = house.resource("Titre", content=b"ancien\n")
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    _lose_one(house, LOST)
    house.pass_time(60)
    house.bucket.put("a.csv", BAD)
    house.sync()
    assert house.bytes_online(resource) == BAD
    house.pass_time(60)

    assert house.undo(resource).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD
    house.pass_time(60)
    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD


def test_a_push_stays_although_the_buckets_last_upload_was_given_up(house: House) -> None:
    resource = house.resource("Titre", content=b"ancien\n")
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    _lose_one(house, LOST)
    house.pass_time(60)

    request = house.request("b.csv", BAD, resource=resource, mapped=house.mapped(resource))
    assert house.push(request).outcome is Outcome.PINNED
    house.pass_time(60)
    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(resource) == BAD
