"""What works in a process that shares its ledger, joined: queue, follower, executor, crew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from syncd import bootstrap
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.locks import LockRows
from syncd.config.settings import Settings
from syncd.service.crew import Crew
from syncd.service.executor import Executor
from syncd.service.follower import Follower
from syncd.service.runtime import Runtime
from syncd.service.worker import Worker

_CUT_MARGIN = 2.0  # seconds of the grace in which transfers that did not end are cut


class Hands:
    """Works from the start on. `ledger`: for looks, that wait for nothing; `locks` are its own.
    `crew`: processes that work beside this one."""

    def __init__(
        self, settings: Settings, ledger: SqlLedger, locks: LockRows, crew: Crew | None = None
    ) -> None:
        self._grace = settings.stop_grace
        self._crew = crew
        self._stopping, self._cutting = threading.Event(), threading.Event()
        self._follower = Follower(
            settings, ledger, lambda: locks.fleet().manifest, self._stopping, self._cutting
        )
        self._patient = bootstrap.service_ledger(settings)
        worker = Worker(self._follower.acquired, self._stopping)
        self.queue = bootstrap.job_queue(ledger)
        self._executor = Executor(
            self.queue,
            ledger,
            self._patient,
            self._follower.follow,
            worker.work,
            limit=settings.concurrency,
            is_cut_off=lambda: self._follower.is_cut_off,
            each_turn=crew.mend if crew is not None else lambda: None,
        )

    @property
    def runtime(self) -> Runtime | None:
        """By which it works; None while it has none."""
        return self._follower.runtime

    @property
    def hanging(self) -> tuple[str, ...]:
        """Datasets whose cycle was found overdue here and has not ended."""
        return self._executor.dispatcher.hanging

    def tell_retries_to(self, told: Callable[[str], None]) -> None:
        """As of `RuntimeFactory`."""
        self._follower.on_retry = told

    def reload(self) -> None:
        """Settings and secrets may be others."""
        self._follower.reload()
        self._executor.wake()
        if self._crew is not None:
            self._crew.reload()

    def stop(self) -> bool:
        """Orderly: what is being sent may finish within the grace. False: not all did."""
        end = time.monotonic() + self._grace
        self._stopping.set()
        self._executor.stop()
        if self._crew is not None:
            self._crew.tell_to_stop()
        self._executor.wait_for_work(end - min(_CUT_MARGIN, self._grace / 4))
        self._cutting.set()
        all_ended = self._executor.wait_for_work(end)
        self._executor.close()
        self.queue.close()
        if self._crew is not None:
            self._crew.end(end)
        if all_ended:
            self._follower.close()
            self._patient.close()
        return all_ended
