"""`syncd run`: one loop that turns once a second, and what it does at each turn.

The loop never works on a dataset itself and never waits for the network: cycles run in the
dispatcher's threads, messages and the heartbeat in one of their own. Trouble of one turn is told,
and the next turn comes.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from syncd import __version__, bootstrap
from syncd.bootstrap import Waits
from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.errors import Abandoned
from syncd.core.ports import Transfer
from syncd.core.reasons import Fact
from syncd.core.service_records import ServiceNote
from syncd.service import signals
from syncd.service.dispatcher import Dispatcher
from syncd.service.file_watcher import Watch
from syncd.service.freshness import FreshnessMonitor
from syncd.service.http import HttpServer
from syncd.service.instance_lock import InstanceLock
from syncd.service.manifest_store import ManifestStore, Read, watched
from syncd.service.monitors import Rounds
from syncd.service.notifications import Notifications
from syncd.service.periodic import Chore, Chores
from syncd.service.reload import Renewal, targets
from syncd.service.requests import Agenda
from syncd.service.runtime import Runtime
from syncd.service.schedule import Timetable
from syncd.service.signals import Bell
from syncd.service.state import ServiceState
from syncd.service.worker import Worker
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts

log = structlog.get_logger("syncd.daemon")

TURN = 1.0  # seconds between two turns of the loop, when nothing rings
CUT_MARGIN = 2.0  # seconds of the grace in which transfers that did not end are cut
DAY = 86400.0  # seconds
LOOP_PATIENCE = 2.0  # seconds that the loop waits for another writer of the ledger


class Service:
    """`settings` are those of the start. `run` returns the exit code."""

    def __init__(self, settings: Settings, bell: Bell) -> None:
        self._settings = settings
        self._bell = bell
        self._stopping = threading.Event()
        self._cutting = threading.Event()
        self._keeper = ManifestStore(settings)
        self._turned = time.monotonic()
        self._chores = Chores()
        self._started_at = clock.now()
        self._timetable = Timetable(self._ask_for)
        self._metrics = Metrics(
            facts=self.facts,
            last_success=lambda: {
                self._desk.id(dataset): at
                for dataset, at in dict(self._desk.lookout.succeeded).items()
            },
            key_expiry=lambda: self._desk.lookout.key_expiry,
            unsent=lambda: self._desk.messenger.unsent,
        )

    # -- life -------------------------------------------------------------------------------

    def run(self) -> int:
        with InstanceLock(self._settings.state_dir) as presence:
            self._watch = Watch(lambda: watched(self._settings))
            started, read = self._keeper.first()
            self._set_up(started, alone=presence.alone)
            http = self._http()
            try:
                log.info(
                    "service.started",
                    version=__version__,
                    datasets=len(started.manifest.datasets),
                    targets=targets(started),
                    http=_address(self._settings.http_address, http.port) if http else "off",
                )
                self._take(read)
                self._timetable.start()
                self._turn_until_stopped()
            finally:
                self._stop(http)
        return 0

    @property
    def is_abandoning(self) -> bool:
        """Whether cycles that were cut have not ended yet."""
        return bool(self._dispatcher.busy)

    def _set_up(self, started: App, *, alone: bool) -> None:
        world = self._open(started)
        ledger = bootstrap.service_ledger(started, busy_seconds=LOOP_PATIENCE)
        portal = started.manifest.portal
        messenger = Notifications(started.settings, ledger, portal, healthy=self._is_healthy)
        self._desk = ServiceState(world, ledger, messenger, FreshnessMonitor(ledger.runs(portal)))
        worker = Worker(
            self._desk,
            self._metrics,
            self._timetable,
            self._stopping,
            self._aside,
        )
        self._dispatcher = Dispatcher(
            worker.work, limit=self._settings.concurrency, on_idle=self._bell.ring
        )
        self._agenda = Agenda(self._desk, self._dispatcher, self._timetable, self._metrics)
        self._rounds = Rounds(
            self._desk, self._dispatcher, self._timetable, self._settings.state_dir
        )
        self._renewal = Renewal(
            self._keeper, self._desk, self._dispatcher, self._metrics, self._open
        )
        if alone:
            self._desk.ledger.drop_services()
            self._desk.ledger.release_requests()

    def _http(self) -> HttpServer | None:
        if self._settings.http_address == "off":
            return None
        server = HttpServer(self._settings.http_address, self.facts, self._metrics.registry)
        server.start()
        return server

    def _turn_until_stopped(self) -> None:
        self._chores.put_off("late")  # after the cycles of the start
        chores = (
            Chore(0, "clock", self._rounds.look_at_clock),
            Chore(0, "ledger", self._rounds.look_at_ledger),
            Chore(0, "requests", self._take_requests),
            Chore(0, "files", self._look_at_files),
            Chore(0, "overdue", self._rounds.report_overdue),
            Chore(2, "plans", self._agenda.publish_plans),
            Chore(30, "late", self._rounds.find_late),
            Chore(30, "reload", self._reload_again),
            Chore(60, "note", self._note_service),
            Chore(300, "checks", self._rounds.check_portal),
            Chore(300, "requests of the dead", self._agenda.release_requests),
            Chore(DAY, "prune", self._rounds.prune),
        )
        for word in self._words():
            if word == signals.STOP:
                return
            if word == signals.RELOAD:
                self._chores.safely("reload", lambda: self._reload(ordered=True))
            if word == signals.SYNC:
                log.info("service.asked", why="signal")
                self._ask_for(None, "signal")
            self._chores.do(chores)
            self._desk.messenger.wake(idle=self._dispatcher.idle)

    def _words(self) -> Iterator[str]:
        while True:
            yield self._bell.next(TURN)
            self._turned = time.monotonic()

    def _stop(self, http: HttpServer | None) -> None:
        """Orderly: what is being sent may finish within the grace, nothing new begins."""
        log.info("service.stopping", busy=len(self._dispatcher.busy))
        self._stopping.set()
        self._dispatcher.stop()
        self._timetable.stop()
        grace = self._settings.stop_grace
        end = time.monotonic() + grace
        self._wait_for_work(end - min(CUT_MARGIN, grace / 4))
        self._cutting.set()
        self._wait_for_work(end)
        left = self._dispatcher.busy
        self._chores.safely("farewell", lambda: self._desk.ledger.drop_services(_instance()))
        if http is not None:
            http.close()
        self._desk.messenger.close()
        if not left:
            self._desk.world.retire()
            self._desk.ledger.close()
        log.info("service.stopped", abandoned=len(left))

    def _wait_for_work(self, until: float) -> None:
        while self._dispatcher.busy and time.monotonic() < until:
            self._bell.next(max(0.01, min(0.2, until - time.monotonic())))
            self._turned = time.monotonic()

    # -- the world --------------------------------------------------------------------------

    def _open(self, started: App) -> Runtime:
        waits = Waits(
            idle=_until(self._stopping),
            sending=self._counted,
            stopping=self._stopping.is_set,
            retried=partial(self._metrics.retried, "s3"),
        )
        opened = bootstrap.adapters(started, _Cuttable(self._cutting), read_only=False, waits=waits)
        return Runtime(started, opened)

    def _aside(self, dataset: str) -> AbstractContextManager[None]:
        return self._dispatcher.release_slot(dataset)

    def _counted(self, seconds: float) -> None:
        """A pause before a request to the portal is made again."""
        self._metrics.retried("portal")
        _until(self._cutting)(seconds)

    def _is_healthy(self) -> bool:
        """Whether the heart may beat."""
        desk = self._desk
        well = not desk.failed and not desk.lookout.late and not self._dispatcher.hanging
        return well and desk.manifest == "valid" and not self._chores.troubled

    # -- reload -----------------------------------------------------------------------------

    def _look_at_files(self) -> None:
        if self._watch.changed():
            self._reload(ordered=False)

    def _reload(self, *, ordered: bool) -> None:
        self._watch.settle()
        self._take(self._renewal.renew(ordered=ordered))

    def _reload_again(self) -> None:
        if self._renewal.failed:
            self._reload(ordered=False)

    def _take(self, read: Read) -> None:
        """Say what became of the manifest, and work by the one in force."""
        self._renewal.tell(read)
        self._chores.safely("note", self._note_service)
        self._chores.safely("schedule", self._agenda.follow)
        if "schedule" in self._chores.troubled:
            self._renewal.failed = True

    def _note_service(self) -> None:
        facts: dict[str, Fact] = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "version": __version__,
            "manifest": self._desk.manifest,
            "first_problem": self._desk.first_problem,
            "seen_at": clock.now().isoformat(),
        }
        self._desk.ledger.put_service(ServiceNote(_instance(), self._started_at, facts))

    # -- who is asked for -------------------------------------------------------------------

    def _ask_for(self, dataset: str | None, why: str) -> None:
        self._agenda.ask_for(dataset, why)

    def _take_requests(self) -> None:
        if not self._watch.is_pending:  # a request may be about what the changed manifest names
            self._agenda.take_requests()

    # -- what others ask --------------------------------------------------------------------

    def facts(self) -> Facts:
        desk = self._desk
        adapters = desk.world.adapters
        return Facts(
            now=clock.now(),
            turned=time.monotonic() - self._turned,
            manifest=desk.manifest,
            portal=desk.world.reachable(adapters.portal.url, adapters.portal.usage),
            sources={
                name: desk.world.reachable(str(source.location), source.usage)
                for name, source in adapters.sources.items()
            },
            late=tuple(desk.id(dataset) for dataset in desk.lookout.late),
            overdue=tuple(desk.id(dataset) for dataset in self._dispatcher.hanging),
            stopping=self._stopping.is_set(),
            ledger=not self._chores.troubled,
        )


def _instance() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _address(given: str, port: int) -> str:
    return f"{given.rpartition(':')[0]}:{port}"


def _until(event: threading.Event) -> Callable[[float], None]:
    """Waits for so many seconds; `Abandoned` as soon as the event is set."""

    def wait(seconds: float) -> None:
        if event.wait(seconds):
            raise Abandoned

    return wait


@dataclass(frozen=True, slots=True)
class _Cuttable:
    """Progress of a service: draws nothing, and cuts transfers when it must stop now."""

    cutting: threading.Event

    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[Transfer]:
        del label, direction, size
        yield self

    def advance(self, count: int) -> None:
        del count
        if self.cutting.is_set():
            raise Abandoned

    def restart(self) -> None:
        pass
