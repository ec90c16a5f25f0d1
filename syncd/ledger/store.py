"""syncd's memory in a SQL database: the `Ledger` of `syncd.ports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.errors import LedgerError
from syncd.ledger.operations import Operations, upsert
from syncd.ledger.tables import addresses as address_table
from syncd.ledger.tables import bindings, datasets, intents
from syncd.model import (
    Binding,
    DatasetNote,
    Digest,
    Fingerprint,
    Intent,
    IntentState,
    Judged,
    Outcome,
    Reason,
    Row,
)
from syncd.names import slug


class SqlLedger(Operations):
    """`read_only` opens what is there and writes nothing; an absent ledger is then an empty one."""

    # -- bindings ---------------------------------------------------------------------------

    def rows(self, portal: str, dataset: str) -> tuple[Row, ...]:
        query = sa.select(bindings).where(
            bindings.c.portal == portal, bindings.c.dataset == dataset
        )
        with self._begin() as connection:
            return tuple(_row(r) for r in connection.execute(query).mappings())

    def put(self, *rows: Row) -> None:
        with self._begin() as connection:
            for row in rows:
                _put(connection, row)

    # -- intents ----------------------------------------------------------------------------

    def intents(self, portal: str, dataset: str) -> tuple[Intent, ...]:
        query = (
            sa.select(intents)
            .where(
                intents.c.portal == portal,
                intents.c.dataset == dataset,
                intents.c.state != IntentState.DONE.value,
            )
            .order_by(intents.c.id)
        )
        with self._begin() as connection:
            return tuple(_intent(r) for r in connection.execute(query).mappings())

    def begin(self, intent: Intent) -> Intent:
        with self._begin() as connection:
            result = connection.execute(sa.insert(intents).values(**_intent_columns(intent)))
            key = result.inserted_primary_key
        if key is None:
            raise LedgerError("ledger_unusable", path=str(self._path), detail="no id")
        return replace(intent, id=int(key[0]))

    def amend(self, intent: Intent) -> None:
        with self._begin() as connection:
            _amend(connection, intent)

    def abandon(self, intent: Intent) -> None:
        with self._begin() as connection:
            connection.execute(sa.delete(intents).where(intents.c.id == intent.id))

    def finish(self, intent: Intent, row: Row) -> None:
        with self._begin() as connection:
            _amend(connection, replace(intent, state=IntentState.DONE))
            connection.execute(
                sa.update(intents)
                .where(
                    intents.c.portal == row.binding.portal,
                    intents.c.dataset == row.binding.dataset,
                    intents.c.resource.in_(["", row.binding.resource]),
                    intents.c.key == intent.binding.key,
                    intents.c.judged_sha1 == intent.judged.digest.sha1,
                    intents.c.id < intent.id,
                )
                .values(state=IntentState.DONE.value)
            )
            # The title is the newest one known: an older upload that arrives late gets it too.
            connection.execute(
                sa.update(intents)
                .where(
                    intents.c.portal == row.binding.portal,
                    intents.c.dataset == row.binding.dataset,
                    intents.c.resource == row.binding.resource,
                    intents.c.state == IntentState.EXPIRED.value,
                )
                .values(title=row.title)
            )
            _put(connection, row)

    def last_sent(self, portal: str, dataset: str, name: str) -> datetime | None:
        query = sa.select(sa.func.max(sa.func.coalesce(intents.c.sent_at, intents.c.started_at)))
        query = query.where(
            intents.c.portal == portal,
            intents.c.dataset == dataset,
            intents.c.name_slug == slug(name),
        )
        with self._begin() as connection:
            found = connection.execute(query).scalar()
        return datetime.fromisoformat(found) if isinstance(found, str) else found

    # -- notes ------------------------------------------------------------------------------

    def address(self, portal: str, address: str) -> str | None:
        query = sa.select(address_table.c.dataset).where(
            address_table.c.portal == portal, address_table.c.address == address
        )
        with self._begin() as connection:
            return connection.execute(query).scalar()

    def note(self, portal: str, dataset: str) -> DatasetNote | None:
        query = sa.select(datasets).where(
            datasets.c.portal == portal, datasets.c.dataset == dataset
        )
        with self._begin() as connection:
            found = connection.execute(query).mappings().first()
        return DatasetNote(**found) if found else None

    def put_note(self, note: DatasetNote, *, addresses: Collection[str] = ()) -> None:
        with self._begin() as connection:
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

_BINDING = ("portal", "dataset", "resource", "source", "key")


def _binding_columns(binding: Binding) -> dict[str, Any]:
    return {name: getattr(binding, name) for name in _BINDING}


def _judged_columns(prefix: str, judged: Judged | None) -> dict[str, Any]:
    values: tuple[Any, ...] = (None,) * 6
    if judged is not None:
        seen, digest = judged.fingerprint, judged.digest
        values = (judged.key, seen.etag, seen.size, seen.modified, digest.sha1, digest.size)
    names = ("key", "etag", "size", "modified", "sha1", "bytes")
    return {f"{prefix}_{name}": value for name, value in zip(names, values, strict=True)}


def _judged(prefix: str, found: Mapping[Any, Any]) -> Judged | None:
    if found[f"{prefix}_sha1"] is None:
        return None
    fingerprint = Fingerprint(
        found[f"{prefix}_etag"], found[f"{prefix}_size"], found[f"{prefix}_modified"]
    )
    digest = Digest(found[f"{prefix}_sha1"], found[f"{prefix}_bytes"])
    return Judged(found[f"{prefix}_key"], fingerprint, digest)


def _row(found: Mapping[Any, Any]) -> Row:
    return Row(
        binding=Binding(**{name: found[name] for name in _BINDING}),
        title=found["title"],
        link=found["link"],
        state=Outcome(found["state"]),
        reason=Reason(found["reason"]["code"], found["reason"]["facts"]),
        checked_at=found["checked_at"],
        judged=_judged("judged", found),
        published=_judged("published", found),
        published_at=found["published_at"],
        version_id=found["version_id"],
    )


def _put(connection: sa.Connection, row: Row) -> None:
    _drop_unborn(connection, row.binding)
    if row.published is not None:
        _drop_former(connection, row.binding)
    values = {
        **_binding_columns(row.binding),
        **_judged_columns("judged", row.judged),
        **_judged_columns("published", row.published),
        "title": row.title,
        "link": row.link,
        "state": row.state.value,
        "reason": {"code": row.reason.code, "facts": dict(row.reason.facts)},
        "checked_at": row.checked_at,
        "published_at": row.published_at,
        "version_id": row.version_id,
    }
    upsert(connection, bindings, values)


def _drop_unborn(connection: sa.Connection, binding: Binding) -> None:
    if binding.resource:
        unborn = _binding_columns(replace(binding, resource=""))
        connection.execute(
            sa.delete(bindings).where(*(bindings.c[name] == v for name, v in unborn.items()))
        )


def _drop_former(connection: sa.Connection, binding: Binding) -> None:
    """Forget what fed this resource before: that it is online is no longer true.

    Else a mapping that is changed, and later changed back, would be taken for unchanged.
    """
    if binding.resource:
        connection.execute(
            sa.delete(bindings).where(
                bindings.c.portal == binding.portal,
                bindings.c.dataset == binding.dataset,
                bindings.c.resource == binding.resource,
                sa.or_(bindings.c.source != binding.source, bindings.c.key != binding.key),
            )
        )


def _intent_columns(intent: Intent) -> dict[str, Any]:
    return {
        **_binding_columns(intent.binding),
        **_judged_columns("judged", intent.judged),
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
    }


def _amend(connection: sa.Connection, intent: Intent) -> None:
    connection.execute(
        sa.update(intents).where(intents.c.id == intent.id).values(**_intent_columns(intent))
    )


def _intent(found: Mapping[Any, Any]) -> Intent:
    judged = _judged("judged", found)
    if judged is None:
        raise LedgerError("ledger_unusable", path="intents", detail=f"intent {found['id']}")
    return Intent(
        id=found["id"],
        binding=Binding(**{name: found[name] for name in _BINDING}),
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
    )
