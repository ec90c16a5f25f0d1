"""Which object of a bucket may be the file of which resource, for `syncd init`. Pure.

What is found is told to a person, and never followed by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from syncd.core.file_names import dateless, slug
from syncd.core.objects import Version
from syncd.core.patterns import natural_order
from syncd.core.portal import Resource
from syncd.sync.marks import REMEMBERED, Mark, Search, Sought

_COMPARED = 5  # objects of a resource's size that are read for their bytes
_READABLE = 256_000_000  # bytes: larger ones are compared by their names alone


class MatchedBy(StrEnum):
    """In what an object is like a resource's file, the surest first."""

    BYTES = "bytes"
    NAME = "name"
    DATE = "date"  # the name, but for a date or year
    FOLDER = "folder"  # the only one of its kind where the dataset's other files lie


_RANKS = {by: rank for rank, by in enumerate(MatchedBy)}


@dataclass(frozen=True, slots=True)
class Guess:
    """An object that may be the file of a resource."""

    key: str
    size: int  # bytes
    by: MatchedBy


@dataclass(frozen=True, slots=True)
class Guesses:
    """What was found for one resource, the likeliest first. `sure`: the first one is right."""

    guesses: tuple[Guess, ...] = ()
    sure: bool = False
    pattern: str = ""  # for `newest`, where several objects differ by their dates alone


class ResourceMatcher:
    """Which object of a bucket is most likely the file of which resource.

    Only equal bytes make sure: two services may well call their files `export.csv`.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._search = Search((resource, _marks_of_resource(resource)) for resource in resources)
        self.seen = 0
        self.strangers: list[str] = []  # the first of those whose name is like nothing
        self.strange = 0

    def see(self, version: Version, *, usable: bool = True) -> None:
        """Not `usable`: its key cannot be written into a manifest."""
        self.seen += 1
        name = _file_name(version)
        marks: list[Mark[MatchedBy]] = [
            (MatchedBy.BYTES, version.fingerprint.size),  # which may be equal
            (MatchedBy.NAME, name),
            (MatchedBy.DATE, dateless(name)),
        ]
        kinds = self._search.see(version, marks) if usable else set()
        if kinds <= {MatchedBy.BYTES}:
            self.strange += 1
            if len(self.strangers) < REMEMBERED:
                self.strangers.append(version.key)

    @property
    def to_compare(self) -> tuple[Version, ...]:
        """Objects whose bytes are worth reading: of the same size as a resource's file."""
        found = {
            version.key: version
            for one in self._search.sought
            for version in _worth_reading(one)
            if version.fingerprint.size <= _READABLE
        }
        return tuple(found[key] for key in sorted(found))

    def guesses(self, sha1s: Mapping[str, str]) -> dict[str, Guesses]:
        """By resource id. `sha1s`: key -> sha1 of the bytes, for those that were read."""
        found = {one.subject.id: _guesses(one, sha1s) for one in self._search.sought}
        sure = Counter(each.guesses[0].key for each in found.values() if each.sure)
        return {
            identifier: replace(each, sure=each.sure and sure[each.guesses[0].key] == 1)
            for identifier, each in found.items()
        }


def _marks_of_resource(resource: Resource) -> Iterator[Mark[MatchedBy]]:
    """The file's name as the portal has it, and the title, which may have been one."""
    name = slug(resource.made_title)
    extension = name.rpartition(".")[2] if "." in name else ""
    title = slug(resource.title)
    if extension and not title.endswith(f".{extension}"):
        title = f"{title.strip('.')}.{extension}"
    if resource.sha1 and resource.size:
        yield MatchedBy.BYTES, resource.size
    for known in {name, title} - {""}:
        yield MatchedBy.NAME, known
        if dateless(known):
            yield MatchedBy.DATE, dateless(known)


def _file_name(version: Version) -> str:
    """As the portal would write it."""
    return slug(version.key.rsplit("/", 1)[-1])


def _worth_reading(one: Sought[Resource, MatchedBy]) -> list[Version]:
    named_so, dated = one.found[MatchedBy.NAME].versions, one.found[MatchedBy.DATE].versions
    named = {version.key for version in (*named_so, *dated)}
    sized = one.found[MatchedBy.BYTES].versions
    return sorted(sized, key=lambda version: (version.key not in named, version.key))[:_COMPARED]


def _guesses(one: Sought[Resource, MatchedBy], sha1s: Mapping[str, str]) -> Guesses:
    found: dict[str, Guess] = {}
    named: set[str] = set()
    for by in MatchedBy:
        for version in one.found[by].versions:
            if by is MatchedBy.BYTES and sha1s.get(version.key) != one.subject.sha1:
                continue
            found.setdefault(version.key, Guess(version.key, version.fingerprint.size, by))
            if (MatchedBy.NAME, _file_name(version)) in one.marks:
                named.add(version.key)
    guesses = sorted(found.values(), key=lambda guess: _rank(guess, named))
    is_sure = _is_sure(guesses, named) and not _may_have_a_twin(one, sha1s)
    return Guesses(tuple(guesses), is_sure, _pattern(one))


def _rank(guess: Guess, named: set[str]) -> tuple[object, ...]:
    newest_first = tuple((-a, -b, c) for a, b, c in natural_order(guess.key))
    return _RANKS[guess.by], guess.key not in named, newest_first


def _is_sure(guesses: Sequence[Guess], named: set[str]) -> bool:
    """One object alone has the bytes; of several, one alone has the name too."""
    same = [guess.key for guess in guesses if guess.by is MatchedBy.BYTES]
    return len(same) == 1 or sum(key in named for key in same) == 1


def _may_have_a_twin(one: Sought[Resource, MatchedBy], sha1s: Mapping[str, str]) -> bool:
    """Whether an object that was not read may have these bytes, with no less right to them.

    Not where all of this size were read; nor where one has the name as well, and no other has it.
    """
    sized, named = one.found[MatchedBy.BYTES], one.found[MatchedBy.NAME]
    if sized.count <= REMEMBERED and all(v.key in sha1s for v in sized.versions):
        return False
    size, same = one.subject.size, one.subject.sha1
    namesakes = [v.key for v in named.versions if v.fingerprint.size == size]
    are_known = named.count <= REMEMBERED and all(key in sha1s for key in namesakes)
    return not (are_known and any(sha1s[key] == same for key in namesakes))


def _pattern(one: Sought[Resource, MatchedBy]) -> str:
    """`musees/liste_*.csv`, where several objects of one folder differ by one date alone."""
    patterns: Counter[str] = Counter()
    for version in one.found[MatchedBy.DATE].versions:
        folder, slash, name = version.key.rpartition("/")
        pattern = _starred(name)
        if pattern and not set(version.key) & set("*{}"):  # which a pattern reads as its own
            patterns[folder + slash + pattern] += 1
    most = max(patterns, key=lambda pattern: (patterns[pattern], pattern), default="")
    return most if patterns[most] > 1 else ""


_DIGITS = re.compile(r"\d[\d._-]*\d")


def _starred(name: str) -> str:
    """The name with a `*` in the place of its one date; "" where there is none, or several."""
    dates = [found for found in _DIGITS.finditer(name) if dateless(f"a-{found.group()}.x") == "a.x"]
    if len(dates) != 1:
        return ""
    start, end = dates[0].span()
    return f"{name[:start]}*{name[end:]}"
