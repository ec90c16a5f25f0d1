"""One part's result: what was measured, beside what was promised."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    KEPT = "kept"
    NOT_KEPT = "**not kept**"
    NOT_MEASURED = "**not measured**"
    NOT_JUDGED = "not judged: too small a run"


@dataclass(frozen=True)
class Promise:
    promised: str
    measured: str
    verdict: Verdict

    @property
    def broken(self) -> bool:
        """What was not measured may be broken for all one knows."""
        return self.verdict in {Verdict.NOT_KEPT, Verdict.NOT_MEASURED}


@dataclass(frozen=True)
class Section:
    """`blocks`: paragraphs and tables, as Markdown. `figures`: for
    docs/performance.md, which reckons with them."""

    title: str
    blocks: Sequence[str]
    promises: Sequence[Promise]
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        return not any(promise.broken for promise in self.promises)


def at_most(
    promised: str, figure: float | None, limit: float, shown: str = "{:.2f}", *, judged: bool = True
) -> Promise:
    """`figure`: None when it could not be measured. `judged`: the run is as large as promised."""
    return _judged(promised, figure, shown, figure is not None and figure <= limit, judged)


def at_least(
    promised: str, figure: float | None, limit: float, shown: str = "{:.2f}", *, judged: bool = True
) -> Promise:
    return _judged(promised, figure, shown, figure is not None and figure >= limit, judged)


def holds(promised: str, *, said: bool | None) -> Promise:
    """`said`: None when nothing could be measured."""
    shown = "yes" if said else "no"
    return _judged(promised, said, shown, bool(said), judged=True)


def _judged(
    promised: str, figure: float | bool | None, shown: str, kept: bool, judged: bool
) -> Promise:
    if figure is None:
        return Promise(promised, "", Verdict.NOT_MEASURED)
    verdict = Verdict.KEPT if kept else Verdict.NOT_KEPT
    return Promise(promised, shown.format(figure), verdict if judged else Verdict.NOT_JUDGED)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int] = (0,)) -> str:
    """A Markdown table; columns are numbers, to the right, but those in `words`."""
    rules = ["---" if at in words else "---:" for at in range(len(head))]
    filled = [[*row, *[""] * (len(head) - len(row))] for row in rows]
    return "\n".join(_line(cells) for cells in (head, rules, *filled))


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def promises(made: Sequence[Promise]) -> str:
    rows = [(one.promised, one.measured, one.verdict) for one in made]
    return table(["promised", "measured", ""], rows, words=(0, 2))
