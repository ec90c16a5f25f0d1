"""What nobody would notice by itself: datasets that are late, and a key that ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from syncd.actions.check import key_ending
from syncd.core import clock, schedule
from syncd.core.errors import PortalError
from syncd.core.ports import Portal
from syncd.core.reasons import Reason, because
from syncd.core.service_records import DatasetRun
from syncd.service.state import ServiceState

log = structlog.get_logger("syncd.daemon")

KEY_CHECK_EVERY = 86400.0  # seconds
KEY_RETRY_AFTER = 3600.0  # seconds, when the portal could not be asked


class FreshnessMonitor:
    """Remembers when each dataset last succeeded; says what is not as it should be.

    `runs`: the last ones before the service started, at `now`.
    """

    def __init__(self, state: ServiceState, runs: Mapping[str, DatasetRun], now: datetime) -> None:
        self.succeeded = {d: run.succeeded_at for d, run in runs.items() if run.succeeded_at}
        self.late: tuple[str, ...] = ()
        self.key_expiry: datetime | None = None
        self._state = state
        self._started_at = now
        # When each active dataset came; None: it was there at the start, and is as late as before.
        self._came_at: dict[str, datetime | None] = dict.fromkeys(self._active())
        self._key_checked_at = -KEY_CHECK_EVERY
        self._lock = threading.Lock()

    def _active(self) -> list[str]:
        return [dataset for dataset, entry in self._state.entries.items() if entry.active]

    def follow(self, now: datetime) -> None:
        """The manifest in force may be another one.

        A dataset that is new, or no longer paused, has time until its first success.
        """
        self._came_at = {dataset: self._came_at.get(dataset, now) for dataset in self._active()}
        entries = self._state.entries
        self.succeeded = {d: at for d, at in self.succeeded.items() if d in entries}

    def find_late(self) -> None:
        """A dataset is late when its last success is older than its schedule wants.

        By how much: the time that a cycle may take, and the jitter.
        """
        now, app, alerts = clock.now(), self._state.runtime.app, self._state.alerts
        self._not_ahead(now)
        deadline = timedelta(seconds=app.settings.cycle_deadline)
        late = {}
        for entry in app.manifest.datasets:
            if not entry.active:
                continue
            since = self._since(entry.dataset)
            grace = deadline + (entry.schedule.every or timedelta()) / 10
            if schedule.late(entry.schedule, since, now, app.manifest.timezone, grace):
                late[entry.dataset] = (entry, since)
        for dataset, (entry, since) in late.items():
            if dataset not in self.late:
                log.error("dataset.late", dataset=dataset, since=since.isoformat())
                reason = _late(since, self._state.waiting.get(dataset))
                contact = entry.contact or ""
                alerts.raise_(
                    "late", "late", reason, dataset=dataset, title=entry.name, contact=contact
                )
        for dataset in set(self.late) - set(late):
            alerts.clear("late", dataset=dataset)
        self.late = tuple(late)

    def _not_ahead(self, now: datetime) -> None:
        """What a clock noted that was ahead, and was set right since, was at the latest now."""
        self._started_at = min(self._started_at, now)
        for noted in (self.succeeded, self._came_at):
            for dataset, at in list(noted.items()):
                if at is not None and at > now:
                    noted[dataset] = now

    def _since(self, dataset: str) -> datetime:
        """The last success; for a dataset without one, since when it is looked after."""
        since = self.succeeded.get(dataset, self._started_at)
        came_at = self._came_at.get(dataset)
        return since if came_at is None else max(came_at, since)

    def check_key(self, portal: Portal) -> None:
        """Once a day, from one thread: does the key end soon?"""
        with self._lock:
            if time.monotonic() - self._key_checked_at < KEY_CHECK_EVERY:
                return
            self._key_checked_at = time.monotonic()
        now = clock.now()
        try:
            expiry = self.key_expiry = portal.key_expiry()
        except PortalError as error:
            log.warning("key.not_looked_at", why=str(error))
            self._key_checked_at += KEY_RETRY_AFTER - KEY_CHECK_EVERY
            return
        ending = key_ending(expiry, now) if expiry is not None else None
        if expiry is None or ending is None:
            self._state.alerts.clear("key")
            return
        days = round((expiry - now) / timedelta(days=1), 1)
        log.warning("key.expires", at=expiry.isoformat(), days=days)
        self._state.alerts.raise_("key", "ending", ending)

    def forget_key(self) -> None:
        """The key may be another one."""
        self._key_checked_at = -KEY_CHECK_EVERY


def _late(since: datetime, held: Reason | None) -> Reason:
    """`held`: who works on the dataset for so long that its cycle waits still."""
    if held is None or "by" not in held.facts:
        return because("dataset_late", since=since.isoformat())
    who = {name: held.facts[name] for name in ("command", "by", "pid", "host")}
    return Reason("dataset_late_waiting", {"since": since.isoformat(), **who})
