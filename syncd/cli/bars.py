"""Progress bars for long transfers, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from syncd import app, ports
from syncd.wording import text

LONG = 8_000_000  # bytes; below that a bar would only flicker


def progress() -> ports.Progress:
    """Bars on stderr when that is a terminal, else silence."""
    return Bars() if sys.stderr.isatty() else app.Silence()


class Bars:
    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[ports.Transfer]:
        if size < LONG:
            with app.Silence().transfer(label, direction, size) as still:
                yield still
            return
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        ) as bars:
            name = label.rsplit("/", 1)[-1]
            task = bars.add_task(text(f"progress.{direction}", label=name), total=size)
            yield _Bar(bars, task)


class _Bar:
    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, count: int) -> None:
        self._bars.advance(self._task, count)

    def restart(self) -> None:
        self._bars.reset(self._task)
