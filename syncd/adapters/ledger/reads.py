"""What a look reads of the ledger, by statements in SQL that every engine takes as they are.

They are made of `declaration`, and each is written here alone: the ledger of whoever writes reads
by them too, through SQLAlchemy, and `view` without it.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from syncd.adapters.ledger.columns import PLAIN, Kind, expect_kinds_of_all
from syncd.adapters.ledger.declaration import addresses, history, manifests, plans, publications
from syncd.adapters.ledger.records import (
    ALERTS,
    CYCLES,
    NOTES,
    PAUSES,
    PUBLICATIONS,
    ROWS,
    RUNS,
    SERVICES,
    UNCLAIMED,
)
from syncd.core.history_records import Event, LineKind
from syncd.core.records import CycleNote, DatasetNote, Publication, Row
from syncd.core.service_records import Alert, DatasetRun, Pause, ServiceNote, Unclaimed

# The rows of a statement with these values: as the database has them, each of one type or NULL.
Fetch = Callable[[str, Mapping[str, object]], Iterable[Sequence[Any]]]


class Reads(ABC):
    @abstractmethod
    def _fetching(self) -> AbstractContextManager[Fetch]:
        """`LedgerError` for whatever goes wrong within."""

    # -- bindings, and what is noted of datasets ----------------------------------------------

    def rows(self, portal: str, dataset: str) -> tuple[Row, ...]:
        with self._fetching() as fetch:
            found = fetch(_ROWS, {"portal": portal, "dataset": dataset})
            return tuple(ROWS.read(row) for row in found)

    def all_rows(self, portal: str) -> dict[str, tuple[Row, ...]]:
        found: dict[str, list[Row]] = {}
        with self._fetching() as fetch:
            for one in fetch(_ALL_ROWS, {"portal": portal}):
                row = ROWS.read(one)
                found.setdefault(row.binding.dataset, []).append(row)
        return {dataset: tuple(rows) for dataset, rows in found.items()}

    def all_addresses(self, portal: str) -> dict[str, str]:
        with self._fetching() as fetch:
            found = [tuple(one) for one in fetch(_ALL_ADDRESSES, {"portal": portal})]
            expect_kinds_of_all(_ADDRESSED, found)
        return dict(found)

    def notes(self, portal: str) -> dict[str, DatasetNote]:
        with self._fetching() as fetch:
            found = [NOTES.read(one) for one in fetch(_NOTES, {"portal": portal})]
        return {note.dataset: note for note in found}

    def address(self, portal: str, address: str) -> str | None:
        with self._fetching() as fetch:
            found = first(fetch(_ADDRESS, {"portal": portal, "address": address}))
            return (
                None if found is None else str(addresses.columns["dataset"].kind.loaded(found[0]))
            )

    def note(self, portal: str, dataset: str) -> DatasetNote | None:
        with self._fetching() as fetch:
            found = first(fetch(_NOTE, {"portal": portal, "dataset": dataset}))
            return NOTES.read(found) if found else None

    # -- the service's pages ------------------------------------------------------------------

    def last_cycle(self) -> CycleNote | None:
        with self._fetching() as fetch:
            found = first(fetch(_LAST_CYCLE, {}))
            return CYCLES.read(found) if found else None

    def runs(self, portal: str) -> dict[str, DatasetRun]:
        with self._fetching() as fetch:
            found = [RUNS.read(row) for row in fetch(_RUNS, {"portal": portal})]
        return {run.dataset: run for run in found}

    def plans(self, portal: str) -> dict[str, datetime]:
        with self._fetching() as fetch:
            found = fetch(_PLANS, {"portal": portal})
            return dict(loaded(_PLANNED, row) for row in found)

    def alerts(self, portal: str) -> tuple[Alert, ...]:
        with self._fetching() as fetch:
            return tuple(ALERTS.read(row) for row in fetch(_ALERTS, {"portal": portal}))

    def pauses(self, portal: str) -> tuple[Pause, ...]:
        with self._fetching() as fetch:
            return tuple(PAUSES.read(row) for row in fetch(OF_PAUSES, {"portal": portal}))

    def unclaimed(self, portal: str) -> tuple[Unclaimed, ...]:
        with self._fetching() as fetch:
            return tuple(UNCLAIMED.read(row) for row in fetch(_UNCLAIMED, {"portal": portal}))

    def services(self) -> tuple[ServiceNote, ...]:
        with self._fetching() as fetch:
            return tuple(SERVICES.read(row) for row in fetch(_SERVICES, {}))

    # -- the history --------------------------------------------------------------------------

    def history(
        self, portal: str, dataset: str = "", resource: str = ""
    ) -> tuple[Publication, ...]:
        given = {"portal": portal, "dataset": dataset, "resource": resource}
        of = {name: value for name, value in given.items() if value or name == "portal"}
        meant = " AND ".join(f"{name} = :{name}" for name in of)
        with self._fetching() as fetch:
            found = fetch(PUBLICATIONS.select(f"WHERE {meant} ORDER BY id"), of)
            return tuple(PUBLICATIONS.read(row) for row in found)

    def profile(self, portal: str, dataset: str, resource: str, sha1: str) -> object:
        of = {"portal": portal, "dataset": dataset, "resource": resource, "sha1": sha1}
        with self._fetching() as fetch:
            found = first(fetch(_PROFILE, of))
            return None if found is None else PLAIN.loaded(found[0])

    def events(self, portal: str) -> tuple[Event, ...]:
        with self._fetching() as fetch:
            return tuple(event_of(row) for row in fetch(_EVENTS, {"portal": portal}))

    def manifests(self, beginning: str) -> dict[str, bytes]:
        of = {"beginning": beginning, "length": len(beginning)}
        with self._fetching() as fetch:
            found = [loaded(_KEPT, row) for row in fetch(_MANIFESTS, of)]
            return {digest: inflated(text) for digest, text in found}


def first(found: Iterable[Sequence[Any]]) -> Sequence[Any] | None:
    return next(iter(found), None)


def loaded(kinds: Sequence[Kind], found: Sequence[Any]) -> tuple[Any, ...]:
    """Our values. Raises one of `columns.WRONG` where one is none that we store."""
    return tuple(kind.loaded(value) for kind, value in zip(kinds, found, strict=True))


def inflated(stored: bytes) -> bytes:
    """`ValueError` when it is not what `put_manifest` stored."""
    try:
        return zlib.decompress(stored)
    except (zlib.error, TypeError) as error:
        raise ValueError(str(error)) from error


TOLD = ("dataset", "resource", "key", "title", "note")  # what a line's content says of an event


def event_of(found: Sequence[Any]) -> Event:
    """Of a row of one of the statements about lines."""
    line, kind, at, portal, content, name, after = loaded(_OF_LINE, found)
    facts = content.get("facts")
    return Event(
        kind=kind,
        at=at,
        portal=portal,
        **{one: str(content.get(one) or "") for one in TOLD},
        by=name or "",
        facts=facts if isinstance(facts, dict) else {},
        line=line,
        after=after or 0,
    )


_ROWS = ROWS.select("WHERE portal = :portal AND dataset = :dataset")
_ALL_ROWS = ROWS.select("WHERE portal = :portal")
_ALL_ADDRESSES = "SELECT address, dataset FROM addresses WHERE portal = :portal"
_ADDRESSED = addresses.kinds(("address", "dataset"))
_NOTES = NOTES.select("WHERE portal = :portal")
_ADDRESS = "SELECT dataset FROM addresses WHERE portal = :portal AND address = :address"
_NOTE = NOTES.select("WHERE portal = :portal AND dataset = :dataset")
_LAST_CYCLE = CYCLES.select("ORDER BY id DESC LIMIT 1")
_RUNS = RUNS.select("WHERE portal = :portal")
_PLANS = "SELECT dataset, next_at FROM plans WHERE portal = :portal"
_PLANNED = plans.kinds(("dataset", "next_at"))
_ALERTS = ALERTS.select("WHERE portal = :portal ORDER BY since")
OF_PAUSES = PAUSES.select("WHERE portal = :portal")
_UNCLAIMED = UNCLAIMED.select('WHERE portal = :portal ORDER BY since, "key"')
_SERVICES = SERVICES.select("ORDER BY started_at")
_PROFILE = (
    "SELECT profile FROM publications WHERE portal = :portal AND dataset = :dataset"
    " AND resource = :resource AND judged_sha1 = :sha1 AND profile IS NOT NULL"
    " ORDER BY id DESC LIMIT 1"
)
_MANIFESTS = 'SELECT digest, "text" FROM manifests WHERE substr(digest, 1, :length) = :beginning'
_KEPT = manifests.kinds(("digest", "text"))
_LINE = ("id", "kind", "at", "portal", "content", "name")
_OF_LINE = (*history.kinds(_LINE), *publications.kinds(("id",)))
_EVENTS = (
    f"SELECT {history.selected(_LINE)},"  # noqa: S608 -- names of our own
    " (SELECT earlier.publication FROM history AS earlier WHERE earlier.id < history.id"
    " AND earlier.publication IS NOT NULL ORDER BY earlier.id DESC LIMIT 1)"
    f" FROM history WHERE kind NOT IN ('{LineKind.PUBLISHED}', '{LineKind.LET_GO}')"
    " AND portal IN ('', :portal) ORDER BY id"
)  # without what is no event, or tells nobody anything
NEWEST_IN_FORCE = (
    f"SELECT {history.selected(_LINE)}, 0"  # noqa: S608 -- as above
    f" FROM history WHERE kind = '{LineKind.MANIFEST}' ORDER BY id DESC LIMIT 1"
)
IN_FORCE = NEWEST_IN_FORCE.replace("WHERE", "WHERE portal = :portal AND")
