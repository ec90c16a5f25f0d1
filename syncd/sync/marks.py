"""Which objects bear a mark of what is looked for. Pure.

Who looks for something says what an object of its may show (a name without its date, a size): its
marks. All objects stream past once, and each is noted with those whose mark it bears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from heapq import nlargest
from typing import Generic, TypeVar

from syncd.core.objects import Version
from syncd.core.patterns import natural_order

REMEMBERED = 20  # objects for one kind of mark

Subject = TypeVar("Subject")  # what is looked for
Kind = TypeVar("Kind", bound=Enum)  # in what two may agree
Mark = tuple[Kind, object]  # and what that is here


@dataclass(slots=True)
class Newest:
    """The last by name, where there are too many: the newest, as dates are usually written."""

    count: int = 0  # of all that were added
    _some: list[Version] = field(default_factory=list)

    def add(self, version: Version) -> None:
        self.count += 1
        self._some.append(version)
        if len(self._some) > 10 * REMEMBERED:
            self._some = self.versions

    @property
    def versions(self) -> list[Version]:
        return nlargest(REMEMBERED, self._some, key=lambda v: (natural_order(v.key), v.key))


@dataclass(slots=True)
class Sought(Generic[Subject, Kind]):
    subject: Subject
    marks: frozenset[Mark[Kind]]
    found: defaultdict[Kind, Newest] = field(default_factory=lambda: defaultdict(Newest))


class Search(Generic[Subject, Kind]):
    """Objects stream past; memory grows with what is looked for, not with them."""

    def __init__(self, subjects: Iterable[tuple[Subject, Iterable[Mark[Kind]]]]) -> None:
        self.sought: list[Sought[Subject, Kind]] = [
            Sought(subject, frozenset(marks)) for subject, marks in subjects
        ]
        self._by: dict[Mark[Kind], list[Sought[Subject, Kind]]] = defaultdict(list)
        for one in self.sought:
            for mark in one.marks:
                self._by[mark].append(one)

    def see(self, version: Version, marks: Iterable[Mark[Kind]]) -> set[Kind]:
        """In what this object is like something that is looked for."""
        kinds = set()
        for mark in marks:
            for one in self._by.get(mark, ()):
                one.found[mark[0]].add(version)
                kinds.add(mark[0])
        return kinds
