"""APScheduler without a thread of its own: what is due is done when the service's loop says so.

Everything that happens by time is a job here: datasets' schedules and the periodic tasks. So all of
it happens in one thread, one after another, and needs no locks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.executors.base import BaseExecutor
from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.base import BaseScheduler

log = structlog.get_logger("syncd.daemon")

DATASETS, TASKS = "datasets", "tasks"  # the job stores


class LoopScheduler(BaseScheduler):  # type: ignore[misc]  # APScheduler 3 has no types
    """`wake`: called, from any thread, when something may be due earlier than was said."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._due = _Due()
        super().__init__(
            timezone=UTC,  # APScheduler subtracts by the wall clock in other zones
            executors={"default": self._due},
            jobstores={DATASETS: MemoryJobStore(), TASKS: MemoryJobStore()},
            # Never dropped for being late, and what was missed is made up for once.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def wakeup(self) -> None:
        """APScheduler's word for: jobs changed."""
        self._wake()

    def shutdown(self, wait: bool = True) -> None:
        """Nothing comes any more. May be called before `start`."""
        if self.running:
            super().shutdown(wait)

    def run_due(self, at_most: float) -> float:
        """Do what is due. Returns how many seconds the next job is away, or `at_most`."""
        wait = self._process_jobs()
        for job in self._due.taken():
            try:
                job.func(*job.args)
            except Exception:
                log.exception("service.fault", what=job.id)
        return at_most if wait is None else min(wait, at_most)


class _Due(BaseExecutor):  # type: ignore[misc]  # APScheduler 3 has no types
    """Keeps what is due until the scheduler has let go of its locks."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: deque[Job] = deque()

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:  # noqa: ARG002 - APScheduler's
        self._jobs.append(job)

    def taken(self) -> list[Any]:
        jobs = list(self._jobs)
        self._jobs.clear()
        for job in jobs:
            self._run_job_success(job.id, [])  # it counts as running no more
        return jobs
