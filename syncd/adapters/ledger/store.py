"""syncd's memory in a SQL database: the `Ledger` of `syncd.core.ports`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.adapters.ledger import declaration, history
from syncd.adapters.ledger.columns import BINDING, expect_kinds_of_all, instant
from syncd.adapters.ledger.job_reports import JobReports
from syncd.adapters.ledger.names import Names
from syncd.adapters.ledger.operations import drop, upsert, upserting
from syncd.adapters.ledger.readings import Readings
from syncd.adapters.ledger.records import COPIES, INTENTS, NOTES, ROWS
from syncd.adapters.ledger.tables import addresses as address_table
from syncd.adapters.ledger.tables import bindings, copies, datasets, intents, selecting
from syncd.adapters.ledger.verification import Verification
from syncd.core.errors import LedgerError
from syncd.core.file_names import slug
from syncd.core.history_records import Event
from syncd.core.records import Copy, DatasetNote, Intent, IntentState, Memory, Publication, Row
from syncd.core.targets import Binding


class SqlLedger(Names, Verification, history.History, Readings, JobReports):
    """`read_only` opens what is there and writes nothing; an absent ledger is then an empty one."""

    # -- bindings ---------------------------------------------------------------------------

    def memories(self, portal: str, datasets: Collection[str]) -> dict[str, Memory]:
        of = {"of_portal": portal, "of_datasets": list(datasets)}
        rows: dict[str, list[Row]] = {dataset: [] for dataset in datasets}
        unfinished: dict[str, list[Intent]] = {dataset: [] for dataset in datasets}
        with self._read() as connection:
            for found in connection.execute(_ROWS_OF_MANY, of):
                row = ROWS.read(found)
                rows[row.binding.dataset].append(row)
            for found in connection.execute(_UNFINISHED_OF_MANY, of):
                intent = INTENTS.read(found)
                unfinished[intent.binding.dataset].append(intent)
            known = [NOTES.read(found) for found in connection.execute(_NOTES_OF_MANY, of)]
        notes = {note.dataset: note for note in known}
        return {
            dataset: Memory(tuple(rows[dataset]), tuple(unfinished[dataset]), notes.get(dataset))
            for dataset in datasets
        }

    def seen_again(self, portal: str, datasets: Collection[str], now: datetime) -> None:
        if datasets:
            with self._begin(wait_for_disk=False) as connection:
                of = {"of_portal": portal, "of_datasets": list(datasets)}
                connection.execute(_SEEN_AGAIN, {**of, "checked_at": now})

    def put(self, *rows: Row) -> None:
        if not rows:
            return
        with self._begin(wait_for_disk=False) as connection:
            if _are_apart(rows):
                _put(connection, rows)
            else:
                for row in rows:
                    _put(connection, [row])

    def keep(self, row: Row, line: Publication | Event) -> None:
        with self._chaining() as (connection, chain):
            if isinstance(line, Event):
                history.add_event(chain, line)
            else:
                history.insert(connection, chain, line)
            _put(connection, [row])

    def drop(self, binding: Binding, event: Event) -> None:
        with self._chaining() as (connection, chain):
            history.add_event(chain, event)
            connection.execute(_DROP, _of(binding))

    def record(self, publication: Publication, row: Row | None = None) -> None:
        with self._chaining(wait_for_disk=False) as (connection, chain):
            history.insert(connection, chain, publication)
            if row is not None:
                _put(connection, [row])

    # -- intents ----------------------------------------------------------------------------

    def intents(self, portal: str, dataset: str) -> tuple[Intent, ...]:
        of = {"of_portal": portal, "of_dataset": dataset}
        with self._read() as connection:
            return tuple(INTENTS.read(found) for found in connection.execute(_UNFINISHED, of))

    def begin(self, intent: Intent) -> Intent:
        with self._begin(alone=False) as connection:
            result = connection.execute(_BEGIN, _columns(intent))
            key = result.inserted_primary_key
        if key is None:
            raise LedgerError("ledger_unusable", path=self._on.place, detail="no id")
        return replace(intent, id=int(key[0]))

    def amend(self, intent: Intent, *, wait_for_disk: bool = True) -> None:
        with self._begin(wait_for_disk=wait_for_disk, alone=False) as connection:
            _amend(connection, intent)

    def abandon(self, intent: Intent) -> None:
        with self._begin(alone=False) as connection:
            connection.execute(sa.delete(intents).where(intents.c.id == intent.id))

    def finish(self, intent: Intent, row: Row, publication: Publication | None = None) -> None:
        with self._chaining(wait_for_disk=False) as (connection, chain):
            if publication is not None:
                history.insert(connection, chain, publication)
            _amend(connection, replace(intent, state=IntentState.DONE))
            of = _of(row.binding)
            sent = {
                "of_key": intent.binding.key,
                "of_judged_sha1": intent.judged.digest.sha1,
                "of_address": intent.address,
                "before_id": intent.id,
            }
            connection.execute(_CLOSE_FORMER, {**of, **sent, "state": IntentState.DONE})
            # The title is the newest one known: an older upload that arrives late gets it too.
            connection.execute(_RENAME_LATE, {**of, "title": row.title})
            _put(connection, [row])

    def last_sent(self, portal: str, dataset: str, name: str) -> datetime | None:
        of = {"of_portal": portal, "of_dataset": dataset, "of_name_slug": slug(name)}
        with self._read() as connection:
            found = connection.execute(_LAST_SENT, of).scalar()
            return None if found is None else instant(found)

    # -- copies -----------------------------------------------------------------------------

    def copies(self, portal: str, dataset: str) -> tuple[Copy, ...]:
        with self._read() as connection:
            found = connection.execute(_COPIES, {"of_portal": portal, "of_dataset": dataset})
            return tuple(COPIES.read(row) for row in found)

    def note_copy(self, copy: Copy) -> None:
        with self._begin(alone=False) as connection:
            upsert(connection, copies, COPIES.columns(copy))

    def drop_copy(self, copy: Copy) -> None:
        with self._begin(wait_for_disk=False) as connection:
            drop(connection, copies, COPIES.columns(copy))

    # -- notes ------------------------------------------------------------------------------

    def addresses(self, portal: str, addresses: Collection[str]) -> dict[str, str]:
        asked, found = list(addresses), list[sa.Row[Any]]()
        with self._read() as connection:
            for at in range(0, len(asked), _AT_ONCE):
                of = {"of_portal": portal, "of_addresses": asked[at : at + _AT_ONCE]}
                found += connection.execute(_ADDRESSES, of)
            expect_kinds_of_all(_ADDRESS_KINDS, found)
        return {row.address: row.dataset for row in found}

    def put_note(self, note: DatasetNote, *, addresses: Collection[str] = ()) -> None:
        with self._begin(wait_for_disk=False) as connection:
            upsert(connection, datasets, NOTES.columns(note))
            for address in addresses:
                values = {"portal": note.portal, "address": address, "dataset": note.dataset}
                upsert(connection, address_table, values)


_AT_ONCE = 500  # parameters of one statement; databases have limits


def _of(binding: Binding) -> dict[str, str]:
    """The parameters of `_same`."""
    return {f"of_{name}": getattr(binding, name) for name in BINDING}


def _same(table: sa.Table, *names: str) -> list[sa.ColumnElement[bool]]:
    """Columns that are equal to the parameters of these names."""
    return [table.c[name] == sa.bindparam(f"of_{name}") for name in names]


def _of_many(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    """Rows of the datasets in the parameter."""
    wanted: sa.BindParameter[str] = sa.bindparam("of_datasets", expanding=True)
    return *_same(table, "portal"), table.c.dataset.in_(wanted)


# Made once: SQLAlchemy takes longer to put a statement together than to carry it out.
_UNFINISHED = (
    selecting(INTENTS)
    .where(*_same(intents, "portal", "dataset"), intents.c.state != IntentState.DONE)
    .order_by(intents.c.id)
)
_ROWS_OF_MANY = selecting(ROWS).where(*_of_many(bindings))
_NOTES_OF_MANY = selecting(NOTES).where(*_of_many(datasets))
_UNFINISHED_OF_MANY = (
    selecting(INTENTS)
    .where(*_of_many(intents), intents.c.state != IntentState.DONE)
    .order_by(intents.c.id)
)
_SEEN_AGAIN = sa.update(bindings).where(*_of_many(bindings))
_ADDRESS_KINDS = declaration.addresses.kinds(("address", "dataset"))
_ADDRESSES = sa.select(address_table.c.address, address_table.c.dataset).where(
    *_same(address_table, "portal"),
    address_table.c.address.in_(sa.bindparam("of_addresses", expanding=True)),
)
_BEGIN = sa.insert(intents)
_AMEND = sa.update(intents).where(*_same(intents, "id"))
_CLOSE_FORMER = sa.update(intents).where(
    *_same(intents, "portal", "dataset", "key", "judged_sha1"),
    sa.or_(
        intents.c.resource == "",
        sa.and_(*_same(intents, "resource"), intents.c.state == IntentState.OPEN),
        # Told late, the same address changes nothing; a late upload would reset the title.
        sa.and_(*_same(intents, "resource", "address"), intents.c.address != ""),
    ),
    intents.c.id < sa.bindparam("before_id"),
)
_RENAME_LATE = sa.update(intents).where(
    *_same(intents, "portal", "dataset", "resource"),
    intents.c.state.in_([IntentState.EXPIRED, IntentState.REFUSED]),
)
_LAST_SENT = sa.select(
    sa.func.max(sa.func.coalesce(intents.c.sent_at, intents.c.started_at))
).where(*_same(intents, "portal", "dataset", "name_slug"))
_COPIES = selecting(COPIES).where(*_same(copies, "portal", "dataset")).order_by(copies.c.key)
_UPSERT = upserting(bindings, tuple(bindings.c.keys()))
_DROP = sa.delete(bindings).where(*_same(bindings, *BINDING))
_DROP_UNBORN = sa.delete(bindings).where(
    *_same(bindings, "portal", "dataset", "source", "key"), bindings.c.resource == ""
)
# What fed this resource before: that it is online is no longer true. Else a mapping that is
# changed, and later changed back, would be taken for unchanged.
_DROP_FORMER = sa.delete(bindings).where(
    *_same(bindings, "portal", "dataset", "resource"),
    sa.or_(*(sa.not_(same) for same in _same(bindings, "source", "key"))),
)


def _put(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """`rows` that are apart: each statement is carried out for all of them in one go."""
    born = [row for row in rows if row.binding.resource]
    online = [row for row in born if row.published is not None]
    for statement, concerned in ((_DROP_UNBORN, born), (_DROP_FORMER, online)):
        if concerned:
            connection.execute(statement, [_of(row.binding) for row in concerned])
    connection.execute(_UPSERT, [ROWS.columns(row) for row in rows])


def _are_apart(rows: Sequence[Row]) -> bool:
    """No two of them are about one object or one resource, so that their order is nothing."""
    objects = {(row.binding.dataset, row.binding.source, row.binding.key) for row in rows}
    resources = [row.binding.resource for row in rows if row.binding.resource]
    return len(objects) == len(rows) and len(set(resources)) == len(resources)


def _columns(intent: Intent) -> dict[str, Any]:
    return {**INTENTS.columns(intent), "name_slug": slug(intent.filename)}


def _amend(connection: sa.Connection, intent: Intent) -> None:
    connection.execute(_AMEND, {**_columns(intent), "of_id": intent.id})
