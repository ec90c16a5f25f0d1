"""The queue as the one who leads sees it: what is due goes in, what became of it comes out.

It stands in the place of a `Dispatcher`: asking never blocks and is never lost. A thread of its own
brings to the server what was asked for, reads what became of it, and ends the jobs of workers that
are silent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace

import structlog

from syncd.adapters.queue import STALLED_AFTER, JobQueue
from syncd.core.errors import LedgerError
from syncd.core.ledger_ports import SharedLedger
from syncd.core.queue import JobReport, QueuedJob
from syncd.service.dispatcher import AGAIN, Job
from syncd.service.finished import Finished, from_facts
from syncd.service.state import ServiceState
from syncd.sync.apply import BIG

log = structlog.get_logger("syncd.queue")

_LOOK_EVERY = 0.5  # seconds between two looks at what became of jobs, while there are any
_SWEEP_EVERY = 5.0  # seconds
_COMPARE_EVERY = 60.0  # seconds between two looks whether each job is in the queue still
_STOPS_WITHIN = 3.0  # seconds
_MANY = 100  # jobs, after which the server counts what is in the queue
_BATCH = 500  # jobs that are put at once


class SharedQueue:
    """`learn` takes what became of a job, with the ledger's requests that it was for; True: the
    job is to be asked for again."""

    def __init__(
        self,
        queue: JobQueue,
        ledger: SharedLedger,
        state: ServiceState,
        learn: Callable[[Finished, Collection[int]], bool],
    ) -> None:
        self._queue = queue
        self._ledger = ledger
        self._state = state
        self._learn = learn
        self._changing = threading.Lock()
        self._asked: dict[tuple[str, str], Job] = {}  # not in the queue yet
        self._orders: dict[int, Job] = {}  # in the queue, by its ids
        self._large: Collection[str] = ()
        self._known = False  # whether what was in the queue before is among the orders
        self._well_since = self._swept_at = self._compared_at = time.monotonic()
        self._wake = threading.Event()
        self._stopping = False
        self._well = True
        self._thread = threading.Thread(target=self._run, name="planned", daemon=True)
        self._thread.start()

    def ask(self, job: Job) -> None:
        with self._changing:
            if self._stopping:
                return
            key = (job.dataset, job.kind)
            former = self._asked.get(key)
            self._asked[key] = former.joined(job) if former else job
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is due that is not done."""
        with self._changing:
            return self._known and not self._asked and not self._orders

    @property
    def busy(self) -> tuple[str, ...]:
        """Nothing is worked on here."""
        return ()

    hanging = busy

    def overdue(self, deadline: float) -> list[str]:
        """Those who work tell."""
        del deadline
        return []

    def resize(self, limit: int) -> None:
        """Each worker has its own limit."""

    def stop(self) -> None:
        """Put nothing any more; what was asked for and is not in the queue is asked for by whoever
        leads next, as after a start."""
        with self._changing:
            self._stopping = True
            self._asked.clear()
        self._wake.set()
        self._thread.join(_STOPS_WITHIN)

    # -- in its own thread ------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
                self._well = True
            except LedgerError as error:
                if self._well:
                    log.warning("queue.away", why=str(error))
                self._well, self._well_since = False, time.monotonic()
            except Exception:
                log.exception("queue.fault")
            with self._changing:
                waits_for_more = bool(self._orders)
            self._wake.wait(_LOOK_EVERY if waits_for_more or not self._well else _SWEEP_EVERY)
            self._wake.clear()

    def _turn(self) -> None:
        if not self._known:
            known = self._queue.known()
            with self._changing:
                self._orders |= {one.id: _order(one) for one in known}
                self._known = True
        self._put()
        self._read()
        now = time.monotonic()
        # Workers that could not reach the server either were silent, and are not dead.
        if now - self._swept_at >= _SWEEP_EVERY and now - self._well_since >= STALLED_AFTER:
            self._swept_at = now
            self._sweep()
        if now - self._compared_at >= _COMPARE_EVERY:
            self._compared_at = now
            self._compare()
            self._large = self._ledger.large_datasets(self._portal, BIG)

    @property
    def _digest(self) -> str:
        return self._state.runtime.app.manifest.digest

    @property
    def _portal(self) -> str:
        return self._state.runtime.app.manifest.portal

    def _put(self) -> None:
        count = 0
        while not self._stopping:
            with self._changing:
                some = dict(list(self._asked.items())[:_BATCH])
            if not some:
                break
            count += len(some)
            ids = self._queue.put([self._queued(job) for job in some.values()])
            with self._changing:
                for key, job in some.items():
                    former = self._orders.get(ids[key])
                    self._orders[ids[key]] = former.joined(job) if former else job
                    if self._asked.get(key) == job:  # else more was asked for meanwhile
                        self._asked.pop(key)
        if count >= _MANY:
            self._queue.count_anew()

    def _queued(self, job: Job) -> QueuedJob:
        large = self._state.id(job.dataset) in self._large
        return QueuedJob(self._portal, job.dataset, job.kind, job.why, large)

    def _read(self) -> None:
        while not self._stopping and (reports := self._ledger.reports()):
            for report in reports:
                self._take(report)
            self._ledger.drop_reports([report.id for report in reports])

    def _take(self, report: JobReport) -> None:
        try:
            finished = from_facts(report.facts)
        except (ValueError, KeyError, TypeError):  # of another version of the program
            log.warning("queue.unreadable", job=report.job)
            return
        if finished.end == "overdue":
            self._learn(finished, ())
            return
        with self._changing:
            order = self._orders.pop(report.job, None)
        # A replica that had not heard of the manifest in force knows nothing of what is new in it.
        is_strange = finished.end == "left" and finished.manifest not in {"", self._digest}
        requests = order.requests if order and not is_strange else ()
        again = self._learn(finished, requests) or is_strange
        if again or finished.end in {"abandoned", "unreached"}:
            order = order or Job(finished.dataset, AGAIN, finished.kind)
            # Whoever tries it next tells what comes of it.
            self.ask(replace(order, why=AGAIN) if finished.end == "unreached" else order)

    def _sweep(self) -> None:
        for gone in self._queue.end_stalled():
            log.warning("queue.worker_lost", dataset=gone.dataset)
            self._ask_anew(gone.id, _order(gone))

    def _compare(self) -> None:
        """A job that is nowhere, and of which nothing was told, is put once more."""
        with self._changing:
            before = dict(self._orders)
        there = {one.id for one in self._queue.known()}
        self._read()  # a job that has ended was told of
        for job, order in before.items():
            if job not in there:
                self._ask_anew(job, order)

    def _ask_anew(self, job: int, order: Job) -> None:
        with self._changing:
            former = self._orders.pop(job, None)
        self.ask(former or order)


def _order(one: QueuedJob) -> Job:
    return Job(one.dataset, one.why, one.kind)
