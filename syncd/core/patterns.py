"""Key patterns of the manifest: `{name}`, `{name:yyyy}`, `*`, `**`. Pure.

docs/reference/manifest.md says what each matches.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from syncd.core import linear_match
from syncd.core.composed import composed
from syncd.core.linear_match import (
    FIXED,
    FOLDERS,
    GROWING,
    NAME,
    NUMBER,
    STAR,
    STARS,
    TEXT,
    Part,
)
from syncd.core.regular_expressions import regex

KINDS: Mapping[str, str] = {
    "": r"[^/]+?",
    "yyyy": r"[0-9]{4}",
    "mm": r"(?:0[1-9]|1[0-2])",
    "dd": r"(?:0[1-9]|[12][0-9]|3[01])",
    "int": r"[0-9]+",
}

_WAYS = 50_000  # that a regular expression may try; a fraction of a millisecond

# `**/` stands for any folders (none too) only where a segment begins; else `**` is any text.
_TOKEN = regex(r"(?<![^/])(?:\*\*/)+|\*\*+|\*|\{(?P<name>[^{}:]*)(?::(?P<kind>[^{}]*))?\}|[{}]")


class PatternError(ValueError):
    """The pattern cannot be read. `code` and `facts` word the problem."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: compares equal by its text."""

    text: str
    variables: tuple[str, ...]
    parts: tuple[Part, ...] = field(compare=False, repr=False)
    literals: tuple[str, str] = field(compare=False, repr=False)
    """How every match begins, and how it ends: the text before and after what is variable."""
    between: str = field(compare=False, repr=False)
    """An expression for the rest."""
    longest: int = field(compare=False, repr=False)
    """The longest key that `between` is asked about: while there are few ways, it is quick."""

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """`PatternError` for an unknown kind, a bad or repeated name, a lone brace."""
        text = composed(text)
        parts: list[Part] = []
        names: list[str] = []
        at = 0
        for token in _TOKEN.finditer(text):
            if token.start() > at:
                parts.append(Part(TEXT, text[at : token.start()]))
            at = token.end()
            parts.append(_part(token, names))
        if at < len(text):
            parts.append(Part(TEXT, text[at:]))
        first, last = parts[:1], parts[1:][-1:]
        begin, end = ("".join(p.what for p in ends if p.kind == TEXT) for ends in (first, last))
        between = "".join(map(_expression, parts[bool(begin) : len(parts) - bool(end)]))
        growing = sum(part.kind in GROWING for part in parts)
        return cls(text, tuple(names), tuple(parts), (begin, end), between, _longest_for(growing))

    def match(self, key: str) -> Mapping[str, str] | None:
        """The variables' values when the whole key matches, else None; composed, as the key is."""
        key = composed(key)
        if len(key) > self.longest:
            return linear_match.matched(self.parts, key)
        begin, end = self.literals
        start, stop = len(begin), len(key) - len(end)
        if start > stop or not key.startswith(begin) or not key.endswith(end):
            return None
        found = _compiled(self.between).fullmatch(key, start, stop)
        return found.groupdict() if found else None

    @property
    def folder(self) -> str:
        """The longest literal folder that every match lies in; "" or ends in a slash."""
        begin, _ = self.literals
        return begin[: begin.rfind("/") + 1]

    @property
    def is_flat(self) -> bool:
        """Whether every match lies directly in `folder`."""
        return "/" not in self.text[len(self.folder) :] and "**" not in self.text


def _part(token: re.Match[str], names: list[str]) -> Part:
    text = token.group()
    if text.startswith("**/"):
        return Part(FOLDERS)
    if text.startswith("**"):
        return Part(STARS)
    if text == "*":
        return Part(STAR)
    if text in ("{", "}"):
        raise PatternError("pattern_brace", brace=text)
    name, kind = token["name"], token["kind"] or ""
    if not name.isidentifier():
        raise PatternError("pattern_name", name=name)
    if kind not in KINDS:
        raise PatternError("pattern_kind", kind=kind, known=", ".join(k for k in KINDS if k))
    if name in names:
        raise PatternError("pattern_twice", name=name)
    names.append(name)
    return part_of(kind, name)


def part_of(kind: str, variable: str = "") -> Part:
    """What a variable of this kind takes."""
    if kind in ("", "int"):
        return Part(NUMBER if kind else NAME, KINDS[kind], variable=variable)
    return Part(FIXED, KINDS[kind], len(kind), variable)


def _longest_for(growing: int) -> int:
    """The longest key over which so many parts of any length lie in `_WAYS` ways at most; or -1."""
    if growing < 2:
        return sys.maxsize
    return int((_WAYS * math.factorial(growing)) ** (1 / growing)) if growing < 7 else -1


@lru_cache(maxsize=20_000)  # more than a manifest has; most have the same between their literals
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)


def _expression(part: Part) -> str:
    if part.kind == TEXT:
        return re.escape(part.what)
    if part.variable:
        return f"(?P<{part.variable}>{part.what})"
    return {STAR: r"[^/]*", STARS: r".*", FOLDERS: r"(?:.*/)?"}[part.kind]


def natural_order(key: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which `export_9` comes before `export_10`, in either form of Unicode."""
    return tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in re.split(r"([0-9]+)", composed(key))
        if part
    )
