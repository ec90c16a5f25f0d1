"""The manifest's text as lines, as YAML counts them, and the words in them."""

from __future__ import annotations

import re

from syncd.core.regular_expressions import regex
from syncd.core.targets import Place

_ENDS = regex(r"\r\n|\r|\n")
LONG = 2_000  # characters; a longer line was not written by a hand, and is not picked apart
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # counts for no column


def lines_of(text: str) -> list[str]:
    """Without their ends. YAML 1.2 knows LF, CRLF and CR, and no other."""
    text = text.replace(BOM, "")
    return _ENDS.split(text) if "\r" in text else text.split("\n")


def place_of(text: str, position: int) -> Place:
    """Line and column of a character, both from 1."""
    before = lines_of(text[:position])
    return Place(len(before), len(before[-1]) + 1)


def word_at(line: str, start: int) -> int:
    """Where the key or value that begins at `start` ends on this line (both from 0)."""
    rest = line[start:]
    if rest[:1] in {'"', "'"}:
        found = re.match(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'', rest)
        return start + found.end() if found else len(line.rstrip())
    if rest[:1] in {"[", "{"}:
        return start + _flow_end(rest)
    stop = r"\s+#|:(?=\s|$)|\s+$" + (r"|\s*[,\]}]" if in_flow(line[:start]) else "")
    found = re.search(stop, rest)
    return start + found.start() if found else len(line)


def _flow_end(rest: str) -> int:
    depth = 0
    for at, letter in enumerate(rest, 1):
        depth += (letter in "[{") - (letter in "]}")
        if not depth:
            return at
    return len(rest.rstrip())


def in_flow(before: str) -> bool:
    """Whether what follows stands within brackets or braces of its line."""
    return before.count("[") > before.count("]") or before.count("{") > before.count("}")
