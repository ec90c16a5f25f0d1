"""Processes of this machine that work beside the service: so that it uses more than one core.

Each does what a replica does that never leads. One that ends is started again, after a pause that
grows. They end with this process, however it ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger("syncd.queue")

_COMMAND = (sys.executable, "-P", "-m", "syncd.service.worker_process")  # -P: not from here
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds
_LASTED = 60.0  # seconds, after which an end is not one of a row
_LAST_WORDS = 5.0  # seconds beyond the grace, for what needs no transfer


@dataclass(slots=True)
class _Place:
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0


@dataclass(slots=True)
class Crew:
    """`count`: of processes; they start with the first `mend`."""

    count: int
    command: tuple[str, ...] = _COMMAND
    _places: list[_Place] = field(default_factory=list)
    _stopping: bool = False

    def mend(self) -> None:
        """Start those that are not there. Called each second."""
        now = time.monotonic()
        while len(self._places) < self.count:
            self._places.append(_Place())
        for place in self._places:
            if place.process is not None and place.process.poll() is not None:
                self._ended(place, place.process, now)
            if place.process is None and now >= place.not_before and not self._stopping:
                place.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
                place.started_at = now
                log.info("worker.started", worker=place.process.pid)

    def _ended(self, place: _Place, process: subprocess.Popen[bytes], now: float) -> None:
        in_a_row = now - place.started_at < _LASTED
        place.pause = min(_LONGEST_PAUSE, place.pause * 2 or _FIRST_PAUSE) if in_a_row else 0.0
        place.not_before = now + place.pause
        log.error("worker.ended", worker=process.pid, code=process.returncode, again_in=place.pause)
        place.process = None

    def reload(self) -> None:
        self._signal(signal.SIGHUP)

    def tell_to_stop(self) -> None:
        """And start none any more."""
        self._stopping = True
        self._signal(signal.SIGTERM)

    def end(self, at: float) -> None:
        """They were told to stop; who is there after this instant (monotonic) is killed."""
        for process in self._processes():
            try:
                process.wait(max(0.1, at + _LAST_WORDS - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._places.clear()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            process.send_signal(number)

    def _processes(self) -> list[subprocess.Popen[bytes]]:
        return [place.process for place in self._places if place.process is not None]


def has_lost(parent: int) -> bool:
    """Whether the process that this one works beside is there no more."""
    return os.getppid() != parent
