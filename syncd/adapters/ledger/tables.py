"""The declared tables as SQLAlchemy has them, for what writes and for the migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from syncd.adapters.ledger.columns import BIGINT, BLOB, INTEGER, MAPPING, Kind
from syncd.adapters.ledger.declaration import TABLES, Table
from syncd.adapters.ledger.reads import Fetch
from syncd.adapters.ledger.records import Records

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
)


class Stored(UserDefinedType[Any]):
    """Stores a value as its kind does. What is read is left as the database has it: whoever reads
    loads it, by whichever way it came."""

    cache_ok = True

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def get_col_spec(self, **_options: object) -> str:
        return self.kind.sql

    def bind_processor(self, _dialect: sa.Dialect) -> Callable[[Any], str | None]:
        store = self.kind.store or str
        return lambda value: None if value is None else store(value)


_TYPES = {INTEGER: sa.Integer, BIGINT: sa.BigInteger, BLOB: sa.LargeBinary}


def _type(kind: Kind) -> sa.types.TypeEngine[Any]:
    if kind.load is not None:
        return Stored(kind)
    return _TYPES[kind]() if kind in _TYPES else sa.String(kind.length)


def _make(table: Table) -> None:
    columns = (
        sa.Column(
            one.name,
            _type(one.kind),
            primary_key=one.key,
            nullable=one.nullable,
            server_default=one.default,
        )
        for one in table.columns.values()
    )
    indices = (sa.Index(name, *columns) for name, columns in table.indices.items())
    sa.Table(table.name, metadata, *columns, *indices)


for _declared in TABLES.values():
    _make(_declared)
bindings = metadata.tables["bindings"]
intents = metadata.tables["intents"]
publications = metadata.tables["publications"]
history = metadata.tables["history"]
history_head = metadata.tables["history_head"]
manifests = metadata.tables["manifests"]
readings = metadata.tables["readings"]
datasets = metadata.tables["datasets"]
copies = metadata.tables["copies"]
addresses = metadata.tables["addresses"]
cycles = metadata.tables["cycles"]
runs = metadata.tables["runs"]
plans = metadata.tables["plans"]
requests = metadata.tables["requests"]
alerts = metadata.tables["alerts"]
pauses = metadata.tables["pauses"]
watched = metadata.tables["watched"]
unclaimed = metadata.tables["unclaimed"]
services = metadata.tables["services"]


def fetch_on(connection: sa.Connection) -> Fetch:
    def fetch(statement: str, of: Mapping[str, object]) -> Iterable[Sequence[Any]]:
        return connection.execute(_text(statement), of)

    return fetch


_text = cache(sa.text)


def selecting(records: Records[Any]) -> sa.Select[Any]:
    """Whose rows `records` reads."""
    return sa.select(*selected(records))


def selected(records: Records[Any]) -> tuple[sa.Column[Any], ...]:
    table = metadata.tables[records.table.name]
    return tuple(table.c[name] for name in records.names)


# Who works on which dataset (`adapters.ledger.locks`). Only where several machines share a ledger.
of_several = sa.MetaData()
locks = sa.Table(
    "locks",
    of_several,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False),  # of who has it, or had it last
    sa.Column("epoch", sa.Integer, nullable=False),  # how many have had it
    sa.Column("holder", Stored(MAPPING), nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),  # by the server's clock
    sa.Index("ix_locks_token", "token"),
)
# What became of the queue's jobs, until who leads has read it.
job_reports = sa.Table(
    "job_reports",
    of_several,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("job", sa.BigInteger, nullable=False),
    sa.Column("facts", Stored(MAPPING), nullable=False),
)
