"""syncd's memory in a SQL database: the `Ledger` of `syncd.core.ports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.adapters.ledger import history
from syncd.adapters.ledger.columns import (
    BINDING,
    NAMES,
    binding_columns,
    cause_json,
    cause_of,
    judged_columns,
    judged_of,
    pin_json,
    pin_of,
    reasons_json,
    reasons_of,
    release_json,
    release_of,
)
from syncd.adapters.ledger.operations import upsert, upserting
from syncd.adapters.ledger.readings import Readings
from syncd.adapters.ledger.tables import addresses as address_table
from syncd.adapters.ledger.tables import bindings, datasets, intents
from syncd.core.errors import LedgerError
from syncd.core.file_names import slug
from syncd.core.reasons import Reason
from syncd.core.records import DatasetNote, Intent, IntentState, Outcome, Publication, Row
from syncd.core.targets import Binding


class SqlLedger(history.History, Readings):
    """`read_only` opens what is there and writes nothing; an absent ledger is then an empty one."""

    # -- bindings ---------------------------------------------------------------------------

    def rows(self, portal: str, dataset: str) -> tuple[Row, ...]:
        of = {"of_portal": portal, "of_dataset": dataset}
        with self._read() as connection:
            return tuple(_row(*found) for found in connection.execute(_ROWS, of))

    def put(self, *rows: Row) -> None:
        if not rows:
            return
        with self._begin(wait_for_disk=False) as connection:
            if _are_apart(rows):
                _put(connection, rows)
            else:
                for row in rows:
                    _put(connection, [row])

    def keep(self, row: Row, publication: Publication | None = None) -> None:
        with self._begin() as connection:
            if publication is not None:
                history.insert(connection, publication)
            _put(connection, [row])

    def drop(self, binding: Binding) -> None:
        with self._begin() as connection:
            of = {f"of_{name}": value for name, value in binding_columns(binding).items()}
            connection.execute(_DROP, of)

    def record(self, publication: Publication, row: Row | None = None) -> None:
        with self._begin(wait_for_disk=False) as connection:
            history.insert(connection, publication)
            if row is not None:
                _put(connection, [row])

    # -- intents ----------------------------------------------------------------------------

    def intents(self, portal: str, dataset: str) -> tuple[Intent, ...]:
        of = {"of_portal": portal, "of_dataset": dataset}
        with self._read() as connection:
            return tuple(_intent(r) for r in connection.execute(_UNFINISHED, of).mappings())

    def begin(self, intent: Intent) -> Intent:
        with self._begin() as connection:
            result = connection.execute(_BEGIN, _intent_columns(intent))
            key = result.inserted_primary_key
        if key is None:
            raise LedgerError("ledger_unusable", path=str(self._path), detail="no id")
        return replace(intent, id=int(key[0]))

    def amend(self, intent: Intent, *, wait_for_disk: bool = True) -> None:
        with self._begin(wait_for_disk=wait_for_disk) as connection:
            _amend(connection, intent)

    def abandon(self, intent: Intent) -> None:
        with self._begin() as connection:
            connection.execute(sa.delete(intents).where(intents.c.id == intent.id))

    def finish(self, intent: Intent, row: Row, publication: Publication | None = None) -> None:
        with self._begin(wait_for_disk=False) as connection:
            if publication is not None:
                history.insert(connection, publication)
            _amend(connection, replace(intent, state=IntentState.DONE))
            of = {f"of_{name}": value for name, value in binding_columns(row.binding).items()}
            sent = {
                "of_key": intent.binding.key,
                "of_judged_sha1": intent.judged.digest.sha1,
                "before_id": intent.id,
            }
            connection.execute(_CLOSE_FORMER, {**of, **sent, "state": IntentState.DONE.value})
            # The title is the newest one known: an older upload that arrives late gets it too.
            connection.execute(_RENAME_LATE, {**of, "title": row.title})
            _put(connection, [row])

    def last_sent(self, portal: str, dataset: str, name: str) -> datetime | None:
        of = {"of_portal": portal, "of_dataset": dataset, "of_name_slug": slug(name)}
        with self._read() as connection:
            found = connection.execute(_LAST_SENT, of).scalar()
        return datetime.fromisoformat(found) if isinstance(found, str) else found

    # -- notes ------------------------------------------------------------------------------

    def address(self, portal: str, address: str) -> str | None:
        query = sa.select(address_table.c.dataset).where(
            address_table.c.portal == portal, address_table.c.address == address
        )
        with self._read() as connection:
            return connection.execute(query).scalar()

    def note(self, portal: str, dataset: str) -> DatasetNote | None:
        of = {"of_portal": portal, "of_dataset": dataset}
        with self._read() as connection:
            found = connection.execute(_NOTE, of).mappings().first()
        return DatasetNote(**found) if found else None

    def put_note(self, note: DatasetNote, *, addresses: Collection[str] = ()) -> None:
        with self._begin(wait_for_disk=False) as connection:
            upsert(
                connection,
                datasets,
                {
                    "portal": note.portal,
                    "dataset": note.dataset,
                    "title": note.title,
                    "page": note.page,
                    "checked_at": note.checked_at,
                },
            )
            for address in addresses:
                values = {"portal": note.portal, "address": address, "dataset": note.dataset}
                upsert(connection, address_table, values)


# -- rows to values and back -----------------------------------------------------------------


def _row(*found: Any) -> Row:
    """From the columns in the order of the table."""
    title, link, state, reason, checked_at = found[5:10]
    published_at, version_id, pin, release = found[22:]
    return Row(
        binding=Binding(*found[:5]),
        title=title,
        link=link,
        state=Outcome(state),
        reason=Reason(reason["code"], reason["facts"]),
        checked_at=checked_at,
        judged=judged_of(*found[10:16]),
        published=judged_of(*found[16:22]),
        published_at=published_at,
        version_id=version_id,
        pin=pin_of(pin),
        release=release_of(release),
    )


def _row_columns(row: Row) -> dict[str, Any]:
    return {
        **binding_columns(row.binding),
        **judged_columns("judged", row.judged),
        **judged_columns("published", row.published),
        "title": row.title,
        "link": row.link,
        "state": row.state.value,
        "reason": {"code": row.reason.code, "facts": dict(row.reason.facts)},
        "checked_at": row.checked_at,
        "published_at": row.published_at,
        "version_id": row.version_id,
        "pin": pin_json(row.pin),
        "release": release_json(row.release),
    }


def _same(table: sa.Table, *names: str) -> list[sa.ColumnElement[bool]]:
    """Columns that are equal to the parameters of these names."""
    return [table.c[name] == sa.bindparam(f"of_{name}") for name in names]


# Made once: SQLAlchemy takes longer to put a statement together than to carry it out.
_ROWS = sa.select(bindings).where(*_same(bindings, "portal", "dataset"))
_NOTE = sa.select(datasets).where(*_same(datasets, "portal", "dataset"))
_UNFINISHED = (
    sa.select(intents)
    .where(*_same(intents, "portal", "dataset"), intents.c.state != IntentState.DONE.value)
    .order_by(intents.c.id)
)
_BEGIN = sa.insert(intents)
_AMEND = sa.update(intents).where(*_same(intents, "id"))
_CLOSE_FORMER = sa.update(intents).where(
    *_same(intents, "portal", "dataset", "key", "judged_sha1"),
    sa.or_(
        intents.c.resource == "",
        sa.and_(*_same(intents, "resource"), intents.c.state == IntentState.OPEN.value),
    ),
    intents.c.id < sa.bindparam("before_id"),
)
_RENAME_LATE = sa.update(intents).where(
    *_same(intents, "portal", "dataset", "resource"),
    intents.c.state == IntentState.EXPIRED.value,
)
_LAST_SENT = sa.select(
    sa.func.max(sa.func.coalesce(intents.c.sent_at, intents.c.started_at))
).where(*_same(intents, "portal", "dataset", "name_slug"))
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
            parameters = [
                {f"of_{name}": value for name, value in binding_columns(row.binding).items()}
                for row in concerned
            ]
            connection.execute(statement, parameters)
    connection.execute(_UPSERT, [_row_columns(row) for row in rows])


def _are_apart(rows: Sequence[Row]) -> bool:
    """No two of them are about one object or one resource, so that their order is nothing."""
    objects = {(row.binding.dataset, row.binding.source, row.binding.key) for row in rows}
    resources = [row.binding.resource for row in rows if row.binding.resource]
    return len(objects) == len(rows) and len(set(resources)) == len(resources)


def _intent_columns(intent: Intent) -> dict[str, Any]:
    return {
        **binding_columns(intent.binding),
        **judged_columns("judged", intent.judged),
        "filename": intent.filename,
        "name_slug": slug(intent.filename),
        "title": intent.title,
        "started_at": intent.started_at,
        "sent_at": intent.sent_at,
        "state": intent.state.value,
        "settle_from": intent.settle_from,
        "answered_sha1": intent.answered_sha1,
        "before": None if intent.before is None else list(intent.before),
        "version_id": intent.version_id,
        "cause": cause_json(intent.cause),
        "findings": reasons_json(intent.findings),
        "profile": intent.profile,
        "pin": pin_json(intent.pin),
    }


def _amend(connection: sa.Connection, intent: Intent) -> None:
    connection.execute(_AMEND, {**_intent_columns(intent), "of_id": intent.id})


def _intent(found: Mapping[Any, Any]) -> Intent:
    judged = judged_of(*(found[name] for name in NAMES["judged"]))
    if judged is None:
        raise LedgerError("ledger_unusable", path="intents", detail=f"intent {found['id']}")
    return Intent(
        id=found["id"],
        binding=Binding(**{name: found[name] for name in BINDING}),
        judged=judged,
        filename=found["filename"],
        title=found["title"],
        started_at=found["started_at"],
        sent_at=found["sent_at"],
        state=IntentState(found["state"]),
        settle_from=found["settle_from"],
        answered_sha1=found["answered_sha1"],
        before=None if found["before"] is None else tuple(found["before"]),
        version_id=found["version_id"],
        cause=cause_of(found["cause"]),
        findings=reasons_of(found["findings"]),
        profile=found["profile"],
        pin=pin_of(found["pin"]),
    )
