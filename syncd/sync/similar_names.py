"""Which object is called nearly like one that is looked for. Pure.

Two ask: a cycle, whose target's object is missing (`renames`), and `syncd init`, which looks for
the files of a portal's resources (`ResourceMatcher`). Both say what an object of theirs may show (a
name without its date, a size): its marks. All objects stream past once, and each is noted with
those whose mark it bears. Letter by letter (rapidfuzz) only the names of one folder are compared.

What is found is told to a person: a guess is never followed by itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import lru_cache
from heapq import nlargest
from typing import Generic, TypeVar

from syncd.core.file_names import dateless, slug
from syncd.core.objects import Fingerprint, Version
from syncd.core.patterns import Pattern, PatternError, natural_order
from syncd.core.portal import Resource
from syncd.core.records import Row
from syncd.core.results import Candidate, Likeness, Lost, Rename, Result
from syncd.core.targets import Target
from syncd.core.yaml_scalar import scalar

MOST = 3  # candidates that are named
NEAR = 0.75  # of two names: share of letters in common and in order (docs/decisions/0040)
_REMEMBERED = 20  # objects for one kind of mark
_BUDGET = 200_000  # pairs of names compared letter by letter: about a second, for patterns

_COMPARED = 5  # objects of a resource's size that are read for their bytes
_READABLE = 256_000_000  # bytes: larger ones are compared by their names alone

_TOKEN = re.compile(r"\*+|\{[^{}]*\}")

Subject = TypeVar("Subject", Lost, Resource)
Kind = TypeVar("Kind", bound=Enum)  # in what two may agree
Mark = tuple[Kind, object]  # and what that is here


# -- what is looked for, and what bears its marks ------------------------------------------------


@dataclass(slots=True)
class _Newest:
    """The last by name, where there are too many: the newest, as dates are usually written."""

    count: int = 0  # of all that were added
    _some: list[Version] = field(default_factory=list)

    def add(self, version: Version) -> None:
        self.count += 1
        self._some.append(version)
        if len(self._some) > 10 * _REMEMBERED:
            self._some = self.versions

    @property
    def versions(self) -> list[Version]:
        return nlargest(_REMEMBERED, self._some, key=lambda v: (natural_order(v.key), v.key))


@dataclass(slots=True)
class _Sought(Generic[Subject, Kind]):
    subject: Subject
    marks: frozenset[Mark[Kind]]
    found: defaultdict[Kind, _Newest] = field(default_factory=lambda: defaultdict(_Newest))


class _Search(Generic[Subject, Kind]):
    """Objects stream past; memory grows with what is looked for, not with them."""

    def __init__(self, subjects: Iterable[tuple[Subject, Iterable[Mark[Kind]]]]) -> None:
        self.sought: list[_Sought[Subject, Kind]] = [
            _Sought(subject, frozenset(marks)) for subject, marks in subjects
        ]
        self._by: dict[Mark[Kind], list[_Sought[Subject, Kind]]] = defaultdict(list)
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


# -- a target's object that is missing -----------------------------------------------------------


def lost_by(target: Target, key: str, row: Row | None) -> Lost:
    """`row`: the ledger's of the missing object."""
    read = [one for one in (row.judged, row.published) if one is not None] if row else []
    return Lost(target, key, frozenset(_print(one.fingerprint) for one in read))


def _print(fingerprint: Fingerprint) -> tuple[str, int]:
    return fingerprint.etag, fingerprint.size


def with_renames(
    items: Sequence[Result], unclaimed: Iterable[tuple[str, Version]]
) -> tuple[tuple[Result, ...], tuple[Rename, ...]]:
    """The same items, those that are missing with what they may be called now."""
    found = renames([one.lost for one in items if one.lost is not None], unclaimed)
    reasons = {id(one.lost): one.reason for one in found}
    reworded = (replace(i, reason=reasons.get(id(i.lost), i.reason)) for i in items)
    return tuple(reworded), found


def renames(lost: Sequence[Lost], unclaimed: Iterable[tuple[str, Version]]) -> tuple[Rename, ...]:
    """`unclaimed`: source and version of the objects that no target claims.

    An object is named for the one missing target that it resembles most. Where one is sure, those
    that are not are left out.
    """
    if not lost:
        return ()
    candidates = [_likeliest_first(some) for some in _candidates(lost, unclaimed)]
    # By source and key: how much it resembles the missing one of this index; of equals the first.
    owners: dict[tuple[str, str], tuple[Likeness, float, int]] = {}
    for index, some in enumerate(candidates):
        for one in some:
            place = lost[index].target.source, one.key
            claim = (one.likeness, one.share, -index)
            owners[place] = max(claim, owners.get(place, claim))
    result = []
    for index, some in enumerate(candidates):
        source = lost[index].target.source
        own = [one for one in some if owners[source, one.key][2] == -index]
        if own:
            result.append(Rename(lost[index], tuple(own[:MOST])))
    return tuple(result)


def _likeliest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda c: (-c.likeness, -c.share, c.key))
    sure = [one for one in ordered if one.likeness.is_sure]
    # Copies under several names are no more sure than one of them.
    return sure or ordered


def _candidates(
    lost: Sequence[Lost], unclaimed: Iterable[tuple[str, Version]]
) -> Iterator[list[Candidate]]:
    """For each missing one."""
    search = _Search((one, _marks_of_lost(one)) for one in lost)
    folders = {_folder_of(one): _Folder() for one in lost}
    for source, version in unclaimed:
        folded = _fold(version.key)
        search.see(version, _marks_of_object(source, version, folded))
        folder = folders.get((source, _split(folded)[0]))
        if folder is not None:
            folder.add(version.key, folded)
    budget = _BUDGET
    for sought in search.sought:
        one, folder = sought.subject, folders[_folder_of(sought.subject)]
        found = {
            version.key: kind
            for kind in sorted(sought.found)
            for version in sought.found[kind].versions
        }
        if budget > 0:
            budget -= folder.count
            for key in folder.alike(one):
                found.setdefault(key, Likeness.NAME)
        yield [_candidate(one, key, kind) for key, kind in found.items()]


def _marks_of_lost(lost: Lost) -> Iterator[Mark[Likeness]]:
    source, folded = lost.target.source, _fold(_bare(lost))
    for known in lost.known:
        yield Likeness.BYTES, (source, known)
    yield Likeness.DATE, (source, _undated(folded))
    if lost.pattern is None:
        yield Likeness.SPELLING, (source, folded)
        yield Likeness.FOLDER, (source, _split(folded)[1])


def _marks_of_object(source: str, version: Version, folded: str) -> Iterator[Mark[Likeness]]:
    if version.fingerprint.size and version.fingerprint.etag:  # empty files are all alike
        yield Likeness.BYTES, (source, _print(version.fingerprint))
    for kind, name in (
        (Likeness.DATE, _undated(folded)),
        (Likeness.SPELLING, folded),
        (Likeness.FOLDER, _split(folded)[1]),
    ):
        if name:
            yield kind, (source, name)


def _folder_of(lost: Lost) -> tuple[str, str]:
    return lost.target.source, _split(_fold(_bare(lost)))[0]


class _Folder:
    """The names of the objects in a folder where one is missing, by their extensions."""

    def __init__(self) -> None:
        self.count = 0
        self._keys: dict[str, list[str]] = defaultdict(list)
        self._stems: dict[str, list[str]] = defaultdict(list)

    def add(self, key: str, folded: str) -> None:
        stem, extension = _stem(folded)
        self.count += 1
        self._keys[extension].append(key)
        self._stems[extension].append(stem)

    def alike(self, lost: Lost) -> Iterator[str]:
        """The keys with most letters, those that a pattern would match but for its spelling too."""
        from rapidfuzz import process  # slow to import, and most cycles compare no names
        from rapidfuzz.distance import Indel

        stem, extension = _stem(_fold(_bare(lost)))
        if extension:
            near = process.extract(
                stem,
                self._stems[extension],
                scorer=Indel.normalized_similarity,
                score_cutoff=NEAR,
                limit=_REMEMBERED,
            )
            yield from (self._keys[extension][index] for _, _, index in near)
        if lost.pattern is not None:
            for keys in self._keys.values():
                yield from (key for key in keys if _renewed(lost.pattern, key))


def _candidate(lost: Lost, key: str, likeness: Likeness) -> Candidate:
    from rapidfuzz.distance import Indel  # slow to import

    line = _line(lost, key)
    if lost.pattern is not None and line:
        # One that a pattern would match but for its spelling is as sure as a name.
        likeness = max(likeness, Likeness.SPELLING)
    first, second = _stem(_fold(_bare(lost)))[0], _stem(_fold(key))[0]
    share = Indel.normalized_similarity(first, second, score_cutoff=NEAR)
    return Candidate(key, likeness, round(share, 3), line)


# -- names ---------------------------------------------------------------------------------------


def _split(key: str) -> tuple[str, str]:
    folder, slash, name = key.rpartition("/")
    return folder + slash, name


def _fold(key: str) -> str:
    """Without capitals, accents and kinds of separators."""
    return "/".join(slug(part) for part in key.split("/"))


def _stem(folded: str) -> tuple[str, str]:
    """The name up to its first dot, and what follows its last one ("" without a dot)."""
    name = _split(folded)[1]
    return name.partition(".")[0], name.rpartition(".")[2] if "." in name else ""


def _undated(folded: str) -> str:
    """Without figures; "" where next to nothing is left of the name."""
    bare = re.sub(r"[0-9]+", "", folded)
    bare = re.sub(r"-+(?=[./]|$)|(?<=/)-+|^-+", "", re.sub(r"-{2,}", "-", bare))
    return bare if len(re.sub(r"[^a-z]", "", _stem(bare)[0])) > 2 else ""


def _bare(lost: Lost) -> str:
    """The key; a pattern without what varies."""
    return lost.key if lost.pattern is None else _TOKEN.sub("", lost.key)


# -- the line to write ---------------------------------------------------------------------------


def _line(lost: Lost, key: str) -> str:
    """What the manifest should say for this object; "" for a file of a pattern that fits others."""
    pattern = lost.pattern
    if pattern is None:
        is_each = lost.target.rule.makes_many
        is_name = "*" not in key and key == key.strip()  # `object` takes no other
        return f"object: {scalar(key)}" if is_name and not is_each else ""
    renewed = _renewed(pattern, key)
    return f"{lost.target.rule.keyword}: {scalar(renewed)}" if renewed else ""


def _renewed(pattern: Pattern, key: str) -> str:
    """The pattern spelled as the key is, where it has one variable part; else ""."""
    begin, end = pattern.literals
    varies = pattern.text[len(begin) : len(pattern.text) - len(end)]
    if not _TOKEN.fullmatch(varies) or len(key) <= len(begin) + len(end):
        return ""
    first, last = key[: len(begin)], key[len(key) - len(end) :]
    if (_letters(first), _letters(last)) != (_letters(begin), _letters(end)):
        return ""
    try:
        renewed = Pattern.parse(first + varies + last)
    except PatternError:
        return ""
    return renewed.text if renewed.match(key) is not None else ""


def _letters(text: str) -> list[str]:
    """Each letter folded, so that places stay what they are."""
    return [_letter(letter) for letter in text]


@lru_cache(maxsize=1024)
def _letter(letter: str) -> str:
    return letter if letter == "/" else slug(letter) or "-"


# -- the file of a resource ----------------------------------------------------------------------


class MatchedBy(StrEnum):
    """In what an object is like a resource's file, the surest first."""

    BYTES = "bytes"
    NAME = "name"
    DATE = "date"  # the name, but for a date or year


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
        self._search = _Search((resource, _marks_of_resource(resource)) for resource in resources)
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
            if len(self.strangers) < _REMEMBERED:
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


def _worth_reading(one: _Sought[Resource, MatchedBy]) -> list[Version]:
    named_so, dated = one.found[MatchedBy.NAME].versions, one.found[MatchedBy.DATE].versions
    named = {version.key for version in (*named_so, *dated)}
    sized = one.found[MatchedBy.BYTES].versions
    return sorted(sized, key=lambda version: (version.key not in named, version.key))[:_COMPARED]


def _guesses(one: _Sought[Resource, MatchedBy], sha1s: Mapping[str, str]) -> Guesses:
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


def _may_have_a_twin(one: _Sought[Resource, MatchedBy], sha1s: Mapping[str, str]) -> bool:
    """Whether an object that was not read may have these bytes, with no less right to them.

    Not where all of this size were read; nor where one has the name as well, and no other has it.
    """
    sized, named = one.found[MatchedBy.BYTES], one.found[MatchedBy.NAME]
    if sized.count <= _REMEMBERED and all(v.key in sha1s for v in sized.versions):
        return False
    size, same = one.subject.size, one.subject.sha1
    namesakes = [v.key for v in named.versions if v.fingerprint.size == size]
    are_known = named.count <= _REMEMBERED and all(key in sha1s for key in namesakes)
    return not (are_known and any(sha1s[key] == same for key in namesakes))


def _pattern(one: _Sought[Resource, MatchedBy]) -> str:
    """`musees/liste_*.csv`, where several objects of one folder differ by one date alone."""
    patterns: Counter[str] = Counter()
    for version in one.found[MatchedBy.DATE].versions:
        folder, name = _split(version.key)
        pattern = _starred(name)
        if pattern and not set(version.key) & set("*{}"):  # which a pattern reads as its own
            patterns[folder + pattern] += 1
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
