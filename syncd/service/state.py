"""What the service's loop and its cycles have on the table between them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from syncd.core.ports import ServiceLedger
from syncd.core.targets import DatasetEntry
from syncd.service.freshness import FreshnessMonitor
from syncd.service.manifest_store import State
from syncd.service.notifications import Notifications
from syncd.service.runtime import Runtime


class ServiceState:
    """`world` is replaced by the loop alone."""

    def __init__(
        self,
        world: Runtime,
        ledger: ServiceLedger,
        messenger: Notifications,
        lookout: FreshnessMonitor,
    ) -> None:
        self.world = world
        self.ledger = ledger  # the loop's own: it does not wait long for other writers
        self.messenger = messenger
        self.lookout = lookout
        self.manifest: State = "valid"  # what the newest one that was read is
        self.first_problem = ""  # of that one, worded
        self.failed: set[str] = set()  # datasets whose last cycle failed
        self._ids: dict[str, str] = {}  # as the manifest has it -> the portal's id
        self._owed: dict[int, set[str]] = {}  # request -> datasets not yet worked on for it
        self._lock = threading.Lock()

    @property
    def entries(self) -> Mapping[str, DatasetEntry]:
        return {entry.dataset: entry for entry in self.world.app.manifest.datasets}

    @contextmanager
    def borrowed_world(self) -> Iterator[Runtime]:
        """The world in force, kept open inside the block."""
        while True:
            world = self.world
            if world.borrow():
                break  # else it was replaced a moment ago
        try:
            yield world
        finally:
            world.give_back()

    # -- names ------------------------------------------------------------------------------

    def id(self, dataset: str) -> str:
        """The portal's id, as far as it is known."""
        return self._ids.get(dataset, dataset)

    def learn(self, dataset: str, identifier: str) -> None:
        self._ids[dataset] = identifier

    # -- requests ---------------------------------------------------------------------------

    def owe(self, request: int, datasets: Collection[str]) -> None:
        with self._lock:
            self._owed[request] = set(datasets)

    def done_for(self, requests: Collection[int], dataset: str) -> list[int]:
        """The requests that are wholly done with, now that this dataset was worked on."""
        done = []
        with self._lock:
            for request in requests:
                left = self._owed.get(request, set())
                left.discard(dataset)
                if not left:
                    self._owed.pop(request, None)
                    done.append(request)
        return done
