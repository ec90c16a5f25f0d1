"""A house with one file for a resource and one for a resource to be made, and a wire between it and
a server that answers oddly: what must be true while it does, and afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from syncd.core.reasons import Reason
from syncd.text import finding
from tests.support.network.faulty_proxy import Course, Wire, harmless
from tests.support.sync_harness import House

# Of a length that no odd body has: the bytes themselves are a server's word.
OLD, NEW, MADE = b"id\n0\n", b"id\n" + b"1\n" * 10, b"id\n" + b"7\n" * 10
TITLE = "Titre d'une personne"
LATER = 900.0  # seconds: a host that failed is asked again, an upload that was lost is given up
_OURS = {"fault", "guard_fault"}  # codes of what is no fault of a server


class DisturbedHouse:
    def __init__(self, house: House, wire: Wire) -> None:
        self.house = house
        self.wire = wire
        self.resource = house.resource(TITLE, content=OLD)
        house.target(self.resource, "a.csv")
        house.entry(each="n_{year}.csv", title="N {year}", create=True)

    def online(self) -> set[bytes]:
        store = self.house.portal.store
        return {store.content(self.house.dataset, one.id) for one in self.house.resources()}

    @contextmanager
    def disturbed(self, course: Course, more: object) -> Iterator[None]:
        """Nothing is a fault of our own, and nothing else comes online than what is deposited."""
        self.wire.every(course)
        with structlog.testing.capture_logs() as logged:
            yield
        self.wire.every(harmless)
        assert [line for line in logged if line.get("exc_info")] == [], more
        assert self.online() <= {OLD, NEW, MADE}, more

    def becomes_well(self, more: object) -> None:
        for _ in range(2):
            self.house.pass_time(LATER)
            report = self.house.sync()
        said = [(one.outcome.value, one.reason) for one in report.results]
        assert report.exit_code == 0, (said, more)
        assert self.house.bytes_online(self.resource) == NEW, more
        assert self.house.online(self.resource).title == TITLE, more
        assert self.online() == {NEW, MADE}, more
        assert len(self.house.resources()) == 2, more
        assert self.house.open_intents() == 0, more


def are_worded(reasons: Iterable[Reason], more: object) -> None:
    for reason in reasons:
        assert reason.code not in _OURS, (reason, more)
        said = finding(reason)
        assert not said.startswith(reason.code), (reason, more)
        said.encode()
