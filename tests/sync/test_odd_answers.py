"""One dataset's odd answer is its own."""

from __future__ import annotations

import pytest

from syncd.core.records import Outcome
from tests.support.sync_harness import House


@pytest.mark.parametrize("body", ["{}", "<html>Erreur</html>"])
def test_a_dataset_that_cannot_be_read_keeps_no_other_from_being_published(
    house: House, body: str
) -> None:
    broken, healthy = house.dataset, house.portal.new_dataset("Sain")
    first = house.resource("Un")
    house.target(first, "a.csv", guards="off")
    house.pass_time(2)
    second = house.portal.new_resource(healthy, "vieux.csv", b"id\n0\n", title="Deux")
    house.more = (
        f"  - dataset: {healthy}\n    resources:\n"
        f"      - {{resource: {second}, object: b.csv, guards: off}}\n"
    )
    house.bucket.put("a.csv", b"id\n1\n")
    house.bucket.put("b.csv", b"id\n2\n")
    house.portal.faults.add(
        method="GET", path=f"/datasets/{broken}/$", status=200, body=body, times=None
    )

    found = {result.object: result.outcome for result in house.sync().results}

    assert found == {"a.csv": Outcome.FAILED, "b.csv": Outcome.REPLACED}
