"""The ledger's tables. Instants are stored as ISO 8601 text in UTC: exact, sortable, readable."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa


class Instant(sa.TypeDecorator[datetime]):
    """An aware datetime, kept as text of fixed width (microseconds, UTC) so that order is time."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(  # SQLAlchemy gives the dialect by position
        self, value: datetime | None, _dialect: object
    ) -> str | None:
        return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None

    def process_result_value(self, value: str | None, _dialect: object) -> datetime | None:
        return datetime.fromisoformat(value) if value else None


metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
)


def _binding() -> tuple[sa.Column[str], ...]:
    names = ("portal", "dataset", "resource", "source", "key")
    return tuple(sa.Column(name, sa.String, nullable=False) for name in names)


def _judged(prefix: str, *, nullable: bool) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column(f"{prefix}_key", sa.String, nullable=nullable),
        sa.Column(f"{prefix}_etag", sa.String, nullable=nullable),
        sa.Column(f"{prefix}_size", sa.BigInteger, nullable=nullable),  # as listed
        sa.Column(f"{prefix}_modified", Instant, nullable=nullable),
        sa.Column(f"{prefix}_sha1", sa.String(40), nullable=nullable),
        sa.Column(f"{prefix}_bytes", sa.BigInteger, nullable=nullable),  # as read
    )


bindings = sa.Table(
    "bindings",
    metadata,
    *_binding(),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.JSON, nullable=False),
    sa.Column("checked_at", Instant, nullable=False),
    *_judged("judged", nullable=True),
    *_judged("published", nullable=True),
    sa.Column("published_at", Instant),
    sa.Column("version_id", sa.String),
    sa.Column("pin", sa.JSON(none_as_null=True)),
    sa.Column("release", sa.JSON(none_as_null=True)),
    sa.PrimaryKeyConstraint("portal", "dataset", "resource", "source", "key"),
)

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_binding(),
    *_judged("judged", nullable=False),
    sa.Column("filename", sa.String, nullable=False),
    sa.Column("name_slug", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("settle_from", Instant),
    sa.Column("answered_sha1", sa.String(40)),
    sa.Column("before", sa.JSON(none_as_null=True)),
    sa.Column("version_id", sa.String),
    sa.Column("cause", sa.JSON(none_as_null=True)),
    sa.Column("findings", sa.JSON(none_as_null=True)),
    sa.Column("profile", sa.JSON(none_as_null=True)),
    sa.Column("pin", sa.JSON(none_as_null=True)),
    sa.Index("ix_intents_dataset_state", "portal", "dataset", "state"),
    sa.Index("ix_intents_dataset_name", "portal", "dataset", "name_slug"),
)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_binding(),
    *_judged("judged", nullable=False),
    sa.Column("version_id", sa.String),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("cause", sa.JSON, nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("answered_at", Instant),
    sa.Column("titled_at", Instant),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("profile", sa.JSON(none_as_null=True)),
    sa.Column("receipt", sa.JSON(none_as_null=True)),
    sa.Column("kept", sa.String(16), nullable=False),
    sa.Index("ix_publications_resource", "portal", "dataset", "resource"),
    sa.Index("ix_publications_sha1", "judged_sha1"),
)

# What is being looked into: a row that is left when nobody does so is a death.
readings = sa.Table(
    "readings",
    metadata,
    sa.Column("sha1", sa.String(40), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("begun", sa.Integer, nullable=False),  # how many times, without an end
    sa.Column("begun_at", Instant, nullable=False),
)

datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("page", sa.String, nullable=False),
    sa.Column("checked_at", Instant, nullable=False),
)

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
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("command", sa.String, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("summary", sa.JSON, nullable=False),
)

# -- what the service and its neighbours tell each other -----------------------------------------

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("succeeded_at", Instant),
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("next_at", Instant, nullable=False),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("taken_at", Instant),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.JSON, nullable=False),
    sa.Column("about", sa.JSON, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("told_at", Instant),
)

pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("portal", sa.String, primary_key=True),
    sa.Column("dataset", sa.String, primary_key=True),
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("since", Instant, nullable=False),
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("instance", sa.String, primary_key=True),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
