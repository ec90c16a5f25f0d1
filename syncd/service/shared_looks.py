"""Datasets that are due together are looked at together first: one listing serves them all.

In most rounds that is all there is to do. It stands before the queue: what has news, or hangs on a
listing that serves nobody else, is asked for there, each dataset by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from syncd.actions import sync
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import Abandoned
from syncd.core.ports import Portal
from syncd.core.results import Report
from syncd.core.targets import DatasetEntry
from syncd.service.dispatcher import Job, Queue
from syncd.service.finished import Finished
from syncd.service.state import ServiceState
from syncd.sync.context import RunOptions

log = structlog.get_logger("syncd.daemon")

GATHERING = 0.05  # seconds from the first that is due: the scheduler asks for one after another
PATIENCE = 60.0  # seconds, after which a look holds up nobody any more
_STOPS_WITHIN = 3.0  # seconds

Sources = frozenset[str]  # of a dataset, as the manifest calls them
Look = Callable[[Mapping[str, Job], Callable[[], bool]], Mapping[str, Finished]]


class Learn(Protocol):
    def __call__(self, finished: Finished, requests: frozenset[int], /) -> bool: ...


@dataclass(slots=True)
class _Round:
    """Datasets of the same sources, by their names, and since when they are looked at."""

    jobs: dict[str, Job]
    since: float
    given_up: bool = False
    thread: threading.Thread | None = None


class SharedLooks:
    """A `Queue` before another one. `sources` gives those of a dataset, none for who is not there.

    `look` is given jobs, and what says whether it is to end; it returns what became of those that
    it could end, which `learn` is told. Each set of sources has a look of its own, so that one that
    hangs holds up no other.
    """

    def __init__(
        self,
        queue: Queue,
        sources: Callable[[str], Sources],
        look: Look,
        learn: Learn,
        *,
        on_idle: Callable[[], None] = lambda: None,
        gathering: float = GATHERING,
        patience: float = PATIENCE,
    ) -> None:
        self._queue = queue
        self._sources = sources
        self._look = look
        self._learn = learn
        self._on_idle = on_idle
        self._gathering = gathering
        self._patience = patience
        self._changed = threading.Condition()
        self._asked: dict[str, Job] = {}
        self._rounds: dict[Sources, _Round] = {}
        self._is_passing = False  # neither asked for here nor in the queue, for a moment
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="looking", daemon=True)
        self._thread.start()

    def ask(self, job: Job) -> None:
        if job.kind != "cycle":
            self._queue.ask(job)
            return
        with self._changed:
            if self._stopped:
                return
            former = self._asked.get(job.dataset)
            self._asked[job.dataset] = former.joined(job) if former else job
            self._changed.notify_all()

    @property
    def idle(self) -> bool:
        with self._changed:
            is_here = self._asked or self._rounds or self._is_passing
            return not is_here and self._queue.idle

    @property
    def busy(self) -> tuple[str, ...]:
        """A look changes nothing online, and ends with the process."""
        return self._queue.busy

    @property
    def hanging(self) -> tuple[str, ...]:
        return self._queue.hanging

    def overdue(self, deadline: float) -> list[str]:
        return self._queue.overdue(deadline)

    def resize(self, limit: int) -> None:
        self._queue.resize(limit)

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._asked.clear()
            threads = [self._thread]
            for one in self._rounds.values():
                one.given_up = True
                threads += [one.thread] if one.thread is not None else []
            self._changed.notify_all()
        self._queue.stop()
        until = time.monotonic() + _STOPS_WITHIN
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    # -- in its own thread ------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, self._longest_wait())
                if self._stopped:
                    return
                if self._asked:
                    # What is due at the same instant is asked for within some milliseconds.
                    self._changed.wait_for(lambda: self._stopped, self._gathering)
                passed = [*self._overdue_rounds(), *self._begun()]
                self._is_passing = bool(passed)
            for job in passed:
                self._queue.ask(job)
            with self._changed:
                self._is_passing = False
            if passed and self.idle:  # they were done before this one came back
                self._on_idle()

    def _has_work(self) -> bool:
        return self._stopped or any(self._may_begin(dataset) for dataset in self._asked)

    def _may_begin(self, dataset: str) -> bool:
        """Not while those of the same sources are looked at: then they are the next round."""
        one = self._rounds.get(self._sources(dataset))
        return one is None or one.given_up

    def _longest_wait(self) -> float | None:
        """Seconds; under the lock."""
        waiting = [one.since for one in self._rounds.values() if not one.given_up]
        if not waiting:
            return None
        return max(0.0, min(waiting) + self._patience - time.monotonic())

    def _overdue_rounds(self) -> list[Job]:
        """Under the lock: what they hold up goes its own way."""
        passed: list[Job] = []
        for one in self._rounds.values():
            if not one.given_up and time.monotonic() - one.since >= self._patience:
                one.given_up = True
                passed += one.jobs.values()
                log.warning("look.given_up", datasets=len(one.jobs))
        return passed

    def _begun(self) -> list[Job]:
        """Under the lock: begins a round for each set of sources of which several are due; those
        that are not looked at."""
        together: dict[Sources, dict[str, Job]] = {}
        for dataset in [one for one in self._asked if self._may_begin(one)]:
            together.setdefault(self._sources(dataset), {})[dataset] = self._asked.pop(dataset)
        passed: list[Job] = []
        for sources, jobs in together.items():
            # A person who asks for one dataset waits for no other.
            asked = [job for job in jobs.values() if job.why == "request"]
            alone = asked if len(asked) == 1 else []
            for job in alone:
                del jobs[job.dataset]
            passed += alone
            if len(jobs) < 2 or sources in self._rounds:
                passed += jobs.values()
                continue
            one = self._rounds[sources] = _Round(jobs, time.monotonic())
            of = (sources, one)
            one.thread = threading.Thread(target=self._carry_out, args=of, name="look", daemon=True)
            one.thread.start()
        return passed

    # -- in a round's thread ----------------------------------------------------------------

    def _carry_out(self, sources: Sources, one: _Round) -> None:
        ended: Mapping[str, Finished] = {}
        try:
            ended = self._look(one.jobs, lambda: one.given_up)
        except Abandoned:
            pass
        except Exception:  # each dataset still has its own way
            log.exception("look.fault")
        with self._changed:
            given_up, one.given_up = one.given_up, True  # nobody waits for it any more
        try:
            for dataset, job in () if given_up else one.jobs.items():
                finished = ended.get(dataset)
                if finished is None or self._learn(finished, job.requests):
                    self._queue.ask(job)
        finally:
            with self._changed:
                del self._rounds[sources]
                self._changed.notify_all()
            if self.idle:
                self._on_idle()


def look_at(
    state: ServiceState,
    ended: Callable[[Portal], None] | None,
    jobs: Mapping[str, Job],
    is_given_up: Callable[[], bool],
) -> dict[str, Finished]:
    """By what is in force. `ended` hears of each look that was carried out."""
    with state.acquired_runtime() as runtime:
        entries = [runtime.entry(dataset) for dataset in jobs]
        due = [entry for entry in entries if entry is not None and entry.active]
        adapters = runtime.adapters
        stopping = adapters.stopping
        adapters = replace(adapters, stopping=lambda: stopping() or is_given_up())
        # Of different reasons the schedule's: nothing is done in a look that a history would tell.
        cause = configuration.cause(runtime.app, "schedule")
        options = RunOptions(gives_way=True, cause=cause)
        started = time.monotonic()
        reports = sync.look(due, runtime.whole, adapters, options, clock.now())
        seconds = (time.monotonic() - started) / max(1, len(reports))
        if ended is not None and reports and not state.stopping.is_set():
            ended(adapters.portal)
        return {one: _finished(one, report, seconds) for one, report in reports.items()}


def _finished(dataset: str, report: Report, seconds: float) -> Finished:
    return Finished(
        dataset=dataset,
        kind="cycle",
        end="done",
        exit_code=report.exit_code,
        results=report.results,
        unclaimed=report.unclaimed,
        seconds=seconds,
    )


def sources_of(entry: DatasetEntry | None) -> Sources:
    targets: Iterable[str] = (target.source for target in entry.active) if entry else ()
    return frozenset(targets)
