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
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from syncd import __version__, app, telemetry
from syncd.app import App, Waits
from syncd.daemon import signals
from syncd.daemon.desk import Desk
from syncd.daemon.dispatcher import Dispatcher, Want
from syncd.daemon.http import HttpServer
from syncd.daemon.keeping import Keeper, Read, watched
from syncd.daemon.lookout import Lookout
from syncd.daemon.messenger import Messenger
from syncd.daemon.presence import Presence
from syncd.daemon.signals import Bell
from syncd.daemon.timetable import Timetable
from syncd.daemon.watch import Watch
from syncd.daemon.worker import Worker
from syncd.daemon.world import World
from syncd.errors import Abandoned, LedgerError, Problem, SyncdError
from syncd.model import Fact, ServiceNote, because
from syncd.ports import Transfer
from syncd.readiness import Facts
from syncd.run import pauses
from syncd.settings import Settings, secret_values
from syncd.telemetry.metrics import Metrics
from syncd.wording import problem

log = structlog.get_logger("syncd.daemon")

TURN = 1.0  # seconds between two turns of the loop, when nothing rings
CUT_MARGIN = 2.0  # seconds of the grace in which transfers that did not end are cut
DAY = 86400.0  # seconds
LOOP_PATIENCE = 2.0  # seconds that the loop waits for another writer of the ledger
CLOCK_JUMP = 30.0  # seconds


class Service:
    """`settings` are those of the start. `run` returns the exit code."""

    def __init__(self, settings: Settings, bell: Bell) -> None:
        self._settings = settings
        self._bell = bell
        self._stopping = threading.Event()
        self._cutting = threading.Event()
        self._keeper = Keeper(settings)
        self._turned = time.monotonic()
        self._done_at: dict[str, float] = {}
        self._troubled: set[str] = set()  # chores that fail
        self._reload_failed = False
        self._clock_ahead = time.time() - time.monotonic()
        self._started_at = app.now()
        self._plans: Mapping[str, datetime] = {}
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
        with Presence(self._settings.state_dir) as presence:
            self._watch = Watch(lambda: watched(self._settings))
            started, read = self._keeper.first()
            self._set_up(started, alone=presence.alone)
            http = self._http()
            try:
                log.info(
                    "service.started",
                    version=__version__,
                    datasets=len(started.manifest.datasets),
                    targets=_targets(started),
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
        ledger = app.service_ledger(started, busy_seconds=LOOP_PATIENCE)
        portal = started.manifest.portal
        messenger = Messenger(started.settings, ledger, portal, healthy=self._is_healthy)
        self._desk = Desk(world, ledger, messenger, Lookout(ledger.runs(portal)))
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
        self._done_at["late"] = time.monotonic()  # after the cycles of the start
        chores: tuple[tuple[float, str, Callable[[], None]], ...] = (
            (0, "clock", self._look_at_clock),
            (0, "ledger", self._look_at_ledger),
            (0, "requests", self._take_requests),
            (0, "files", self._look_at_files),
            (0, "overdue", self._report_overdue),
            (2, "plans", self._publish_plans),
            (30, "late", self._find_late),
            (30, "reload", self._reload_again),
            (60, "note", self._note_service),
            (300, "checks", self._check_portal),
            (300, "requests of the dead", self._release_requests),
            (DAY, "prune", self._prune),
        )
        for word in self._words():
            if word == signals.STOP:
                return
            if word == signals.RELOAD:
                self._safely("reload", lambda: self._reload(ordered=True))
            if word == signals.SYNC:
                log.info("service.asked", why="signal")
                self._ask_for(None, "signal")
            for every, what, chore in chores:
                if time.monotonic() >= self._done_at.get(what, 0.0) + every:
                    self._done_at[what] = time.monotonic()
                    self._safely(what, chore)
            self._desk.messenger.wake(idle=self._dispatcher.idle)

    def _words(self) -> Iterator[str]:
        while True:
            yield self._bell.next(TURN)
            self._turned = time.monotonic()

    def _safely(self, what: str, chore: Callable[[], None]) -> None:
        """Trouble of a chore is told, once while it lasts; the loop goes on."""
        try:
            chore()
        except SyncdError as error:
            if what not in self._troubled:
                log.error("service.trouble", what=what, why=str(error))
            self._troubled.add(what)
        except Exception:
            log.exception("service.fault", what=what)
            self._troubled.add(what)
        else:
            self._troubled.discard(what)

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
        self._safely("farewell", lambda: self._desk.ledger.drop_services(_instance()))
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

    def _open(self, started: App) -> World:
        waits = Waits(
            idle=_until(self._stopping),
            sending=self._counted,
            stopping=self._stopping.is_set,
            retried=partial(self._metrics.retried, "s3"),
        )
        opened = app.edges(started, _Cuttable(self._cutting), read_only=False, waits=waits)
        return World(started, opened)

    def _aside(self, dataset: str) -> AbstractContextManager[None]:
        return self._dispatcher.aside(dataset)

    def _counted(self, seconds: float) -> None:
        """A pause before a request to the portal is made again."""
        self._metrics.retried("portal")
        _until(self._cutting)(seconds)

    def _is_healthy(self) -> bool:
        """Whether the heart may beat."""
        desk = self._desk
        well = not desk.failed and not desk.lookout.late and not self._dispatcher.hanging
        return well and desk.manifest == "valid" and not self._troubled

    # -- reload -----------------------------------------------------------------------------

    def _look_at_files(self) -> None:
        if self._watch.changed():
            self._reload(ordered=False)

    def _reload(self, *, ordered: bool) -> None:
        self._watch.settle()
        read = self._keeper.again(self._desk.world.app, ordered=ordered)
        self._reload_failed = False
        if read.app is not None:
            try:
                self._replace(self._open(read.app), read.app)
            except SyncdError as error:
                self._reload_failed = True  # the files are as they should be, the rest may pass
                read = Read("invalid", problems=(Problem(error.reason),))
        self._take(read)

    def _reload_again(self) -> None:
        if self._reload_failed:
            self._reload(ordered=False)

    def _replace(self, world: World, new: App) -> None:
        desk = self._desk
        former, before = desk.world, desk.entries
        settings = new.settings
        # Cycles under way still use the former secrets.
        secrets = {*secret_values(settings), *secret_values(former.app.settings)}
        telemetry.configure(settings.log_format or "auto", settings.log_level, tuple(secrets))
        self._dispatcher.resize(settings.concurrency)
        world.inherit(former)
        desk.world = world
        desk.messenger.use(settings, new.manifest.portal)
        gone = set(before) - set(desk.entries)
        desk.failed -= gone
        desk.lookout.forget_key()
        self._metrics.forget(desk.id(dataset) for dataset in gone)
        former.retire()

    def _take(self, read: Read) -> None:
        """Say what became of the manifest, and work by the one in force."""
        desk, change = self._desk, read.change
        desk.manifest = read.state
        facts: dict[str, Fact] = {}
        if change is not None:
            facts = {"added": change.added, "removed": change.removed, "before": change.before}
        if read.state == "valid" and read.app is not None:
            told = log.warning if change is not None and change.is_loss else log.info
            told("manifest.in_force", targets=_targets(read.app), **facts)
            self._keeper.keep(read.app)
            desk.messenger.clear("manifest")
        elif read.state == "held":
            log.error("manifest.held", **facts)
            desk.messenger.raise_("manifest", "held", because("manifest_held", **facts))
        elif read.state == "invalid":
            for found in read.problems:
                log.error("manifest.invalid", problem=problem(found))
            first = problem(read.problems[0]) if read.problems else ""
            reason = because("manifest_not_taken", count=len(read.problems), first=first)
            desk.messenger.raise_("manifest", "failed", reason)
        desk.messenger.keep_only(desk.entries.values())
        self._first_problem = problem(read.problems[0]) if read.problems else ""
        self._safely("note", self._note_service)
        self._safely("schedule", self._schedule)
        self._reload_failed = self._reload_failed or "schedule" in self._troubled

    def _note_service(self) -> None:
        facts: dict[str, Fact] = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "version": __version__,
            "manifest": self._desk.manifest,
            "first_problem": self._first_problem,
            "seen_at": app.now().isoformat(),
        }
        self._desk.ledger.put_service(ServiceNote(_instance(), self._started_at, facts))

    # -- who is asked for, and when ---------------------------------------------------------

    def _schedule(self) -> None:
        desk, now = self._desk, app.now()
        manifest = desk.world.app.manifest
        desk.ledger.put_pauses(manifest.portal, pauses(manifest.datasets, now))
        for dataset in desk.entries:
            desk.learn(dataset, desk.ledger.address(manifest.portal, dataset) or dataset)
        self._metrics.expect(desk.id(dataset) for dataset in desk.entries)
        desk.lookout.follow(desk.entries, now)
        self._timetable.follow(manifest, desk.ledger.runs(manifest.portal), now)

    def _ask_for(
        self, dataset: str | None, why: str, requests: frozenset[int] = frozenset()
    ) -> None:
        """`dataset` None: every one."""
        for entry in self._desk.world.app.manifest.datasets:
            if dataset in {None, entry.dataset} and entry.active:
                self._dispatcher.ask(Want(entry.dataset, why, requests=requests))

    def _take_requests(self) -> None:
        desk = self._desk
        if self._watch.is_pending or not desk.ledger.has_requests():
            return  # a request may be about what the changed manifest names
        for request in desk.ledger.take_requests(app.now()):
            log.info("service.asked", why="request", dataset=request.dataset or None)
            asked = [
                entry.dataset
                for entry in desk.entries.values()
                if request.dataset in {"", entry.dataset} and entry.active
            ]
            desk.owe(request.id, asked)
            for dataset in asked:
                self._ask_for(dataset, "request", frozenset({request.id}))
            if not asked:
                log.warning("request.unknown", dataset=request.dataset)
                desk.ledger.done_with([request.id])

    def _publish_plans(self) -> None:
        """For `status` in another process."""
        plans = self._timetable.plans()
        if plans != self._plans:
            self._desk.ledger.put_plans(self._desk.world.app.manifest.portal, plans)
            self._plans = plans

    def _release_requests(self) -> None:
        """What another service took and did not do, however it died."""
        deadline = timedelta(seconds=self._desk.world.app.settings.cycle_deadline)
        self._desk.ledger.release_requests(app.now() - deadline)

    # -- what the turns look after ----------------------------------------------------------

    def _look_at_clock(self) -> None:
        """Schedules go by the clock on the wall, and waiting by the one that never jumps."""
        ahead = time.time() - time.monotonic()
        jump, self._clock_ahead = ahead - self._clock_ahead, ahead
        if abs(jump) > CLOCK_JUMP:
            log.warning("clock.jumped", seconds=round(jump))
            self._timetable.clock_jumped(self._desk.world.app.manifest, app.now())

    def _look_at_ledger(self) -> None:
        if not self._desk.ledger.is_in_place():
            raise LedgerError("ledger_replaced", folder=str(self._settings.state_dir))

    def _report_overdue(self) -> None:
        deadline = self._desk.world.app.settings.cycle_deadline
        for dataset in self._dispatcher.overdue(deadline):
            log.error("cycle.overdue", dataset=dataset, deadline=deadline)
            reason = because("cycle_overdue", minutes=round(deadline / 60, 1))
            entry = self._desk.entries.get(dataset)
            self._desk.messenger.raise_("overdue", "late", reason, entry=entry)

    def _find_late(self) -> None:
        desk = self._desk
        desk.lookout.find_late(desk.world.app, desk.messenger, app.now())

    def _check_portal(self) -> None:
        desk = self._desk
        world = desk.world
        for want in desk.lookout.check_portal(world.app, world.edges, desk.id, app.now()):
            self._dispatcher.ask(want)

    def _prune(self) -> None:
        keep = timedelta(days=self._desk.world.app.settings.keep_days)
        gone = self._desk.ledger.prune(app.now() - keep)
        log.info("ledger.pruned", rows=gone)

    # -- what others ask --------------------------------------------------------------------

    def facts(self) -> Facts:
        desk = self._desk
        edges = desk.world.edges
        return Facts(
            now=app.now(),
            turned=time.monotonic() - self._turned,
            manifest=desk.manifest,
            portal=desk.world.reachable(edges.portal.url, edges.portal.usage),
            sources={
                name: desk.world.reachable(str(source.location), source.usage)
                for name, source in edges.sources.items()
            },
            late=tuple(desk.id(dataset) for dataset in desk.lookout.late),
            overdue=tuple(desk.id(dataset) for dataset in self._dispatcher.hanging),
            stopping=self._stopping.is_set(),
            ledger=not self._troubled,
        )


def _instance() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _address(given: str, port: int) -> str:
    return f"{given.rpartition(':')[0]}:{port}"


def _targets(started: App) -> int:
    return sum(len(entry.targets) for entry in started.manifest.datasets)


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
