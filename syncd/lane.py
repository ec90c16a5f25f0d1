"""A narrow way: a few go through at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncd.errors import Abandoned

GLANCE = 0.5  # seconds between two looks whether waiting is still of use


class Lane:
    """`width` at a time, the others wait; `Abandoned` when `stopping` says that it is of no use."""

    def __init__(self, width: int, stopping: Callable[[], bool]) -> None:
        self._places = threading.Semaphore(width)
        self._stopping = stopping

    @contextmanager
    def one(self) -> Iterator[None]:
        while not self._places.acquire(timeout=GLANCE):
            if self._stopping():
                raise Abandoned
        try:
            yield
        finally:
            self._places.release()
