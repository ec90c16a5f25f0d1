"""What a cycle works with: settings, manifest and adapters, replaced as a whole by a reload.

A cycle that is under way keeps the runtime it began in; a replaced one is closed after the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from syncd import bootstrap
from syncd.bootstrap import Waits
from syncd.config.configuration import App
from syncd.core.errors import Abandoned
from syncd.core.ports import Adapters, Transfer, Usage
from syncd.core.reasons import Reason
from syncd.core.targets import DatasetEntry
from syncd.sync.whole_manifest import WholeManifest


class Runtime:
    """`opened` is entered at once, and left when it was closed and nobody uses it any more.

    `known`: how servers were found, by their place, as the runtime before this one knew.
    """

    def __init__(
        self,
        app: App,
        opened: AbstractContextManager[Adapters],
        known: Mapping[str, Usage] = MappingProxyType({}),
    ) -> None:
        self.app = app
        self.whole = WholeManifest(app.manifest.datasets)
        self._known = known
        self._opened = opened
        self.adapters = opened.__enter__()
        self._lock = threading.Lock()
        self._users = 1  # the service itself

    def entry(self, dataset: str) -> DatasetEntry | None:
        return self.whole.by_dataset.get(dataset)

    def last_used(self, place: str, usage: Usage) -> Usage:
        """How it was found the last time, by this runtime or a former one."""
        return self._known.get(place, usage) if usage.reachable is None else usage

    def known(self) -> dict[str, Usage]:
        """What the next runtime begins with: a reload does not make a server reachable."""
        servers = {str(s.location): s.usage for s in self.adapters.sources.values()}
        servers[self.adapters.portal.url] = self.adapters.portal.usage
        return {place: self.last_used(place, usage) for place, usage in servers.items()}

    def acquire(self) -> bool:
        """Keep it open until `release`; False when it is closed already."""
        with self._lock:
            if self._users == 0:
                return False
            self._users += 1
            return True

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self._opened.__exit__(None, None, None)

    def close(self) -> None:
        """The service itself uses it no more: it closes with the last cycle in it."""
        self.release()


@contextmanager
def kept_open(in_force: Callable[[], Runtime | None]) -> Iterator[Runtime]:
    """The runtime in force, kept open inside the block. `Abandoned` where there is none."""
    while True:
        runtime = in_force()
        if runtime is None:
            raise Abandoned
        if runtime.acquire():
            break  # else it was replaced a moment ago
    try:
        yield runtime
    finally:
        runtime.release()


@dataclass(frozen=True, slots=True)
class RuntimeFactory:
    """`stopping` ends waits in which nothing is lost, `cutting` all others, and transfers.

    `retried` is told what kind of host a request is made to again: "portal" or a store's type.
    `follows`: as of `bootstrap.adapters`.
    """

    stopping: threading.Event
    cutting: threading.Event
    retried: Callable[[str], None]
    follows: bool = False

    def open(self, app: App, former: Runtime | None = None) -> Runtime:
        """`former`: what it takes the place of. `SyncdError` where an adapter does not open."""
        waits = Waits(
            idle=_until(self.stopping),
            sending=_until(self.cutting),
            stopping=self.stopping.is_set,
            retried=self.retried,
        )
        progress = _Cuttable(self.cutting)
        opened = bootstrap.adapters(
            app, progress, read_only=False, waits=waits, follows=self.follows
        )
        return Runtime(app, opened, former.known() if former else {})


def _until(event: threading.Event) -> Callable[[float], None]:
    """Waits for so many seconds; `Abandoned` as soon as the event is set."""

    def wait(seconds: float) -> None:
        if event.wait(seconds):
            raise Abandoned

    return wait


@dataclass(frozen=True, slots=True)
class _Cuttable:
    """Progress of a service: draws nothing, and cuts transfers when it must stop now."""

    cutting: threading.Event

    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[Transfer]:
        del label, direction, size
        yield self

    def advance(self, count: int) -> None:
        del count
        if self.cutting.is_set():
            raise Abandoned

    def restart(self) -> None:
        pass

    def waiting(self, why: Reason, seconds: float) -> None:
        """Those who wait log it."""
