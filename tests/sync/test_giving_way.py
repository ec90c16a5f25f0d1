"""A service that meets a colleague at a dataset waits for its turn, and disturbs nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.ports import Adapters
from syncd.core.records import Outcome
from syncd.notify import Mailer
from syncd.notify.delivery import AlertDelivery
from syncd.service.dispatcher import Job
from syncd.service.freshness import FreshnessMonitor
from syncd.service.learning import Learner
from syncd.service.runtime import Runtime
from syncd.service.schedule import Schedules
from syncd.service.scheduler import LoopScheduler
from syncd.service.state import ServiceState
from syncd.service.worker import Worker
from syncd.telemetry.metrics import Metrics
from tests.support.sync_harness import House


class Released:
    """How often, and whether now, others had this cycle's place."""

    def __init__(self, at_its_end: Callable[[], None] = lambda: None) -> None:
        self.times = 0
        self.now = False
        self._at_its_end = at_its_end

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.times, self.now = self.times + 1, True
        yield
        self.now = False
        self._at_its_end()


@pytest.fixture
def adapters(house: House) -> Iterator[Adapters]:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    with house.adapters() as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Single:
    """A service that works itself."""

    worker: Worker
    learner: Learner

    def work(self, job: Job, released: Released) -> bool:
        return self.learner.learn(self.worker.work(job, released), job.requests)

    @property
    def state(self) -> ServiceState:
        return self.learner.state

    @property
    def ledger(self) -> ServiceLedger:
        return self.learner.ledger

    @property
    def metrics(self) -> Metrics:
        return self.learner.metrics


@pytest.fixture
def worker(house: House, adapters: Adapters) -> Single:
    app = App(Settings(), house.manifest)
    ledger = adapters.ledger
    alerts = AlertDelivery(ledger, Mailer(), house.url, clock.now)  # type: ignore[arg-type]  # the one class is both
    state = ServiceState(Runtime(app, nullcontext(adapters)), alerts, threading.Event())
    freshness = FreshnessMonitor(state, {}, clock.now())
    schedules, metrics = Schedules(LoopScheduler(lambda: None)), Metrics()
    learner = Learner(state, ledger, freshness, schedules, metrics)  # type: ignore[arg-type]  # as above
    done = Worker(state.acquired_runtime, state.stopping, freshness.check_key, state.waits)
    return Single(done, learner)


@pytest.mark.parametrize("kind", ["cycle", "check"])
def test_a_dataset_that_a_colleague_works_on_is_neither_failed_nor_told(
    house: House, adapters: Adapters, worker: Single, kind: str
) -> None:
    job = Job(house.dataset, "schedule", kind)  # type: ignore[arg-type]  # one of both
    released = Released()
    with adapters.locks.hold(house.url, house.dataset, 0, "sync", "Léa"), capture_logs() as logs:
        assert worker.work(job, released)

    state = worker.state
    assert not state.failed
    assert state.waiting[house.dataset].facts["by"] == "Léa"
    assert worker.ledger.alerts(house.url) == ()
    assert worker.ledger.runs(house.url) == {}
    assert adapters.ledger.last_cycle() is None
    assert worker.metrics.registry.get_sample_value("syncd_cycles_total") is None
    assert {one["log_level"] for one in logs} == {"info"}
    waiting = [one for one in logs if one["event"] == "cycle.waiting"]
    assert [(one["command"], one["by"]) for one in waiting] == [("sync", "Léa")]
    assert released.times == 1
    assert sum(house.waited) >= 60


def test_its_turn_comes_when_the_colleague_is_done(
    house: House, adapters: Adapters, worker: Single
) -> None:
    released = Released()
    hold = adapters.locks.hold(house.url, house.dataset, 0, "sync", "Léa")
    hold.__enter__()
    house.on_wait = lambda _seconds: hold.__exit__(None, None, None)

    assert not worker.work(Job(house.dataset, "schedule"), released)

    assert [row.state for row in house.rows()] == [Outcome.REPLACED]
    assert (released.times, released.now) == (1, False)
    assert worker.state.waiting == {}


def test_a_request_that_could_not_be_served_is_not_done_with(
    house: House, adapters: Adapters, worker: Single
) -> None:
    adapters.ledger.ask(house.dataset, clock.now())
    [request] = worker.ledger.take_requests(clock.now())
    worker.state.owe(request.id, [house.dataset])
    job = Job(house.dataset, "request", requests=frozenset({request.id}))
    with adapters.locks.hold(house.url, house.dataset, 0, "sync", "Léa"):
        assert worker.work(job, Released())
    assert worker.state.done_for([request.id], "") == []
    worker.ledger.release_requests()
    assert worker.ledger.has_requests()
    assert worker.ledger.take_requests(clock.now())

    assert not worker.work(job, Released())

    worker.ledger.release_requests()
    assert not worker.ledger.has_requests()


def test_a_colleague_who_comes_between_is_waited_for_as_well(
    house: House, adapters: Adapters, worker: Single
) -> None:
    first = adapters.locks.hold(house.url, house.dataset, 0, "sync", "Léa")
    second = adapters.locks.hold(house.url, house.dataset, 0, "undo", "Paul")
    first.__enter__()

    def leave(_seconds: float) -> None:
        house.on_wait = lambda _seconds: None
        first.__exit__(None, None, None)

    house.on_wait = leave
    try:
        assert worker.work(Job(house.dataset, "schedule"), Released(second.__enter__))
    finally:
        second.__exit__(None, None, None)
    assert not worker.state.failed
    assert worker.ledger.alerts(house.url) == ()
    assert house.uploads() == 0
