"""What one process costs: time, processor, memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Settings of this machine that would change what is measured: of PYTHON…, that nothing is compiled.
_FOREIGN = ("SYNCD_", "AWS_", "RCLONE_", "PYTHON")


class Unavailable(Exception):
    """It cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Cost:
    """Of one process, or of several one after the other: seconds add up, peaks do not."""

    seconds: float = 0.0
    cpu: float = 0.0  # seconds
    peak: int = 0  # bytes of resident memory
    said: str = ""  # on its standard output
    logged: str = ""  # on its standard error
    steps: Mapping[str, float] = field(default_factory=dict)  # seconds of some of its steps

    def then(self, other: Cost) -> Cost:
        return Cost(
            self.seconds + other.seconds,
            self.cpu + other.cpu,
            max(self.peak, other.peak),
            other.said,
            other.logged,
            {**self.steps, **other.steps},
        )


def cost_of(
    command: Sequence[str],
    settings: Mapping[str, str] | None = None,
    *,
    given: str = "",
    code: int = 0,
) -> Cost:
    """Run a command to its end, without proxies and settings of this machine.

    `settings`: what its environment has beside. `given`: on its standard input. `code`: how it
    should end; Unavailable otherwise.
    """
    # A folder of its own to run in, too: no `.env` lies there.
    with tempfile.TemporaryDirectory(prefix="syncd-cost-") as name:
        folder = Path(name)
        report, said, logged = folder / "cost.json", folder / "said", folder / "logged"
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("measured.py"))]
        with said.open("wb") as output, logged.open("wb") as errors:
            started = subprocess.Popen(
                [*launcher, str(report), *command],
                cwd=folder,
                env=environment(settings or {}),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                process_group=0,
            )
            with started:
                try:
                    started.communicate(given.encode())
                except BaseException:  # the benchmark is to end: the launcher and its command too
                    os.killpg(started.pid, signal.SIGKILL)
                    raise
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in (said, logged)]
        if started.returncode or not report.exists():
            raise Unavailable(f"{command[0]} could not be started: {_last(texts[1])}")
        cost = json.loads(report.read_text(encoding="utf-8"))
    if cost.pop("code") != code:
        raise Unavailable(f"it failed: {_last(texts[1] or texts[0])}")
    return Cost(**cost, said=texts[0], logged=texts[1])


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Of what is measured: these settings, and nothing of this machine's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and not name.lower().endswith("_proxy")
    }
    return {**kept, **settings}


def _last(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].replace("|", "/")[:300] if lines else "it said nothing"
