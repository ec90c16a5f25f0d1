"""One dataset, in a thread of its own: a cycle or a portal check. What follows, others decide."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import structlog

from syncd.actions import sync
from syncd.config import configuration
from syncd.core import clock
from syncd.core.addresses import is_dataset_id
from syncd.core.errors import Abandoned, LedgerError, LockHeld, SpoolError, SyncdError
from syncd.core.ports import Portal
from syncd.core.reasons import Reason
from syncd.core.targets import DatasetEntry
from syncd.service.dispatcher import Job, Release
from syncd.service.finished import End, Finished
from syncd.service.runtime import Runtime
from syncd.sync.context import RunOptions

log = structlog.get_logger("syncd.daemon")

LOCK_TIMEOUT = 60.0  # seconds that a cycle waits for another syncd on its dataset
_TRIGGERS = frozenset({"event", "signal", "request"})  # what the history tells from the schedule


@dataclass(frozen=True, slots=True)
class Worker:
    """`runtime`: that in force, kept open inside the block. `ended` hears of each job that was
    carried out; `waits` of each that waits for another syncd, and of its end with None."""

    runtime: Callable[[], AbstractContextManager[Runtime]]
    stopping: threading.Event
    ended: Callable[[Portal], None] = field(default=lambda _: None)
    waits: Callable[[str, Reason | None], None] = field(default=lambda _, __: None)

    def work(self, job: Job, release_slot: Release) -> Finished:
        """Carry out the job, whatever comes of it."""
        with self.runtime() as runtime:
            entry = runtime.entry(job.dataset)
            if entry is None or not entry.active:
                by = runtime.app.manifest.digest
                return Finished(dataset=job.dataset, kind=job.kind, end="left", manifest=by)
            with structlog.contextvars.bound_contextvars(why=job.why):
                return self._safely(job, entry, runtime, release_slot)

    def _safely(
        self, job: Job, entry: DatasetEntry, runtime: Runtime, release_slot: Release
    ) -> Finished:
        held_by: Reason | None = None
        end: End
        try:
            self._wait_for_turn(entry, runtime, release_slot)
            work = self._check if job.kind == "check" else self._cycle
            finished = work(job, entry, runtime, release_slot)
            if not self.stopping.is_set():
                self.ended(runtime.adapters.portal)
            return finished
        except Abandoned:
            log.warning("cycle.abandoned", dataset=job.dataset)
            end = "abandoned"
        except LockHeld as held:
            end, held_by = "held", held.reason
        except SyncdError as error:
            log.error("cycle.failed", dataset=job.dataset, why=str(error))
            end = "failed"
        except Exception:
            log.exception("cycle.fault", dataset=job.dataset)
            end = "failed"
        return Finished(dataset=job.dataset, kind=job.kind, end=end, held_by=held_by)

    def _wait_for_turn(self, entry: DatasetEntry, runtime: Runtime, release_slot: Release) -> None:
        """Where a person's command, or another service, is at it: that is no failure.

        Before anything is listed, and others take its place meanwhile. `LockHeld` after a minute:
        the manifest may be another one by now. A dataset that is kept too long becomes late.
        """
        locks, portal = runtime.adapters.locks, runtime.adapters.portal.url
        dataset = _id(entry, runtime)
        try:
            with locks.hold(portal, dataset, 0, "run"):
                self.waits(entry.dataset, None)
                return
        except LockHeld as held:
            facts = {name: held.reason.facts.get(name) for name in ("command", "by", "pid", "host")}
            log.info("cycle.waiting", dataset=dataset, **facts)
            self.waits(entry.dataset, held.reason)
        except SpoolError:  # the cycle meets it as well, and says so
            return
        with release_slot(), locks.hold(portal, dataset, LOCK_TIMEOUT, "run"):
            self.waits(entry.dataset, None)

    def _check(self, job: Job, entry: DatasetEntry, runtime: Runtime, _: Release) -> Finished:
        adapters = runtime.adapters
        note = adapters.ledger.note(adapters.portal.url, _id(entry, runtime))
        if note is not None and abs(clock.now() - note.checked_at) < adapters.check_every:
            return Finished(dataset=job.dataset, kind="check", end="left")  # a cycle came first
        report = sync.check(entry, adapters, clock.now())
        return Finished(
            dataset=job.dataset,
            kind="check",
            end="done",
            exit_code=report.exit_code,
            results=report.results,
        )

    def _cycle(
        self, job: Job, entry: DatasetEntry, runtime: Runtime, release_slot: Release
    ) -> Finished:
        started = time.monotonic()
        trigger = job.why if job.why in _TRIGGERS else "schedule"
        cause = configuration.cause(runtime.app, trigger)
        options = RunOptions(patience=LOCK_TIMEOUT, gives_way=True, cause=cause)
        adapters = replace(runtime.adapters, release_slot=release_slot)
        report = sync.sync([entry], runtime.whole, adapters, options, clock.now(), command="run")
        return Finished(
            dataset=job.dataset,
            kind="cycle",
            end="done",
            exit_code=report.exit_code,
            results=report.results,
            unclaimed=report.unclaimed,
            seconds=time.monotonic() - started,
            partial=self.stopping.is_set(),
        )


def _id(entry: DatasetEntry, runtime: Runtime) -> str:
    """The portal's id, as far as it is known."""
    adapters = runtime.adapters
    if is_dataset_id(entry.dataset):
        return entry.dataset
    try:
        return adapters.ledger.address(adapters.portal.url, entry.dataset) or entry.dataset
    except LedgerError:
        return entry.dataset
