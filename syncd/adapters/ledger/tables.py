"""The ledger's tables, and the records that their rows are."""

from __future__ import annotations

import sqlalchemy as sa

from syncd.adapters.ledger.columns import (
    BINDING,
    CAUSE,
    COUNTS,
    EDITS,
    FACTS,
    INSTANT,
    LOOSENED,
    MAPPING,
    NAMES,
    PIN,
    PLAIN,
    REASON,
    REASONS,
    RELEASE,
    WORDS,
    enumerated,
    version_columns,
)
from syncd.adapters.ledger.records import Records
from syncd.core.history_records import LineKind
from syncd.core.records import (
    Act,
    CycleNote,
    DatasetNote,
    Intent,
    IntentState,
    Kept,
    Outcome,
    Publication,
    Row,
)
from syncd.core.service_records import (
    Alert,
    DatasetRun,
    Pause,
    Request,
    ServiceNote,
    Unclaimed,
)

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
)


def _binding() -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String, nullable=False) for name in BINDING)


# The program that wrote here last: what an older one says when it refuses a ledger.
program = sa.Table(
    "program",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.String, nullable=False),
)

bindings = sa.Table(
    "bindings",
    metadata,
    *_binding(),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
    sa.Column("state", enumerated(Outcome), nullable=False),
    sa.Column("reason", REASON, nullable=False),
    sa.Column("checked_at", INSTANT, nullable=False),
    *version_columns("judged", nullable=True),
    *version_columns("published", nullable=True),
    sa.Column("published_at", INSTANT),
    sa.Column("version_id", sa.String),
    sa.Column("pin", PIN),
    sa.Column("release", RELEASE),
    sa.Column("judged_content", sa.String, nullable=False, server_default=""),
    sa.Column("published_content", sa.String, nullable=False, server_default=""),
    sa.Column("written_title", sa.String, nullable=False, server_default=""),
    sa.Column("file_url", sa.String, nullable=False, server_default=""),
    sa.Column("restored", INSTANT),
    sa.PrimaryKeyConstraint(*BINDING),
)
ROWS = Records(Row, bindings)

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_binding(),
    *version_columns("judged", nullable=False),
    sa.Column("filename", sa.String, nullable=False),
    sa.Column("name_slug", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("started_at", INSTANT, nullable=False),
    sa.Column("sent_at", INSTANT),
    sa.Column("state", enumerated(IntentState), nullable=False),
    sa.Column("settle_from", INSTANT),
    sa.Column("answered_sha1", sa.String(40)),
    sa.Column("before", NAMES),
    sa.Column("version_id", sa.String),
    sa.Column("cause", CAUSE),
    sa.Column("findings", REASONS),
    sa.Column("profile", PLAIN),
    sa.Column("pin", PIN),
    sa.Column("lifted", REASONS, server_default="[]"),
    sa.Column("loosened", LOOSENED, server_default="{}"),
    sa.Column("written_title", sa.String, nullable=False, server_default=""),
    sa.Column("edited", EDITS, server_default="{}"),
    sa.Index("ix_intents_dataset_state", "portal", "dataset", "state"),
    sa.Index("ix_intents_dataset_name", "portal", "dataset", "name_slug"),
)
INTENTS = Records(Intent, intents)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_binding(),
    *version_columns("judged", nullable=False),
    sa.Column("version_id", sa.String),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
    sa.Column("act", enumerated(Act), nullable=False),
    sa.Column("cause", CAUSE, nullable=False),
    sa.Column("begun_at", INSTANT, nullable=False),
    sa.Column("answered_at", INSTANT),
    sa.Column("titled_at", INSTANT),
    sa.Column("findings", REASONS, nullable=False),
    sa.Column("profile", PLAIN),
    sa.Column("receipt", MAPPING),
    sa.Column("kept", enumerated(Kept), nullable=False),
    sa.Column("lifted", REASONS, server_default="[]"),
    sa.Column("loosened", LOOSENED, server_default="{}"),
    sa.Index("ix_publications_resource", "portal", "dataset", "resource"),
    sa.Index("ix_publications_sha1", "judged_sha1"),
)
PUBLICATIONS = Records(Publication, publications)

# The publications and what else happened, as a chain: `syncd.adapters.ledger.chain`.
history = sa.Table(
    "history",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("kind", enumerated(LineKind), nullable=False),
    sa.Column("portal", sa.String, nullable=False),
    sa.Column("publication", sa.Integer),
    sa.Column("content", MAPPING, nullable=False),
    sa.Column("former", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("name", sa.String),  # whom `content` names by a commitment, or a pseudonym
    sa.Column("salt", sa.String(32)),  # of that commitment; erased with the name
    sa.Index("ix_history_kind", "kind"),
    sa.Index("ix_history_publication", "publication"),
)
history_head = sa.Table(
    "history_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
manifests = sa.Table(
    "manifests",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("text", sa.LargeBinary, nullable=False),  # deflated
)

# What is being looked into: a row that is left when nobody does so is a death.
readings = sa.Table(
    "readings",
    metadata,
    sa.Column("sha1", sa.String(40), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("begun", sa.Integer, nullable=False),  # how many times, without an end
    sa.Column("begun_at", INSTANT, nullable=False),
)

datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("page", sa.String, nullable=False),
    sa.Column("checked_at", INSTANT, nullable=False),
    sa.Column("owner", sa.String, nullable=False, server_default=""),
    sa.Column("owner_name", sa.String, nullable=False, server_default=""),
)
NOTES = Records(DatasetNote, datasets)

addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("address", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, nullable=False),
)

cycles = sa.Table(
    "cycles",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("started_at", INSTANT, nullable=False),
    sa.Column("ended_at", INSTANT, nullable=False),
    sa.Column("command", sa.String, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("summary", COUNTS, nullable=False),
)
CYCLES = Records(CycleNote, cycles)

# -- what the service and its neighbours tell each other -----------------------------------------

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("started_at", INSTANT, nullable=False),
    sa.Column("ended_at", INSTANT, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("succeeded_at", INSTANT),
)
RUNS = Records(DatasetRun, runs)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("next_at", INSTANT, nullable=False),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("asked_at", INSTANT, nullable=False),
    sa.Column("taken_at", INSTANT),
)
REQUESTS = Records(Request, requests)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", REASON, nullable=False),
    sa.Column("about", WORDS, nullable=False),
    sa.Column("since", INSTANT, nullable=False),
    sa.Column("told_at", INSTANT),
)
ALERTS = Records(Alert, alerts)

pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("since", INSTANT, nullable=False),
)
PAUSES = Records(Pause, pauses)

# Since when a target's neighbours are looked at; and those that no target claims.
watched = sa.Table(
    "watched",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("selector", sa.String, primary_key=True),
    sa.Column("since", INSTANT, nullable=False),
)

unclaimed = sa.Table(
    "unclaimed",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("reason", REASON, nullable=False),
    sa.Column("since", INSTANT, nullable=False),
)
UNCLAIMED = Records(Unclaimed, unclaimed)

# Who works on which dataset (`adapters.ledger.locks`). Only where several machines share a ledger.
of_several = sa.MetaData()
locks = sa.Table(
    "locks",
    of_several,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False),  # of who has it, or had it last
    sa.Column("epoch", sa.Integer, nullable=False),  # how many have had it
    sa.Column("holder", MAPPING, nullable=False),
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
    sa.Column("facts", MAPPING, nullable=False),
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("instance", sa.String, primary_key=True),
    sa.Column("started_at", INSTANT, nullable=False),
    sa.Column("facts", FACTS, nullable=False),
)
SERVICES = Records(ServiceNote, services)
