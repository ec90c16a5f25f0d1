"""Works on what the queue has, for as long as the process lives: every replica does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from syncd.bootstrap import BIG_FILES
from syncd.config.configuration import App
from syncd.core.errors import Abandoned, LedgerError
from syncd.core.ledger_ports import SharedLedger
from syncd.core.queue import JobReport, QueuedJob
from syncd.core.results import FAILED
from syncd.service.dispatcher import AGAIN, Dispatcher, Job, Release
from syncd.service.finished import Finished, as_facts

if TYPE_CHECKING:
    from syncd.adapters.queue import JobQueue

log = structlog.get_logger("syncd.queue")

_TURN = 1.0  # seconds, where nothing arrives
_LONGEST_TURN = 1.0  # seconds, where there is always more
_TRY_AGAIN = 5.0  # seconds between two jobs, where what they need is out of reach


class Executor:
    """`work` carries out a job, by what `follow` gives, whose `LedgerError` is told and borne.

    `ledger`: for looks, that wait for nothing; `patient`: for what must be told. `each_turn` is
    called about once a second.

    While `is_cut_off`, the work is left to others that may reach what it needs: one job is tried
    now and then, and one that fails is given back, once.
    """

    def __init__(
        self,
        queue: JobQueue,
        ledger: SharedLedger,
        patient: SharedLedger,
        follow: Callable[[], App | None],
        work: Callable[[Job, Release], Finished],
        *,
        limit: int,
        is_cut_off: Callable[[], bool] = lambda: False,
        each_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._ledger = ledger
        self._patient = patient
        self._follow = follow
        self._work = work
        self._each_turn = each_turn
        self._is_cut_off = is_cut_off
        self._not_before = 0.0  # monotonic; while it is cut off
        self._wake = threading.Event()
        self._stopping = False
        self._id: int | None = None  # as the queue's worker
        self._well = True
        self._large: set[str] = set()
        self._mine: set[int] = set()  # jobs that were begun here, until they are told of
        self._is_unsure = False  # whether the queue may have given one, and its answer was lost
        self._untold: list[tuple[int, Finished]] = []  # what the ledger could not take yet
        self.dispatcher = Dispatcher(self._carry_out, limit=limit, on_idle=self.wake)
        self._thread = threading.Thread(target=self._run, name="working", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may have arrived."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing any more; what is worked on goes on."""
        self._stopping = True
        self.dispatcher.stop()
        self.wake()

    def wait_for_work(self, until: float) -> bool:
        """Until all has ended, or this instant (monotonic) has come. Whether all has."""
        while self.dispatcher.busy and time.monotonic() < until:
            self._wake.wait(max(0.01, min(0.2, until - time.monotonic())))
            self._wake.clear()
        return not self.dispatcher.busy

    def close(self) -> None:
        self._thread.join(_TURN)
        if self._id is not None:
            with suppress(LedgerError):
                self._queue.unregister(self._id)

    # -- in its own thread ------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                self._turn()
                self._well = True
            except LedgerError as error:
                if self._well:
                    log.warning("queue.away", why=str(error))
                self._well = False
                if error.reason.code == "ledger_unusable":  # it may know this worker no more
                    self._id = None
            except Abandoned:
                return
            except Exception:
                log.exception("queue.fault")
            self._wake.wait(_TURN)

    def _turn(self) -> None:
        self._each_turn()
        now = time.monotonic()
        if self._id is None:
            self._queue.listen(self.wake)
            self._id = self._queue.register()
            self._queue.keep_alive(self._id)  # a large manifest may take longer to read than it has
        app = self._follow()
        if app is not None:
            self._note_overdue(app.settings.cycle_deadline)
        self._tell_late()
        if app is None:
            return
        limit = app.settings.concurrency
        if self._is_cut_off():
            if now < self._not_before:
                return
            log.warning("replica.cut_off", again_in=_TRY_AGAIN)
            self._not_before, limit = now + _TRY_AGAIN, 1
        self.dispatcher.resize(limit)
        self._begin_unheard(self._id, app.manifest.portal)
        while self.dispatcher.room and not self._stopping:
            found = self._fetched(self._id)
            if found is None:
                return
            self._begin(found, app.manifest.portal)
            if time.monotonic() - now >= _LONGEST_TURN:  # many that are done quickly never end
                self.wake()
                return

    def _fetched(self, worker: int) -> QueuedJob | None:
        self._is_unsure = True
        found = self._queue.fetch(worker, large=len(self._large) < BIG_FILES)
        self._is_unsure = False
        return found

    def _begin_unheard(self, worker: int, portal: str) -> None:
        """What was given here although the answer was lost: nobody else ever begins it."""
        if self._is_unsure:
            mine = frozenset(self._mine)  # before: one that ends meanwhile is not begun again
            for found in self._queue.given(worker):
                if found.id not in mine:
                    self._begin(found, portal)
            self._is_unsure = False

    def _begin(self, found: QueuedJob, portal: str) -> None:
        self._mine.add(found.id)
        if found.portal != portal:
            self._tell(found.id, Finished(dataset=found.dataset, kind=found.kind, end="left"))
            return
        if found.large:
            self._large.add(found.dataset)
        job = Job(found.dataset, found.why, found.kind, requests=frozenset({found.id}))
        self.dispatcher.ask(job)

    def _note_overdue(self, deadline: float) -> None:
        for dataset in self.dispatcher.overdue(deadline):  # which says so once
            self._untold.append((0, Finished(dataset=dataset, kind="cycle", end="overdue")))

    def _tell_late(self) -> None:
        for job, finished in tuple(self._untold):
            self._ledger.put_report(JobReport(job, as_facts(finished)))
            self._untold.remove((job, finished))
            self._mine.discard(job)

    # -- in the dispatcher's threads --------------------------------------------------------

    def _carry_out(self, job: Job, release_slot: Release) -> bool:
        try:
            finished = self._work(job, release_slot)
        except Abandoned:
            finished = Finished(dataset=job.dataset, kind=job.kind, end="abandoned")
        except Exception:
            log.exception("cycle.fault", dataset=job.dataset)
            finished = Finished(dataset=job.dataset, kind=job.kind, end="failed")
        finally:
            self._large.discard(job.dataset)
        is_failed = finished.end == "failed" or finished.exit_code == FAILED
        if is_failed and job.why != AGAIN and self._is_cut_off():
            finished = Finished(dataset=job.dataset, kind=job.kind, end="unreached")
        for one in job.requests:
            self._tell(one, finished)
        self.wake()
        return False

    def _tell(self, job: int, finished: Finished) -> None:
        """What became of it, and its end, in one: nothing is lost, wherever this is cut off."""
        try:
            self._patient.put_report(JobReport(job, as_facts(finished)))
        except LedgerError as error:
            log.error("queue.not_told", dataset=finished.dataset, why=str(error))
            self._untold.append((job, finished))
        else:
            self._mine.discard(job)
