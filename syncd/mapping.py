"""Which object feeds which resource. Pure: the manifest's targets and a listing go in.

A key may be claimed by an exact `object`, or by the patterns of `newest` and `each`. Listings are
streamed through an `Index`, so the memory needed grows with the targets, not with the bucket.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from syncd.model import (
    EachRule,
    NewestRule,
    ObjectRule,
    Place,
    Reason,
    Target,
    Version,
    because,
)
from syncd.patterns import natural_order


@dataclass(frozen=True, slots=True, order=True)
class Prefix:
    """One listing that the manifest needs. Not `recursive`: only the keys right under it."""

    source: str
    prefix: str
    recursive: bool


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
        return self.key if isinstance(self.target.rule, EachRule) else self.target.selector

    @property
    def known_resource(self) -> str | None:
        """The resource id that the manifest states for this item, if it does."""
        rule = self.target.rule
        if isinstance(rule, EachRule):
            return rule.known.get("-".join(self.match.variables.values())) if self.match else None
        return self.target.resource

    @property
    def title(self) -> str:
        """The title for a resource made for this item."""
        rule = self.target.rule
        if isinstance(rule, EachRule) and rule.title and self.match:
            return rule.title.format(**self.match.variables)
        return self.key.rsplit("/", 1)[-1]


def prefixes(targets: Iterable[Target]) -> tuple[Prefix, ...]:
    """The fewest listings that show every object of these targets, and their folders' others."""
    wanted = {_prefix_of(target) for target in targets}
    return tuple(
        sorted(p for p in wanted if not any(_covers(other, p) for other in wanted if other != p))
    )


def _prefix_of(target: Target) -> Prefix:
    if isinstance(target.rule, ObjectRule):
        key = target.rule.key
        return Prefix(target.source, key[: key.rfind("/") + 1], recursive=False)
    pattern = target.rule.pattern
    return Prefix(target.source, pattern.folder, recursive=not pattern.is_flat)


def covers(listing: Prefix, target: Target) -> bool:
    """Whether this listing shows the target's objects."""
    wanted = _prefix_of(target)
    return listing == wanted or _covers(listing, wanted)


def _covers(wide: Prefix, narrow: Prefix) -> bool:
    if wide.source != narrow.source:
        return False
    if wide.recursive:
        return narrow.prefix.startswith(wide.prefix)
    return wide.prefix == narrow.prefix and not narrow.recursive


class Index:
    """Finds the targets that claim a key, without trying each pattern on each key."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._exact: dict[tuple[str, str], list[Target]] = {}
        self._by_folder: dict[tuple[str, str], list[Target]] = {}
        self._ignored: set[str] = set()
        for target in targets:
            self._ignored.update(target.ignore)
            if isinstance(target.rule, ObjectRule):
                self._exact.setdefault((target.source, target.rule.key), []).append(target)
            else:
                folder = target.rule.pattern.folder
                self._by_folder.setdefault((target.source, folder), []).append(target)

    def claims(self, source: str, key: str) -> Iterator[tuple[Target, Mapping[str, str]]]:
        """The targets that claim this key, with the variables that their pattern binds."""
        for target in self._exact.get((source, key), ()):
            yield target, {}
        name = key.rsplit("/", 1)[-1]
        for folder in _folders(key):
            for target in self._by_folder.get((source, folder), ()):
                if isinstance(target.rule, ObjectRule) or ignored(name, target.ignore):
                    continue
                variables = target.rule.pattern.match(key)
                if variables is not None:
                    yield target, variables

    def is_noise(self, key: str) -> bool:
        """Folder markers and temporary files, which nobody means to publish."""
        return key.endswith("/") or ignored(key.rsplit("/", 1)[-1], self._ignored)


def ignored(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _folders(key: str) -> Iterator[str]:
    """Every folder that the key lies in, the bucket's root ("") first."""
    yield ""
    at = key.find("/")
    while at != -1:
        yield key[: at + 1]
        at = key.find("/", at + 1)


class Found:
    """What a listing showed so far: per target, and the keys that nobody claims."""

    def __init__(self, index: Index, wanted: Iterable[Target]) -> None:
        """`index` holds every target of the manifest, `wanted` those that this run looks at."""
        self._index = index
        self._wanted = {target.place for target in wanted}
        self._matches: dict[Place, list[Match]] = {}
        self._claimed: dict[tuple[str, str], list[Place]] = {}
        self.unmapped: list[str] = []

    def see(self, source: str, version: Version) -> None:
        """Take in one listed object."""
        key = version.key
        if key.endswith("/"):
            return
        claims = list(self._index.claims(source, key))
        if not claims:
            if not self._index.is_noise(key):
                self.unmapped.append(key)
            return
        for target, variables in claims:
            if target.place in self._wanted:
                self._keep(target, Match(version, variables))
        if len(claims) > 1:
            self._claimed[source, key] = [target.place for target, _ in claims]

    def _keep(self, target: Target, match: Match) -> None:
        kept = self._matches.setdefault(target.place, [])
        if not kept or not isinstance(target.rule, NewestRule):
            kept.append(match)
            return
        mine, best = (_rank(target.rule, m.version) for m in (match, kept[0]))
        if mine > best:
            kept.clear()
        if mine >= best:
            kept.append(match)

    def matches(self, target: Target) -> Sequence[Match]:
        """The objects of this target; of `newest`, only those that nothing is newer than."""
        return self._matches.get(target.place, ())

    def rivals(self, target: Target, key: str) -> int:
        """How many other targets claim this key too."""
        places = self._claimed.get((target.source, key), [])
        return sum(place != target.place for place in places)


def _rank(rule: NewestRule, version: Version) -> tuple[tuple[int, int, str], ...]:
    if rule.by == "date":
        return ((0, int(version.fingerprint.modified.timestamp()), ""),)
    return natural_order(version.key)


def items(target: Target, found: Found, bound_keys: Iterable[str] = ()) -> tuple[Item, ...]:
    """The items of one target: one, or for `each` one per object.

    `bound_keys`: the keys that the ledger has for an `each` target, so that an object which
    disappeared is reported as missing and not forgotten.
    """
    matches = found.matches(target)
    match target.rule:
        case ObjectRule(key):
            if not matches:
                return (_missing(target, key, because("object_missing", key=key)),)
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
    target: Target, found: Found, matches: Sequence[Match], bound_keys: Iterable[str]
) -> tuple[Item, ...]:
    assert isinstance(target.rule, EachRule)  # noqa: S101  narrows the type; the caller matched it
    pattern = target.rule.pattern
    same: dict[tuple[str, ...], list[Match]] = {}
    for match in matches:
        same.setdefault(tuple(match.variables.values()) or (match.version.key,), []).append(match)
    result = []
    for twins in same.values():
        for match in twins:
            item = _found(target, match, found)
            if len(twins) > 1:
                other = next(t for t in twins if t is not match)
                reason = because("each_same_name", key=match.version.key, other=other.version.key)
                item = Item(target, Status.AMBIGUOUS, match.version.key, match, reason)
            result.append(item)
    seen = {match.version.key for match in matches}
    gone = [key for key in bound_keys if key not in seen]
    result += [
        _missing(target, key, because("object_missing", key=key)) for key in sorted(set(gone))
    ]
    if not result:
        result.append(_missing(target, pattern.text, because("each_missing", pattern=pattern.text)))
    return tuple(result)


def _found(target: Target, match: Match, found: Found) -> Item:
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
    code = "newest_tie_date" if by == "date" else "newest_tie_name"
    reason = because(code, pattern=pattern, count=len(keys), first=keys[0], second=keys[1])
    return Item(target, Status.AMBIGUOUS, pattern, reason=reason)
