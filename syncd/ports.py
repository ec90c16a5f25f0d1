"""What the story needs from the edges, as Protocols; the edges and the simulators fulfil them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from syncd.model import (
    Account,
    CycleNote,
    Dataset,
    DatasetNote,
    Digest,
    Intent,
    Location,
    Resource,
    Row,
    Version,
)


@dataclass(frozen=True, slots=True)
class OpenObject:
    """An object being read. `chunks` yields its bytes in order; errors surface while iterating."""

    size: int
    version_id: str | None
    chunks: Iterator[bytes]


class ObjectSource(Protocol):
    """One bucket."""

    @property
    def location(self) -> Location: ...

    def list(self, prefix: str, *, recursive: bool) -> Iterator[Version]:
        """Every object under the prefix, or `SourceError`: never a part of them in silence.

        Not `recursive`: only keys without a further slash after the prefix.
        """
        ...

    def stat(self, key: str) -> Version | None:
        """This one key, listed anew; None when it is gone."""
        ...

    def open(self, version: Version) -> AbstractContextManager[OpenObject]:
        """Read exactly this version: `ObjectChanged`, `ObjectMissing` or another `SourceError`."""
        ...


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """Bytes on local disk, hashed while they were written."""

    path: Path
    digest: Digest
    version_id: str | None = None


class Spool(Protocol):
    """Local disk for files on their way."""

    def fetch(
        self, source: ObjectSource, version: Version, transfer: Transfer
    ) -> AbstractContextManager[SpooledFile]:
        """The version's bytes in a temporary file, gone on leaving.

        `SourceError` from the reading, `SpoolError` from the disk.
        """
        ...

    def digest(self, source: ObjectSource, version: Version, transfer: Transfer) -> Digest:
        """Only the digest: nothing is kept."""
        ...


class Locks(Protocol):
    def hold(self, portal: str, dataset: str, patience: float) -> AbstractContextManager[None]:
        """Keep every other syncd off this dataset; `LockHeld` after `patience` seconds."""
        ...


class Transfer(Protocol):
    """Told about the bytes of one long transfer as they pass."""

    def advance(self, count: int) -> None: ...

    def restart(self) -> None: ...


class Progress(Protocol):
    """Told about transfers; the command line draws bars, a service draws none."""

    def transfer(self, label: str, direction: str, size: int) -> AbstractContextManager[Transfer]:
        """`direction` is "fetch" or "send"; `size` in bytes."""
        ...


class Portal(Protocol):
    """A udata server. Every method raises `PortalError` and nothing else."""

    @property
    def url(self) -> str: ...

    def resolve(self, address: str) -> str:
        """The dataset id behind an id or slug."""
        ...

    def describe(self, dataset: str) -> Dataset: ...

    def resource(self, dataset: str, resource: str) -> Resource: ...

    def extensions(self) -> frozenset[str]:
        """The file extensions that this portal accepts; asked once."""
        ...

    def whoami(self) -> Account: ...

    def replace(
        self, dataset: str, resource: str, file: SpooledFile, name: str, transfer: Transfer
    ) -> Resource:
        """Send the file to an existing resource. Resets its title: put it back with `retitle`.

        `AnswerLost` means that the portal may still commit the upload seconds later.
        """
        ...

    def create(
        self, dataset: str, file: SpooledFile, name: str, transfer: Transfer
    ) -> Resource: ...

    def retitle(self, dataset: str, resource: str, title: str) -> Resource: ...

    def mark(self, dataset: str, resource: str, marks: Mapping[str, str]) -> None:
        """Write `syncd:*` extras; moves no public date."""
        ...


class Ledger(Protocol):
    """syncd's memory. Every method is one transaction; `LedgerError` and nothing else."""

    def rows(self, portal: str, dataset: str) -> tuple[Row, ...]: ...

    def put(self, *rows: Row) -> None:
        """Insert, or replace the rows of the same bindings."""
        ...

    def intents(self, portal: str, dataset: str) -> tuple[Intent, ...]:
        """Those that are open or expired, oldest first."""
        ...

    def begin(self, intent: Intent) -> Intent:
        """Store a new intent; returns it with its id. On disk when this returns."""
        ...

    def amend(self, intent: Intent) -> None:
        """Store the intent's changed fields."""
        ...

    def abandon(self, intent: Intent) -> None:
        """Forget an intent of which nothing can have reached the portal."""
        ...

    def finish(self, intent: Intent, row: Row) -> None:
        """Close the intent and record the row, in one transaction.

        Expired intents of the same file for the same resource are closed with it, and the row
        that a resource had before it was created is dropped.
        """
        ...

    def last_sent(self, portal: str, dataset: str, name: str) -> datetime | None:
        """When a file of this name (as `names.slug` compares) was last sent to the dataset."""
        ...

    def address(self, portal: str, address: str) -> str | None:
        """The dataset id that an address or slug was resolved to."""
        ...

    def note(self, portal: str, dataset: str) -> DatasetNote | None: ...

    def put_note(self, note: DatasetNote, *, addresses: Collection[str] = ()) -> None: ...

    def put_cycle(self, cycle: CycleNote) -> None: ...

    def last_cycle(self) -> CycleNote | None: ...


@dataclass(frozen=True, slots=True)
class Edges:
    """All that a cycle touches of the world. Built in `syncd.app`, and in tests."""

    sources: Mapping[str, ObjectSource]  # by their names in the manifest
    portal: Portal
    ledger: Ledger
    spool: Spool
    locks: Locks
    progress: Progress
    clock: Callable[[], datetime]  # aware, UTC
    wait: Callable[[float], None]  # seconds
    settle: timedelta  # base of the window in which a lost upload may still be committed
