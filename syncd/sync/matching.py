"""Which object feeds which resource. Pure: the manifest's targets and a listing go in.

A key may be claimed by an exact `object`, or by the patterns of `newest` and `each`. Listings are
streamed through an `Index`, so the memory needed grows with the targets, not with the bucket.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from fnmatch import translate
from functools import cache
from types import MappingProxyType

from syncd.core.composed import all_composed, composed
from syncd.core.objects import ObjectPage, Version
from syncd.core.pattern_index import PatternIndex
from syncd.core.patterns import natural_order
from syncd.core.reasons import Reason, because
from syncd.core.targets import EachRule, NewestRule, ObjectRule, Place, Target, is_copy_key
from syncd.sync.prefixes import Prefix, folders, prefix_of


@dataclass(frozen=True, slots=True)
class Match:
    """An object that a target claims."""

    version: Version
    variables: Mapping[str, str] = field(default_factory=dict)


class Status(Enum):
    FOUND = "found"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Item:
    """One resource to keep in sync, and the object found for it.

    `key` is the object's key; for a missing one the key (or pattern) that was looked for.
    """

    target: Target
    status: Status
    key: str
    match: Match | None = None
    reason: Reason | None = None  # of MISSING and AMBIGUOUS

    @property
    def version(self) -> Version:
        if self.match is None:
            raise ValueError("no object was found for this item")
        return self.match.version

    @property
    def binding_key(self) -> str:
        """The key's part of the binding (see `Target.selector`)."""
        return composed(self.key) if self.target.rule.makes_many else self.target.selector

    @property
    def known_resource(self) -> str | None:
        """The resource id that the manifest states for this item, if it does."""
        rule = self.target.rule
        if rule.makes_many:
            return rule.known.get("-".join(self.match.variables.values())) if self.match else None
        return self.target.resource

    @property
    def title(self) -> str:
        """The title for a resource made for this item."""
        rule = self.target.rule
        if rule.title and self.match:
            return rule.title.format(**self.match.variables)
        return composed(self.key.rsplit("/", 1)[-1])


# -- who claims a key --------------------------------------------------------------------------


class Index:
    """Finds the targets that claim a key, without trying each pattern on each key."""

    def __init__(self, targets: Iterable[Target]) -> None:
        # By source: by key; and the patterns, each with the names that it ignores.
        self._exact: dict[str, dict[str, list[Target]]] = {}
        self._patterns: dict[str, PatternIndex[tuple[Target, _Names]]] = {}
        ignored: set[str] = set()
        for target in targets:
            ignored.update(target.ignore)
            pattern = target.rule.pattern
            if pattern is None:
                mine = self._exact.setdefault(target.source, {})
                mine.setdefault(composed(target.rule.text), []).append(target)
            else:
                patterns = self._patterns.setdefault(target.source, PatternIndex())
                patterns.add(pattern, (target, _names(target.ignore)))
        self.noise = _names(tuple(sorted(ignored)))

    def likely(self, source: str, keys: Sequence[str]) -> dict[str, bool]:
        """Of these composed keys, those that may be claimed: of a large bucket they are few. For
        each whether a pattern may claim it."""
        found = dict.fromkeys(self._exact.get(source, {}).keys() & keys, False)
        if source in self._patterns:
            found.update(dict.fromkeys(self._patterns[source].likely(keys), True))
        return found

    def claims(
        self, source: str, key: str, *, by_patterns: bool = True
    ) -> Iterator[tuple[Target, Mapping[str, str]]]:
        """The targets that claim this key, with the variables that their pattern binds.

        `by_patterns`: False where `likely` says that none may.
        """
        key = composed(key)
        for target in self._exact.get(source, {}).get(key, ()):
            yield target, _NO_VARIABLES
        if not by_patterns or source not in self._patterns or is_copy_key(key):
            return
        for pattern, (target, ignored) in self._patterns[source].candidates(key):
            variables = pattern.match(key)
            if variables is not None and not ignored.have(_name(key)):
                yield target, variables

    def claims_or_ignores(self, source: str, key: str) -> bool:
        return any(True for _ in self.claims(source, key)) or self.is_noise(key)

    def is_noise(self, key: str) -> bool:
        """Folder markers, temporary files and syncd's copies, which nobody means to publish."""
        return key.endswith("/") or self.noise.have(_name(key)) or is_copy_key(key)


class _Names:
    """What some globs match. Most say how a name begins or ends: nothing is quicker to see."""

    def __init__(self, globs: Iterable[str]) -> None:
        begins, ends, others = [], [], []
        for glob in map(composed, globs):
            literal = not _SPECIAL.search(glob[1:-1])
            if literal and glob.endswith("*") and not _SPECIAL.match(glob):
                begins.append(glob[:-1])
            elif literal and glob.startswith("*") and not _SPECIAL.match(glob[-1]):
                ends.append(glob[1:])
            else:
                others.append(translate(glob))
        self._begins, self._ends = tuple(begins), tuple(ends)
        self._marks = (*(f"\n{begin}" for begin in begins), *(f"{end}\n" for end in ends))
        self._others = re.compile("|".join(others)) if others else None

    def among(self, names: Collection[str]) -> set[str]:
        """Those of the composed names that match."""
        begins, ends, others = self._begins, self._ends, self._others
        found: set[str] = set()
        # Mostly none does; all of them are looked at as one text in the time of some by themselves.
        together = "\n".join(("", *names, ""))
        if any(mark in together for mark in self._marks):
            found = {name for name in names if name.startswith(begins) or name.endswith(ends)}
        return found if others is None else found.union(filter(others.match, names))

    def have(self, name: str) -> bool:
        if name.startswith(self._begins) or name.endswith(self._ends):
            return True
        return self._others is not None and self._others.match(name) is not None


_SPECIAL = re.compile(r"[*?\[]")
_names = cache(_Names)


def _name(key: str) -> str:
    return composed(key[key.rfind("/") + 1 :])


# -- what a listing showed ---------------------------------------------------------------------

MOST_UNMAPPED = 10_000  # names of unmapped objects; beyond, they are counted
NEVER: Mapping[str, datetime] = MappingProxyType({})
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class MatchIndex:
    """What the listings showed so far: per target, and the keys that nobody claims."""

    def __init__(
        self,
        index: Index,
        wanted: Iterable[Target],
        since: Mapping[str, datetime] = NEVER,
        listings: Collection[Prefix] | None = None,
    ) -> None:
        """`index` holds every target of the manifest, `wanted` those that this run looks at.

        `since`: by source, from when on an unclaimed object is a recent one. `listings`: the
        `prefix_of` of those wanted, where it is known.
        """
        self.index = index
        self._since = since
        wanted = tuple(wanted)
        self._wanted = {target.place for target in wanted}
        listings = set(map(prefix_of, wanted)) if listings is None else listings
        self._flat = {(p.source, p.prefix) for p in listings}
        self._deep = {(p.source, p.prefix) for p in listings if p.recursive}
        # By the object's key; most targets have one match, and it alone is kept of these.
        self._matches: dict[Place, Match | dict[str, Match]] = {}
        self._claimed: dict[tuple[str, str], list[Place]] = {}
        self.unclaimed: list[
            tuple[str, Version]
        ] = []  # with their sources; the first MOST_UNMAPPED
        self.unmapped_count = 0
        # By source and key, of the unclaimed ones; of very many the MOST_UNMAPPED latest.
        self.recent: dict[tuple[str, str], Version] = {}

    def see(self, source: str, page: ObjectPage) -> None:
        """Take in listed objects. Seen twice, one counts as it was seen last."""
        keys = all_composed(page.keys)
        likely = self.index.likely(source, keys)
        since = self._since.get(source)
        is_news = since is not None and max(page.modified, default=since) > since
        names = [key[key.rfind("/") + 1 :] for key in keys]
        noise = self.index.noise.among(names)
        folder, is_beside = "", self._is_beside_wanted(source, "")
        for at, (key, name) in enumerate(zip(keys, names, strict=True)):
            if not name or (key in likely and self._see_claimed(source, page, at, likely[key])):
                continue
            own = key[: -len(name)]
            if own != folder:  # mostly that of the key before
                folder, is_beside = own, self._is_beside_wanted(source, own)
            if is_beside and name not in noise and not is_copy_key(key):
                self.unmapped_count += 1
                if self.unmapped_count <= MOST_UNMAPPED:
                    self.unclaimed.append((source, page.version(at)))
                if is_news:
                    self._see_recent(source, page.version(at))

    def _see_claimed(self, source: str, page: ObjectPage, at: int, by_patterns: bool) -> bool:
        """Whether anybody does claim it."""
        claims = list(self.index.claims(source, page.keys[at], by_patterns=by_patterns))
        wanted = [claim for claim in claims if claim[0].place in self._wanted]
        if wanted:
            version = page.version(at)
            for target, variables in wanted:
                self._add(target, Match(version, variables))
        if len(claims) > 1:
            self._claimed[source, page.keys[at]] = [target.place for target, _ in claims]
        return bool(claims)

    def _see_recent(self, source: str, version: Version) -> None:
        if version.fingerprint.modified > self._since[source]:
            self.recent[source, version.key] = version
            if len(self.recent) > 2 * MOST_UNMAPPED:
                self.recent = dict(latest_first(self.recent)[:MOST_UNMAPPED])

    def _is_beside_wanted(self, source: str, folder: str) -> bool:
        """A listing over many others shows also what lies between them. `folder`: composed."""
        if (source, folder) in self._flat:
            return True
        return any((source, wide) in self._deep for wide in folders(folder))

    @property
    def unmapped(self) -> list[str]:
        """Keys that nobody claims."""
        return [version.key for _, version in self.unclaimed]

    def forget_unmapped(self, count: int) -> None:
        """Back to when there were that many: the listing that showed the others was given up."""
        del self.unclaimed[count:]
        self.unmapped_count = count

    def _add(self, target: Target, match: Match) -> None:
        first = self._matches.setdefault(target.place, match)
        if first is match:
            return
        known = {first.version.key: first} if isinstance(first, Match) else first
        self._matches[target.place] = known
        if isinstance(target.rule, NewestRule):
            mine, best = (
                _rank(target.rule, m.version) for m in (match, next(iter(known.values())))
            )
            if mine < best:
                return
            if mine > best:
                known.clear()
        known[match.version.key] = match

    def matches(self, target: Target) -> Sequence[Match]:
        """The objects of this target; of `newest`, only those that nothing is newer than."""
        found = self._matches.get(target.place, {})
        return (found,) if isinstance(found, Match) else tuple(found.values())

    def forget_matches(self) -> None:
        """Once each pass has ended."""
        self._matches.clear()

    def rivals(self, target: Target, key: str) -> int:
        """How many other targets claim this key too."""
        places = self._claimed.get((target.source, key), [])
        return sum(place != target.place for place in places)


def latest_first(
    found: Mapping[tuple[str, str], Version],
) -> list[tuple[tuple[str, str], Version]]:
    return sorted(found.items(), key=lambda one: one[1].fingerprint.modified, reverse=True)


def _rank(rule: NewestRule, version: Version) -> tuple[tuple[int, int, str], ...]:
    """By the one, and where that is equal, by the other: exports are copied in the same second."""
    date = (0, int(version.fingerprint.modified.timestamp()), "")
    name = natural_order(version.key)
    return (date, *name) if rule.by == "date" else (*name, date)


def items(target: Target, found: MatchIndex, bound_keys: Iterable[str] = ()) -> tuple[Item, ...]:
    """The items of one target: one, or for `each` one per object.

    `bound_keys`: the keys that the ledger has for an `each` target, so that an object which
    disappeared is reported as missing and not forgotten.
    """
    matches = found.matches(target)
    match target.rule:
        case ObjectRule(key):
            if not matches:
                return (_missing(target, key, because("object_missing", key=key)),)
            if len(matches) > 1:
                return (_look_alikes(target, matches),)
            return (_found(target, matches[0], found),)
        case NewestRule(pattern, by):
            if not matches:
                reason = because("newest_missing", pattern=pattern.text)
                return (_missing(target, pattern.text, reason),)
            if len(matches) > 1:
                return (_tie(target, pattern.text, by, matches),)
            return (_found(target, matches[0], found),)
        case EachRule():
            return _each_items(target, found, matches, bound_keys)


def _each_items(
    target: Target, found: MatchIndex, matches: Sequence[Match], bound_keys: Iterable[str]
) -> tuple[Item, ...]:
    assert isinstance(target.rule, EachRule)  # noqa: S101  narrows the type; the caller matched it
    pattern = target.rule.pattern
    same: dict[tuple[str, ...], list[Match]] = {}
    for match in matches:
        named = tuple(match.variables.values()) or (composed(match.version.key),)
        same.setdefault(named, []).append(match)
    result = []
    for twins in same.values():
        for match in twins:
            item = _found(target, match, found)
            if len(twins) > 1:
                other = next(t for t in twins if t is not match)
                reason = _same_name(match.version.key, other.version.key)
                item = Item(target, Status.AMBIGUOUS, match.version.key, match, reason)
            result.append(item)
    seen = {composed(match.version.key) for match in matches}
    gone = [key for key in bound_keys if composed(key) not in seen]
    result += [
        _missing(target, key, because("object_missing", key=key)) for key in sorted(set(gone))
    ]
    if not result:
        result.append(_missing(target, pattern.text, because("each_missing", pattern=pattern.text)))
    return tuple(result)


def _found(target: Target, match: Match, found: MatchIndex) -> Item:
    key = match.version.key
    rivals = found.rivals(target, key)
    if rivals:
        reason = because("claimed_twice", key=key, others=rivals)
        return Item(target, Status.AMBIGUOUS, key, match, reason)
    return Item(target, Status.FOUND, key, match)


def _missing(target: Target, key: str, reason: Reason) -> Item:
    return Item(target, Status.MISSING, key, reason=reason)


def _tie(target: Target, pattern: str, by: str, matches: Sequence[Match]) -> Item:
    keys = sorted(match.version.key for match in matches)
    if len(set(map(composed, keys))) == 1:
        return _look_alikes(target, matches)
    code = "newest_tie_date" if by == "date" else "newest_tie_name"
    reason = because(code, pattern=pattern, count=len(keys), first=keys[0], second=keys[1])
    return Item(target, Status.AMBIGUOUS, pattern, reason=reason)


def _look_alikes(target: Target, matches: Sequence[Match]) -> Item:
    """Objects whose names differ in nothing that can be seen: nobody can say which is meant."""
    reason = because("look_alikes", key=composed(matches[0].version.key), count=len(matches))
    return Item(target, Status.AMBIGUOUS, target.rule.text, reason=reason)


def _same_name(key: str, other: str) -> Reason:
    if composed(key) == composed(other):
        return because("look_alikes", key=composed(key), count=2)
    return because("each_same_name", key=key, other=other)
