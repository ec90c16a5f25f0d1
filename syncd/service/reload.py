"""A reload: a new manifest and new settings take the place of those in force, or do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from syncd import telemetry
from syncd.config.configuration import App
from syncd.config.settings import secret_values
from syncd.core import clock
from syncd.core.addresses import is_dataset_id
from syncd.core.errors import Abandoned, Problem, SyncdError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import Fact, because
from syncd.notify.delivery import AlertDelivery
from syncd.service.dispatcher import Queue
from syncd.service.freshness import FreshnessMonitor
from syncd.service.manifest_store import ManifestStore, ReadManifest
from syncd.service.notifications import Notifications, mailer
from syncd.service.requests import Requests
from syncd.service.runtime import Runtime
from syncd.service.schedule import Schedules
from syncd.service.state import ServiceState
from syncd.telemetry.metrics import Metrics
from syncd.text import figures, problem

log = structlog.get_logger("syncd.daemon")


@dataclass(slots=True, kw_only=True)
class Reload:
    """`open_runtime` makes one of a new manifest and the former runtime, or raises `SyncdError`."""

    store: ManifestStore
    is_told_to_stop: Callable[[], bool]
    open_runtime: Callable[[App, Runtime], Runtime]
    state: ServiceState
    ledger: ServiceLedger
    dispatcher: Queue
    requests: Requests
    schedules: Schedules
    freshness: FreshnessMonitor
    notifications: Notifications
    metrics: Metrics
    failed: bool = False
    """The files are as they should be and the rest may pass: to be tried again."""

    def reload(self, *, ordered: bool) -> ReadManifest:
        """Read again what is on disk, and put it in force if it may be."""
        read = self.store.again(self.state.runtime.app, self._tick, ordered=ordered)
        self.failed = read.passing
        if read.app is None:
            return read
        try:
            self._replace(self.open_runtime(read.app, self.state.runtime), read.app)
        except SyncdError as error:
            self.failed = True
            return ReadManifest("invalid", problems=(Problem(error.reason),), count=1)
        return read

    def _tick(self) -> None:
        """While a large manifest is read the loop waits, and is well."""
        self.state.turned_at = time.monotonic()
        if self.is_told_to_stop():
            raise Abandoned

    def _replace(self, runtime: Runtime, new: App) -> None:
        state = self.state
        former, before = state.runtime, state.entries
        settings = new.settings
        # Cycles under way still use the former secrets.
        secrets = {*secret_values(settings), *secret_values(former.app.settings)}
        telemetry.configure(settings.log_format or "auto", settings.log_level, tuple(secrets))
        self.dispatcher.resize(settings.concurrency)
        state.runtime = runtime
        figures.tell_time_in(new.manifest.timezone)
        if new.manifest.portal == former.app.manifest.portal:
            state.alerts.use(mailer(settings))  # the same news, perhaps to other addresses
        else:
            state.alerts = AlertDelivery(
                self.ledger,
                mailer(settings),
                new.manifest.portal,
                clock.now,
                state.alerts.linked,
            )
        self.notifications.use(settings)
        gone = set(before) - set(state.entries)
        state.failed -= gone
        self.freshness.forget_key()
        self.metrics.forget(state.id(dataset) for dataset in gone)
        former.close()

    def report(self, read: ReadManifest) -> None:
        """Say what became of the manifest, and save it where it is in force."""
        state, diff = self.state, read.diff
        alerts = state.alerts
        state.manifest = read.state
        facts: dict[str, Fact] = {}
        if diff is not None:
            facts = {"added": diff.added, "removed": diff.removed, "before": diff.before}
        if read.state == "valid" and read.app is not None:
            write = log.warning if diff is not None and diff.is_loss else log.info
            write("manifest.in_force", targets=targets(read.app), **facts)
            self.store.save(read.app)
            alerts.clear("manifest")
        elif read.state == "held":
            log.error("manifest.held", **facts)
            alerts.raise_("manifest", "held", because("manifest_held", **facts))
        elif read.state == "behind":
            log.warning("manifest.behind")
            alerts.raise_("manifest", "held", because("manifest_behind"))
        elif read.state == "invalid":
            for found in read.problems:
                log.error("manifest.invalid", problem=problem(found))
            first = problem(read.problems[0]) if read.problems else ""
            reason = because("manifest_not_taken", count=read.count, first=first)
            alerts.raise_("manifest", "failed", reason)
        alerts.forget_others({dataset for dataset, entry in state.entries.items() if entry.active})
        state.first_problem = problem(read.problems[0]) if read.problems else ""

    def follow(self) -> None:
        """Expect, plan and watch over the datasets of the manifest in force."""
        state, now = self.state, clock.now()
        manifest = state.runtime.app.manifest
        self.ledger.put_pauses(manifest.portal, state.runtime.whole.pauses(now), now)
        named = [dataset for dataset in state.entries if not is_dataset_id(dataset)]
        ids = self.ledger.addresses(manifest.portal, named)
        for dataset in state.entries:
            state.learn(dataset, ids.get(dataset, dataset))
        self.metrics.expect(state.id(dataset) for dataset in state.entries)
        self.freshness.follow(now)
        runs = self.ledger.runs(manifest.portal)
        self.schedules.follow(manifest, runs, now, self.requests.ask_for)


def targets(started: App) -> int:
    """How many the manifest names."""
    return sum(len(entry.targets) for entry in started.manifest.datasets)
