"""The ledger's page of publications: what was online when, and whose bytes are still kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from syncd.errors import LedgerError
from syncd.ledger.columns import (
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
from syncd.ledger.operations import Operations
from syncd.ledger.tables import intents, publications
from syncd.model import Act, Binding, IntentState, Kept, Publication


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

    def kept_of(self, portal: str, dataset: str, resource: str) -> tuple[Publication, ...]:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            return tuple(_publication(row) for row in connection.execute(_KEPT, of).mappings())

    def profile(self, portal: str, dataset: str, resource: str, sha1: str) -> object:
        query = (
            sa.select(publications.c.profile)
            .where(
                publications.c.portal == portal,
                publications.c.dataset == dataset,
                publications.c.resource == resource,
                publications.c.judged_sha1 == sha1,
                publications.c.profile.is_not(None),
            )
            .order_by(publications.c.id.desc())
            .limit(1)
        )
        with self._read() as connection:
            return connection.execute(query).scalar()

    def forget_bytes(self, ids: Collection[int]) -> None:
        with self._begin() as connection:
            connection.execute(
                sa.update(publications)
                .where(publications.c.id.in_(list(ids)))
                .values(kept=Kept.NOWHERE.value)
            )

    def claims(self, of: Collection[str] = ()) -> Mapping[str, bool]:
        kept = sa.select(
            publications.c.judged_sha1,
            sa.func.max(publications.c.kept == Kept.ARCHIVE.value),
        ).group_by(publications.c.judged_sha1)
        under_way = sa.select(intents.c.judged_sha1).where(
            intents.c.state != IntentState.DONE.value
        )
        if of:
            kept = kept.where(publications.c.judged_sha1.in_(list(of)))
            under_way = under_way.where(intents.c.judged_sha1.in_(list(of)))
        with self._read() as connection:
            # First what is under way: what ends between the two is among the publications then.
            busy = dict.fromkeys(connection.execute(under_way).scalars(), True)
            return {**{sha1: bool(wanted) for sha1, wanted in connection.execute(kept)}, **busy}


_OF = tuple(
    publications.c[name] == sa.bindparam(f"of_{name}") for name in ("portal", "dataset", "resource")
)
# Those whose bytes can be had, and the first of all: a resource has few, however long its history.
_KEPT = (
    sa.select(publications)
    .where(
        *_OF,
        sa.or_(
            publications.c.kept != Kept.NOWHERE.value,
            publications.c.id
            == sa.select(sa.func.min(publications.c.id)).where(*_OF).scalar_subquery(),
        ),
    )
    .order_by(publications.c.id)
)


def insert(connection: sa.Connection, publication: Publication) -> int:
    result = connection.execute(sa.insert(publications).values(**_columns(publication)))
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
