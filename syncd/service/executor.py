"""Works on what the queue has, for as long as the process lives: every replica does.

It works by the manifest in force, which is that of the one who leads and lies in the ledger: so all
agree, whatever lies on their disks. Settings and secrets are its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import structlog

from syncd import bootstrap, telemetry
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.queue import JobQueue
from syncd.config import configuration
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import Abandoned, LedgerError, SyncdError
from syncd.core.queue import JobReport, QueuedJob
from syncd.service.crew import Crew
from syncd.service.dispatcher import Dispatcher, Job, Release
from syncd.service.file_watcher import FileWatcher
from syncd.service.finished import Finished, as_facts
from syncd.service.manifest_reader import ManifestReader
from syncd.service.manifest_store import fitting, watched
from syncd.service.runtime import Runtime, RuntimeFactory
from syncd.service.worker import Worker
from syncd.text import figures

log = structlog.get_logger("syncd.queue")

_TURN = 1.0  # seconds, where nothing arrives
_BEAT_EVERY = 5.0  # seconds
_LARGE_AT_ONCE = bootstrap.BIG_FILES  # datasets with big files that are worked on here
_CUT_MARGIN = 2.0  # seconds of the grace in which transfers that did not end are cut
_TRY_AGAIN = 30.0  # seconds, after a manifest or settings could not be taken


class Executor:
    """`ledger`: for looks, that wait for nothing. `crew`: processes that work beside this one."""

    def __init__(self, settings: Settings, ledger: SqlLedger, crew: Crew | None = None) -> None:
        self._settings = settings
        self._crew = crew
        self._ledger = ledger
        self._stopping, self._cutting = threading.Event(), threading.Event()
        self._wake = threading.Event()
        self._runtimes = RuntimeFactory(self._stopping, self._cutting, self._retried)
        self._reader = ManifestReader()
        self._watcher = FileWatcher(partial(watched, settings))
        self._runtime: Runtime | None = None
        self._reload = False
        self._not_before = 0.0  # monotonic: when what could not be taken is tried again
        self._worker = Worker(self._acquired, self._stopping)
        self._patient = bootstrap.service_ledger(settings)
        self._queue = bootstrap.job_queue(ledger, self._wake.set)
        self._id: int | None = None  # as the queue's worker
        self._beaten_at = 0.0
        self._well = True
        self._large: set[str] = set()
        self._untold: list[tuple[int, Finished]] = []  # what the ledger could not take yet
        self.on_retry: Callable[[str], None] = lambda _: None
        """Told of each request that is made again, as of `RuntimeFactory`."""
        self.dispatcher = Dispatcher(self._work, limit=settings.concurrency, on_idle=self._wake.set)
        self._thread = threading.Thread(target=self._run, name="working", daemon=True)
        self._thread.start()

    @property
    def runtime(self) -> Runtime | None:
        """By which it works; None while it has none."""
        return self._runtime

    @property
    def queue(self) -> JobQueue:
        return self._queue

    def reload(self) -> None:
        """Settings and secrets may be others."""
        if self._crew is not None:
            self._crew.reload()
        self._reload = True
        self._wake.set()

    def stop(self, grace: float) -> bool:
        """Orderly: what is being sent may finish within the grace (seconds). False: not all did."""
        self._stopping.set()
        self._wake.set()
        self.dispatcher.stop()
        end = time.monotonic() + grace
        if self._crew is not None:
            self._crew.tell_to_stop()
        self._wait_for_work(end - min(_CUT_MARGIN, grace / 4))
        self._cutting.set()
        self._wait_for_work(end)
        left = self.dispatcher.busy
        self._thread.join(_TURN)
        if self._id is not None:
            with suppress(LedgerError):
                self._queue.unregister(self._id)
        self._queue.close()
        if self._crew is not None:
            self._crew.end(end)
        if not left:
            if self._runtime is not None:
                self._runtime.close()
            self._patient.close()
        return not left

    def _wait_for_work(self, until: float) -> None:
        while self.dispatcher.busy and time.monotonic() < until:
            self._wake.wait(max(0.01, min(0.2, until - time.monotonic())))
            self._wake.clear()

    # -- in its own thread ------------------------------------------------------------------

    def _run(self) -> None:
        with suppress(LedgerError):
            self._queue.listen()
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if self._crew is not None:
                    self._crew.mend()
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
        now = time.monotonic()
        if self._id is None:
            self._id, self._beaten_at = self._queue.register(), now
        if now - self._beaten_at >= _BEAT_EVERY:
            self._queue.beat(self._id)
            self._beaten_at = now
        self._follow()
        self._tell_overdue()
        self._tell_late()
        while self._runtime is not None and self.dispatcher.room and not self._stopping.is_set():
            found = self._queue.fetch(self._id, large=len(self._large) < _LARGE_AT_ONCE)
            if found is None:
                return
            self._begin(found, self._runtime.app.manifest.portal)

    def _begin(self, found: QueuedJob, portal: str) -> None:
        if found.portal != portal:
            self._tell(found.id, Finished(dataset=found.dataset, kind=found.kind, end="left"))
            return
        if found.large:
            self._large.add(found.dataset)
        job = Job(found.dataset, found.why, found.kind, requests=frozenset({found.id}))
        self.dispatcher.ask(job)

    def _tell_overdue(self) -> None:
        if self._runtime is None:
            return
        for dataset in self.dispatcher.overdue(self._runtime.app.settings.cycle_deadline):
            late = Finished(dataset=dataset, kind="cycle", end="overdue")
            self._ledger.put_report(JobReport(0, as_facts(late)))

    def _tell_late(self) -> None:
        for job, finished in tuple(self._untold):
            self._ledger.put_report(JobReport(job, as_facts(finished)))
            self._untold.remove((job, finished))
            self._queue.end(job)

    def _retried(self, kind: str) -> None:
        self.on_retry(kind)

    def _follow(self) -> None:
        """Work by what is in force now; where that cannot be, by nothing."""
        digest = self._ledger.digest_in_force()
        changed = self._watcher.changed()
        former = self._runtime
        stays = former is not None and former.app.manifest.digest == digest
        if not digest or (stays and not changed and not self._reload):
            return
        if not changed and not self._reload and time.monotonic() < self._not_before:
            return
        self._reload = False
        texts = self._ledger.manifests(digest)
        if digest not in texts:
            return  # the one who leads is about to put it there
        try:
            settings = fitting(self._settings, load_settings())
            manifest = self._reader.parse(texts[digest], str(settings.manifest), self._go_on)
            app = configuration.with_manifest(settings, manifest)
            secrets = {*secret_values(settings), *secret_values(self._settings)}
            telemetry.configure(settings.log_format or "auto", settings.log_level, tuple(secrets))
            figures.tell_time_in(manifest.timezone)
            self._runtime = self._runtimes.open(app, former)
        except LedgerError:
            raise
        except SyncdError as error:
            log.error("replica.cannot_work", why=str(error))
            self._not_before = time.monotonic() + _TRY_AGAIN
            if stays:
                return  # by the former settings
            self._runtime = None
        else:
            self.dispatcher.resize(settings.concurrency)
            log.info("replica.works", manifest=digest[:12])
        if former is not None:
            former.close()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise Abandoned

    # -- in the dispatcher's threads --------------------------------------------------------

    @contextmanager
    def _acquired(self) -> Iterator[Runtime]:
        while True:
            runtime = self._runtime
            if runtime is None:
                raise Abandoned
            if runtime.acquire():
                break  # else it was replaced a moment ago
        try:
            yield runtime
        finally:
            runtime.release()

    def _work(self, job: Job, release_slot: Release) -> bool:
        try:
            finished = self._worker.work(job, release_slot)
        except Abandoned:
            finished = Finished(dataset=job.dataset, kind=job.kind, end="abandoned")
        finally:
            self._large.discard(job.dataset)
        for one in job.requests:
            self._tell(one, finished)
        self._wake.set()
        return False

    def _tell(self, job: int, finished: Finished) -> None:
        """First what became of it: then nothing is lost, wherever this is cut off."""
        try:
            self._patient.put_report(JobReport(job, as_facts(finished)))
        except LedgerError as error:
            log.error("queue.not_told", dataset=finished.dataset, why=str(error))
            self._untold.append((job, finished))
            return
        with suppress(LedgerError):  # who leads ends it as well
            self._queue.end(job)
