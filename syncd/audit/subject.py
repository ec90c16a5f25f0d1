"""What the audit looks at: a dataset's page, and what the ledger knows of the files behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.catalogue import CatalogueEntry, CatalogueFile
from syncd.core.records import Act, Publication, Row
from syncd.core.targets import DatasetEntry, Expect, Target
from syncd.guards.profile import Profile


@dataclass(frozen=True, slots=True)
class Mapped:
    """A resource that the manifest names; `file` is None where the dataset has no such one."""

    resource: str
    file: CatalogueFile | None
    name: str = ""  # its object's file name; "" = not known yet
    row: Row | None = None
    profile: Profile | None = None  # of the file online
    in_series: bool = False  # one of several that an `each` finds
    expect: Expect | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One dataset of the manifest. `published`: when new files of it went online, oldest first."""

    entry: CatalogueEntry
    files: tuple[Mapped, ...]
    asked_at: datetime
    published: tuple[datetime, ...] = ()
    contact: str = ""
    edit: str = ""  # where the dataset is edited

    def edit_of(self, resource: str) -> str:
        """Where a resource is edited."""
        return f"{self.edit}/files?resource_id={resource}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a dataset: nothing at all where nothing was published yet."""

    rows: Sequence[Row] = ()
    history: Sequence[Publication] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)  # by resource


def subject_of(
    manifest: DatasetEntry,
    entry: CatalogueEntry,
    known: Known,
    locations: Mapping[str, str],
    now: datetime,
    edit: str,
) -> Subject:
    """`locations`: source name -> its place."""
    files: dict[str, Mapped] = {}
    for target in manifest.targets:
        for mapped in _mapped(target, entry, known, locations[target.source]):
            files.setdefault(mapped.resource, mapped)
    mine = [line for line in known.history if line.binding.resource in files]
    return Subject(
        entry,
        tuple(files.values()),
        now,
        tuple(sorted(_instant(line) for line in mine if line.act in _NEWS)),
        manifest.contact or "",
        edit,
    )


_NEWS = frozenset({Act.REPLACED, Act.CREATED})


def _instant(line: Publication) -> datetime:
    return line.titled_at or line.answered_at or line.begun_at


def _mapped(target: Target, entry: CatalogueEntry, known: Known, location: str) -> Iterable[Mapped]:
    rows = {
        row.binding.resource: row
        for row in known.rows
        if row.binding.resource and target.feeds(row.binding, location)
    }
    is_each = target.rule.makes_many
    for resource in dict.fromkeys((*target.stated, *rows)):
        row = rows.get(resource)
        yield Mapped(
            resource,
            entry.find(resource),
            _name(target, row),
            row,
            known.profiles.get(resource),
            is_each,
            target.expect,
        )


def _name(target: Target, row: Row | None) -> str:
    """The last segment of the object's key."""
    judged = (row.published or row.judged) if row is not None else None
    key = judged.key if judged is not None else ""
    if not key and target.rule.pattern is None:
        key = target.rule.text
    return key.rsplit("/", 1)[-1]
