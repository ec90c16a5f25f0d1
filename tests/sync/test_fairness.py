"""A big file does not keep small ones of other datasets waiting."""

from __future__ import annotations

import threading

import pytest

from tests.support.sync_harness import House

BIG = b"id\n" + b"1\n" * 500


@pytest.mark.parametrize("trouble", ["a big file", "an answer that was lost"])
def test_small_files_of_other_datasets_go_past(
    house: House, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """With one place: the second dataset's upload must end before the first one's can."""
    monkeypatch.setattr("syncd.sync.apply.BIG", len(BIG) if trouble == "a big file" else 10**9)
    first = house.resource("Gros")
    house.target(first, "big.csv")
    house.bucket.put("big.csv", BIG)
    other = house.portal.new_dataset("Autre")
    second = house.portal.new_resource(other, "b.csv", b"id\n0\n", title="Petit")
    house.more = (
        f"  - dataset: {other}\n    resources:\n      - {{resource: {second}, object: small.csv}}\n"
    )
    house.bucket.put("small.csv", b"id\n2\n")
    small_is_online = threading.Event()
    house.portal.faults.add(
        method="POST",
        path=f".*{first}/upload/",
        gate=small_is_online,
        answer="wait" if trouble == "a big file" else "cut",
    )
    house.portal.faults.add(method="POST", path=f".*{second}/upload/", hook=small_is_online.set)
    if trouble != "a big file":
        house.on_wait = lambda _: None if small_is_online.wait(10) else pytest.fail("it waits")

    report = house.sync()

    assert report.summary == {"replaced": 2}
    assert house.bytes_online(first) == BIG
