"""Contenders that take turns at the same work, so that what slows the machine slows them all."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.cost import Cost, Unavailable
from benchmarks.options import MIB


@dataclass
class Contender:
    name: str
    run: Callable[[], Cost]
    costs: list[Cost] = field(default_factory=list)
    trouble: str = ""  # why it could not be measured
    ours: bool = field(default=False, kw_only=True)  # syncd itself
    turns: int | None = field(default=None, kw_only=True)  # fewer, of one that takes long

    @property
    def median(self) -> Cost | None:
        """None when one of its runs failed."""
        if self.trouble or not self.costs:
            return None
        return Cost(
            statistics.median(cost.seconds for cost in self.costs),
            statistics.median(cost.cpu for cost in self.costs),
            int(statistics.median(cost.peak for cost in self.costs)),
        )

    def step(self, name: str) -> float | None:
        """The median of that step's seconds; None when it is not known of every run."""
        found = [cost.steps.get(name) for cost in self.costs]
        known = [figure for figure in found if figure is not None]
        return statistics.median(known) if known and len(known) == len(found) else None

    @property
    def peak(self) -> int | None:
        """Bytes, of its worst run."""
        return None if self.trouble else max((cost.peak for cost in self.costs), default=None)


Turns = Callable[[Sequence["Contender"], int], None]
_instead: list[Turns] = []


@contextmanager
def instead(turns: Turns) -> Iterator[None]:
    """Meanwhile `take_turns` does this: another contest with the same work."""
    _instead.append(turns)
    try:
        yield
    finally:
        _instead.pop()


def take_turns(contenders: Sequence[Contender], runs: int) -> None:
    """All runs of all; who begins changes from run to run. Trouble of one is noted on it."""
    if _instead:
        _instead[-1](contenders, runs)
        return
    for run in range(runs):
        first = run % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            if contender.turns is None or run < contender.turns:
                say(f"run {run + 1} of {runs}: {contender.name}")
                take_turn(contender)


def take_turn(contender: Contender) -> None:
    os.sync()  # what the one before wrote is not this one's burden
    try:
        cost = contender.run()
    except Unavailable as reason:
        contender.trouble = str(reason)
        say(f"  NOT MEASURED: {reason}")
    else:
        contender.costs.append(cost)
        told = f"{cost.seconds:.2f} s, CPU {cost.cpu:.2f} s, peak {cost.peak / MIB:.0f} MiB"
        say(f"  {told}")


def ratio(one: Contender, other: Contender) -> float | None:
    """How many times as long the first one takes; None when either was not measured."""
    ours, theirs = one.median, other.median
    return ours.seconds / theirs.seconds if ours and theirs else None


def cpu_ratio(one: Contender, other: Contender) -> float | None:
    """How many times as much CPU the first one needs; None when either was not measured."""
    ours, theirs = one.median, other.median
    return ours.cpu / theirs.cpu if ours and theirs and theirs.cpu else None


def seconds(contender: Contender, digits: int = 1) -> str:
    """The median, and from where to where it went."""
    cost = contender.median
    if cost is None:
        return f"not measured: {contender.trouble}"
    text = f"{cost.seconds:.{digits}f}"
    if len(contender.costs) > 1:
        all_of_them = [one.seconds for one in contender.costs]
        text += f" ({min(all_of_them):.{digits}f} to {max(all_of_them):.{digits}f})"
    return text


def resources(contender: Contender, digits: int = 1) -> list[str]:
    """Two cells: seconds of processor, MiB at the peak."""
    cost = contender.median
    return [f"{cost.cpu:.{digits}f}", f"{cost.peak / MIB:.0f}"] if cost else ["", ""]


def shown_step(contender: Contender, name: str) -> str:
    figure = contender.step(name)
    return "" if figure is None else f"{figure:.1f}"


def times(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.2f}"


def say(text: str) -> None:
    """To whoever waits in front of the screen."""
    print(text, file=sys.stderr, flush=True)
