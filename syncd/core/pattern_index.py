"""Which of many patterns may match a key, found without trying each on it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from syncd.core.composed import composed
from syncd.core.patterns import Pattern

Owner = TypeVar("Owner")


class PatternIndex(Generic[Owner]):
    """Patterns with their owners, by how every match of them begins and ends.

    An owner is whatever a pattern was added with. What is asked of a key is one slice for each
    length that a beginning has, and one for each length of an end that goes with it: in a manifest
    with ten thousand patterns that is some dozens of look-ups instead of ten thousand matches.
    """

    def __init__(self) -> None:
        self._by_ends: dict[tuple[str, str], list[tuple[Pattern, Owner]]] = {}
        self._lengths: dict[int, set[int]] = {}  # of beginnings -> of the ends that go with them
        self._beginnings: set[str] = set()

    def add(self, pattern: Pattern, owner: Owner) -> None:
        begin, end = pattern.literals
        self._by_ends.setdefault((begin, end), []).append((pattern, owner))
        self._lengths.setdefault(len(begin), set()).add(len(end))
        self._beginnings.add(begin)

    def likely(self, keys: Sequence[str]) -> Iterator[str]:
        """Of these composed keys, those that begin as a pattern does: the only ones worth asking
        for their `candidates`."""
        beginnings = self._beginnings
        for length in self._lengths:
            yield from [key for key in keys if key[:length] in beginnings]

    def candidates(self, key: str) -> Iterator[tuple[Pattern, Owner]]:
        """Every pattern that matches the key, and maybe others that begin and end as it does."""
        key = composed(key)
        size = len(key)
        for length, ends in self._lengths.items():
            begin = key[:length]
            if length > size or begin not in self._beginnings:
                continue
            for of_end in ends:
                if length + of_end <= size:
                    yield from self._by_ends.get((begin, key[size - of_end :]), ())
