"""`syncd run`, while it goes on."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import processes, program
from benchmarks.cost import Unavailable, environment

_PATIENCE = 300.0  # seconds


class Service:
    """`log`: what it writes, and what the processes beside it write."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def cpu(self) -> float:
        return processes.cpu(self.pid)

    def wait_for(self, event: str, count: int = 1) -> None:
        """Until it has told of so many."""
        until = time.monotonic() + _PATIENCE
        while self._log.read_text("utf-8").count(f'"event": "{event}"') < count:
            if self.process.poll() is not None or time.monotonic() > until:
                raise Unavailable(f"the service did not come to {event}: {self._last()}")
            time.sleep(0.1)

    def _last(self) -> str:
        lines = self._log.read_text("utf-8").splitlines()
        return lines[-1].replace("|", "/")[:300] if lines else "it said nothing"


@contextmanager
def service(settings: Mapping[str, str]) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="syncd-service-") as name:
        log = Path(name) / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [program.python(), "-m", "syncd", "run"],
                cwd=name,
                env=environment({"SYNCD_HTTP_ADDRESS": "off", **settings}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stream,
            )
            try:
                yield Service(process, log)
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
