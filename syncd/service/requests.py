"""Which datasets are asked for: by schedules, by signals, and by other processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from syncd.core import clock
from syncd.core.ledger_ports import ServiceLedger
from syncd.service.dispatcher import Job, Queue
from syncd.service.state import ServiceState

log = structlog.get_logger("syncd.daemon")


@dataclass(frozen=True, slots=True)
class Requests:
    state: ServiceState
    ledger: ServiceLedger
    dispatcher: Queue

    def ask_for(self, dataset: str, why: str) -> None:
        """Nothing happens where it is unknown or paused."""
        entry = self.state.entries.get(dataset)
        if entry is not None and entry.active:
            self.dispatcher.ask(Job(dataset, why))

    def ask_for_all(self, why: str) -> None:
        for entry in self.state.entries.values():
            if entry.active:
                self.dispatcher.ask(Job(entry.dataset, why))

    def take(self) -> None:
        """What other processes asked for in the ledger."""
        if not self.ledger.has_requests():
            return
        for request in self.ledger.take_requests(clock.now()):
            log.info("service.asked", why=request.why, dataset=request.dataset or None)
            asked = [
                entry.dataset
                for entry in self.state.entries.values()
                if request.dataset in {"", entry.dataset} and entry.active
            ]
            self.state.owe(request.id, asked)
            for dataset in asked:
                self.dispatcher.ask(Job(dataset, request.why, requests=frozenset({request.id})))
            if not asked:
                log.warning("request.unknown", dataset=request.dataset)
                self.ledger.done_with([request.id])

    def release_abandoned(self) -> None:
        """What another service took and did not do, however it died."""
        deadline = timedelta(seconds=self.state.runtime.app.settings.cycle_deadline)
        self.ledger.release_requests(clock.now() - deadline)
