"""What a cycle works with: settings, manifest and edges, replaced as a whole by a reload.

A cycle that is under way keeps the world it began in; a replaced one is closed after the last.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager

from syncd.config.configuration import App
from syncd.core.ports import Adapters, Usage
from syncd.core.targets import DatasetEntry


class Runtime:
    """`opened` is entered at once, and left when it was retired and nobody uses it any more."""

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

    def borrow(self) -> bool:
        """Keep it open until `give_back`; False when it is closed already."""
        with self._lock:
            if self._users == 0:
                return False
            self._users += 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self._opened.__exit__(None, None, None)

    def retire(self) -> None:
        """The service uses another one from now on."""
        self.give_back()
