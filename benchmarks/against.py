"""The same work by this tree and by another revision, in turns (A B A B), and their ratio.

The other revision is checked out in a temporary worktree. Both are installed alike, each in an
environment of its own with the versions that its own constraints.txt names.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import contest, peer, program
from benchmarks.contest import Contender, say
from benchmarks.section import table

_ROOT = Path(__file__).parents[1]
_SEEN = 0.02  # a difference of all turns below that is none
_ENOUGH = 3  # turns
HEAD = ("", "seconds", "CPU s", "times the other's", "times the other's CPU", "")
WORDS = (0, 5)


@dataclass(frozen=True)
class Other:
    name: str
    here: str  # Python of this tree
    there: str  # of the other revision


@dataclass
class Pair:
    """One piece of work, done by both."""

    here: Contender
    there: Contender
    turns: list[tuple[float, float]] = field(default_factory=list)  # ratios: seconds, CPU

    @property
    def cpu(self) -> list[float]:
        return [cpu for _, cpu in self.turns]

    @property
    def verdict(self) -> str:
        """By the CPU, of all turns: seconds depend on whoever else is at work."""
        if not self.cpu:
            return f"not measured: {self.here.trouble or self.there.trouble}"
        if len(self.cpu) < _ENOUGH:
            return "too few turns to tell"
        if min(self.cpu) > 1 + _SEEN:
            return "**SLOWER**"
        return "faster" if max(self.cpu) < 1 - _SEEN else "no difference seen"


@contextmanager
def other(revision: str) -> Iterator[Other]:
    """Both, installed; removed at the end. `Unavailable`."""
    with tempfile.TemporaryDirectory(prefix="syncd-against-") as name:
        folder = Path(name)
        tree = folder / "tree"
        git = ["git", "-C", str(_ROOT), "worktree"]
        say(f"checking out and installing {revision}, and this tree")
        peer.run([*git, "add", "--detach", str(tree), revision])
        try:
            here = _installed(folder / "here", _ROOT)
            there = _installed(folder / "there", tree)
            yield Other(f"this tree beside {revision}", here, there)
        finally:
            peer.run([*git, "remove", "--force", str(tree)])


def _installed(home: Path, tree: Path) -> str:
    """Its Python."""
    peer.make_environment(home, ["-c", str(tree / "constraints.txt"), "-e", str(tree)])
    return str(home / "bin" / "python")


def measured(measure: Callable[[], object], other: Other, runs: int) -> list[Pair]:
    """What syncd does in that part, by both; what others do is left out, and so is the report."""
    pairs: list[Pair] = []

    def turns(contenders: Sequence[Contender], _runs: int) -> None:
        for contender in contenders:
            if contender.ours:
                pairs.append(_in_turns(contender, other, runs))
            contender.trouble = contender.trouble or "compared with another revision"

    with contest.instead(turns), program.using(other.here):
        measure()
    return pairs


def _in_turns(work: Contender, other: Other, runs: int) -> Pair:
    pair = Pair(Contender(work.name, work.run), Contender(work.name, work.run))
    # Each once, uncounted: modules are compiled, and files are where they will be.
    _turn(Contender(work.name, work.run), other.here)
    _turn(Contender(work.name, work.run), other.there)
    for run in range(runs):
        say(f"turn {run + 1} of {runs}: {work.name}")
        _turn(pair.here, other.here)
        _turn(pair.there, other.there)
        if pair.here.trouble or pair.there.trouble:
            break
        here, there = pair.here.costs[-1], pair.there.costs[-1]
        pair.turns.append((here.seconds / there.seconds, here.cpu / max(there.cpu, 1e-3)))
    return pair


def _turn(contender: Contender, python: str) -> None:
    with program.using(python):
        contest.take_turn(contender)


def shown(pairs: Sequence[Pair]) -> str:
    return table(HEAD, [_row(pair) for pair in pairs], WORDS)


def _row(pair: Pair) -> list[str]:
    here, there = pair.here.median, pair.there.median
    if here is None or there is None or not pair.turns:
        return [pair.here.name, "", "", "", "", pair.verdict]
    return [
        pair.here.name,
        f"{here.seconds:.2f} / {there.seconds:.2f}",
        f"{here.cpu:.2f} / {there.cpu:.2f}",
        _spread([seconds for seconds, _ in pair.turns]),
        _spread(pair.cpu),
        pair.verdict,
    ]


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
