"""What syncd remembers: outcomes, ledger rows, intents and the lines of the history. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syncd.core.objects import Digest, KnownVersion
from syncd.core.reasons import Reason
from syncd.core.targets import Binding


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a file goes online: what started it, who stands for it, under which manifest."""

    # sync, schedule, event, signal, request, release, undo, leave, unpin, push
    trigger: str = "sync"
    by: str = ""  # a person's name, where one had to be given
    note: str = ""
    manifest: str = ""  # sha256 of the manifest's text; "" = it is not known any more

    @property
    def is_told(self) -> bool:
        """Whether whoever reads the history is told more of it than when and what."""
        return bool(self.by) or self.trigger == "event"


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

    judged: KnownVersion  # what the bucket had when the target was pinned
    trigger: str  # undo, push or leave
    by: str
    note: str
    at: datetime
    content: str = ""  # of what the bucket had, as in `Row`


class Outcome(StrEnum):
    """What became of one target in one cycle (docs/reference/commands.md has the table)."""

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


@dataclass(frozen=True, slots=True)
class Row:
    """A ledger row: all that syncd remembers of one binding."""

    binding: Binding
    title: str
    link: str
    state: Outcome
    reason: Reason
    checked_at: datetime
    judged: KnownVersion | None = None  # the last version read, published or not
    published: KnownVersion | None = None  # the version online, as far as syncd knows
    published_at: datetime | None = None
    version_id: str | None = None  # the store's own, of the published version, where it keeps such
    pin: Pin | None = None
    release: Release | None = None
    # What the two versions say, as digests that outlast another packing; "" = nobody took it.
    judged_content: str = ""
    published_content: str = ""
    written_title: str = ""  # the last that a person wrote, as far as syncd knows
    file_url: str = ""  # of the file online when its title was last looked at; "" = not noted yet
    address: str = ""  # where the version online is a link to; "" = it is a file of the portal's
    restored: datetime | None = None  # when the backup was made that this is from, unseen since

    @property
    def is_same_content(self) -> bool:
        """Whether the last version read and the one online are known to say the same."""
        return bool(self.judged_content) and self.judged_content == self.published_content


class IntentState(StrEnum):
    """An intent is `open` from before the upload until its result is known."""

    OPEN = "open"
    DONE = "done"
    EXPIRED = "expired"  # not seen online within the settle window
    REFUSED = "refused"  # the portal said no, and was seen without it; it may still come of it


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person made of one field while a file was on its way there; see `Resource.written`."""

    stale: tuple[object, ...]  # what it was before: an upload may write any of them back
    wanted: object


@dataclass(frozen=True, slots=True)
class Intent:
    """What syncd is in the middle of: written before the upload, closed after the record."""

    id: int  # 0 until the ledger has given one
    binding: Binding
    judged: KnownVersion
    filename: str
    title: str  # what the title must be in the end
    started_at: datetime
    sent_at: datetime | None = None  # when the upload was last answered, or given up
    state: IntentState = IntentState.OPEN
    settle_from: datetime | None = None  # when it was refused, or first seen unfinished
    answered_sha1: str | None = None  # what the portal said that it has, where it answered
    before: tuple[str, ...] | None = None  # creations: the dataset's resource ids before it
    version_id: str | None = None
    cause: Cause = Cause()
    findings: tuple[Reason, ...] = ()  # what the guards said, and did not stop it for
    profile: object = None  # what the guards measured, as JSON; theirs to read
    pin: Pin | None = None  # the target is pinned when this has arrived
    lifted: tuple[Reason, ...] = ()  # those of the findings that would have stopped it
    loosened: Mapping[str, str] = field(default_factory=dict)  # guards that the manifest lifts
    written_title: str = ""  # as in `Row`, when it began
    edited: Mapping[str, Edit] = field(default_factory=dict)  # by the field's name
    address: str = ""  # that the portal is told; "" = it is sent the file

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
    SOURCE = "s3"  # in its source, as a former version of its object
    COPY = "copy"  # as the copy in a public bucket that it was published by


@dataclass(frozen=True, slots=True)
class Publication:
    """One file that was put, or found, online: a line of the history."""

    id: int  # 0 until the ledger has given one
    binding: Binding
    judged: KnownVersion
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
    lifted: tuple[Reason, ...] = ()  # as in `Intent`
    loosened: Mapping[str, str] = field(default_factory=dict)  # as in `Intent`


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """Of a `Publication` whose bytes can be had again, what says which, and where from.

    They are looked at for each file that goes online, and a whole line is long to read.
    """

    id: int  # of the publication
    judged: KnownVersion
    title: str
    act: Act
    kept: Kept


@dataclass(frozen=True, slots=True)
class Copy:
    """An object that syncd wrote, or is about to write, into a public bucket."""

    portal: str
    dataset: str  # id
    place: str  # str(Location) of the bucket
    key: str
    address: str  # where anybody gets it
    written_at: datetime


@dataclass(frozen=True, slots=True)
class DatasetNote:
    """What syncd remembers of a dataset itself, so that reports have titles without a request."""

    portal: str
    dataset: str  # id
    title: str
    page: str
    checked_at: datetime  # when the portal was last asked
    owner: str = ""  # id of who owned it when the key could last write to it; "" = not noted yet
    owner_name: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger has of one dataset."""

    rows: tuple[Row, ...]
    intents: tuple[Intent, ...]  # those that are not done, oldest first
    note: DatasetNote | None


@dataclass(frozen=True, slots=True)
class CycleNote:
    """One run of `sync`, in short."""

    started_at: datetime
    ended_at: datetime
    command: str
    exit_code: int
    summary: Mapping[str, int]  # outcome -> how many
