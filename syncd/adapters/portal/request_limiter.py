"""So many requests under way at once, and no more; but nobody waits for a server that hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 5.0  # seconds without a single request that ended


class RequestLimiter:
    """`width`: how many. When none of them ended for a while, the oldest no longer counts."""

    def __init__(self, width: int, patience: float = PATIENCE) -> None:
        self._width = width
        self._patience = patience
        self._changed = threading.Condition()
        self._under_way: dict[object, bool] = {}  # oldest first -> whether it counts

    @contextmanager
    def one(self) -> Iterator[None]:
        mine = object()
        with self._changed:
            while sum(self._under_way.values()) >= self._width:
                if not self._changed.wait(self._patience):
                    self._overlook_the_oldest()
            self._under_way[mine] = True
        try:
            yield
        finally:
            with self._changed:
                del self._under_way[mine]
                self._changed.notify()

    def _overlook_the_oldest(self) -> None:
        oldest = next((one for one, counts in self._under_way.items() if counts), None)
        if oldest is not None:
            self._under_way[oldest] = False
