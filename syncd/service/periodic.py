"""What the service does every so often, and what becomes of its trouble."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from syncd.core.errors import SyncdError
from syncd.service.scheduler import TASKS, LoopScheduler
from syncd.service.triggers import Periodic

log = structlog.get_logger("syncd.daemon")


class PeriodicTasks:
    """`troubled`: those that failed the last time."""

    def __init__(self, scheduler: LoopScheduler) -> None:
        self._scheduler = scheduler
        self.troubled: set[str] = set()

    def add(
        self, what: str, every: timedelta, do: Callable[[], None], *, at_once: bool = True
    ) -> None:
        """`every`: the time between two, at the least.

        `at_once`: the first is done soon, or a machine restarted daily would do some never.
        """
        first = datetime.now(UTC) + (timedelta() if at_once else every)
        self._scheduler.add_job(
            self.safely,
            Periodic(every),
            args=(what, do),
            id=what,
            next_run_time=first,
            jobstore=TASKS,
        )

    def clock_jumped(self, now: datetime) -> None:
        """None waits for longer than it would have, after a clock that went back."""
        for job in self._scheduler.get_jobs(TASKS):
            if job.next_run_time > now + job.trigger.every:
                job.modify(next_run_time=now)

    def safely(self, what: str, do: Callable[[], None]) -> None:
        """Trouble of a task is logged, once while it lasts; the service goes on."""
        try:
            do()
        except SyncdError as error:
            is_new = what not in self.troubled
            self.troubled.add(what)  # first: whoever reads the line may ask whether all is well
            if is_new:
                log.error("service.trouble", what=what, why=str(error))
        except Exception:
            self.troubled.add(what)
            log.exception("service.fault", what=what)
        else:
            self.troubled.discard(what)
