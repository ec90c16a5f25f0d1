"""The ledger's page of publications: what was online when, and whose bytes are still kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from syncd.adapters.ledger.operations import Operations
from syncd.adapters.ledger.tables import PUBLICATIONS, intents, publications
from syncd.core.records import IntentState, Kept, Publication

_AT_ONCE = 500  # values in one statement; SQLite takes 999 from the oldest on


class History(Operations):
    def history(
        self, portal: str, dataset: str = "", resource: str = ""
    ) -> tuple[Publication, ...]:
        query = PUBLICATIONS.select.where(publications.c.portal == portal)
        if dataset:
            query = query.where(publications.c.dataset == dataset)
        if resource:
            query = query.where(publications.c.resource == resource)
        with self._read() as connection:
            found = connection.execute(query.order_by(publications.c.id))
            return tuple(PUBLICATIONS.read(row) for row in found)

    def kept(self, portal: str, dataset: str, resource: str) -> tuple[Publication, ...]:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            found = connection.execute(_KEPT, of)
            return tuple(PUBLICATIONS.read(row) for row in found)

    def profile(self, portal: str, dataset: str, resource: str, sha1: str) -> object:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            return connection.execute(_PROFILE, {**of, "of_judged_sha1": sha1}).scalar()

    def forget_bytes(self, ids: Collection[int]) -> None:
        with self._begin(wait_for_disk=False) as connection:
            connection.execute(_FORGET, {"ids": list(ids), "kept": Kept.NOWHERE})

    def claims(self, sha1s: Collection[str]) -> Mapping[str, bool]:
        found: dict[str, bool] = {}
        with self._read() as connection:
            # First what is under way: what ends meanwhile is among the publications then.
            needed = set(connection.execute(_UNDER_WAY).scalars()) & set(sha1s)
            ordered = sorted(sha1s)
            for start in range(0, len(ordered), _AT_ONCE):
                some = {"sha1s": ordered[start : start + _AT_ONCE]}
                found |= {sha1: bool(wanted) for sha1, wanted in connection.execute(_CLAIMS, some)}
        return {**found, **dict.fromkeys(needed, True)}


def _same(*names: str) -> list[sa.ColumnElement[bool]]:
    """Columns that are equal to the parameters of these names."""
    return [publications.c[name] == sa.bindparam(f"of_{name}") for name in names]


# Made once: SQLAlchemy takes longer to put a statement together than to carry it out.
_KEPT = PUBLICATIONS.select.where(
    *_same("portal", "dataset", "resource"),
    publications.c.kept != Kept.NOWHERE,
).order_by(publications.c.id)
_PROFILE = (
    sa.select(publications.c.profile)
    .where(
        *_same("portal", "dataset", "resource", "judged_sha1"), publications.c.profile.is_not(None)
    )
    .order_by(publications.c.id.desc())
    .limit(1)
)
_FORGET = sa.update(publications).where(
    publications.c.id.in_(sa.bindparam("ids", expanding=True)),
)
_UNDER_WAY = sa.select(intents.c.judged_sha1).where(intents.c.state != IntentState.DONE)
_CLAIMS = (
    sa.select(publications.c.judged_sha1, sa.func.max(publications.c.kept == Kept.ARCHIVE))
    .where(publications.c.judged_sha1.in_(sa.bindparam("sha1s", expanding=True)))
    .group_by(publications.c.judged_sha1)
)
_RECORD = sa.insert(publications)


def insert(connection: sa.Connection, publication: Publication) -> int:
    result = connection.execute(_RECORD, PUBLICATIONS.columns(publication))
    key = result.inserted_primary_key
    if key is None:
        raise ValueError("no id")
    return int(key[0])
