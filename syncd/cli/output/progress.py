"""Progress bars for long transfers, on a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from syncd import bootstrap
from syncd.core import ports
from syncd.core.reasons import Reason
from syncd.core.unseen import in_sight
from syncd.text import layout, sentence, text
from syncd.text.figures import duration, size
from syncd.text.terminal import columns_of

LONG = 8_000_000  # bytes; below that a bar would only flicker
SHORT = 2.0  # seconds; a wait below that is nothing to speak of
_BAR = 10  # columns
_FIGURES = 56  # columns of what stands beside the name, the bar included, in any language
_LEAST = 12  # columns that the name has at least


def progress() -> ports.Progress:
    """Bars on stderr when that is a terminal, else silence."""
    return Bars() if sys.stderr.isatty() else bootstrap.Silence()


class Bars:
    """One display for all transfers, also for several at once; it is there while one is.

    A terminal that is gone ends no publication.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown = 0
        self._columns = columns_of(sys.stderr) or 0
        self._display = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(_BAR),
            _Figures(),
            console=Console(file=sys.stderr),
            transient=True,
        )

    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[ports.Transfer]:
        if size < LONG:
            with bootstrap.Silence().transfer(label, direction, size) as still:
                yield still
            return
        name = in_sight(label.rsplit("/", 1)[-1])
        room = max(_LEAST, self._columns - _FIGURES - len(text(f"progress.{direction}", label="")))
        named = text(f"progress.{direction}", label=layout.shortened(name, room))
        # How far the guards are nobody knows: the bar goes to and fro.
        total = None if direction == "guard" else size
        task = self._display.add_task(named, total=total)
        self._count(1)
        try:
            yield _Bar(self._display, task, name if direction == "send" else "")
        finally:
            self._display.remove_task(task)
            self._count(-1)

    def waiting(self, why: Reason, seconds: float) -> None:
        """A line that stays: it says afterwards where the time went."""
        if seconds < SHORT:
            return
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        said = text("waiting", seconds=round(seconds), until=until.isoformat(), why=sentence(why))
        with suppress(OSError):
            self._display.console.print(Text(said), style="dim", soft_wrap=True)

    def _count(self, change: int) -> None:
        with self._lock, suppress(OSError):
            self._shown += change
            if self._shown == 1 and change > 0:
                self._display.start()
            if self._shown == 0:
                self._display.stop()


class _Figures(ProgressColumn):
    """How much of how much, how fast, and how long still, as the reader writes figures."""

    def render(self, task: Task) -> Text:
        whole = f" / {size(int(task.total))}" if task.total is not None else ""
        said = [f"{size(int(task.completed))}{whole}"]
        if task.speed:
            said.append(text("progress.speed", amount=int(task.speed)))
        if task.time_remaining:
            said.append(duration(_roughly(int(task.time_remaining))))
        return Text(layout.GAP.join(said), no_wrap=True)


def _roughly(seconds: int) -> int:
    """To the minute from one minute on, to the hour from one day on."""
    unit = 3600 if seconds >= 86400 else 60 if seconds >= 60 else 1
    return seconds - seconds % unit


class _Bar:
    """`sent`: the name of a file that is sent, whose end is when the portal has stored it."""

    def __init__(self, bars: Progress, task: TaskID, sent: str) -> None:
        self._bars = bars
        self._task = task
        self._sent = sent

    def advance(self, count: int) -> None:
        self._bars.advance(self._task, count)
        if self._sent and self._bars.finished:
            said = text("progress.stored", label=self._sent)
            self._bars.update(self._task, description=said)

    def restart(self) -> None:
        self._bars.reset(self._task)
