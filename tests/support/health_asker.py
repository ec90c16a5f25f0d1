"""Asks `/healthz` of a service over and over, as a program: `PID PORT`, until its input ends.

It prints the most CPU seconds that the service itself worked between a question and its answer:
unlike the time that it took, these are as many on a busy machine. What it has started may work
meanwhile, and much where the service waits for its turn. A process of its own, in a session of its
own, has its turn where tests are run at low priority; else what the service does after an answer
that nobody reads would count.
"""

from __future__ import annotations

import http.client
import select
import subprocess
import sys
from typing import Self

from tests.support.cli_harness import PATIENCE
from tests.support.processes import cpu_seconds

_PAUSE = 0.1  # seconds


class HealthAsker:
    def __init__(self, pid: int, port: int) -> None:
        self.worked = float("inf")
        """CPU seconds; known after the block."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(pid), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "asking\n"
        return self

    def __exit__(self, *_: object) -> None:
        said, _ = self._process.communicate(timeout=PATIENCE)
        if self._process.returncode == 0:
            self.worked = float(said)


def ask(pid: int, port: int) -> float:
    """CPU seconds of the service until it answers."""
    before = cpu_seconds(pid)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    after = cpu_seconds(pid)
    connection.close()
    return after - before


def main() -> None:
    pid, port = map(int, sys.argv[1:])
    worked = ask(pid, port)
    sys.stdout.write("asking\n")
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], _PAUSE)[0]:
        worked = max(worked, ask(pid, port))
    sys.stdout.write(f"{worked}\n")


if __name__ == "__main__":
    main()
