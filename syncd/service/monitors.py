"""What the service looks after by itself: clock, ledger, portal, and cycles that last."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from syncd import __version__
from syncd.core import clock
from syncd.core.errors import LedgerError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import Fact
from syncd.core.service_records import ServiceNote, event_facts
from syncd.service.dispatcher import Job, Queue
from syncd.service.periodic import PeriodicTasks
from syncd.service.schedule import Schedules
from syncd.service.state import ServiceState

log = structlog.get_logger("syncd.daemon")

CLOCK_JUMP = 30.0  # seconds


class Monitors:
    """`folder`: the state folder, for the sentence about a ledger that is gone. `last_event`: by
    source, when somebody told of it."""

    def __init__(
        self,
        state: ServiceState,
        ledger: ServiceLedger,
        dispatcher: Queue,
        schedules: Schedules,
        periodic: PeriodicTasks,
        folder: Path,
        last_event: Callable[[], Mapping[str, datetime]] = dict,
    ) -> None:
        self._state = state
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._schedules = schedules
        self._periodic = periodic
        self._folder = folder
        self._last_event = last_event
        self._clock_ahead = time.time() - time.monotonic()
        self._plans: Mapping[str, datetime] = {}  # as the ledger has them
        self._plans_of = ""  # which portal's; "" = not written yet
        self._started_at = clock.now()

    def check_clock(self) -> None:
        """Jobs wait for the clock on the wall; this compares it with one that never jumps."""
        ahead = time.time() - time.monotonic()
        jump, self._clock_ahead = ahead - self._clock_ahead, ahead
        if abs(jump) > CLOCK_JUMP:
            log.warning("clock.jumped", seconds=round(jump))
            now = clock.now()
            self._periodic.clock_jumped(now)
            self._schedules.clock_jumped(self._state.runtime.app.manifest, now)

    def check_ledger(self) -> None:
        if not self._ledger.is_in_place():
            raise LedgerError("ledger_replaced", folder=str(self._folder))

    def check_portal(self) -> None:
        """Asks for a look at the datasets that no cycle of their own has looked at for so long.

        A dataset without a note has never been worked on: its first cycle will look.
        """
        runtime, now = self._state.runtime, clock.now()
        adapters, manifest = runtime.adapters, runtime.app.manifest
        notes = adapters.ledger.notes(manifest.portal)
        for entry in manifest.datasets:
            note = notes.get(self._state.id(entry.dataset))
            if note is None or not entry.active:
                continue
            if abs(now - note.checked_at) >= adapters.check_every:
                self._dispatcher.ask(Job(entry.dataset, "check", kind="check"))

    def prune(self) -> None:
        settings, now = self._state.runtime.app.settings, clock.now()
        gone = self._ledger.prune(now - timedelta(days=settings.keep_days))
        log.info("ledger.pruned", rows=gone)
        if settings.keep_names_days:
            before = now - timedelta(days=settings.keep_names_days)
            log.info("history.names_forgotten", names=self._ledger.forget_names(before, now))

    # -- for `status` in another process ----------------------------------------------------

    def publish_plans(self) -> None:
        plans, portal = self._schedules.plans(), self._state.runtime.app.manifest.portal
        if self._plans_of != portal:  # what another service left goes
            self._ledger.put_plans(portal, plans)
        elif plans != self._plans:
            changed = {d: at for d, at in plans.items() if self._plans.get(d) != at}
            self._ledger.change_plans(portal, changed, self._plans.keys() - plans.keys())
        self._plans, self._plans_of = plans, portal

    def publish_note(self) -> None:
        facts: dict[str, Fact] = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "version": __version__,
            "manifest": self._state.manifest,
            "first_problem": self._state.first_problem,
            "seen_at": clock.now().isoformat(),
            **event_facts(self._last_event()),
        }
        self._ledger.put_service(ServiceNote(_instance(), self._started_at, facts))

    def withdraw_note(self) -> None:
        self._ledger.drop_services(_instance())


def _instance() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
