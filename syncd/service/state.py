"""What the service's parts know between them: what is in force, and how the datasets stand."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from syncd.core.reasons import Reason
from syncd.core.targets import DatasetEntry
from syncd.notify.delivery import AlertDelivery
from syncd.service.runtime import Runtime, kept_open
from syncd.telemetry.readiness import ManifestState


@dataclass(slots=True)
class ServiceState:
    """`runtime` and `alerts` are those in force, and replaced by the loop's thread alone."""

    runtime: Runtime
    alerts: AlertDelivery
    stopping: threading.Event
    manifest: ManifestState = "valid"  # what the newest one that was read is
    first_problem: str = ""  # of that one, worded
    failed: set[str] = field(default_factory=set)  # datasets whose last cycle failed
    waiting: dict[str, Reason] = field(default_factory=dict)  # dataset -> who works on it instead
    cycle_ended: threading.Event = field(default_factory=threading.Event)  # since the last beat
    turned_at: float = field(default_factory=time.monotonic)  # when the loop last did
    _ids: dict[str, str] = field(default_factory=dict)  # as the manifest has it -> the portal's id
    _owed: dict[int, set[str]] = field(default_factory=dict)  # request -> datasets still to work on
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def entries(self) -> Mapping[str, DatasetEntry]:
        return self.runtime.whole.by_dataset

    def acquired_runtime(self) -> AbstractContextManager[Runtime]:
        """As of `kept_open`."""
        return kept_open(lambda: self.runtime)

    # -- names ------------------------------------------------------------------------------

    def id(self, dataset: str) -> str:
        """The portal's id, as far as it is known."""
        return self._ids.get(dataset, dataset)

    def learn(self, dataset: str, identifier: str) -> None:
        self._ids[dataset] = identifier

    def waits(self, dataset: str, held_by: Reason | None) -> None:
        """Another syncd is at it, or None is any more."""
        if held_by is None:
            self.waiting.pop(dataset, None)
        else:
            self.waiting[dataset] = held_by

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
