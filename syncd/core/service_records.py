"""What the service and its neighbours tell each other, by way of the ledger. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.core.reasons import Fact, Reason

SHORT = 12  # letters of a digest, for people
_EVENT = "event:"  # how the names of a note's facts about events begin


@dataclass(frozen=True, slots=True)
class DatasetRun:
    """The last cycle over one dataset, whoever ran it."""

    portal: str
    dataset: str  # as the manifest has it
    started_at: datetime
    ended_at: datetime
    exit_code: int
    succeeded_at: datetime | None = None  # the start of the last cycle in which nothing failed


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked the service for a cycle."""

    id: int
    dataset: str  # as the manifest has it; "" = every dataset
    asked_at: datetime
    why: str = "request"  # a person's; "event", "signal": another replica had one


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person must know, and whether they were told."""

    portal: str
    dataset: str
    item: str  # which target, or what of the service; "" = the dataset as a whole
    state: str  # an outcome that is not well, "overdue", …; "recovered" until that was told
    reason: Reason
    about: Mapping[str, str]  # dataset_title, title, object, link, page, contact: for the words
    since: datetime
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """An object that no target claims, though it looks as if meant for one."""

    portal: str
    dataset: str  # of the nearest target; as the manifest has it
    source: str  # as the manifest calls it
    key: str
    reason: Reason  # with the nearest target, and the line to write
    since: datetime  # when it was deposited


@dataclass(frozen=True, slots=True)
class Pause:
    """What the manifest says must not be worked on for now."""

    dataset: str
    item: str  # the target's selector; "" = the whole dataset
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ServiceNote:
    """What a running service says of itself."""

    instance: str
    started_at: datetime
    facts: Mapping[str, Fact]

    @property
    def last_events(self) -> dict[str, datetime]:
        """By source, when it was last told of something there."""
        return {
            name.removeprefix(_EVENT): datetime.fromisoformat(str(at))
            for name, at in self.facts.items()
            if name.startswith(_EVENT)
        }


def event_facts(last: Mapping[str, datetime]) -> dict[str, Fact]:
    """Of a note, from which `last_events` are read."""
    return {f"{_EVENT}{source}": at.isoformat() for source, at in last.items()}


@dataclass(frozen=True, slots=True)
class Replica:
    """One of the services that share a ledger from several machines."""

    host: str
    pid: int
    version: str
    since: datetime
    leads: bool  # it plans and tells; all of them work
    id: str = ""
    manifest: str = ""  # digest of the one that it works by, or would; "" = it has no good one
    able: bool = False  # it leads, or could
    beside: int | None = None  # the pid of the one whose worker it is, on the same host
    other_manifest: bool = False  # than the one in force
    other_version: bool = False  # than that of the one that leads
    works_on: tuple[str, ...] = ()  # ids of the datasets that it has locked

    @property
    def manifest_named(self) -> str:
        """As people tell one from another."""
        return self.manifest[:SHORT]


@dataclass(frozen=True, slots=True)
class Fleet:
    """All services that share a ledger.

    `manifest`, `version`: of the one that leads, or led last; "" where that is not known.
    """

    replicas: tuple[Replica, ...]
    is_led: bool
    manifest: str = ""
    version: str = ""
