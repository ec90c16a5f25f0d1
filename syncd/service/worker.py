"""One dataset, in a thread of its own: a cycle or a portal check, and what it means for others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

import structlog

from syncd.actions import sync
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import Abandoned
from syncd.core.results import FAILED, Report
from syncd.core.targets import DatasetEntry
from syncd.service.dispatcher import Want
from syncd.service.runtime import Runtime
from syncd.service.schedule import Timetable
from syncd.service.state import ServiceState
from syncd.sync.context import RunOptions
from syncd.telemetry.metrics import Metrics

log = structlog.get_logger("syncd.daemon")

LOCK_PATIENCE = 60.0  # seconds that a cycle waits for another syncd on its dataset


class Worker:
    def __init__(
        self,
        desk: ServiceState,
        metrics: Metrics,
        timetable: Timetable,
        stopping: threading.Event,
        release_slot: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        """`release_slot`: given a dataset, what takes long in its cycle takes nobody's place."""
        self._desk = desk
        self._metrics = metrics
        self._timetable = timetable
        self._stopping = stopping
        self._aside = release_slot

    def work(self, want: Want) -> None:
        """Carry out what is wanted. What was abandoned is done after the next start."""
        with self._desk.borrowed_world() as world:
            entry = world.entry(want.dataset)
            if entry is not None and entry.active:
                with structlog.contextvars.bound_contextvars(why=want.why):
                    try:
                        self._look(want, entry, world)
                    except Abandoned:
                        log.warning("cycle.abandoned", dataset=want.dataset)
                        return
                    except Exception:
                        log.exception("cycle.fault", dataset=want.dataset)
                        self._desk.failed.add(want.dataset)
            done = self._desk.done_for(want.requests, want.dataset)
            if done and not self._stopping.is_set():
                self._desk.ledger.done_with(done)

    def _look(self, want: Want, entry: DatasetEntry, world: Runtime) -> None:
        started = time.monotonic()
        if want.kind == "check":
            self._check(entry, world)
        else:
            everything = world.app.manifest.datasets
            trigger = want.why if want.why in {"signal", "request"} else "schedule"
            orders = RunOptions(
                patience=LOCK_PATIENCE, cause=configuration.cause(world.app, trigger)
            )
            adapters = replace(world.adapters, release_slot=partial(self._aside, want.dataset))
            report = sync.sync([entry], everything, adapters, orders, clock.now(), command="run")
            self._tell(entry, report, time.monotonic() - started)
        if not self._stopping.is_set():
            self._desk.lookout.look_at_key(world.adapters, self._desk.messenger, clock.now())

    def _check(self, entry: DatasetEntry, world: Runtime) -> None:
        """A look at the portal alone is no run: it neither counts nor fails as one."""
        portal, desk = world.adapters.portal.url, self._desk
        note = desk.ledger.note(portal, desk.id(entry.dataset))
        if note is not None and clock.now() - note.checked_at < world.adapters.check_every:
            return  # a cycle came first
        report = sync.check(entry, world.adapters, clock.now())
        if report.exit_code != FAILED and entry.dataset in desk.entries:
            desk.messenger.observe(entry, report.results, partial=True)

    def _tell(self, entry: DatasetEntry, report: Report, seconds: float) -> None:
        desk, dataset = self._desk, entry.dataset
        if dataset not in desk.entries:  # it left the manifest meanwhile
            return
        former = desk.id(dataset)
        for result in report.results:
            desk.learn(dataset, result.dataset)
        if desk.id(dataset) != former:
            self._metrics.forget([former])
        self._metrics.cycle_done(desk.id(dataset), report.results, seconds, report.exit_code)
        partial = self._stopping.is_set()
        desk.messenger.observe(entry, report.results, partial=partial)
        desk.messenger.clear("overdue", dataset=dataset)
        if report.exit_code == FAILED:
            desk.failed.add(dataset)
            self._timetable.try_again(dataset, clock.now())
        elif not partial:
            desk.failed.discard(dataset)
            desk.lookout.succeeded[dataset] = clock.now()
