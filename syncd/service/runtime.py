"""What a cycle works with: settings, manifest and adapters, replaced as a whole by a reload.

A cycle that is under way keeps the runtime it began in; a replaced one is closed after the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from syncd import bootstrap
from syncd.bootstrap import Waits
from syncd.config.configuration import App
from syncd.core.errors import Abandoned
from syncd.core.ports import Adapters, Transfer, Usage
from syncd.core.targets import DatasetEntry


class Runtime:
    """`opened` is entered at once, and left when it was closed and nobody uses it any more."""

    def __init__(self, app: App, opened: AbstractContextManager[Adapters]) -> None:
        self.app = app
        self._opened = opened
        self.adapters = opened.__enter__()
        self._lock = threading.Lock()
        self._former: Mapping[str, bool | None] = {}  # what was known of servers before the reload
        self._users = 1  # the service itself

    def entry(self, dataset: str) -> DatasetEntry | None:
        return next((e for e in self.app.manifest.datasets if e.dataset == dataset), None)

    def inherit(self, former: Runtime) -> None:
        """A reload does not make a server reachable: what was known of it is known still."""
        adapters = former.adapters
        known = {str(s.location): s.usage for s in adapters.sources.values()}
        known[adapters.portal.url] = adapters.portal.usage
        self._former = {place: former.reachable(place, usage) for place, usage in known.items()}

    def reachable(self, place: str, usage: Usage) -> bool | None:
        return self._former.get(place) if usage.reachable is None else usage.reachable

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


@dataclass(frozen=True, slots=True)
class RuntimeFactory:
    """`stopping` ends waits in which nothing is lost, `cutting` all others, and transfers.

    `retried` is told what kind of host a request is made to again: "portal" or "s3".
    """

    stopping: threading.Event
    cutting: threading.Event
    retried: Callable[[str], None]

    def open(self, app: App) -> Runtime:
        """`SyncdError` where an adapter does not open."""
        waits = Waits(
            idle=_until(self.stopping),
            sending=self._before_sending_again,
            stopping=self.stopping.is_set,
            retried=partial(self.retried, "s3"),
        )
        progress = _Cuttable(self.cutting)
        return Runtime(app, bootstrap.adapters(app, progress, read_only=False, waits=waits))

    def _before_sending_again(self, seconds: float) -> None:
        self.retried("portal")
        _until(self.cutting)(seconds)


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
