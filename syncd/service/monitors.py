"""What is looked after at the turns of the loop: clock, ledger, portal, and cycles that last."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import structlog

from syncd.core import clock
from syncd.core.errors import LedgerError
from syncd.core.reasons import because
from syncd.service.dispatcher import Dispatcher
from syncd.service.schedule import Timetable
from syncd.service.state import ServiceState

log = structlog.get_logger("syncd.daemon")

CLOCK_JUMP = 30.0  # seconds


class Rounds:
    """`folder`: the state folder, for the sentence about a ledger that is gone."""

    def __init__(
        self, desk: ServiceState, dispatcher: Dispatcher, timetable: Timetable, folder: Path
    ) -> None:
        self._desk = desk
        self._dispatcher = dispatcher
        self._timetable = timetable
        self._folder = folder
        self._clock_ahead = time.time() - time.monotonic()

    def look_at_clock(self) -> None:
        """Schedules go by the clock on the wall, and waiting by the one that never jumps."""
        ahead = time.time() - time.monotonic()
        jump, self._clock_ahead = ahead - self._clock_ahead, ahead
        if abs(jump) > CLOCK_JUMP:
            log.warning("clock.jumped", seconds=round(jump))
            self._timetable.clock_jumped(self._desk.world.app.manifest, clock.now())

    def look_at_ledger(self) -> None:
        if not self._desk.ledger.is_in_place():
            raise LedgerError("ledger_replaced", folder=str(self._folder))

    def report_overdue(self) -> None:
        deadline = self._desk.world.app.settings.cycle_deadline
        for dataset in self._dispatcher.overdue(deadline):
            log.error("cycle.overdue", dataset=dataset, deadline=deadline)
            reason = because("cycle_overdue", minutes=round(deadline / 60, 1))
            entry = self._desk.entries.get(dataset)
            self._desk.messenger.raise_("overdue", "late", reason, entry=entry)

    def find_late(self) -> None:
        desk = self._desk
        desk.lookout.find_late(desk.world.app, desk.messenger, clock.now())

    def check_portal(self) -> None:
        desk = self._desk
        world = desk.world
        for want in desk.lookout.check_portal(world.app, world.adapters, desk.id, clock.now()):
            self._dispatcher.ask(want)

    def prune(self) -> None:
        keep = timedelta(days=self._desk.world.app.settings.keep_days)
        gone = self._desk.ledger.prune(clock.now() - keep)
        log.info("ledger.pruned", rows=gone)
