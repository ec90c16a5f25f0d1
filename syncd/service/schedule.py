"""When each dataset's turn is: one job per dataset, and no work of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from syncd.config.manifest import LoadedManifest
from syncd.core import schedule
from syncd.core.results import FAILED
from syncd.core.service_records import DatasetRun
from syncd.core.targets import Schedule
from syncd.service.dispatcher import AGAIN
from syncd.service.scheduler import DATASETS, LoopScheduler
from syncd.service.triggers import Cron, Every

# A cycle that failed, or found an object too young, is tried again then, if not due before.
RETRY_AFTER = timedelta(minutes=15)


class Schedules:
    """The datasets' jobs of a scheduler."""

    def __init__(self, scheduler: LoopScheduler) -> None:
        self._scheduler = scheduler

    def follow(
        self,
        manifest: LoadedManifest,
        runs: Mapping[str, DatasetRun],
        now: datetime,
        ask: Callable[[str, str], None],
    ) -> None:
        """One job for each dataset of this manifest.

        `ask` is called with a dataset and why; it must not block. Datasets whose schedule stays
        keep their next instant. Of the others, `every` ones are asked for at once, and `cron` ones
        if an instant was missed since their last run, or that failed.
        """
        wanted = {e.dataset: _name(e.schedule, manifest.timezone) for e in manifest.datasets}
        jobs = {job.id: job.name for job in self._scheduler.get_jobs(DATASETS)}
        for gone in set(jobs) - set(wanted) - {_retry(dataset) for dataset in wanted}:
            self._scheduler.remove_job(gone, DATASETS)
        for entry in manifest.datasets:
            dataset = entry.dataset
            if jobs.get(dataset) == wanted[dataset]:
                continue
            self._scheduler.add_job(
                ask,
                _trigger(entry.schedule, now, manifest.timezone),
                args=(dataset, "schedule"),
                id=dataset,
                name=wanted[dataset],
                next_run_time=schedule.next_instant(entry.schedule, now, manifest.timezone, now),
                jobstore=DATASETS,
                replace_existing=True,
            )
            last = runs.get(dataset)
            missed = schedule.missed(
                entry.schedule, last.started_at if last else None, now, manifest.timezone
            )
            if missed or (last is not None and last.exit_code == FAILED):
                ask(dataset, "start")

    def clock_jumped(self, manifest: LoadedManifest, now: datetime) -> None:
        """Count every instant anew: what seemed far away may be near, or long past."""
        for entry in manifest.datasets:
            job = self._scheduler.get_job(entry.dataset, DATASETS)
            following = schedule.next_instant(entry.schedule, now, manifest.timezone, now)
            if job is not None and job.next_run_time > following:
                trigger = _trigger(entry.schedule, now, manifest.timezone)
                job.modify(trigger=trigger, next_run_time=following)

    def retry(self, dataset: str, now: datetime) -> None:
        """A cycle that failed does not wait for next Monday, nor does a file that was deposited
        right before its dataset's turn. May be called from any thread."""
        job = self._scheduler.get_job(dataset, DATASETS)
        if job is not None and job.next_run_time > now + RETRY_AFTER:
            self._scheduler.add_job(
                job.func,
                "date",
                run_date=now + RETRY_AFTER,
                args=(dataset, AGAIN),
                id=_retry(dataset),
                jobstore=DATASETS,
                replace_existing=True,
            )

    def plans(self) -> dict[str, datetime]:
        """When each dataset is next due."""
        jobs = self._scheduler.get_jobs(DATASETS)
        soon = {job.args[0]: job.next_run_time for job in jobs}
        for job in jobs:
            soon[job.args[0]] = min(soon[job.args[0]], job.next_run_time)
        return soon


def _retry(dataset: str) -> str:
    return f"again {dataset}"


def _name(schedule: Schedule, timezone: ZoneInfo) -> str:
    return f"{schedule.cron} {timezone.key}" if schedule.cron else f"every {schedule.every}"


def _trigger(schedule: Schedule, anchor: datetime, timezone: ZoneInfo) -> BaseTrigger:
    if schedule.cron is not None:
        return Cron(schedule.cron, timezone)
    return Every(schedule.every or timedelta(minutes=15), anchor, random.random)
