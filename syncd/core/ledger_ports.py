"""What the core and the service need from the ledger, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from syncd.core.history_records import ChainReport, Event, Forgotten
from syncd.core.queue import JobReport
from syncd.core.records import (
    Copy,
    CycleNote,
    DatasetNote,
    Intent,
    KeptVersion,
    Memory,
    Publication,
    Row,
)
from syncd.core.service_records import (
    Alert,
    DatasetRun,
    Pause,
    Replica,
    Request,
    ServiceNote,
    Unclaimed,
)
from syncd.core.targets import Binding


class LedgerView(Protocol):
    """What a look reads of syncd's memory. `LedgerError` and nothing else."""

    def rows(self, portal: str, dataset: str) -> tuple[Row, ...]: ...

    def all_rows(self, portal: str) -> Mapping[str, tuple[Row, ...]]:
        """By dataset."""
        ...

    def all_addresses(self, portal: str) -> Mapping[str, str]:
        """As `address`, of all that are known."""
        ...

    def notes(self, portal: str) -> dict[str, DatasetNote]:
        """Of all datasets, by their ids."""
        ...

    def address(self, portal: str, address: str) -> str | None:
        """The dataset id that an address or slug was resolved to."""
        ...

    def note(self, portal: str, dataset: str) -> DatasetNote | None: ...

    def history(
        self, portal: str, dataset: str = "", resource: str = ""
    ) -> tuple[Publication, ...]:
        """The publications of a portal, dataset or resource, oldest first."""
        ...

    def profile(self, portal: str, dataset: str, resource: str, sha1: str) -> object:
        """What the guards measured of these bytes when they went online there; None if nothing."""
        ...

    def events(self, portal: str) -> tuple[Event, ...]:
        """What else the history tells of this portal, or of all, oldest first."""
        ...

    def manifests(self, beginning: str) -> Mapping[str, bytes]:
        """The kept texts whose digests begin so, by their digests."""
        ...

    def last_cycle(self) -> CycleNote | None: ...

    def runs(self, portal: str) -> dict[str, DatasetRun]:
        """The last run of each dataset, by dataset."""
        ...

    def plans(self, portal: str) -> dict[str, datetime]:
        """When the running service means to look at each dataset next."""
        ...

    def pauses(self, portal: str) -> tuple[Pause, ...]: ...

    def unclaimed(self, portal: str) -> tuple[Unclaimed, ...]:
        """New objects that no target claims, the first that was deposited first."""

    def alerts(self, portal: str) -> tuple[Alert, ...]: ...

    def services(self) -> tuple[ServiceNote, ...]: ...

    def replicas(self) -> tuple[Replica, ...]:
        """Those that live now, the oldest first; none where the ledger is one machine's."""
        ...


class Ledger(LedgerView, Protocol):
    """syncd's memory. Every method is one transaction; `LedgerError` and nothing else."""

    def memories(self, portal: str, datasets: Collection[str]) -> dict[str, Memory]:
        """All that a cycle wants to know of each of these datasets; some hundreds at most."""
        ...

    def seen_again(self, portal: str, datasets: Collection[str], now: datetime) -> None:
        """Every row of these datasets was looked at and found as it is. As `put`."""
        ...

    def put(self, *rows: Row) -> None:
        """Insert, or replace the rows of the same bindings.

        A power cut may lose them: only for what the next cycle would find out again.
        """
        ...

    def keep(self, row: Row, line: Publication | Event) -> None:
        """Like `put` of one row, on disk when it returns: for what a person decided.

        `line`: what the history says of it.
        """
        ...

    def drop(self, binding: Binding, event: Event) -> None:
        """Drop the row of this binding, and say so in the history. On disk when it returns."""
        ...

    def record(self, publication: Publication, row: Row | None = None) -> None:
        """Add a line to the history, and its row with it, in one transaction.

        On disk with the next intent: for what was found online, not for what was put there.
        """
        ...

    def kept(self, portal: str, dataset: str, resource: str) -> tuple[KeptVersion, ...]:
        """The publications of a resource whose bytes can be had again, oldest first."""
        ...

    def came_online(
        self, portal: str, datasets: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        """When syncd began to send what came online in each of these datasets, from an instant on;
        some hundreds of datasets at most."""
        ...

    def profiles(self, portal: str, dataset: str, resource: str, most: int) -> tuple[object, ...]:
        """The same of the last so many different bytes of ours there, newest first; nothing of
        those of which nothing was measured."""
        ...

    def append(self, event: Event) -> None:
        """A line of the history by itself. On disk when this returns."""
        ...

    def verify_history(self, noted: str = "") -> ChainReport:
        """Whether each line is what was written. `noted`: the beginning of a hash that must be
        among the lines' own."""
        ...

    def manifest_in_force(self, portal: str) -> Event | None:
        """The newest line about a manifest; its facts have the digest as `manifest`."""
        ...

    def put_manifest(self, text: bytes, event: Event) -> None:
        """Keep the text by the digest in the event's facts, and add the event; nothing where that
        manifest is in force already."""
        ...

    def names(self) -> tuple[str, ...]:
        """The persons whom the history names."""
        ...

    def forget_name(self, name: str, by: str, now: datetime) -> Forgotten | None:
        """Replace a name by a pseudonym wherever it says who did something.

        None where nobody of that name did.
        """
        ...

    def forget_bytes(self, ids: Collection[int], event: Event) -> None:
        """The bytes of these publications are not kept any more; `event` says why, in the history.

        Where no person decided so, a power cut may undo it.
        """
        ...

    def claims(self, sha1s: Collection[str]) -> Mapping[str, bool]:
        """Those of them that the ledger knows -> whether a file in the archive must stay."""
        ...

    def deaths(self, sha1: str, name: str) -> int:
        """How many readings of these bytes, under this name, were begun and never ended."""
        ...

    def begin_reading(self, sha1: str, name: str, now: datetime) -> None:
        """These bytes are about to be looked into. A power cut may lose it."""
        ...

    def end_reading(self, sha1: str, name: str) -> None:
        """That ended, well or not: with it the earlier ones are forgotten."""
        ...

    def intents(self, portal: str, dataset: str) -> tuple[Intent, ...]:
        """Those that are not done, oldest first."""
        ...

    def begin(self, intent: Intent) -> Intent:
        """Store a new intent; returns it with its id. On disk when this returns."""
        ...

    def amend(self, intent: Intent, *, wait_for_disk: bool = True) -> None:
        """Store the intent's changed fields. Not waiting: a power cut may lose the change."""
        ...

    def abandon(self, intent: Intent) -> None:
        """Forget an intent of which nothing can reach the portal, or another one stands for it."""
        ...

    def finish(self, intent: Intent, row: Row, publication: Publication | None = None) -> None:
        """Close the intent, record the row and the history's line, in one transaction.

        A power cut may undo it: the open intent then leads the next cycle to the same end.

        Expired intents of the same file for the same resource are closed with it, and the row
        that a resource had before it was created is dropped.
        """
        ...

    def copies(self, portal: str, dataset: str) -> tuple[Copy, ...]:
        """What syncd wrote into public buckets for this dataset."""
        ...

    def note_copy(self, copy: Copy) -> None:
        """Before it is written. On disk when this returns."""
        ...

    def drop_copy(self, copy: Copy) -> None:
        """After it was removed. A power cut may undo it."""
        ...

    def last_sent(self, portal: str, dataset: str, name: str) -> datetime | None:
        """When a file of this name (as `file_names.slug` compares) was last sent to the dataset."""
        ...

    def addresses(self, portal: str, addresses: Collection[str]) -> dict[str, str]:
        """Those of them that are known -> the dataset's id."""
        ...

    def put_note(self, note: DatasetNote, *, addresses: Collection[str] = ()) -> None: ...

    def put_cycle(self, cycle: CycleNote, runs_of: Sequence[DatasetRun] = ()) -> None:
        """Note a run, and the last run of each dataset in it; idle runs are kept one at a time.

        A run without `succeeded_at` keeps the one that was known.
        """
        ...

    def cycles(self) -> tuple[CycleNote, ...]:
        """All that are kept, oldest first."""
        ...

    def put_pauses(self, portal: str, current: Collection[Pause], now: datetime) -> None:
        """These are in force, and no others; one that was known keeps its `since`.

        What began or ended is told in the history.
        """
        ...

    def watched_since(self, portal: str, dataset: str = "") -> dict[str, datetime]:
        """By source, the earliest of what `watched` says."""

    def watched(self, portal: str, dataset: str = "") -> dict[tuple[str, str, str], datetime]:
        """Since when the neighbours of each target are looked at: by dataset (as the manifest has
        it), source and selector; `dataset`: of this one alone."""

    def put_unclaimed(
        self,
        portal: str,
        found: Iterable[Unclaimed],
        ended: Iterable[Unclaimed],
        begun: Mapping[tuple[str, str, str], datetime],
    ) -> None:
        """`begun`: targets that are watched from then on, as `watched` has them."""

    def ask(self, dataset: str, now: datetime, why: str = "request") -> None:
        """Ask the running service for a cycle; "" = for every dataset. `why`: as of a `Job`."""
        ...


class ServiceLedger(Ledger, Protocol):
    """What the service alone does with the ledger."""

    def put_plans(self, portal: str, next_at: Mapping[str, datetime]) -> None:
        """These, and no others."""
        ...

    def change_plans(
        self, portal: str, changed: Mapping[str, datetime], gone: Collection[str]
    ) -> None:
        """These are otherwise from now on, and those are no more. A power cut may lose it."""
        ...

    def has_requests(self) -> bool: ...

    def take_requests(self, now: datetime) -> tuple[Request, ...]:
        """Those that nobody took yet: each is given to one caller only."""
        ...

    def done_with(self, ids: Iterable[int]) -> None: ...

    def release_requests(self, before: datetime | None = None) -> None:
        """Those that a dead service took (before an instant) are to be taken again."""
        ...

    def put_alerts(self, changed: Iterable[Alert], dropped: Iterable[Alert] = ()) -> None: ...

    def put_service(self, note: ServiceNote) -> None: ...

    def drop_services(self, instance: str = "") -> None: ...

    def is_in_place(self) -> bool:
        """Whether nobody removed or replaced the ledger since it was opened."""
        ...

    def close(self) -> None: ...

    def forget_names(self, before: datetime, now: datetime) -> int:
        """As `forget_name`, of all whom lines from before an instant name; how many names."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget history from before this instant, but never publications; how many rows went."""
        ...


class SharedLedger(ServiceLedger, Protocol):
    """What the service does with a ledger that several replicas share."""

    def put_report(self, report: JobReport) -> None:
        """And end its job, if it has not ended: both or neither. On disk when this returns."""
        ...

    def reports(self) -> tuple[JobReport, ...]:
        """The oldest of those that nobody dropped."""
        ...

    def drop_reports(self, ids: Collection[int]) -> None: ...

    def large_datasets(self, portal: str, size: int) -> frozenset[str]:
        """Those of which a file was last seen with so many bytes or more."""
        ...
