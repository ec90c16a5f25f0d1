"""What a finished job means for those who plan: metrics, alerts, and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog

from syncd.core import clock
from syncd.core.errors import LedgerError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import because
from syncd.core.results import FAILED
from syncd.core.targets import DatasetEntry
from syncd.service.finished import Finished
from syncd.service.freshness import FreshnessMonitor
from syncd.service.schedule import Schedules
from syncd.service.state import ServiceState
from syncd.telemetry.metrics import Metrics

log = structlog.get_logger("syncd.daemon")


@dataclass(slots=True)
class Learner:
    """May be called from any thread. `on_unsettled` hears of datasets with an object that was not
    unchanged for long enough."""

    state: ServiceState
    ledger: ServiceLedger
    freshness: FreshnessMonitor
    schedules: Schedules
    metrics: Metrics
    on_unsettled: Callable[[str], None] = lambda _: None

    def learn(self, finished: Finished, requests: Collection[int] = ()) -> bool:
        """True: the job could not be done now, and is to be asked for again.

        `requests`: of the ledger, which this job was done for.
        """
        dataset, state = finished.dataset, self.state
        if finished.end == "held":
            if finished.held_by is not None:
                state.waiting[dataset] = finished.held_by
            return not state.stopping.is_set()
        if finished.end in {"abandoned", "unreached"}:  # done after the next start, or elsewhere
            return False
        entry = state.entries.get(dataset)
        if finished.end == "overdue":
            self._overdue(dataset, entry)
            return False
        state.waiting.pop(dataset, None)
        if finished.end == "failed":
            state.failed.add(dataset)
        elif entry is not None and finished.end == "done":  # else it left the manifest meanwhile
            self._learn(finished, entry)
        done = state.done_for(requests, dataset)
        if done and not state.stopping.is_set():
            try:
                self.ledger.done_with(done)
            except LedgerError as error:  # they are taken again later
                log.error("request.not_noted", dataset=dataset, why=str(error))
        return False

    def _learn(self, finished: Finished, entry: DatasetEntry) -> None:
        if finished.kind == "check":
            # A look at the portal alone is no run: it neither counts nor fails as one.
            if finished.exit_code != FAILED:
                self._alert(finished, entry)
            return
        state, dataset = self.state, finished.dataset
        former = state.id(dataset)
        for result in finished.results:
            state.learn(dataset, result.dataset)
        if state.id(dataset) != former:
            self.metrics.forget([former])
        self.metrics.cycle_done(
            state.id(dataset), finished.results, finished.seconds, finished.exit_code
        )
        is_settling = any(result.settling for result in finished.results)
        if is_settling:
            self.on_unsettled(dataset)
        self._alert(finished, entry)
        if finished.unclaimed is not None:
            state.alerts.observe_unclaimed(dataset, finished.unclaimed)
            self.metrics.unclaimed(state.id(dataset), len(finished.unclaimed))
        state.alerts.clear("overdue", dataset=dataset)
        if finished.exit_code == FAILED:
            state.failed.add(dataset)
        elif not finished.partial:
            state.failed.discard(dataset)
            self.freshness.succeeded[dataset] = clock.now()
        if is_settling or finished.exit_code == FAILED:
            self.schedules.retry(dataset, clock.now())

    def _alert(self, finished: Finished, entry: DatasetEntry) -> None:
        self.state.cycle_ended.set()
        self.state.alerts.observe(
            entry.dataset,
            finished.results,
            entry.contact or "",
            partial=finished.partial or finished.kind == "check",
            receipts=self.state.runtime.app.settings.contact_receipts,
        )

    def _overdue(self, dataset: str, entry: DatasetEntry | None) -> None:
        deadline = self.state.runtime.app.settings.cycle_deadline
        log.error("cycle.overdue", dataset=dataset, deadline=deadline)
        reason = because("cycle_overdue", minutes=round(deadline / 60, 1))
        about = {}
        if entry is not None:
            about = {"dataset": dataset, "title": entry.name, "contact": entry.contact or ""}
        self.state.alerts.raise_("overdue", "late", reason, **about)
