"""Matches a key with a pattern of many wildcards in time that both their lengths bound. Pure.

A regular expression tries every way in which `*a*a*a*b` may lie over a key: with each further star,
as many times more as the key is long. What comes after a place in the pattern matches from some
places of the key and not from others, however that place was reached. Each part's places are found
once, from the last part to the first, as the bits of one number; then the first part takes what the
expression would have taken first, as much as it can or as little, and the next goes on from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

TEXT, STAR, STARS, FOLDERS, NAME, NUMBER, FIXED = (
    *("text", "star", "stars", "folders", "name", "number", "fixed"),
)
GROWING = frozenset({STAR, STARS, FOLDERS, NAME, NUMBER})  # of any length
_NO_SLASH, _DIGITS = re.compile("[^/]+"), re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Part:
    """`what`: the text itself; of FIXED, an expression that always takes `width` characters."""

    kind: str
    what: str = ""
    width: int = 0
    variable: str = ""


def matched(parts: Sequence[Part], key: str) -> Mapping[str, str] | None:
    """The variables' values when the parts take the whole key, else None.

    Greedy are `*`, `**`, `**/` and numbers; a name takes as little as it can.
    """
    places = _Places(key)
    after = [1]  # bit r: the parts behind match what is left when r characters are
    for part in reversed(parts):
        after.append(places.before(part, after[-1]))
        if not after[-1]:
            return None
    after.reverse()
    left = len(key)
    if not after[0] >> left & 1:
        return None
    found: dict[str, str] = {}
    for part, behind in zip(parts, after[1:], strict=True):
        begin, left = left, places.taken(part, left, behind)
        if part.variable:
            found[part.variable] = key[len(key) - begin : len(key) - left]
    return found


class _Places:
    """Sets of places in a key as numbers: bit r stands where r characters are left."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._size = len(key)
        self._of = cache(self._bits)

    def before(self, part: Part, behind: int) -> int:
        """From where the part matches, and what is behind it."""
        match part.kind:
            case "text" | "fixed":
                width = len(part.what) if part.kind == TEXT else part.width
                return self._of(part) & behind << width
            case "star":
                return behind | _grown(behind, self._runs(_NO_SLASH))
            case "stars":
                return self._at_least(behind)
            case "folders":
                return behind | self._at_least(behind << 1 & self._slashes())
            case _:
                return _grown(behind, self._runs(_DIGITS if part.kind == NUMBER else _NO_SLASH))

    def taken(self, part: Part, left: int, behind: int) -> int:
        """How much is left behind the part where `left` is before it."""
        match part.kind:
            case "text":
                return left - len(part.what)
            case "fixed":
                return left - part.width
            case "stars":
                return _lowest(behind)
            case "folders":
                slash = behind << 1 & self._slashes() & (2 << left) - 1
                return _lowest(slash) - 1 if slash else left
            case "name":
                return (behind & (1 << left) - 1).bit_length() - 1
            case _:
                run = (_DIGITS if part.kind == NUMBER else _NO_SLASH).match(
                    self._key, self._size - left
                )
                least = self._size - run.end() if run else left
                return least + _lowest(behind >> least)

    def _at_least(self, places: int) -> int:
        """From anywhere at or before the last of these places."""
        return (2 << self._size) - (places & -places) if places else 0

    def _slashes(self) -> int:
        return self._of(Part(TEXT, "/"))

    def _runs(self, signs: re.Pattern[str]) -> int:
        return self._of(signs)

    def _bits(self, wanted: Part | re.Pattern[str]) -> int:
        size, found = self._size, 0
        if isinstance(wanted, re.Pattern):
            for run in wanted.finditer(self._key):
                found |= (1 << size - run.start() + 1) - (1 << size - run.end() + 1)
            return found
        for start in self._starts(wanted):
            found |= 1 << size - start
        return found

    def _starts(self, part: Part) -> Iterator[int]:
        if part.kind == TEXT:
            at = self._key.find(part.what)
            while at >= 0:
                yield at
                at = self._key.find(part.what, at + 1)
        else:
            yield from (found.start() for found in re.finditer(f"(?={part.what})", self._key))


def _grown(places: int, signs: int) -> int:
    """From where one or more of the signs lead to one of the places: addition carries that far."""
    seeds = places << 1 & signs
    return seeds | (signs & ((signs + seeds) ^ signs))


def _lowest(places: int) -> int:
    return (places & -places).bit_length() - 1
