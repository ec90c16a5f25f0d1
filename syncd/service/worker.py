"""One dataset, in a thread of its own: a cycle or a portal check, and what it means for others."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import structlog

from syncd.actions import sync
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import Abandoned, LedgerError, LockHeld, SpoolError, SyncdError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.results import FAILED, Report
from syncd.core.targets import DatasetEntry
from syncd.service.dispatcher import Job, Release
from syncd.service.freshness import FreshnessMonitor
from syncd.service.runtime import Runtime
from syncd.service.schedule import Schedules
from syncd.service.state import ServiceState
from syncd.sync.context import RunOptions
from syncd.telemetry.metrics import Metrics

log = structlog.get_logger("syncd.daemon")

LOCK_TIMEOUT = 60.0  # seconds that a cycle waits for another syncd on its dataset


@dataclass(frozen=True, slots=True)
class Worker:
    state: ServiceState
    ledger: ServiceLedger
    freshness: FreshnessMonitor
    schedules: Schedules
    metrics: Metrics

    def work(self, job: Job, release_slot: Release) -> bool:
        """Carry out the job. True: another syncd is at its dataset, so ask for it again.

        What was abandoned is done after the next start.
        """
        with self.state.acquired_runtime() as runtime:
            entry = runtime.entry(job.dataset)
            if entry is not None and entry.active:
                with structlog.contextvars.bound_contextvars(why=job.why):
                    try:
                        self._wait_for_turn(entry, runtime, release_slot)
                        self._carry_out(job, entry, runtime, release_slot)
                    except Abandoned:
                        log.warning("cycle.abandoned", dataset=job.dataset)
                        return False
                    except LockHeld:
                        return not self.state.stopping.is_set()
                    except SyncdError as error:
                        log.error("cycle.failed", dataset=job.dataset, why=str(error))
                        self.state.failed.add(job.dataset)
                    except Exception:
                        log.exception("cycle.fault", dataset=job.dataset)
                        self.state.failed.add(job.dataset)
            done = self.state.done_for(job.requests, job.dataset)
            if done and not self.state.stopping.is_set():
                try:
                    self.ledger.done_with(done)
                except LedgerError as error:  # they are taken again later
                    log.error("request.not_noted", dataset=job.dataset, why=str(error))
        return False

    def _wait_for_turn(self, entry: DatasetEntry, runtime: Runtime, release_slot: Release) -> None:
        """Where a person's command, or another service, is at it: that is no failure.

        Before anything is listed, and others take its place meanwhile. `LockHeld` after a minute:
        the manifest may be another one by now. A dataset that is kept too long becomes late.
        """
        locks, portal = runtime.adapters.locks, runtime.adapters.portal.url
        dataset = self.state.id(entry.dataset)
        try:
            with locks.hold(portal, dataset, 0, "run"):
                self.state.waiting.pop(entry.dataset, None)
                return
        except LockHeld as held:
            facts = {name: held.reason.facts.get(name) for name in ("command", "by", "pid", "host")}
            log.info("cycle.waiting", dataset=dataset, **facts)
            self.state.waiting[entry.dataset] = held.reason
        except SpoolError:  # the cycle meets it as well, and says so
            return
        with release_slot(), locks.hold(portal, dataset, LOCK_TIMEOUT, "run"):
            self.state.waiting.pop(entry.dataset, None)

    def _carry_out(
        self, job: Job, entry: DatasetEntry, runtime: Runtime, release_slot: Release
    ) -> None:
        if job.kind == "check":
            self._check(entry, runtime)
        else:
            self._cycle(job, entry, runtime, release_slot)
        if not self.state.stopping.is_set():
            self.freshness.check_key(runtime.adapters.portal)

    def _check(self, entry: DatasetEntry, runtime: Runtime) -> None:
        """A look at the portal alone is no run: it neither counts nor fails as one."""
        portal, state = runtime.adapters.portal.url, self.state
        note = self.ledger.note(portal, state.id(entry.dataset))
        if note is not None and clock.now() - note.checked_at < runtime.adapters.check_every:
            return  # a cycle came first
        report = sync.check(entry, runtime.adapters, clock.now())
        if report.exit_code != FAILED and entry.dataset in state.entries:
            self._alert(entry, report, partial=True)

    def _cycle(
        self, job: Job, entry: DatasetEntry, runtime: Runtime, release_slot: Release
    ) -> None:
        started = time.monotonic()
        trigger = job.why if job.why in {"signal", "request"} else "schedule"
        cause = configuration.cause(runtime.app, trigger)
        options = RunOptions(patience=LOCK_TIMEOUT, gives_way=True, cause=cause)
        adapters = replace(runtime.adapters, release_slot=release_slot)
        report = sync.sync([entry], runtime.whole, adapters, options, clock.now(), command="run")

        state, dataset = self.state, entry.dataset
        if dataset not in state.entries:  # it left the manifest meanwhile
            return
        former = state.id(dataset)
        for result in report.results:
            state.learn(dataset, result.dataset)
        if state.id(dataset) != former:
            self.metrics.forget([former])
        seconds = time.monotonic() - started
        self.metrics.cycle_done(state.id(dataset), report.results, seconds, report.exit_code)
        partial = state.stopping.is_set()
        self._alert(entry, report, partial=partial)
        if report.unclaimed is not None:
            state.alerts.observe_unclaimed(dataset, report.unclaimed)
            self.metrics.unclaimed(state.id(dataset), len(report.unclaimed))
        state.alerts.clear("overdue", dataset=dataset)
        if report.exit_code == FAILED:
            state.failed.add(dataset)
            self.schedules.retry(dataset, clock.now())
        elif not partial:
            state.failed.discard(dataset)
            self.freshness.succeeded[dataset] = clock.now()

    def _alert(self, entry: DatasetEntry, report: Report, *, partial: bool) -> None:
        """`partial`: not every target was looked at."""
        self.state.cycle_ended.set()
        self.state.alerts.observe(
            entry.dataset,
            report.results,
            entry.contact or "",
            partial=partial,
            receipts=self.state.runtime.app.settings.contact_receipts,
        )
