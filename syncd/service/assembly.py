"""Makes the service's parts and joins them: the only place that does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import structlog
from starlette.types import ASGIApp

from syncd import bootstrap
from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.errors import Abandoned
from syncd.notify.delivery import AlertDelivery
from syncd.service.dispatcher import Dispatcher, Job, Queue, Release
from syncd.service.event_service import EventService
from syncd.service.file_watcher import FileWatcher
from syncd.service.freshness import FreshnessMonitor
from syncd.service.health import Health
from syncd.service.http import HttpServer
from syncd.service.instance_lock import InstanceLock
from syncd.service.learning import Learner
from syncd.service.loop import Service
from syncd.service.manifest_reader import ManifestReader
from syncd.service.manifest_store import ManifestStore, ReadManifest, watched
from syncd.service.monitors import Monitors
from syncd.service.notifications import Notifications, mailer
from syncd.service.periodic import PeriodicTasks
from syncd.service.reload import Reload
from syncd.service.replica import Replica
from syncd.service.requests import Requests
from syncd.service.runtime import RuntimeFactory
from syncd.service.schedule import Schedules
from syncd.service.scheduler import LoopScheduler
from syncd.service.shared_looks import SharedLooks, look_at, sources_of
from syncd.service.signals import SignalQueue
from syncd.service.signing_key import contact_links
from syncd.service.state import ServiceState
from syncd.service.worker import Worker
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts
from syncd.text import figures

if TYPE_CHECKING:
    from syncd.service.hands import Hands

log = structlog.get_logger("syncd.daemon")

PageMaker = Callable[[Callable[[], App], Callable[[], Facts]], ASGIApp]

LEDGER_TIMEOUT = 2.0  # seconds that the loop waits for another writer of the ledger


def _stop_if_told(signals: SignalQueue) -> None:
    if signals.is_told_to_stop():
        raise Abandoned


def _work(worker: Worker, learner: Learner, job: Job, release_slot: Release) -> bool:
    return learner.learn(worker.work(job, release_slot), job.requests)


def _ask_for(requests: Requests, datasets: list[str]) -> None:
    log.info("service.asked", why="event", datasets=len(datasets))
    for dataset in datasets:
        requests.ask_for(dataset, "event")


@contextmanager
def assembled(
    settings: Settings,
    signals: SignalQueue,
    replica: Replica | None = None,
    hands: Hands | None = None,
    page: PageMaker | None = None,
) -> Iterator[tuple[Service, ReadManifest]]:
    """The service, and how its manifest was found. Others see it live inside the block.

    `replica`: which of several it is, and leads; `hands`: what works in this process then. `page`:
    makes what answers beside /healthz, /readyz and /metrics, of the configuration in force and how
    the service is. `Abandoned` when it is told to stop while a large manifest is read.
    """
    with InstanceLock(settings.state_dir) as lock:
        watcher = FileWatcher(partial(watched, settings))  # first: what changes from now on counts
        store = ManifestStore(settings, ManifestReader(settings.state_dir).load)
        if replica is not None:
            text = replica.manifest_in_force()
            if text is not None:
                store.learn(text)
        is_behind = replica is not None and replica.is_behind
        app, read = store.first(partial(_stop_if_told, signals), behind=is_behind)
        figures.tell_time_in(app.manifest.timezone)
        portal = app.manifest.portal

        stopping, cutting, metrics = threading.Event(), threading.Event(), Metrics()
        runtimes = RuntimeFactory(stopping, cutting, metrics.retried)
        runtime = runtimes.open(app)
        # All that may fail by the ledger comes before what has a thread or a port of its own: where
        # it does, another may lead, and this one tries again.
        with ExitStack() as undone:
            undone.callback(runtime.close)
            ledger = bootstrap.service_ledger(
                app.settings, busy_seconds=LEDGER_TIMEOUT, away_seconds=LEDGER_TIMEOUT
            )
            undone.callback(ledger.close)
            if replica is not None or lock.alone:  # whoever leads is alone on the ledger
                ledger.drop_services()
                ledger.release_requests()
            runs = ledger.runs(portal)
            undone.pop_all()
        linked = contact_links(app.settings)
        alerts = AlertDelivery(ledger, mailer(app.settings), portal, clock.now, linked)
        state = ServiceState(runtime, alerts, stopping)
        freshness = FreshnessMonitor(state, runs, clock.now())

        scheduler = LoopScheduler(signals.wake)
        schedules, periodic = Schedules(scheduler), PeriodicTasks(scheduler)
        learner = Learner(state, ledger, freshness, schedules, metrics)
        queue: Queue
        if hands is not None:
            # Here: its libraries are no part of an installation without PostgreSQL.
            from syncd.service.shared_queue import SharedQueue

            queue = SharedQueue(hands.queue, ledger, state, learner.learn)
            hands.tell_retries_to(metrics.retried)
        else:
            worker = Worker(state.acquired_runtime, stopping, freshness.check_key, state.waits)
            work = partial(_work, worker, learner)
            queue = Dispatcher(work, limit=settings.concurrency, on_idle=signals.wake)
        dispatcher = SharedLooks(
            queue,
            lambda dataset: sources_of(state.entries.get(dataset)),
            # Of several, those who work mind the key.
            partial(look_at, state, freshness.check_key if hands is None else None),
            learner.learn,
            on_idle=signals.wake,
        )
        requests = Requests(state, ledger, dispatcher)
        events = EventService(
            app.settings,
            lambda: state.runtime,
            partial(_ask_for, requests),
            metrics,
            bootstrap.event_queue,
        )
        monitors = Monitors(
            state, ledger, dispatcher, schedules, periodic, settings.state_dir, events.last
        )
        notifications = Notifications(state, app.settings)
        health = Health(state, freshness, dispatcher, periodic)
        if hands is not None:
            health = replace(health, at_work=lambda: hands.runtime)
        learner.on_unsettled = events.unsettled
        metrics.ask(
            facts=health.facts,
            last_success=health.last_success,
            key_expiry=health.key_expiry,
            unsent=health.unsent,
            last_event=events.last,
            event_queues=events.queues,
        )
        http = None
        if settings.http_address != "off":
            shown = page(lambda: state.runtime.app, health.facts) if page is not None else None
            http = HttpServer(settings.http_address, health.facts, metrics.registry, page=shown)
        service = Service(
            settings=settings,
            signals=signals,
            state=state,
            ledger=ledger,
            scheduler=scheduler,
            periodic=periodic,
            dispatcher=dispatcher,
            requests=requests,
            reload=Reload(
                store=store,
                is_told_to_stop=signals.is_told_to_stop,
                open_runtime=runtimes.open,
                state=state,
                ledger=ledger,
                dispatcher=dispatcher,
                requests=requests,
                schedules=schedules,
                freshness=freshness,
                notifications=notifications,
                metrics=metrics,
            ),
            freshness=freshness,
            monitors=monitors,
            watcher=watcher,
            notifications=notifications,
            health=health,
            http=http,
            events=events,
            cutting=cutting,
            learner=learner,
            replica=replica,
            hands=hands,
        )
        yield service, read
