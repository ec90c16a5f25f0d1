"""Mends a manifest for the reading, so that what lies behind a slip is looked at as well.

A manifest that was mended is never used: each mend is a problem. What is read of the mended text
is said at its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from syncd.config.manifest.lines import lines_of
from syncd.core.errors import Problem

MAX_MENDS = 20  # of a file's YAML, one after the other
MAX_REREAD = 2_000_000  # characters read again for them: some seconds


@dataclass(frozen=True, slots=True)
class Mend:
    """On this line (1-based), the characters from `start` to `end` (from 0) become `new`."""

    line: int
    start: int
    end: int
    new: str


def mend_of(problem: Problem, text: str) -> Mend | None:
    """What makes the problem's line the one that was meant, where that is known."""
    lines = lines_of(text)
    if not problem.instead or not 0 < problem.line <= len(lines):
        return None
    old, new = lines[problem.line - 1], problem.instead
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < min(len(old), len(new)) - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return Mend(problem.line, start, len(old) - tail, new[start : len(new) - tail])


def mended_line(line: str, mends: Iterable[Mend]) -> str:
    for mend in sorted(mends, key=lambda m: m.start, reverse=True):
        line = line[: mend.start] + mend.new + line[mend.end :]
    return line


def mended(text: str, mends: Iterable[Mend]) -> str:
    lines = lines_of(text)
    for line, mine in _by_line(mends).items():
        lines[line - 1] = mended_line(lines[line - 1], mine)
    return "\n".join(lines)


def put_back(problems: Sequence[Problem], mends: Iterable[Mend]) -> list[Problem]:
    """The problems of the mended text, at their places in the file."""
    by_line = _by_line(mends)
    return [
        replace(p, column=_before(p.column - 1, by_line[p.line]) + 1) if p.line in by_line else p
        for p in problems
    ]


def _before(column: int, mends: Iterable[Mend]) -> int:
    """A column of the mended line (from 0) on the line before."""
    grown = 0
    for mend in sorted(mends, key=lambda m: m.start):
        begin = mend.start + grown
        if column < begin:
            break
        if column < begin + len(mend.new):
            return min(mend.start + column - begin, max(mend.start, mend.end - 1))
        grown += len(mend.new) - (mend.end - mend.start)
    return column - grown


def _by_line(mends: Iterable[Mend]) -> dict[int, list[Mend]]:
    found: dict[int, list[Mend]] = {}
    for mend in mends:
        found.setdefault(mend.line, []).append(mend)
    return found
