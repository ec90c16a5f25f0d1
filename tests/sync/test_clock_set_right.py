"""A machine whose clock was years ahead, and was set right: nothing waits for that day to come."""

from __future__ import annotations

import pytest

from syncd.core.records import Outcome
from tests.support.sync_harness import UPLOAD, House, Killed

DAY = 86_400.0
AHEAD = 10 * 365 * DAY
NEW, NEXT = b"id\n1\n2\n", b"id\n1\n2\n3\n"


@pytest.fixture
def resource(house: House) -> str:
    house.stop_the_clock()
    found = house.resource("Titre humain")
    house.target(found, "a.csv")
    house.bucket.put("a.csv", NEW)
    return found


def test_the_daily_look_at_the_portal_goes_on(house: House, resource: str) -> None:
    house.pass_time(AHEAD)
    assert house.sync_one().outcome is Outcome.REPLACED
    house.pass_time(-AHEAD)
    house.portal.store.replace_file(house.dataset, resource, "a-la-main.csv", NEXT)
    assert house.sync_one().outcome is Outcome.DRIFTED


@pytest.mark.parametrize("when", ["after a kill", "while it is waited for"])
def test_an_upload_whose_answer_was_lost_is_waited_for_no_longer_than_ever(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    house.pass_time(AHEAD)
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")

    def not_for_ever(_seconds: float) -> None:
        assert sum(house.waited) < 300

    def set_right(_seconds: float) -> None:
        house.on_wait = not_for_ever
        if when == "after a kill":
            raise Killed
        house.pass_time(-AHEAD)

    house.on_wait = set_right
    if when == "after a kill":
        with pytest.raises(Killed):
            house.sync()
        house.pass_time(-AHEAD)
    else:
        assert house.sync_one().reason.code == "upload_lost"
    house.waited.clear()

    assert house.sync_one().outcome is Outcome.REPLACED

    assert house.uploads() == 2
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"
