"""The ledger's tables, declared once: names, columns, keys and indices, and the records they are.

Plain data, of which a look at the ledger makes its statements. `tables` makes SQLAlchemy's tables
of it, for whoever writes, and a test holds the migrations to those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from syncd.adapters.ledger.columns import (
    BINDING,
    BLOB,
    CAUSE,
    COUNTS,
    EDITS,
    FACTS,
    INSTANT,
    INTEGER,
    LOOSENED,
    MAPPING,
    NAMES,
    PIN,
    PLAIN,
    REASON,
    REASONS,
    RELEASE,
    TEXT,
    WORDS,
    Kind,
    enumerated,
    text_of,
    version_kinds,
)
from syncd.core.history_records import LineKind
from syncd.core.records import Act, IntentState, Kept, Outcome


class Column(NamedTuple):
    name: str
    kind: Kind
    key: bool = False  # part of the table's primary key
    nullable: bool = False
    default: str | None = None  # the database's, for rows from before there was this column


class Table:
    def __init__(
        self, name: str, *columns: Column, indices: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.name = name
        self.columns: Mapping[str, Column] = {column.name: column for column in columns}
        self.indices = indices or {}
        TABLES[name] = self

    @property
    def given(self) -> str | None:
        """The column whose value the database gives to a new row."""
        match [column for column in self.columns.values() if column.key]:
            case [key] if key.kind.plain is int:
                return key.name
        return None

    def selected(self, names: Iterable[str]) -> str:
        """As a SELECT names these columns. Quoted: some are words of SQL."""
        return ", ".join(f'{self.name}."{self.columns[name].name}"' for name in names)

    def kinds(self, names: Iterable[str]) -> tuple[Kind, ...]:
        return tuple(self.columns[name].kind for name in names)


TABLES: dict[str, Table] = {}


def _key(name: str, kind: Kind = TEXT) -> Column:
    return Column(name, kind, key=True)


def _maybe(name: str, kind: Kind, default: str | None = None) -> Column:
    return Column(name, kind, nullable=True, default=default)


def _added(name: str) -> Column:
    """A text that rows from before have as an empty one."""
    return Column(name, TEXT, default="")


def _version(field: str, *, nullable: bool = False) -> tuple[Column, ...]:
    kinds = version_kinds(field).items()
    return tuple(Column(name, kind, nullable=nullable) for name, kind in kinds)


_BINDING = tuple(Column(name, TEXT) for name in BINDING)

# The program that wrote here last: what an older one says when it refuses a ledger.
program = Table("program", _key("id", INTEGER), Column("version", TEXT))

bindings = Table(
    "bindings",
    *(_key(name) for name in BINDING),
    Column("title", TEXT),
    Column("link", TEXT),
    Column("state", enumerated(Outcome)),
    Column("reason", REASON),
    Column("checked_at", INSTANT),
    *_version("judged", nullable=True),
    *_version("published", nullable=True),
    _maybe("published_at", INSTANT),
    _maybe("version_id", TEXT),
    _maybe("pin", PIN),
    _maybe("release", RELEASE),
    _added("judged_content"),
    _added("published_content"),
    _added("written_title"),
    _added("file_url"),
    _maybe("restored", INSTANT),
    _added("address"),
)

intents = Table(
    "intents",
    _key("id", INTEGER),
    *_BINDING,
    *_version("judged"),
    Column("filename", TEXT),
    Column("name_slug", TEXT),
    Column("title", TEXT),
    Column("started_at", INSTANT),
    _maybe("sent_at", INSTANT),
    Column("state", enumerated(IntentState)),
    _maybe("settle_from", INSTANT),
    _maybe("answered_sha1", text_of(40)),
    _maybe("before", NAMES),
    _maybe("version_id", TEXT),
    _maybe("cause", CAUSE),
    _maybe("findings", REASONS),
    _maybe("profile", PLAIN),
    _maybe("pin", PIN),
    _maybe("lifted", REASONS, "[]"),
    _maybe("loosened", LOOSENED, "{}"),
    _added("written_title"),
    _maybe("edited", EDITS, "{}"),
    _added("address"),
    indices={
        "ix_intents_dataset_state": ("portal", "dataset", "state"),
        "ix_intents_dataset_name": ("portal", "dataset", "name_slug"),
    },
)

publications = Table(
    "publications",
    _key("id", INTEGER),
    *_BINDING,
    *_version("judged"),
    _maybe("version_id", TEXT),
    Column("title", TEXT),
    Column("link", TEXT),
    Column("act", enumerated(Act)),
    Column("cause", CAUSE),
    Column("begun_at", INSTANT),
    _maybe("answered_at", INSTANT),
    _maybe("titled_at", INSTANT),
    Column("findings", REASONS),
    _maybe("profile", PLAIN),
    _maybe("receipt", MAPPING),
    Column("kept", enumerated(Kept)),
    _maybe("lifted", REASONS, "[]"),
    _maybe("loosened", LOOSENED, "{}"),
    indices={
        "ix_publications_resource": ("portal", "dataset", "resource"),
        "ix_publications_sha1": ("judged_sha1",),
    },
)

# What syncd wrote into public buckets: nothing else is ever removed there.
copies = Table(
    "copies",
    _key("portal"),
    _key("dataset"),
    _key("place"),
    _key("key"),
    Column("address", TEXT),
    Column("written_at", INSTANT),
)

# The publications and what else happened, as a chain: `syncd.adapters.ledger.chain`.
history = Table(
    "history",
    _key("id", INTEGER),
    Column("at", INSTANT),
    Column("kind", enumerated(LineKind)),
    Column("portal", TEXT),
    _maybe("publication", INTEGER),
    Column("content", MAPPING),
    Column("former", text_of(64)),
    Column("hash", text_of(64)),
    _maybe("name", TEXT),  # whom `content` names by a commitment, or a pseudonym
    _maybe("salt", text_of(32)),  # of that commitment; erased with the name
    indices={"ix_history_kind": ("kind",), "ix_history_publication": ("publication",)},
)
history_head = Table(
    "history_head", _key("id", INTEGER), Column("count", INTEGER), Column("hash", text_of(64))
)
manifests = Table("manifests", _key("digest", text_of(64)), Column("text", BLOB))  # deflated

# What is being looked into: a row that is left when nobody does so is a death.
readings = Table(
    "readings",
    _key("sha1", text_of(40)),
    _key("name"),
    Column("begun", INTEGER),  # how many times, without an end
    Column("begun_at", INSTANT),
)

datasets = Table(
    "datasets",
    _key("portal"),
    _key("dataset"),
    Column("title", TEXT),
    Column("page", TEXT),
    Column("checked_at", INSTANT),
    _added("owner"),
    _added("owner_name"),
)
addresses = Table("addresses", _key("portal"), _key("address"), Column("dataset", TEXT))

cycles = Table(
    "cycles",
    _key("id", INTEGER),
    Column("started_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("command", TEXT),
    Column("exit_code", INTEGER),
    Column("summary", COUNTS),
)

# -- what the service and its neighbours tell each other -----------------------------------------

runs = Table(
    "runs",
    _key("portal"),
    _key("dataset"),
    Column("started_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("exit_code", INTEGER),
    _maybe("succeeded_at", INSTANT),
)
plans = Table("plans", _key("portal"), _key("dataset"), Column("next_at", INSTANT))
requests = Table(
    "requests",
    _key("id", INTEGER),
    Column("dataset", TEXT),
    Column("asked_at", INSTANT),
    _maybe("taken_at", INSTANT),
    Column("why", TEXT, default="request"),
)
alerts = Table(
    "alerts",
    _key("portal"),
    _key("dataset"),
    _key("item"),
    Column("state", text_of(16)),
    Column("reason", REASON),
    Column("about", WORDS),
    Column("since", INSTANT),
    _maybe("told_at", INSTANT),
)
pauses = Table(
    "pauses",
    _key("portal"),
    _key("dataset"),
    _key("item"),
    Column("reason", TEXT),
    Column("since", INSTANT),
)

# Since when a target's neighbours are looked at; and those that no target claims.
watched = Table(
    "watched",
    _key("portal"),
    _key("dataset"),
    _key("source"),
    _key("selector"),
    Column("since", INSTANT),
)
unclaimed = Table(
    "unclaimed",
    _key("portal"),
    _key("source"),
    _key("key"),
    Column("dataset", TEXT),
    Column("reason", REASON),
    Column("since", INSTANT),
)

services = Table(
    "services", _key("instance"), Column("started_at", INSTANT), Column("facts", FACTS)
)
