"""Which datasets are asked for, and when: by the timetable, and by other processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from syncd.actions.sync import pauses
from syncd.core import clock
from syncd.service.dispatcher import Dispatcher, Want
from syncd.service.schedule import Timetable
from syncd.service.state import ServiceState
from syncd.telemetry.metrics import Metrics

log = structlog.get_logger("syncd.daemon")


class Agenda:
    def __init__(
        self, desk: ServiceState, dispatcher: Dispatcher, timetable: Timetable, metrics: Metrics
    ) -> None:
        self._desk = desk
        self._dispatcher = dispatcher
        self._timetable = timetable
        self._metrics = metrics
        self._plans: Mapping[str, datetime] = {}

    def follow(self) -> None:
        """The manifest in force is another one, or the first."""
        desk, now = self._desk, clock.now()
        manifest = desk.world.app.manifest
        desk.ledger.put_pauses(manifest.portal, pauses(manifest.datasets, now))
        for dataset in desk.entries:
            desk.learn(dataset, desk.ledger.address(manifest.portal, dataset) or dataset)
        self._metrics.expect(desk.id(dataset) for dataset in desk.entries)
        desk.lookout.follow(desk.entries, now)
        self._timetable.follow(manifest, desk.ledger.runs(manifest.portal), now)

    def ask_for(
        self, dataset: str | None, why: str, requests: frozenset[int] = frozenset()
    ) -> None:
        """`dataset` None: every one."""
        for entry in self._desk.world.app.manifest.datasets:
            if dataset in {None, entry.dataset} and entry.active:
                self._dispatcher.ask(Want(entry.dataset, why, requests=requests))

    def take_requests(self) -> None:
        desk = self._desk
        if not desk.ledger.has_requests():
            return
        for request in desk.ledger.take_requests(clock.now()):
            log.info("service.asked", why="request", dataset=request.dataset or None)
            asked = [
                entry.dataset
                for entry in desk.entries.values()
                if request.dataset in {"", entry.dataset} and entry.active
            ]
            desk.owe(request.id, asked)
            for dataset in asked:
                self.ask_for(dataset, "request", frozenset({request.id}))
            if not asked:
                log.warning("request.unknown", dataset=request.dataset)
                desk.ledger.done_with([request.id])

    def release_requests(self) -> None:
        """What another service took and did not do, however it died."""
        deadline = timedelta(seconds=self._desk.world.app.settings.cycle_deadline)
        self._desk.ledger.release_requests(clock.now() - deadline)

    def publish_plans(self) -> None:
        """For `status` in another process."""
        plans = self._timetable.plans()
        if plans != self._plans:
            self._desk.ledger.put_plans(self._desk.world.app.manifest.portal, plans)
            self._plans = plans
