"""Work that goes on after its client has gone."""

from __future__ import annotations

import threading
from collections.abc import Callable

from syncd.simulator.faults import Fault

_POLL = 0.05  # seconds between two looks at the end of the server while a gate is closed


class Background:
    def __init__(self) -> None:
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def wait(self, seconds: float) -> None:
        """Or until the server stops."""
        self._closing.wait(seconds)

    def start(self, fault: Fault, work: Callable[[], object]) -> threading.Thread:
        """Do the work once the fault's gate opens, or its time has come."""

        def run() -> None:
            try:
                if self._opened(fault):
                    work()
            finally:
                fault.done.set()

        thread = threading.Thread(target=run, name="late commit", daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _opened(self, fault: Fault) -> bool:
        if fault.late is not None and self._closing.wait(fault.late):
            return False
        while fault.gate is not None and not fault.gate.wait(_POLL):
            if self._closing.is_set():
                return False
        return True

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(10)
