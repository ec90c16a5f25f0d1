"""What the manifest wants, checked and ready for use: datasets, targets, rules. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from syncd.core.composed import composed
from syncd.core.objects import Digest
from syncd.core.patterns import Pattern
from syncd.core.regular_expressions import regex
from syncd.core.schemas import SchemaRef

_SHA1_IN_NAME = 12  # hexadecimal digits of a copy's sha1 in its name
_PORTAL_IN_NAME = 8  # and of its portal's

_EXTENSION = regex(r"(?:\.[A-Za-z0-9]{1,10}\.gz|\.[A-Za-z0-9]{1,10})$")  # as .csv.gz

# The key of a copy: its dataset and portal, the object's key, its sha1.
_COPY = regex(r"(?s)[0-9a-f]{24}-[0-9a-f]{8}/.*-[0-9a-f]{12}(?:\.[A-Za-z0-9]{1,10}){0,2}")

# What the manifest says of a target's objects. Callers ask a rule, not for its type. All three have
#   keyword     the manifest's word for it
#   text        what stands behind that word: the key, or the pattern's text
#   pattern     the pattern; None where there is exactly one key
#   matches     whether an object's key is meant
#   makes_many  whether it stands for one resource per object
#   by          by what one object is chosen of several; None where none is chosen
#   title, create, known: of a resource per object, and empty elsewhere
_NONE_KNOWN: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """`object:` exactly this key."""

    keyword: ClassVar[str] = "object"
    pattern: ClassVar[None] = None
    makes_many: ClassVar[bool] = False
    by: ClassVar[None] = None
    title: ClassVar[str] = ""
    create: ClassVar[bool] = False
    known: ClassVar[Mapping[str, str]] = _NONE_KNOWN

    key: str

    @property
    def text(self) -> str:
        return self.key

    def matches(self, key: str) -> bool:
        return composed(key) == composed(self.key)


@dataclass(frozen=True, slots=True)
class NewestRule:
    """`newest:` the newest of the matching objects, by date or by name."""

    keyword: ClassVar[str] = "newest"
    makes_many: ClassVar[bool] = False
    title: ClassVar[str] = ""
    create: ClassVar[bool] = False
    known: ClassVar[Mapping[str, str]] = _NONE_KNOWN

    pattern: Pattern
    by: Literal["date", "name"]

    @property
    def text(self) -> str:
        return self.pattern.text

    def matches(self, key: str) -> bool:
        return self.pattern.match(key) is not None


@dataclass(frozen=True, slots=True)
class EachRule:
    """`each:` one resource per matching object."""

    keyword: ClassVar[str] = "each"
    makes_many: ClassVar[bool] = True
    by: ClassVar[None] = None

    pattern: Pattern
    title: str  # template of the title at creation; "" = the file's name
    create: bool  # whether a resource is made for an object that has none
    known: Mapping[str, str] = field(default_factory=dict)  # "2024" or "2024-03" -> resource id

    @property
    def text(self) -> str:
        return self.pattern.text

    def matches(self, key: str) -> bool:
        return self.pattern.match(key) is not None


Rule = ObjectRule | NewestRule | EachRule


GuardLevel = Literal["off", "warn", "hold"]


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """The guards of one target, after `defaults`, dataset and target were laid over each other."""

    levels: Mapping[str, GuardLevel]  # those that the manifest states; a guard knows its usual one
    limits: Mapping[str, float] = field(default_factory=dict)  # share that may be lost, by guard
    schema: SchemaRef | None = None  # that the file is held to; None = the one that the portal says

    @property
    def identity(self) -> str:
        """A stable text of the settings: part of a hold's identity.

        docs/architecture.md, Hard cases.
        """
        levels = ",".join(f"{name}={level}" for name, level in sorted(self.levels.items()))
        limits = ";".join(f"{name}={limit:g}" for name, limit in self.limits.items())
        return f"{levels};{limits}" + (f";{self.schema}" if self.schema else "")


@dataclass(frozen=True, slots=True)
class Linking:
    """The portal gets the address of an object in a public bucket, in place of a file.

    `copy_to`: the source in whose bucket each version is written; "" = the objects are public
    where they are. `template`: how the keys of the public bucket become addresses, with {key}.
    """

    template: str
    copy_to: str = ""

    def address_of(self, portal: str, dataset: str, key: str, digest: Digest) -> str:
        """Where anybody gets these bytes of this object."""
        return self.template.replace("{key}", quote(self.public_key(portal, dataset, key, digest)))

    def public_key(self, portal: str, dataset: str, key: str, digest: Digest) -> str:
        """Of the public object. A copy has a part of its sha1 in its name, so that none is ever
        written over another. Before it stand its dataset's id, so that one lock is for all, and
        its portal's, so that a portal for trials never meets the one for everybody."""
        return copy_key(portal, dataset, key, digest) if self.copy_to else key


def copy_key(portal: str, dataset: str, key: str, digest: Digest) -> str:
    """Of the copy of an object, in the public bucket."""
    folder, slash, name = key.rpartition("/")
    extension = _EXTENSION.search(name)
    at = extension.start() if extension else len(name)
    made = f"{name[:at]}-{digest.sha1[:_SHA1_IN_NAME]}{name[at:]}"
    of_portal = hashlib.sha256(portal.encode()).hexdigest()[:_PORTAL_IN_NAME]
    return f"{dataset}-{of_portal}/{folder}{slash}{made}"


def is_copy_key(key: str) -> bool:
    """Whether an object is a copy of syncd's, and so nobody's deposit."""
    return _COPY.fullmatch(key) is not None


def leads_to(address: str, copy: str) -> bool:
    """Whether the address is that of the copy of this key, in whichever bucket."""
    return quote(copy) in address or copy in unquote(address)


def is_copy(address: str, portal: str, dataset: str, key: str, digest: Digest) -> bool:
    """Whether the address is that of such a copy, in whichever bucket."""
    return leads_to(address, copy_key(portal, dataset, key, digest))


class Place(NamedTuple):
    """A place in the manifest, 1-based."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class DayOfYear:
    month: int
    day: int  # 29 February is the 28th where there is none


@dataclass(frozen=True, slots=True)
class Expect:
    """When a new file is deposited, by exactly one of three, and how much later than that is late.

    `core.deadlines` says what follows from it.
    """

    every: timedelta | None = None  # time between two deposits
    grace: timedelta = timedelta()
    cron: str | None = None  # instants by which one is there
    before: tuple[DayOfYear, ...] = ()  # days of each year at whose end one is there
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # of the last two


@dataclass(frozen=True, slots=True)
class Target:
    """One entry under `resources:`, ready for use. An `each` entry stands for many resources."""

    dataset: str  # id or slug, as read from the manifest (addresses already taken apart)
    resource: str | None  # None only for `each`
    source: str  # the source's name in the manifest
    rule: Rule
    guards: GuardPolicy
    republish: bool  # `drift: republish`: the bucket wins over a hand-made replacement
    settle: timedelta  # must have been unchanged for that long
    ignore: tuple[str, ...]  # glob patterns on the last segment of a key
    place: Place
    paused: str = ""  # why it is not worked on for now, its own or its dataset's
    expect: Expect | None = None
    by_content: bool = False  # `unchanged: content`: other bytes that say the same are not sent
    linking: Linking | None = None  # None: the file itself is published
    rule_line: int = 0  # of `object`, `newest` or `each` in the manifest, 1-based; 0 = not known

    @property
    def selector(self) -> str:
        """The key's part of the binding: the key, or the rule with its pattern.

        A `newest` target keeps its binding when a newer object comes: that is fresh data, not a
        new mapping.
        """
        if self.rule.pattern is None:
            return self.rule.text
        return f"{self.rule.keyword}:{self.rule.text}"

    @property
    def stated(self) -> tuple[str, ...]:
        """The ids of resources that the manifest names for this target."""
        return tuple(dict.fromkeys((*filter(None, (self.resource,)), *self.rule.known.values())))

    def feeds(self, binding: Binding, location: str) -> bool:
        """Whether a ledger row is about this target. `location`: its source's."""
        if binding.source != location:
            return False
        if self.rule.makes_many:
            return self.rule.matches(binding.key)
        same = composed(binding.key) == composed(self.selector)
        return same and binding.resource == self.resource


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a dataset is looked at: exactly one of the two."""

    every: timedelta | None = None
    cron: str | None = None


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One dataset of the manifest."""

    dataset: str
    name: str
    contact: str | None
    schedule: Schedule
    targets: tuple[Target, ...]
    place: Place
    paused: str = ""

    @property
    def active(self) -> tuple[Target, ...]:
        """The targets that are to be worked on."""
        return tuple(target for target in self.targets if not target.paused)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a ledger row is about. Change any part, and the target is unknown again."""

    portal: str
    dataset: str  # id
    resource: str  # id; "" while the resource is still to be created
    source: str  # str(Location)
    key: str  # Target.selector, or for `each` the object's key
