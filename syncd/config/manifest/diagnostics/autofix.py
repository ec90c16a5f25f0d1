"""Fixes a copy of a manifest's text for its inspection; finds places of the copy in the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from syncd.config.manifest.lines import lines_of
from syncd.core.errors import Problem

MAX_FIXES = 20  # of a file's YAML, one after the other
MAX_REREAD = 2_000_000  # characters read again for them: some seconds


@dataclass(frozen=True, slots=True)
class Fix:
    """On this line (1-based), the characters from `start` to `end` (from 0) become `new`."""

    line: int
    start: int
    end: int
    new: str


def fix_of(problem: Problem, text: str) -> Fix | None:
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
    return Fix(problem.line, start, len(old) - tail, new[start : len(new) - tail])


def fixed_line(line: str, fixes: Iterable[Fix]) -> str:
    for fix in sorted(fixes, key=lambda fix: fix.start, reverse=True):
        line = line[: fix.start] + fix.new + line[fix.end :]
    return line


def fixed(text: str, fixes: Iterable[Fix]) -> str:
    lines = lines_of(text)
    for line, mine in _by_line(fixes).items():
        lines[line - 1] = fixed_line(lines[line - 1], mine)
    return "\n".join(lines)


def moved_back(problems: Sequence[Problem], fixes: Iterable[Fix]) -> list[Problem]:
    """The problems of the fixed copy, at their places in the text before."""
    by_line = _by_line(fixes)
    return [
        replace(p, column=_before(p.column - 1, by_line[p.line]) + 1) if p.line in by_line else p
        for p in problems
    ]


def _before(column: int, fixes: Iterable[Fix]) -> int:
    """A column of the fixed line (from 0) on the line before."""
    grown = 0
    for fix in sorted(fixes, key=lambda fix: fix.start):
        begin = fix.start + grown
        if column < begin:
            break
        if column < begin + len(fix.new):
            return min(fix.start + column - begin, max(fix.start, fix.end - 1))
        grown += len(fix.new) - (fix.end - fix.start)
    return column - grown


def _by_line(fixes: Iterable[Fix]) -> dict[int, list[Fix]]:
    found: dict[int, list[Fix]] = {}
    for fix in fixes:
        found.setdefault(fix.line, []).append(fix)
    return found
