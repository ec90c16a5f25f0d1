"""What nobody would notice by itself: late datasets, a key that ends, files replaced online."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from syncd.config.configuration import App
from syncd.core import schedule
from syncd.core.errors import PortalError
from syncd.core.ports import Adapters
from syncd.core.reasons import because
from syncd.core.service_records import DatasetRun
from syncd.core.targets import DatasetEntry
from syncd.service.dispatcher import Want
from syncd.service.notifications import Notifications

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
log = structlog.get_logger("syncd.daemon")

KEY_LOOK_EVERY = 86400.0  # seconds
KEY_AGAIN_AFTER = 3600.0  # seconds, when the portal could not be asked
KEY_WARNINGS = (1, 7, 30)  # days before the key's end; each is told once


class FreshnessMonitor:
    """Remembers when each dataset last succeeded; says what is not as it should be."""

    def __init__(self, runs: Mapping[str, DatasetRun]) -> None:
        self.succeeded = {d: run.succeeded_at for d, run in runs.items() if run.succeeded_at}
        self.late: tuple[str, ...] = ()
        self.key_expiry: datetime | None = None
        self._first_seen: dict[str, datetime] | None = None
        self._started: datetime | None = None
        self._key_looked_at = -KEY_LOOK_EVERY
        self._lock = threading.Lock()

    def follow(self, entries: Mapping[str, DatasetEntry], now: datetime) -> None:
        """These are the datasets from now on.

        One that is new, or no longer paused, has time until its first success. What there was at
        the start is as late as it was before.
        """
        active = [dataset for dataset, entry in entries.items() if entry.active]
        fresh = now if self._first_seen is not None else NEVER
        known = self._first_seen or {}
        self._first_seen = {dataset: known.get(dataset, fresh) for dataset in active}
        self._started = self._started or now
        self.succeeded = {d: at for d, at in self.succeeded.items() if d in entries}

    def find_late(self, current: App, messenger: Notifications, now: datetime) -> None:
        """A dataset is late when its last success is older than its schedule wants.

        By how much: the time that a cycle may take, and the jitter.
        """
        manifest = current.manifest
        deadline = timedelta(seconds=current.settings.cycle_deadline)
        late = {}
        for entry in manifest.datasets:
            since = self._since(entry.dataset, now)
            grace = deadline + (entry.schedule.every or timedelta()) / 10
            if entry.active and schedule.late(entry.schedule, since, now, manifest.timezone, grace):
                late[entry.dataset] = (entry, since)
        for dataset, (entry, since) in late.items():
            if dataset not in self.late:
                log.error("dataset.late", dataset=dataset, since=since.isoformat())
                reason = because("dataset_late", since=since.isoformat())
                messenger.raise_("late", "late", reason, entry=entry)
        for dataset in set(self.late) - set(late):
            messenger.clear("late", dataset=dataset)
        self.late = tuple(late)

    def _since(self, dataset: str, now: datetime) -> datetime:
        """The last success; for a dataset without one, since when it is looked at."""
        seen = (self._first_seen or {}).get(dataset, now)
        succeeded = self.succeeded.get(dataset)
        return max(seen, succeeded or self._started or now)

    def check_portal(
        self, current: App, adapters: Adapters, identify: Callable[[str], str], now: datetime
    ) -> list[Want]:
        """Looks at the portal for datasets that no cycle of their own has looked at for so long.

        A dataset without a note has never been worked on: its first cycle will look.
        """
        wants = []
        for entry in current.manifest.datasets:
            note = adapters.ledger.note(current.manifest.portal, identify(entry.dataset))
            if entry.active and note is not None and now - note.checked_at >= adapters.check_every:
                wants.append(Want(entry.dataset, "check", kind="check"))
        return wants

    def look_at_key(self, adapters: Adapters, messenger: Notifications, now: datetime) -> None:
        """Once a day, from one thread: does the key end soon?"""
        with self._lock:
            if time.monotonic() - self._key_looked_at < KEY_LOOK_EVERY:
                return
            self._key_looked_at = time.monotonic()
        try:
            expiry = self.key_expiry = adapters.portal.key_expiry()
        except PortalError as error:
            log.warning("key.not_looked_at", why=str(error))
            self._key_looked_at += KEY_AGAIN_AFTER - KEY_LOOK_EVERY
            return
        left = None if expiry is None else (expiry - now) / timedelta(days=1)
        limit = next((d for d in KEY_WARNINGS if left is not None and left <= d), None)
        if limit is None or expiry is None or left is None:
            messenger.clear("key")
            return
        log.warning("key.expires", at=expiry.isoformat(), days=round(left, 1))
        reason = because(f"key_expires_{limit}", at=expiry.isoformat())
        messenger.raise_("key", "late", reason)

    def forget_key(self) -> None:
        """The key may be another one."""
        self._key_looked_at = -KEY_LOOK_EVERY
