"""When each dataset's turn is: APScheduler with one job per dataset, and no work of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from syncd.config.manifest import LoadedManifest
from syncd.core import schedule
from syncd.core.results import FAILED
from syncd.core.service_records import DatasetRun
from syncd.core.targets import Schedule
from syncd.service.triggers import Cron, Every

AGAIN_AFTER = timedelta(minutes=15)  # a cycle that failed is tried again then, if not due before


class Timetable:
    """`ask` is called with a dataset and why; it must not block."""

    def __init__(self, ask: Callable[[str, str], None]) -> None:
        self._ask = ask
        self._scheduler = BackgroundScheduler(
            timezone=UTC,  # APScheduler subtracts by the wall clock in other zones
            executors={"default": ThreadPoolExecutor(1)},
            # Never dropped for being late, and what was missed is made up for once.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def follow(
        self, manifest: LoadedManifest, runs: Mapping[str, DatasetRun], now: datetime
    ) -> None:
        """One job for each dataset of this manifest.

        Those whose schedule stays keep their next instant. Of the others, `every` ones are asked
        for at once, and `cron` ones if an instant was missed since their last run, or
        that failed.
        """
        wanted = {e.dataset: _name(e.schedule, manifest.timezone) for e in manifest.datasets}
        jobs = {job.id: job.name for job in self._scheduler.get_jobs()}
        for gone in set(jobs) - set(wanted) - {_again(dataset) for dataset in wanted}:
            self._scheduler.remove_job(gone)
        for entry in manifest.datasets:
            dataset = entry.dataset
            if jobs.get(dataset) == wanted[dataset]:
                continue
            self._scheduler.add_job(
                self._ask,
                _trigger(entry.schedule, now, manifest.timezone),
                args=(dataset, "schedule"),
                id=dataset,
                name=wanted[dataset],
                next_run_time=schedule.next_instant(entry.schedule, now, manifest.timezone, now),
                replace_existing=True,
            )
            last = runs.get(dataset)
            missed = schedule.missed(
                entry.schedule, last.started_at if last else None, now, manifest.timezone
            )
            if missed or (last is not None and last.exit_code == FAILED):
                self._ask(dataset, "start")

    def clock_jumped(self, manifest: LoadedManifest, now: datetime) -> None:
        """Count every instant anew: what seemed far away may be near, or long past."""
        for entry in manifest.datasets:
            job = self._scheduler.get_job(entry.dataset)
            following = schedule.next_instant(entry.schedule, now, manifest.timezone, now)
            if job is not None and job.next_run_time > following:
                trigger = _trigger(entry.schedule, now, manifest.timezone)
                job.modify(trigger=trigger, next_run_time=following)
        self._scheduler.wakeup()

    def try_again(self, dataset: str, now: datetime) -> None:
        """A cycle that failed does not wait for next Monday."""
        job = self._scheduler.get_job(dataset)
        if job is not None and job.next_run_time > now + AGAIN_AFTER:
            self._scheduler.add_job(
                self._ask,
                "date",
                run_date=now + AGAIN_AFTER,
                args=(dataset, "again"),
                id=_again(dataset),
                replace_existing=True,
            )

    def plans(self) -> dict[str, datetime]:
        """When each dataset is next due."""
        jobs = [job for job in self._scheduler.get_jobs() if job.next_run_time is not None]
        soon = {job.args[0]: job.next_run_time for job in jobs}
        for job in jobs:
            soon[job.args[0]] = min(soon[job.args[0]], job.next_run_time)
        return soon


def _again(dataset: str) -> str:
    return f"again {dataset}"


def _name(schedule: Schedule, timezone: ZoneInfo) -> str:
    return f"{schedule.cron} {timezone.key}" if schedule.cron else f"every {schedule.every}"


def _trigger(schedule: Schedule, anchor: datetime, timezone: ZoneInfo) -> BaseTrigger:
    if schedule.cron is not None:
        return Cron(schedule.cron, timezone)
    return Every(schedule.every or timedelta(minutes=15), anchor, random.random)
