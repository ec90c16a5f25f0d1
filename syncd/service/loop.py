"""`syncd run`: one loop that waits for a signal or for what is due next, and sees to it.

The loop never works on a dataset itself and never waits for the network: cycles run in the
dispatcher's threads, messages and the heartbeat in one of their own. Trouble of one task is logged,
and the next one comes.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from syncd import __version__
from syncd.actions.exposure import exposures
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.errors import Abandoned
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import because
from syncd.service import signals
from syncd.service.dispatcher import Queue
from syncd.service.event_service import EventService
from syncd.service.file_watcher import FileWatcher
from syncd.service.finished import Finished
from syncd.service.freshness import FreshnessMonitor
from syncd.service.health import Health
from syncd.service.http import HttpServer
from syncd.service.learning import Learner
from syncd.service.manifest_store import ReadManifest
from syncd.service.monitors import Monitors
from syncd.service.notifications import Notifications
from syncd.service.periodic import PeriodicTasks
from syncd.service.reload import Reload, targets
from syncd.service.replica import Replica
from syncd.service.requests import Requests
from syncd.service.scheduler import LoopScheduler
from syncd.service.signals import SignalQueue
from syncd.service.state import ServiceState
from syncd.text import sentence

if TYPE_CHECKING:
    from syncd.service.hands import Hands

log = structlog.get_logger("syncd.daemon")

TURN = 1.0  # seconds after which the loop turns, whatever it waits for
CUT_MARGIN = 2.0  # seconds of the grace in which transfers that did not end are cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts, made and joined by `syncd.service.assembly`. `settings`: those of the start.

    `http` is None where it is switched off, `replica` and `hands` where no other syncd shares
    the ledger.
    `cutting` is set when transfers must end.
    """

    settings: Settings
    signals: SignalQueue
    state: ServiceState
    ledger: ServiceLedger
    scheduler: LoopScheduler
    periodic: PeriodicTasks
    dispatcher: Queue
    requests: Requests
    reload: Reload
    freshness: FreshnessMonitor
    monitors: Monitors
    watcher: FileWatcher
    notifications: Notifications
    health: Health
    http: HttpServer | None
    events: EventService
    cutting: threading.Event
    learner: Learner
    replica: Replica | None = None
    hands: Hands | None = None

    def run(self, first: ReadManifest) -> int:
        """Until it is told to stop; returns the exit code. `first`: how the manifest was found."""
        if self.http is not None:
            self.http.start()
        try:
            self.events.start()
            app = self.state.runtime.app
            log.info(
                "service.started",
                version=__version__,
                datasets=len(app.manifest.datasets),
                targets=targets(app),
                http=_address(self.settings.http_address, self.http.port) if self.http else "off",
            )
            if self.replica is None:
                log.info("service.alone", why=sentence(because("service_alone")))
            for open_to_others in exposures(app):
                log.warning("service.exposed", why=sentence(open_to_others))
            self._take(first)
            self._plan_tasks()
            self.scheduler.start()
            self._turn_until_stopped()
        finally:
            self._stop()
        return 0

    @property
    def is_abandoning(self) -> bool:
        """Whether cycles that were cut have not ended yet."""
        return bool(self.dispatcher.busy)

    def _plan_tasks(self) -> None:
        """Those of one turn come in the order of their names: files before requests."""
        second, day = timedelta(seconds=1), timedelta(days=1)
        add, monitors = self.periodic.add, self.monitors
        add("files", second, self._check_files)
        add("ledger", second, monitors.check_ledger)
        if self.replica is not None:
            add("lead", 5 * second, self.replica.confirm)
            add("key", 60 * second, self._check_key)
        add("overdue", second, self._report_overdue)
        add("requests", second, self._take_requests)
        add("plans", 2 * second, monitors.publish_plans)
        # After the cycles of the start.
        add("late", 30 * second, self.freshness.find_late, at_once=False)
        add("reload", 30 * second, self._reload_again)
        add("note", 60 * second, monitors.publish_note)
        add("checks", 300 * second, monitors.check_portal)
        add("requests of the dead", 300 * second, self.requests.release_abandoned)
        add("prune", day, monitors.prune)

    def _turn_until_stopped(self) -> None:
        wait = 0.0
        while (command := self.signals.next(wait)) != signals.STOP:
            self.state.turned_at = time.monotonic()
            if command == signals.RELOAD:
                if self.hands is not None:
                    self.hands.reload()
                self.periodic.safely("reload", self._reload_as_ordered)
            if command == signals.SYNC:
                log.info("service.asked", why="signal")
                self.requests.ask_for_all("signal")
            # No job: a scheduler whose clock went back would come to it hours later.
            self.periodic.safely("clock", self.monitors.check_clock)
            wait = self.scheduler.run_due(at_most=TURN)
            self.notifications.wake(idle=self.dispatcher.idle, healthy=self.health.is_well())

    def _stop(self) -> None:
        """Orderly: what is being sent may finish within the grace, nothing new begins."""
        log.info("service.stopping", busy=len(self.dispatcher.busy))
        self.state.stopping.set()
        self.periodic.safely("events", self._stop_events)
        self.dispatcher.stop()
        self.scheduler.shutdown()
        grace = self.settings.stop_grace
        end = time.monotonic() + grace
        self._wait_for_work(end - min(CUT_MARGIN, grace / 4))
        self.cutting.set()
        self._wait_for_work(end)
        left = self.dispatcher.busy
        self.periodic.safely("farewell", self.monitors.withdraw_note)
        if self.http is not None:
            self.http.close()
        self.notifications.close()
        if not left:
            self.state.runtime.close()
            self.ledger.close()
        log.info("service.stopped", abandoned=len(left))

    def _stop_events(self) -> None:
        self.events.stop(lambda dataset: self.ledger.ask(dataset, clock.now(), "event"))

    def _wait_for_work(self, until: float) -> None:
        while self.dispatcher.busy and time.monotonic() < until:
            self.signals.next(max(0.01, min(0.2, until - time.monotonic())))
            self.state.turned_at = time.monotonic()

    def _report_overdue(self) -> None:
        deadline = self.state.runtime.app.settings.cycle_deadline
        for dataset in self.dispatcher.overdue(deadline):
            self.learner.learn(Finished(dataset=dataset, kind="cycle", end="overdue"))

    def _check_key(self) -> None:
        """Where others may do all the work; else after a cycle. The loop waits for no portal."""
        of = (self.state.runtime.adapters.portal,)
        threading.Thread(target=self.freshness.check_key, args=of, name="key", daemon=True).start()

    # -- manifest ---------------------------------------------------------------------------

    def _check_files(self) -> None:
        if self.watcher.changed():
            self._reload(ordered=False)

    def _reload_as_ordered(self) -> None:
        self._reload(ordered=True)

    def _reload_again(self) -> None:
        if self.reload.failed:
            self._reload(ordered=False)

    def _reload(self, *, ordered: bool) -> None:
        self.watcher.accept()
        with suppress(Abandoned):  # the next turn finds the stop
            self._take(self.reload.reload(ordered=ordered))

    def _take(self, read: ReadManifest) -> None:
        """Say what became of the manifest, and work by the one in force."""
        self.reload.report(read)
        if self.replica is not None:
            self.replica.works_by = self.state.runtime.app.manifest.digest
            self.periodic.safely("lead", self.replica.confirm)  # all work by it, from now on
        self.periodic.safely("note", self.monitors.publish_note)
        self.periodic.safely("schedule", self.reload.follow)
        self.periodic.safely("events", self.events.follow)
        if "schedule" in self.periodic.troubled:
            self.reload.failed = True

    def _take_requests(self) -> None:
        if not self.watcher.is_pending:  # a request may be about what the changed manifest names
            self.requests.take()


def _address(given: str, port: int) -> str:
    return f"{given.rpartition(':')[0]}:{port}"
