"""How the service is, for those who ask: the heartbeat, /healthz, /readyz and /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.core import clock
from syncd.core.ports import Usage
from syncd.service.dispatcher import Queue
from syncd.service.freshness import FreshnessMonitor
from syncd.service.periodic import PeriodicTasks
from syncd.service.runtime import Runtime
from syncd.service.state import ServiceState
from syncd.telemetry.readiness import Facts


@dataclass(frozen=True, slots=True)
class Health:
    """May be asked from any thread."""

    state: ServiceState
    freshness: FreshnessMonitor
    dispatcher: Queue
    periodic: PeriodicTasks
    at_work: Callable[[], Runtime | None] = lambda: None
    """What is worked with, where that is not what is planned with."""

    def is_well(self) -> bool:
        """Whether the heart may beat."""
        state = self.state
        well = not state.failed and not self.freshness.late and not self.dispatcher.hanging
        return well and state.manifest == "valid" and not self.periodic.troubled

    def facts(self) -> Facts:
        state = self.state
        runtime = self.at_work() or state.runtime
        portal, sources = usages(runtime)
        return Facts(
            now=clock.now(),
            turned=time.monotonic() - state.turned_at,
            manifest=state.manifest,
            portal=portal.reachable,
            sources={name: usage.reachable for name, usage in sources.items()},
            key_refused=portal.refused,
            sources_refusing=frozenset(name for name, usage in sources.items() if usage.refused),
            late=tuple(state.id(dataset) for dataset in self.freshness.late),
            overdue=tuple(state.id(dataset) for dataset in self.dispatcher.hanging),
            stopping=state.stopping.is_set(),
            ledger=not self.periodic.troubled,
        )

    def last_success(self) -> Mapping[str, datetime]:
        """By the portal's ids."""
        succeeded = dict(self.freshness.succeeded)  # which a cycle may change meanwhile
        return {self.state.id(dataset): at for dataset, at in succeeded.items()}

    def key_expiry(self) -> datetime | None:
        return self.freshness.key_expiry

    def unsent(self) -> int:
        return self.state.alerts.unsent


def usages(runtime: Runtime) -> tuple[Usage, Mapping[str, Usage]]:
    """How the portal was found the last time, and each source by its name."""
    adapters = runtime.adapters
    portal = runtime.last_used(adapters.portal.url, adapters.portal.usage)
    sources = {
        name: runtime.last_used(str(source.location), source.usage)
        for name, source in adapters.sources.items()
    }
    return portal, sources
