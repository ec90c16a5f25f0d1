"""The ledger's page of publications: what was online when, and whose bytes are still kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from syncd.adapters.ledger.columns import (
    BINDING,
    NAMES,
    binding_columns,
    cause_json,
    cause_of,
    judged_columns,
    judged_of,
    reasons_json,
    reasons_of,
)
from syncd.adapters.ledger.operations import Operations
from syncd.adapters.ledger.tables import intents, publications
from syncd.core.errors import LedgerError
from syncd.core.records import Act, IntentState, Kept, Publication
from syncd.core.targets import Binding

_AT_ONCE = 500  # values in one statement; SQLite takes 999 from the oldest on


class History(Operations):
    def history(
        self, portal: str, dataset: str = "", resource: str = ""
    ) -> tuple[Publication, ...]:
        query = sa.select(publications).where(publications.c.portal == portal)
        if dataset:
            query = query.where(publications.c.dataset == dataset)
        if resource:
            query = query.where(publications.c.resource == resource)
        with self._read() as connection:
            found = connection.execute(query.order_by(publications.c.id)).mappings()
            return tuple(_publication(row) for row in found)

    def kept(self, portal: str, dataset: str, resource: str) -> tuple[Publication, ...]:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            found = connection.execute(_KEPT, of).mappings()
            return tuple(_publication(row) for row in found)

    def profile(self, portal: str, dataset: str, resource: str, sha1: str) -> object:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            return connection.execute(_PROFILE, {**of, "of_judged_sha1": sha1}).scalar()

    def forget_bytes(self, ids: Collection[int]) -> None:
        with self._begin(wait_for_disk=False) as connection:
            connection.execute(_FORGET, {"ids": list(ids), "kept": Kept.NOWHERE.value})

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
_KEPT = (
    sa.select(publications)
    .where(
        *_same("portal", "dataset", "resource"),
        publications.c.kept != Kept.NOWHERE.value,
    )
    .order_by(publications.c.id)
)
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
_UNDER_WAY = sa.select(intents.c.judged_sha1).where(intents.c.state != IntentState.DONE.value)
_CLAIMS = (
    sa.select(publications.c.judged_sha1, sa.func.max(publications.c.kept == Kept.ARCHIVE.value))
    .where(publications.c.judged_sha1.in_(sa.bindparam("sha1s", expanding=True)))
    .group_by(publications.c.judged_sha1)
)
_RECORD = sa.insert(publications)


def insert(connection: sa.Connection, publication: Publication) -> int:
    result = connection.execute(_RECORD, _columns(publication))
    key = result.inserted_primary_key
    if key is None:
        raise ValueError("no id")
    return int(key[0])


def _columns(publication: Publication) -> dict[str, Any]:
    return {
        **binding_columns(publication.binding),
        **judged_columns("judged", publication.judged),
        "version_id": publication.version_id,
        "title": publication.title,
        "link": publication.link,
        "act": publication.act.value,
        "cause": cause_json(publication.cause),
        "begun_at": publication.begun_at,
        "answered_at": publication.answered_at,
        "titled_at": publication.titled_at,
        "findings": reasons_json(publication.findings),
        "profile": publication.profile,
        "receipt": dict(publication.receipt) if publication.receipt is not None else None,
        "kept": publication.kept.value,
    }


def _publication(found: Mapping[Any, Any]) -> Publication:
    judged = judged_of(*(found[name] for name in NAMES["judged"]))
    if judged is None:
        raise LedgerError(
            "ledger_unusable", path="publications", detail=f"publication {found['id']}"
        )
    return Publication(
        id=found["id"],
        binding=Binding(**{name: found[name] for name in BINDING}),
        judged=judged,
        title=found["title"],
        link=found["link"],
        act=Act(found["act"]),
        cause=cause_of(found["cause"]),
        begun_at=found["begun_at"],
        answered_at=found["answered_at"],
        titled_at=found["titled_at"],
        version_id=found["version_id"],
        findings=reasons_of(found["findings"]),
        profile=found["profile"],
        receipt=found["receipt"],
        kept=Kept(found["kept"]),
    )
