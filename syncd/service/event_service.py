"""The ways in which S3 servers tell of new objects, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import structlog

from syncd.config.configuration import App, sources_told_of
from syncd.config.settings import PREFIX, Settings
from syncd.service.event_queues import EventQueues, Queue
from syncd.service.events import InForce, Intake, application
from syncd.service.hints import Hints
from syncd.service.http import AppServer
from syncd.telemetry.metrics import Metrics

log = structlog.get_logger("syncd.events")

_SETTING = f"{PREFIX}EVENTS_ADDRESS"
_MANY = 100  # datasets, from which on all are asked for as one


class EventService:
    """`look` asks for datasets to be looked at soon, as of `Hints`; `settings`: of the start.

    `open_queue`: as of `EventQueues`; None for who listens at none: of several syncd one does.
    """

    def __init__(
        self,
        settings: Settings,
        in_force: Callable[[], InForce | None],
        look: Callable[[list[str]], None],
        metrics: Metrics,
        open_queue: Callable[[App, str], Queue] | None = None,
    ) -> None:
        self._in_force = in_force
        self._metrics = metrics
        self._hints = Hints(look)
        self._intake = Intake(in_force, self._hints, metrics.event)
        self._queues = EventQueues(self._intake, open_queue) if open_queue else None
        self._server: AppServer | None = None
        if settings.events_address != "off":
            listening = application(self._intake)
            self._server = AppServer(settings.events_address, listening, setting=_SETTING)
        self._host = settings.events_address.rpartition(":")[0]

    def start(self) -> None:
        """`SyncdError` where the address cannot be had."""
        if self._server is not None:
            self._server.start()
            log.info("events.listening", http=f"{self._host}:{self.port}")

    @property
    def port(self) -> int:
        """The port that is listened at; 0 while there is none."""
        return self._server.port if self._server else 0

    def follow(self) -> None:
        """Another manifest or other settings may be in force."""
        by = self._in_force()
        if by is None:
            return
        if self._queues is not None:
            self._queues.follow(by.app)
        self._metrics.expect_events(sources_told_of(by.app))

    def last(self) -> Mapping[str, datetime]:
        """By source, when something was last told of it."""
        return self._intake.last()

    def queues(self) -> Mapping[str, bool]:
        """By source, whether its queue answered when last asked."""
        return self._queues.well() if self._queues is not None else {}

    def unsettled(self, dataset: str) -> None:
        """A look found an object of it that is still too young."""
        self._hints.unsettled(dataset)

    def stop(self, leave: Callable[[str], None]) -> None:
        """What was hinted at, and is not looked at yet, is left to whoever comes next: `leave`
        takes a dataset, or "" for all."""
        if self._server is not None:
            self._server.close()
        if self._queues is not None:
            self._queues.stop()
        for dataset in by_few_requests(self._hints.stop()):
            leave(dataset)


def by_few_requests(datasets: list[str]) -> Iterable[str]:
    """For the ledger, in which each is a transaction: "" stands for all."""
    return datasets if len(datasets) < _MANY else ("",)
