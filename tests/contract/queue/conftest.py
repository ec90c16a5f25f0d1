"""Both kinds of queues, with workers whose work a test has in its hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.bootstrap import job_queue
from syncd.service.dispatcher import Dispatcher, Job, Queue, Release
from syncd.service.executor import Executor
from syncd.service.finished import Finished
from syncd.service.shared_looks import SharedLooks
from syncd.service.shared_queue import SharedQueue

PORTAL = "https://demo.data.gouv.fr"
PATIENCE = 60.0  # seconds that nothing needs unless it failed


class Work:
    """Jobs begin, and end when they are told to."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.begun: list[Job] = []
        self.running: list[str] = []
        self.most = 0
        self.ended: list[tuple[str, frozenset[int]]] = []  # with the requests that are done with
        self.again: set[str] = set()  # datasets whose next job cannot be done now
        self.broken: set[str] = set()  # datasets whose next job raises
        self._told: dict[str, threading.Event] = {}

    def free(self, *datasets: str) -> None:
        """Their jobs, now and later, end at once."""
        for dataset in datasets:
            self._event(dataset).set()

    def hold(self, dataset: str) -> None:
        self._event(dataset).clear()

    def _event(self, dataset: str) -> threading.Event:
        with self.changed:
            return self._told.setdefault(dataset, threading.Event())

    def work(self, job: Job, _release: Release) -> Finished:
        with self.changed:
            assert job.dataset not in self.running
            self.begun.append(job)
            self.running.append(job.dataset)
            self.most = max(self.most, len(self.running))
            self.changed.notify_all()
        self._event(job.dataset).wait(PATIENCE)
        with self.changed:
            self.running.remove(job.dataset)
            self.changed.notify_all()
        if job.dataset in self.broken:
            self.broken.discard(job.dataset)
            raise RuntimeError("a fault of the work's own")
        end = "held" if job.dataset in self.again else "done"
        self.again.discard(job.dataset)
        return Finished(dataset=job.dataset, kind=job.kind, end=end)  # type: ignore[arg-type]  # one of them

    def learn(self, finished: Finished, requests: Collection[int] = ()) -> bool:
        with self.changed:
            if finished.end == "held":
                return True
            self.ended.append((finished.dataset, frozenset(requests)))
            self.changed.notify_all()
        return False

    def wait_for(self, true: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(true, PATIENCE), (self.begun, self.running, self.ended)

    def look_again(self) -> None:
        """What is waited for may have become true without any job."""
        with self.changed:
            self.changed.notify_all()

    def datasets(self) -> list[str]:
        with self.changed:
            return [job.dataset for job in self.begun]


class Place:
    """Where it is asked, and who works. `limit`: of each worker."""

    def __init__(self, queue: Queue, work: Work, limit: int) -> None:
        self.queue = queue
        self.work = work
        self.limit = limit


Opening = Callable[..., Place]


@pytest.fixture(params=["in process", "in process, looked at first", "shared", "shared by two"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    # Before what uses it, so that it goes after.
    here = request.param.startswith("in process")
    url = "" if here else request.getfixturevalue("database")
    with ExitStack() as stack:

        def opened(limit: int = 2) -> Place:
            work = Work()
            if here:
                queue: Queue = Dispatcher(
                    lambda job, free: work.learn(work.work(job, free), job.requests),
                    limit=limit,
                    on_idle=work.look_again,
                )
                if "looked" in request.param:  # with a look that finds news everywhere
                    bucket = frozenset({"bucket"})
                    queue = SharedLooks(
                        queue,
                        lambda _: bucket,
                        lambda _, __: {},
                        work.learn,
                        on_idle=work.look_again,
                        gathering=0.001,
                    )
            else:
                workers = 2 if request.param == "shared by two" else 1
                queue = shared_queue(stack, url, tmp_path, work, limit, workers)
                limit *= workers
            stack.callback(lambda: work.free(*{job.dataset for job in work.begun}))
            stack.callback(queue.stop)
            return Place(queue, work, limit)

        yield opened


def shared_queue(
    stack: ExitStack, url: str, folder: Path, work: Work, limit: int, workers: int
) -> SharedQueue:
    ledger = stack.enter_context(closing(SqlLedger(url, folder)))
    app: Any = SimpleNamespace(
        manifest=SimpleNamespace(portal=PORTAL),
        settings=SimpleNamespace(concurrency=limit, cycle_deadline=3600.0),
    )
    for _ in range(workers):
        own = stack.enter_context(closing(job_queue(ledger)))
        one = Executor(own, ledger, ledger, lambda: app, work.work, limit=limit)
        stack.callback(one.close)
        stack.callback(_wait_for_work, one)  # else the ledger goes while one of its threads uses it
        stack.callback(one.stop)
    state: Any = SimpleNamespace(runtime=SimpleNamespace(app=app), id=lambda dataset: dataset)
    own = stack.enter_context(closing(job_queue(ledger)))
    return SharedQueue(own, ledger, state, work.learn)


def _wait_for_work(one: Executor) -> None:
    one.wait_for_work(time.monotonic() + PATIENCE)
