"""syncd's memory in a SQL database: the `Ledger` of `syncd.ports`.

SQLite runs in WAL mode with `synchronous=FULL`: what a method stored is on disk when it returns,
which is what "intent before upload" means (DESIGN §4).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL, make_url

from syncd.errors import LedgerError
from syncd.ledger import schema
from syncd.ledger.tables import addresses as address_table
from syncd.ledger.tables import bindings, cycles, datasets, intents
from syncd.model import (
    Binding,
    CycleNote,
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

BUSY_SECONDS = 30  # how long a writer waits for another process's short transaction


class SqlLedger:
    """`read_only` opens what is there and writes nothing; an absent ledger is then an empty one."""

    def __init__(self, url: str | None, state_dir: Path, *, read_only: bool = False) -> None:
        self._path = _file_of(make_url(url) if url else None, state_dir)
        self._read_only = read_only
        self._engine = self._open()
        try:
            self._prepare()
        except sa.exc.DatabaseError as error:
            raise self._error(error) from error

    def _open(self) -> sa.Engine:
        if not self._read_only:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LedgerError(
                    "state_dir_unusable", path=str(self._path.parent), detail=str(error.strerror)
                ) from error
            return sa.create_engine("sqlite://", creator=self._connect, poolclass=sa.pool.QueuePool)
        if not self._path.exists():
            return sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        return sa.create_engine("sqlite://", creator=self._connect_read_only)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _connect_read_only(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{self._read_only_mode()}",
            uri=True,
            timeout=BUSY_SECONDS,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _read_only_mode(self) -> str:
        """SQLite makes two files beside a WAL database even to read it, and takes them away only
        when it may write; where it may not make them, it reads only what nobody else writes."""
        if os.access(self._path.parent, os.W_OK) and os.access(self._path, os.W_OK):
            return "mode=rw"
        in_use = self._path.with_name(f"{self._path.name}-wal").exists()
        return "mode=ro" if in_use else "mode=ro&immutable=1"

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            if self._read_only and self._path.exists():
                found = schema.revision(connection)
                if found not in {schema.HEAD, None}:
                    raise LedgerError("ledger_other_version", found=found, known=schema.HEAD)
                if found is not None:
                    return
        if self._read_only:
            self._engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        with self._engine.begin() as connection:
            if not self._read_only:
                # Two syncd starting on a new ledger: the second waits here for the first.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            schema.upgrade(connection)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise self._error(error) from error
        except (ValueError, KeyError, TypeError) as error:  # what is stored is not what we store
            raise self._error(error) from error

    def _error(self, error: Exception) -> LedgerError:
        detail = str(getattr(error, "orig", None) or error)
        return LedgerError("ledger_unusable", path=str(self._path), detail=detail)

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
            _upsert(
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
                _upsert(connection, address_table, values)

    def put_cycle(self, cycle: CycleNote) -> None:
        with self._begin() as connection:
            connection.execute(
                sa.insert(cycles).values(
                    started_at=cycle.started_at,
                    ended_at=cycle.ended_at,
                    command=cycle.command,
                    exit_code=cycle.exit_code,
                    summary=dict(cycle.summary),
                )
            )

    def last_cycle(self) -> CycleNote | None:
        query = sa.select(cycles).order_by(cycles.c.id.desc()).limit(1)
        with self._begin() as connection:
            found = connection.execute(query).mappings().first()
        if found is None:
            return None
        return CycleNote(**{name: found[name] for name in found if name != "id"})


def _file_of(url: URL | None, state_dir: Path) -> Path:
    if url is None or not url.database:
        return state_dir / "ledger.sqlite"
    return Path(url.database)


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
    _upsert(connection, bindings, values)


def _upsert(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(**values)
    others = {name: statement.excluded[name] for name in values if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))


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
