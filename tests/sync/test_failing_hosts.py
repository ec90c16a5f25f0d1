"""A host that goes down in the middle of a cycle: said once, left alone, and made up for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import LogCapture

from syncd.core.records import Outcome
from syncd.text import sentence
from tests.support.sync_harness import House

TARGETS = 30


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture
    structlog.configure(processors=before)


@pytest.fixture
def resources(house: House) -> list[str]:
    made = [house.resource(f"Titre {number}", f"vieux-{number}.csv") for number in range(TARGETS)]
    for number, resource in enumerate(made):
        house.target(resource, f"{number:02}.csv", guards="off")
        house.bucket.put(f"{number:02}.csv", f"id\n{number + 1}\n".encode())
    return made


@pytest.mark.parametrize("status", [502, 423])
def test_a_portal_that_goes_down_is_left_alone(
    house: House, resources: list[str], status: int, logged: LogCapture
) -> None:
    method = ".*" if status == 502 else "POST"
    house.portal.faults.add(method=method, status=status, times=None, after=10)

    report = house.sync()

    failed = [result for result in report.results if result.outcome is Outcome.FAILED]
    done = report.summary.get("replaced", 0)
    assert done
    assert len(failed) == TARGETS - done
    assert len(house.bucket.reads) <= done + 4  # what cannot be sent is not downloaded
    looks = status == 423  # one, at what a refusal may have stored all the same
    assert len(house.portal.requests) <= 60 + looks
    assert len({sentence(result.reason) for result in failed}) <= 4
    warned = [one["event"] for one in logged.entries if one["log_level"] == "warning"]
    assert warned.count("portal.left_alone") in {1, 2}
    assert warned.count("target.failed") <= 4

    house.portal.faults.clear()
    for pause in (60, 60):
        house.pass_time(pause)
        report = house.sync()
    assert report.summary == {"unchanged": TARGETS}
    assert [house.online(one).title for one in resources] == [
        f"Titre {number}" for number in range(TARGETS)
    ]
    assert house.open_intents() == 0
