"""Which object of a bucket is most likely the file of which resource. Pure.

Only equal bytes make sure: two services may well call their files `export.csv`. A likeness of names
is a question to a person.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from heapq import heappush, heappushpop

from syncd.core.file_names import dateless, slug
from syncd.core.objects import Version
from syncd.core.patterns import natural_order
from syncd.core.portal import Resource

_MOST = 20  # objects remembered for one likeness of one resource
_COMPARED = 5  # of these, how many are read for their bytes
_READABLE = 256_000_000  # bytes: larger ones are compared by their names alone


class How(StrEnum):
    """In what an object is like a resource's file, the surest first."""

    BYTES = "bytes"
    NAME = "name"
    DATE = "date"  # the name, but for a date or year


_RANKS = {how: rank for rank, how in enumerate(How)}


@dataclass(frozen=True, slots=True)
class Guess:
    """An object that may be the file of a resource."""

    key: str
    size: int  # bytes
    how: How


@dataclass(frozen=True, slots=True)
class Guesses:
    """What was found for one resource, the likeliest first. `sure`: the first one is right."""

    guesses: tuple[Guess, ...] = ()
    sure: bool = False
    pattern: str = ""  # for `newest`, where several objects differ by their dates alone


@dataclass(slots=True)
class _Kept:
    """The last by name, where there are too many: the newest, as dates are usually written."""

    count: int = 0  # of all that were seen
    _heap: list[tuple[object, str, Version]] = field(default_factory=list)

    def add(self, version: Version) -> None:
        self.count += 1
        one = (natural_order(version.key), version.key, version)
        if len(self._heap) < _MOST:
            heappush(self._heap, one)
        else:
            heappushpop(self._heap, one)

    @property
    def versions(self) -> list[Version]:
        return [version for _, _, version in self._heap]


@dataclass(slots=True)
class _Wanted:
    resource: Resource
    names: frozenset[str]
    stems: frozenset[str]
    by_size: _Kept = field(default_factory=_Kept)
    by_name: _Kept = field(default_factory=_Kept)
    by_date: _Kept = field(default_factory=_Kept)


class Bucket:
    """Objects stream through; those that may be meant are kept, and some that nothing is like."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._wanted = [_wanted(resource) for resource in resources]
        self._sizes: dict[int, list[_Wanted]] = defaultdict(list)
        self._names: dict[str, list[_Wanted]] = defaultdict(list)
        self._stems: dict[str, list[_Wanted]] = defaultdict(list)
        for one in self._wanted:
            if one.resource.sha1 and one.resource.size:
                self._sizes[one.resource.size].append(one)
            for name in one.names:
                self._names[name].append(one)
            for stem in one.stems:
                self._stems[stem].append(one)
        self.seen = 0
        self.strangers: list[str] = []  # the first of those whose name is like nothing
        self.strange = 0

    def see(self, version: Version, *, usable: bool = True) -> None:
        """Not `usable`: its key cannot be written into a manifest."""
        self.seen += 1
        if not usable:
            self._pass(version)
            return
        name = _name(version)
        for one in self._sizes.get(version.fingerprint.size, ()):
            one.by_size.add(version)
        same = self._names.get(name, ())
        for one in same:
            one.by_name.add(version)
        dated = self._stems.get(dateless(name), ()) if dateless(name) else ()
        for one in dated:
            one.by_date.add(version)
        if not same and not dated:
            self._pass(version)

    def _pass(self, version: Version) -> None:
        self.strange += 1
        if len(self.strangers) < _MOST:
            self.strangers.append(version.key)

    @property
    def to_compare(self) -> tuple[Version, ...]:
        """Objects whose bytes are worth reading: of the same size as a resource's file."""
        found = {
            version.key: version
            for one in self._wanted
            for version in _likeliest_first(one)[:_COMPARED]
            if version.fingerprint.size <= _READABLE
        }
        return tuple(found[key] for key in sorted(found))

    def guesses(self, sha1s: Mapping[str, str]) -> dict[str, Guesses]:
        """By resource id. `sha1s`: key -> sha1 of the bytes, for those that were read."""
        found = {one.resource.id: _guesses(one, sha1s) for one in self._wanted}
        sure = Counter(each.guesses[0].key for each in found.values() if each.sure)
        return {
            identifier: replace(each, sure=each.sure and sure[each.guesses[0].key] == 1)
            for identifier, each in found.items()
        }


def _wanted(resource: Resource) -> _Wanted:
    """The file's name as the portal has it, and the title, which may have been one."""
    name = slug(resource.made_title)
    extension = name.rpartition(".")[2] if "." in name else ""
    title = slug(resource.title)
    if extension and not title.endswith(f".{extension}"):
        title = f"{title.strip('.')}.{extension}"
    names = frozenset({name, title} - {""})
    return _Wanted(resource, names, frozenset(map(dateless, names)) - {""})


def _name(version: Version) -> str:
    """As the portal would write it."""
    return slug(version.key.rsplit("/", 1)[-1])


def _likeliest_first(one: _Wanted) -> list[Version]:
    named = {version.key for version in (*one.by_name.versions, *one.by_date.versions)}
    return sorted(one.by_size.versions, key=lambda version: (version.key not in named, version.key))


def _guesses(one: _Wanted, sha1s: Mapping[str, str]) -> Guesses:
    same = [v for v in one.by_size.versions if sha1s.get(v.key) == one.resource.sha1]
    named_so, dated = one.by_name.versions, one.by_date.versions
    found: dict[str, Guess] = {}
    for how, versions in ((How.BYTES, same), (How.NAME, named_so), (How.DATE, dated)):
        for version in versions:
            guess = Guess(version.key, version.fingerprint.size, how)
            found.setdefault(version.key, guess)
    named = {v.key for v in (*named_so, *same) if _name(v) in one.names}
    guesses = sorted(found.values(), key=lambda guess: _rank(guess, named))
    is_sure = _is_sure(guesses, named) and not _may_have_a_twin(one, sha1s)
    return Guesses(tuple(guesses), is_sure, _pattern(one))


def _rank(guess: Guess, named: set[str]) -> tuple[object, ...]:
    newest_first = tuple((-a, -b, c) for a, b, c in natural_order(guess.key))
    return _RANKS[guess.how], guess.key not in named, newest_first


def _is_sure(guesses: Sequence[Guess], named: set[str]) -> bool:
    """One object alone has the bytes; of several, one alone has the name too."""
    same = [guess.key for guess in guesses if guess.how is How.BYTES]
    return len(same) == 1 or sum(key in named for key in same) == 1


def _may_have_a_twin(one: _Wanted, sha1s: Mapping[str, str]) -> bool:
    """Whether an object that was not read may have these bytes, with no less right to them.

    Not where all of this size were read; nor where one has the name as well, and no other has it.
    """
    sized = one.by_size.versions
    if one.by_size.count == len(sized) and all(v.key in sha1s for v in sized):
        return False
    size, same = one.resource.size, one.resource.sha1
    namesakes = [v.key for v in one.by_name.versions if v.fingerprint.size == size]
    are_known = one.by_name.count <= _MOST and all(key in sha1s for key in namesakes)
    return not (are_known and any(sha1s[key] == same for key in namesakes))


def _pattern(one: _Wanted) -> str:
    """`musees/liste_*.csv`, where several objects of one folder differ by one date alone."""
    ways: dict[str, int] = defaultdict(int)
    for version in one.by_date.versions:
        folder, slash, name = version.key.rpartition("/")
        pattern = _starred(name)
        if pattern and not set(version.key) & set("*{}"):  # which a pattern reads as its own
            ways[f"{folder}{slash}{pattern}"] += 1
    most = max(ways, key=lambda pattern: (ways[pattern], pattern), default="")
    return most if ways.get(most, 0) > 1 else ""


_DIGITS = re.compile(r"\d[\d._-]*\d")


def _starred(name: str) -> str:
    """The name with a `*` in the place of its one date; "" where there is none, or several."""
    dates = [found for found in _DIGITS.finditer(name) if dateless(f"a-{found.group()}.x") == "a.x"]
    if len(dates) != 1:
        return ""
    start, end = dates[0].span()
    return f"{name[:start]}*{name[end:]}"
