"""A reload: a new manifest and new settings take the place of those in force, or do not."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from syncd import telemetry
from syncd.config.configuration import App
from syncd.config.settings import secret_values
from syncd.core.errors import Problem, SyncdError
from syncd.core.reasons import Fact, because
from syncd.service.dispatcher import Dispatcher
from syncd.service.manifest_store import ManifestStore, Read
from syncd.service.runtime import Runtime
from syncd.service.state import ServiceState
from syncd.telemetry.metrics import Metrics
from syncd.text import problem

log = structlog.get_logger("syncd.daemon")


class Renewal:
    """`open_world` makes a world of a new manifest: `SyncdError` where an edge does not open."""

    def __init__(
        self,
        keeper: ManifestStore,
        desk: ServiceState,
        dispatcher: Dispatcher,
        metrics: Metrics,
        open_world: Callable[[App], Runtime],
    ) -> None:
        self._keeper = keeper
        self._desk = desk
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._open = open_world
        self.failed = False  # the files are as they should be, the rest may pass: to be tried again

    def renew(self, *, ordered: bool) -> Read:
        """Read again what is on disk, and put it in force if it may be."""
        read = self._keeper.again(self._desk.world.app, ordered=ordered)
        self.failed = False
        if read.app is None:
            return read
        try:
            self._replace(self._open(read.app), read.app)
        except SyncdError as error:
            self.failed = True
            return Read("invalid", problems=(Problem(error.reason),))
        return read

    def _replace(self, world: Runtime, new: App) -> None:
        desk = self._desk
        former, before = desk.world, desk.entries
        settings = new.settings
        # Cycles under way still use the former secrets.
        secrets = {*secret_values(settings), *secret_values(former.app.settings)}
        telemetry.configure(settings.log_format or "auto", settings.log_level, tuple(secrets))
        self._dispatcher.resize(settings.concurrency)
        world.inherit(former)
        desk.world = world
        desk.messenger.use(settings, new.manifest.portal)
        gone = set(before) - set(desk.entries)
        desk.failed -= gone
        desk.lookout.forget_key()
        self._metrics.forget(desk.id(dataset) for dataset in gone)
        former.retire()

    def tell(self, read: Read) -> None:
        """Say what became of the manifest, and remember it where it is in force."""
        desk, change = self._desk, read.change
        desk.manifest = read.state
        facts: dict[str, Fact] = {}
        if change is not None:
            facts = {"added": change.added, "removed": change.removed, "before": change.before}
        if read.state == "valid" and read.app is not None:
            told = log.warning if change is not None and change.is_loss else log.info
            told("manifest.in_force", targets=targets(read.app), **facts)
            self._keeper.keep(read.app)
            desk.messenger.clear("manifest")
        elif read.state == "held":
            log.error("manifest.held", **facts)
            desk.messenger.raise_("manifest", "held", because("manifest_held", **facts))
        elif read.state == "invalid":
            for found in read.problems:
                log.error("manifest.invalid", problem=problem(found))
            first = problem(read.problems[0]) if read.problems else ""
            reason = because("manifest_not_taken", count=len(read.problems), first=first)
            desk.messenger.raise_("manifest", "failed", reason)
        desk.messenger.keep_only(desk.entries.values())
        desk.first_problem = problem(read.problems[0]) if read.problems else ""


def targets(started: App) -> int:
    """How many the manifest names."""
    return sum(len(entry.targets) for entry in started.manifest.datasets)
