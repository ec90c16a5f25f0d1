"""Which datasets are worked on now: so many at once, each by one thread, none twice.

The scheduler, signals and requests only ask; asking never blocks and is never lost. What is asked
for while the dataset is being worked on is done once more afterwards, once however often it was
asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Protocol

import structlog

from syncd.core.queue import Kind

log = structlog.get_logger("syncd.daemon")

AGAIN = "again"  # why a job is asked for that was tried already

Release = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """A dataset that somebody wants worked on."""

    dataset: str
    why: str  # "start", "schedule", "event", "signal", "request", "again" (`AGAIN`), "check"
    kind: Kind = "cycle"
    # Of the ledger, done with when the cycle is; for who works for a queue, its jobs.
    requests: frozenset[int] = frozenset()

    def joined(self, other: Job) -> Job:
        """Both in one: a cycle looks at the portal too."""
        first = other if (self.kind, other.kind) == ("check", "cycle") else self
        return replace(first, requests=self.requests | other.requests)


class Queue(Protocol):
    """Where it is asked for datasets to be worked on. Asking never blocks and is never lost."""

    def ask(self, job: Job) -> None: ...

    @property
    def idle(self) -> bool: ...

    @property
    def busy(self) -> tuple[str, ...]: ...

    @property
    def hanging(self) -> tuple[str, ...]: ...

    def overdue(self, deadline: float) -> list[str]: ...

    def resize(self, limit: int) -> None: ...

    def stop(self) -> None: ...


@dataclass(slots=True)
class _Running:
    job: Job
    since: float  # monotonic
    overdue: bool = False
    released: int = 0  # in how many `release_slot` it is

    @property
    def counts(self) -> bool:
        return not self.overdue and not self.released


def _in_thread(work: Callable[[], None], name: str) -> None:
    # Daemon threads: one that hangs must not keep the process from ending.
    threading.Thread(target=work, name=name, daemon=True).start()


class Dispatcher:
    """`work` carries out one job in a thread; `limit` is how many at once.

    With the job it is handed what to hold while something takes long in it: others take its place.
    Where it returns True the job could not be begun, and is asked for once more.
    """

    def __init__(
        self,
        work: Callable[[Job, Release], bool],
        *,
        limit: int,
        clock: Callable[[], float] = time.monotonic,
        spawn: Callable[[Callable[[], None], str], None] = _in_thread,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._work = work
        self._limit = limit
        self._clock = clock
        self._spawn = spawn
        self._on_idle = on_idle
        self._lock = threading.Lock()
        self._waiting: dict[str, Job] = {}  # in the order in which they were asked for
        self._running: dict[str, _Running] = {}
        self._stopped = False

    def ask(self, job: Job) -> None:
        with self._lock:
            if self._stopped:
                return
            self._put(job)
            started = self._startable()
        self._start(started)

    def _put(self, job: Job) -> None:
        """Under the lock: among those that wait."""
        former = self._waiting.get(job.dataset)
        self._waiting[job.dataset] = former.joined(job) if former else job

    def resize(self, limit: int) -> None:
        with self._lock:
            self._limit = limit
            started = self._startable()
        self._start(started)

    def overdue(self, deadline: float) -> list[str]:
        """Datasets whose cycle exceeds the deadline (seconds), each reported once.

        They no longer count: others take their place, so that a cycle that hangs blocks nobody.
        """
        with self._lock:
            late = [
                running
                for running in self._running.values()
                if not running.overdue and self._clock() - running.since > deadline
            ]
            for running in late:
                running.overdue = True
            started = self._startable()
        self._start(started)
        return [running.job.dataset for running in late]

    @contextmanager
    def release_slot(self, dataset: str) -> Iterator[None]:
        """For what takes long in this dataset's cycle: others take its place meanwhile."""
        with self._lock:
            running = self._running[dataset]
            running.released += 1
            started = self._startable()
        self._start(started)
        try:
            yield
        finally:
            with self._lock:
                running.released -= 1

    @property
    def hanging(self) -> tuple[str, ...]:
        """Datasets whose cycle was found overdue and has not ended."""
        with self._lock:
            return tuple(d for d, running in self._running.items() if running.overdue)

    @property
    def busy(self) -> tuple[str, ...]:
        """Datasets that are worked on now."""
        with self._lock:
            return tuple(self._running)

    @property
    def room(self) -> int:
        """How many more would be begun at once."""
        with self._lock:
            return max(0, self._limit - self._at_work() - len(self._waiting))

    @property
    def idle(self) -> bool:
        with self._lock:
            return not self._running and not self._waiting

    def stop(self) -> None:
        """Start nothing any more; what runs goes on."""
        with self._lock:
            self._stopped = True
            self._waiting.clear()

    def _at_work(self) -> int:
        """Under the lock."""
        return sum(running.counts for running in self._running.values())

    def _startable(self) -> list[Job]:
        """Under the lock: moves jobs from waiting to running, as far as there is room."""
        room = self._limit - self._at_work()
        free = (job for dataset, job in self._waiting.items() if dataset not in self._running)
        started = list(islice(free, max(0, room)))
        for job in started:
            del self._waiting[job.dataset]
            self._running[job.dataset] = _Running(job, self._clock())
        return started

    def _start(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._spawn(lambda job=job: self._carry_out(job), f"cycle-{job.dataset}")  # type: ignore[misc]

    def _carry_out(self, job: Job) -> None:
        again = False
        try:
            again = self._work(job, partial(self.release_slot, job.dataset))
        except Exception:
            log.exception("cycle.fault", dataset=job.dataset)
        finally:
            with self._lock:
                del self._running[job.dataset]
                if again and not self._stopped:
                    self._put(job)
                started = self._startable()
                idle = not self._running and not self._waiting
            self._start(started)
            if idle:
                self._on_idle()
