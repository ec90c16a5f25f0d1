"""Frozen values that pass between the rooms. No behaviour beyond what a value knows of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal
from urllib.parse import unquote, urlsplit

from syncd.patterns import Pattern

Fact = str | int | float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided or went wrong: a stable code, and the figures of the sentence.

    The sentence itself is made in `syncd.wording`, in the reader's language, so a reason can be
    stored in the ledger and read later by someone else.
    """

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))


def because(code: str, **facts: Fact) -> Reason:
    """Shorthand for `Reason`; a test holds every code used against the catalogue of sentences."""
    return Reason(code, facts)


# -- the source's side ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Location:
    """Where objects live: part of every binding. `endpoint` is the URL, without a final slash."""

    endpoint: str
    bucket: str

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.bucket}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a listing says of one state of an object. The ETag is an opaque change token."""

    etag: str
    size: int  # bytes
    modified: datetime  # aware, UTC, cut to the second: servers disagree about fractions


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the bytes under a key."""

    key: str
    fingerprint: Fingerprint
    id: str | None = None  # S3's: to read this version although newer ones hide it


@dataclass(frozen=True, slots=True)
class Digest:
    """What syncd computed itself while it read the bytes. sha1, because the portal says sha1."""

    sha1: str  # 40 lower-case hex digits
    size: int  # bytes


# -- the portal's side ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the portal describes it (the fields that syncd reads)."""

    id: str
    title: str
    filetype: str  # "file" (hosted) or "remote"
    url: str
    latest: str  # the permanent link
    sha1: str | None
    size: int | None
    harvested: bool = False
    extras: Mapping[str, object] = field(default_factory=dict)

    @property
    def made_title(self) -> str:
        """The title that an upload gives: the last segment of the file's URL (udata 17.18)."""
        return unquote(urlsplit(self.url).path.rsplit("/", 1)[-1])

    @property
    def has_made_title(self) -> bool:
        return self.title == self.made_title

    def holds(self, digest: Digest) -> bool:
        """Whether the portal says that it has exactly these bytes.

        By the sha1 alone: a person may edit the size that is shown, and same bytes are never sent.
        """
        return self.sha1 == digest.sha1


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset with all its resources, in the portal's order."""

    id: str
    title: str
    page: str
    deleted: bool
    archived: bool
    harvested: bool
    may_edit: bool  # the key may change its resources
    resources: tuple[Resource, ...]

    def find(self, resource_id: str) -> Resource | None:
        return next((r for r in self.resources if r.id == resource_id), None)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose key it is, as `GET /api/1/me/` says."""

    id: str
    name: str


# -- the manifest's side -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """`object:` exactly this key."""

    key: str


@dataclass(frozen=True, slots=True)
class NewestRule:
    """`newest:` the newest of the matching objects, by date or by name."""

    pattern: Pattern
    by: Literal["date", "name"]


@dataclass(frozen=True, slots=True)
class EachRule:
    """`each:` one resource per matching object."""

    pattern: Pattern
    title: str  # template of the title at creation; "" = the file's name
    create: bool
    known: Mapping[str, str] = field(default_factory=dict)  # "2024" or "2024-03" -> resource id


Rule = ObjectRule | NewestRule | EachRule
GuardLevel = Literal["off", "warn", "hold"]


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """The guards of one target, after `defaults`, dataset and target were laid over each other."""

    levels: Mapping[str, GuardLevel]  # those that the manifest states; a guard knows its usual one
    shrink_limit: float = 0.5  # share of the bytes online that may be lost, 0..1
    rows_limit: float = 0.5  # share of the last publication's rows that may be lost, 0..1

    @property
    def identity(self) -> str:
        """A stable text of the settings: part of a hold's identity (DESIGN §4)."""
        levels = ",".join(f"{name}={level}" for name, level in sorted(self.levels.items()))
        return f"{levels};shrink={self.shrink_limit:g};rows={self.rows_limit:g}"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the manifest, 1-based."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Expect:
    """How often a new file is deposited, and how much later than that is late."""

    every: timedelta
    grace: timedelta = timedelta()


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
    rule_line: int = 0  # of `object`, `newest` or `each` in the manifest, 1-based; 0 = not known

    @property
    def selector(self) -> str:
        """The key's part of the binding: the key, or the rule with its pattern.

        A `newest` target keeps its binding when a newer object comes: that is fresh data, not a
        new mapping.
        """
        match self.rule:
            case ObjectRule(key):
                return key
            case NewestRule(pattern):
                return f"newest:{pattern.text}"
            case EachRule(pattern):
                return f"each:{pattern.text}"

    def feeds(self, binding: Binding, location: str) -> bool:
        """Whether a ledger row is about this target. `location`: its source's."""
        if binding.source != location:
            return False
        if isinstance(self.rule, EachRule):
            return self.rule.pattern.match(binding.key) is not None
        return (binding.resource, binding.key) == (self.resource, self.selector)


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


# -- what syncd remembers ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Binding:
    """What a ledger row is about. Change any part, and the target is unknown again."""

    portal: str
    dataset: str  # id
    resource: str  # id; "" while the resource is still to be created
    source: str  # str(Location)
    key: str  # Target.selector, or for `each` the object's key


@dataclass(frozen=True, slots=True)
class Judged:
    """One version that syncd has read to its end."""

    key: str
    fingerprint: Fingerprint
    digest: Digest


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a file goes online: what started it, who stands for it, under which manifest."""

    trigger: str = "sync"  # sync, schedule, signal, request, release, undo, unpin, push
    by: str = ""  # a person's name, where one had to be given
    note: str = ""
    manifest: str = ""  # sha256 of the manifest's text; "" = it is not known any more


@dataclass(frozen=True, slots=True)
class Release:
    """A person's permission for exactly these bytes to pass the guards."""

    digest: Digest
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """What is online stays, for as long as the bucket has these bytes."""

    judged: Judged  # what the bucket had when the target was pinned
    trigger: str  # undo or push
    by: str
    note: str
    at: datetime


class Outcome(StrEnum):
    """What became of one target in one cycle (DESIGN §6)."""

    UNCHANGED = "unchanged"
    ADOPTED = "adopted"
    REPLACED = "replaced"
    CREATED = "created"
    PINNED = "pinned"
    HELD = "held"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    DRIFTED = "drifted"
    REFUSED = "refused"
    LATE = "late"
    FAILED = "failed"

    @property
    def is_well(self) -> bool:
        return self in WELL


WELL = frozenset(
    {Outcome.UNCHANGED, Outcome.ADOPTED, Outcome.REPLACED, Outcome.CREATED, Outcome.PINNED}
)


class Action(StrEnum):
    """What a cycle would do with one target."""

    UNCHANGED = "unchanged"
    FETCH = "fetch"
    ADOPT = "adopt"
    REPLACE = "replace"
    CREATE = "create"
    HOLD = "hold"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    DRIFTED = "drifted"
    REFUSED = "refused"
    PINNED = "pinned"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Row:
    """A ledger row: all that syncd remembers of one binding."""

    binding: Binding
    title: str
    link: str
    state: Outcome
    reason: Reason
    checked_at: datetime
    judged: Judged | None = None  # the last version read, published or not
    published: Judged | None = None  # the version online, as far as syncd knows
    published_at: datetime | None = None
    version_id: str | None = None  # S3's, of the published version, where the bucket has them
    pin: Pin | None = None
    release: Release | None = None


class IntentState(StrEnum):
    """An intent is `open` from before the upload until its result is known."""

    OPEN = "open"
    DONE = "done"
    EXPIRED = "expired"  # not seen online within the settle window


@dataclass(frozen=True, slots=True)
class Intent:
    """What syncd is in the middle of: written before the upload, closed after the record."""

    id: int  # 0 until the ledger has given one
    binding: Binding
    judged: Judged
    filename: str
    title: str  # what the title must be in the end
    started_at: datetime
    sent_at: datetime | None = None  # when the upload was last answered, or given up
    state: IntentState = IntentState.OPEN
    settle_from: datetime | None = None  # when a later cycle first saw it unfinished
    answered_sha1: str | None = None  # what the portal said that it has, where it answered
    before: tuple[str, ...] | None = None  # creations: the dataset's resource ids before it
    version_id: str | None = None
    cause: Cause = Cause()
    findings: tuple[Reason, ...] = ()  # what the guards said, and did not stop it for
    profile: object = None  # what the guards measured, as JSON; theirs to read
    pin: Pin | None = None  # the target is pinned when this has arrived

    @property
    def creates(self) -> bool:
        return self.before is not None


class Act(StrEnum):
    """How a file came to be what a resource shows."""

    REPLACED = "replaced"
    CREATED = "created"
    ADOPTED = "adopted"  # it was there already
    FOUND = "found"  # somebody else's file, there before syncd replaced it
    UNPINNED = "unpinned"  # it may be replaced again


class Kept(StrEnum):
    """Where the bytes of a publication can be had again."""

    NOWHERE = ""
    ARCHIVE = "archive"
    S3 = "s3"  # as a version of its object


@dataclass(frozen=True, slots=True)
class Publication:
    """One file that was put, or found, online: a line of the history."""

    id: int  # 0 until the ledger has given one
    binding: Binding
    judged: Judged
    title: str
    link: str
    act: Act
    cause: Cause
    begun_at: datetime
    answered_at: datetime | None = None  # when the portal had the file
    titled_at: datetime | None = None  # when all was in place
    version_id: str | None = None
    findings: tuple[Reason, ...] = ()
    profile: object = None  # as in `Intent`
    receipt: Mapping[str, object] | None = None
    kept: Kept = Kept.NOWHERE


@dataclass(frozen=True, slots=True)
class DatasetNote:
    """What syncd remembers of a dataset itself, so that reports have titles without a request."""

    portal: str
    dataset: str  # id
    title: str
    page: str
    checked_at: datetime  # when the portal was last asked


@dataclass(frozen=True, slots=True)
class CycleNote:
    """One run of `sync`, in short."""

    started_at: datetime
    ended_at: datetime
    command: str
    exit_code: int
    summary: Mapping[str, int]  # outcome -> how many
