"""The ledger's pages beside the bindings: runs, requests, alerts, pauses, services, and pruning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from syncd.adapters.ledger import declaration
from syncd.adapters.ledger.columns import COUNTS, expect_kinds_of_all, instant
from syncd.adapters.ledger.database import Database
from syncd.adapters.ledger.reads import loaded
from syncd.adapters.ledger.records import ALERTS, CYCLES, REQUESTS, RUNS, SERVICES, UNCLAIMED
from syncd.adapters.ledger.tables import (
    alerts,
    cycles,
    plans,
    readings,
    requests,
    runs,
    selected,
    selecting,
    services,
    unclaimed,
    watched,
)
from syncd.core.records import CycleNote, Outcome
from syncd.core.service_records import (
    Alert,
    DatasetRun,
    Replica,
    Request,
    ServiceNote,
    Unclaimed,
)

_WATCH = (watched.c.dataset, watched.c.source, watched.c.selector)
_WATCH_KINDS = declaration.watched.kinds(("dataset", "source", "selector", "since"))
_EARLIEST_KINDS = declaration.watched.kinds(("source", "since"))
_SOME = 1000  # rows that are made ready at once
_OF_PORTAL: sa.BindParameter[str] = sa.bindparam("of_portal")
_OF_DATASET: sa.BindParameter[str] = sa.bindparam("of_dataset")

# Of what each cycle asks; made once, as in `store`.
_NEWEST_CYCLE = sa.select(cycles.c.id, cycles.c.summary).order_by(cycles.c.id.desc()).limit(1)
_DROP_CYCLE = sa.delete(cycles).where(cycles.c.id == sa.bindparam("of_id"))
_PUT_CYCLE = sa.insert(cycles)
_DROP_PLAN = sa.delete(plans).where(plans.c.portal == _OF_PORTAL, plans.c.dataset == _OF_DATASET)
_WATCHED = sa.select(*_WATCH, watched.c.since).where(watched.c.portal == _OF_PORTAL)
_WATCHED_OF_ONE = _WATCHED.where(watched.c.dataset == _OF_DATASET)
_EARLIEST = (
    sa.select(watched.c.source, sa.func.min(watched.c.since))
    .where(watched.c.portal == _OF_PORTAL)
    .group_by(watched.c.source)
)
_EARLIEST_OF_ONE = _EARLIEST.where(watched.c.dataset == _OF_DATASET)


def upsert(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    connection.execute(upserting(table, tuple(values)), values)


def drop(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """The row of the same key, if there is one."""
    same = (column == values[column.name] for column in table.primary_key)
    connection.execute(sa.delete(table).where(*same))


@cache
def upserting(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    """The statement for these columns; putting it together takes longer than carrying it out."""
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    others = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


class Operations(Database):
    # -- cycles and runs --------------------------------------------------------------------

    def put_cycle(self, cycle: CycleNote, runs_of: Sequence[DatasetRun] = ()) -> None:
        with self._begin() as connection:
            newest = connection.execute(_NEWEST_CYCLE).first()
            if newest is not None and _idle(COUNTS.loaded(newest.summary)) and _idle(cycle.summary):
                connection.execute(_DROP_CYCLE, {"of_id": newest.id})
            connection.execute(_PUT_CYCLE, CYCLES.columns(cycle))
            _put_runs(connection, runs_of)

    def cycles(self) -> tuple[CycleNote, ...]:
        with self._read() as connection:
            found = connection.execute(selecting(CYCLES).order_by(cycles.c.id))
            return tuple(CYCLES.read(row) for row in found)

    def put_plans(self, portal: str, next_at: Mapping[str, datetime]) -> None:
        with self._begin() as connection:
            connection.execute(sa.delete(plans).where(plans.c.portal == portal))
            rows = [
                {"portal": portal, "dataset": dataset, "next_at": at}
                for dataset, at in next_at.items()
            ]
            if rows:
                connection.execute(sa.insert(plans), rows)

    def change_plans(
        self, portal: str, changed: Mapping[str, datetime], gone: Collection[str]
    ) -> None:
        rows = [
            {"portal": portal, "dataset": dataset, "next_at": at} for dataset, at in changed.items()
        ]
        dropped = [{"of_portal": portal, "of_dataset": dataset} for dataset in gone]
        with self._begin(wait_for_disk=False) as connection:
            if dropped:
                connection.execute(_DROP_PLAN, dropped)
            if rows:
                connection.execute(upserting(plans, tuple(rows[0])), rows)

    # -- requests ---------------------------------------------------------------------------

    def ask(self, dataset: str, now: datetime, why: str = "request") -> None:
        asked = {"dataset": dataset, "why": why}
        with self._begin() as connection:
            same = (requests.c[name] == value for name, value in asked.items())
            waiting = sa.select(requests.c.id).where(*same, requests.c.taken_at.is_(None))
            if connection.execute(waiting).first() is None:
                connection.execute(sa.insert(requests).values(**asked, asked_at=now))

    def take_requests(self, now: datetime) -> tuple[Request, ...]:
        mine = sa.update(requests).where(requests.c.taken_at.is_(None)).values(taken_at=now)
        with self._begin() as connection:
            taken = connection.execute(mine.returning(*selected(REQUESTS))).all()
            return tuple(REQUESTS.read(row) for row in taken)

    def has_requests(self) -> bool:
        query = sa.select(requests.c.id).where(requests.c.taken_at.is_(None)).limit(1)
        with self._read() as connection:
            return connection.execute(query).first() is not None

    def done_with(self, ids: Iterable[int]) -> None:
        with self._begin() as connection:
            connection.execute(sa.delete(requests).where(requests.c.id.in_(list(ids))))

    def release_requests(self, before: datetime | None = None) -> None:
        statement = sa.update(requests).values(taken_at=None)
        if before is not None:
            statement = statement.where(requests.c.taken_at < before)
        with self._begin() as connection:
            connection.execute(statement)

    # -- alerts -----------------------------------------------------------------------------

    def put_alerts(self, changed: Iterable[Alert], dropped: Iterable[Alert] = ()) -> None:
        with self._begin() as connection:
            for alert in dropped:
                drop(connection, alerts, ALERTS.columns(alert))
            for alert in changed:
                upsert(connection, alerts, ALERTS.columns(alert))

    # -- objects that no target claims ------------------------------------------------------

    def watched_since(self, portal: str, dataset: str = "") -> dict[str, datetime]:
        query, of = (_EARLIEST_OF_ONE, {"of_dataset": dataset}) if dataset else (_EARLIEST, {})
        with self._read() as connection:
            found = connection.execute(query, {"of_portal": portal, **of}).all()
            return dict(loaded(_EARLIEST_KINDS, row) for row in found)

    def watched(self, portal: str, dataset: str = "") -> dict[tuple[str, str, str], datetime]:
        same: dict[str, str] = {}  # most rows have a dataset and a source that others have too
        query, of = (_WATCHED_OF_ONE, {"of_dataset": dataset}) if dataset else (_WATCHED, {})
        with self._read() as connection:
            found = connection.execute(query, {"of_portal": portal, **of}).all()
            expect_kinds_of_all(_WATCH_KINDS, found)
            return {
                (same.setdefault(one, one), same.setdefault(source, source), selector): instant(at)
                for one, source, selector, at in found
            }

    def put_unclaimed(
        self,
        portal: str,
        found: Iterable[Unclaimed],
        ended: Iterable[Unclaimed],
        begun: Mapping[tuple[str, str, str], datetime],
    ) -> None:
        with self._begin() as connection:
            for one in ended:
                drop(connection, unclaimed, UNCLAIMED.columns(one))
            for one in found:
                upsert(connection, unclaimed, UNCLAIMED.columns(one))
            names = ("portal", "dataset", "source", "selector", "since")
            watches = ((portal, *watch, since) for watch, since in begun.items())
            while some := [dict(zip(names, one, strict=True)) for one in islice(watches, _SOME)]:
                connection.execute(upserting(watched, names), some)

    # -- services ---------------------------------------------------------------------------

    def put_service(self, note: ServiceNote) -> None:
        with self._begin(alone=False) as connection:
            upsert(connection, services, SERVICES.columns(note))

    def drop_services(self, instance: str = "") -> None:
        statement = sa.delete(services)
        if instance:
            statement = statement.where(services.c.instance == instance)
        with self._begin() as connection:
            connection.execute(statement)

    def replicas(self) -> tuple[Replica, ...]:
        return self.locks.replicas() if self.locks is not None else ()

    # -- retention --------------------------------------------------------------------------

    def prune(self, before: datetime) -> int:
        """Forget cycles and requests from before this instant; never publications."""
        with self._begin() as connection:
            newest = sa.select(sa.func.max(cycles.c.id)).scalar_subquery()
            old = connection.execute(
                sa.delete(cycles).where(cycles.c.ended_at < before, cycles.c.id != newest)
            )
            asked = connection.execute(sa.delete(requests).where(requests.c.asked_at < before))
            read = connection.execute(sa.delete(readings).where(readings.c.begun_at < before))
            return old.rowcount + asked.rowcount + read.rowcount


def _idle(summary: Mapping[str, int]) -> bool:
    """Cycles in which nothing happened are kept one at a time: the newest."""
    return set(summary) <= {Outcome.UNCHANGED.value}


def _put_runs(connection: sa.Connection, many: Iterable[DatasetRun]) -> None:
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for run in many:
        values = RUNS.columns(run)
        if run.succeeded_at is None:  # the last one that did stays known
            del values["succeeded_at"]
        by_columns.setdefault(tuple(values), []).append(values)
    for columns, rows in by_columns.items():
        connection.execute(upserting(runs, columns), rows)
