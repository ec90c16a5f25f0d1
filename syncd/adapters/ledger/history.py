"""The ledger's history: what was online when, whose bytes are kept, who did what; one chain."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.adapters.ledger import declaration
from syncd.adapters.ledger.chain import Chain
from syncd.adapters.ledger.columns import PLAIN, expect_kinds_of_all, instant, instant_text
from syncd.adapters.ledger.operations import Operations
from syncd.adapters.ledger.reads import (
    IN_FORCE,
    NEWEST_IN_FORCE,
    OF_PAUSES,
    TOLD,
    event_of,
    first,
    inflated,
)
from syncd.adapters.ledger.records import PAUSES, PUBLICATIONS, Records
from syncd.adapters.ledger.tables import (
    bindings,
    fetch_on,
    intents,
    manifests,
    pauses,
    plans,
    publications,
    readings,
    requests,
    selecting,
    services,
)
from syncd.core.history_records import Event, LineKind
from syncd.core.records import Act, IntentState, Kept, KeptVersion, Publication
from syncd.core.service_records import Pause

_AT_ONCE = 500  # values in one statement; SQLite takes 999 from the oldest on


class History(Operations):
    # -- publications -----------------------------------------------------------------------

    def kept(self, portal: str, dataset: str, resource: str) -> tuple[KeptVersion, ...]:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            return tuple(_VERSIONS.read(row) for row in connection.execute(_KEPT, of))

    def came_online(
        self, portal: str, datasets: Collection[str], since: datetime
    ) -> dict[str, tuple[datetime, ...]]:
        of = {"of_portal": portal, "of_datasets": list(datasets), "since": since}
        with self._read() as connection:
            rows = connection.execute(_CAME_ONLINE, of).all()
            expect_kinds_of_all(_CAME_KINDS, rows)
        found: dict[str, list[datetime]] = {}
        for dataset, at in rows:
            found.setdefault(dataset, []).append(instant(at))
        return {dataset: tuple(instants) for dataset, instants in found.items()}

    def profiles(self, portal: str, dataset: str, resource: str, most: int) -> tuple[object, ...]:
        of = {"of_portal": portal, "of_dataset": dataset, "of_resource": resource}
        with self._read() as connection:
            found = connection.execute(_PROFILES, {**of, "most": most}).scalars()
            return tuple(PLAIN.loaded(one) for one in found)

    def forget_bytes(self, ids: Collection[int], event: Event) -> None:
        told = replace(event, facts={**event.facts, "publications": sorted(ids)})
        with self._chaining(wait_for_disk=event.kind is not LineKind.LET_GO) as (
            connection,
            chain,
        ):
            connection.execute(_FORGET, {"ids": list(ids), "kept": Kept.NOWHERE})
            add_event(chain, told)

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

    # -- events -----------------------------------------------------------------------------

    def append(self, event: Event) -> None:
        with self._chaining() as (_, chain):
            add_event(chain, event)

    def put_pauses(self, portal: str, current: Collection[Pause], now: datetime) -> None:
        known_ones = {(one.dataset, one.item): one.reason for one in self.pauses(portal)}
        if known_ones == {(one.dataset, one.item): one.reason for one in current}:
            return  # the usual case takes no writer's turn
        with self._chaining() as (connection, chain):
            of = {"portal": portal}
            found = [PAUSES.read(row) for row in fetch_on(connection)(OF_PAUSES, of)]
            known = {(pause.dataset, pause.item): pause for pause in found}
            wanted = {(pause.dataset, pause.item): pause for pause in current}
            connection.execute(sa.delete(pauses).where(pauses.c.portal == portal))
            for place, pause in wanted.items():
                former = known.get(place)
                same = former is not None and former.reason == pause.reason
                values = PAUSES.columns(former if former is not None and same else pause)
                connection.execute(sa.insert(pauses), {"portal": portal, **values})
                if not same:
                    add_event(chain, _pause_event(LineKind.PAUSED, portal, pause, now))
            for place, pause in known.items():
                if place not in wanted:
                    add_event(chain, _pause_event(LineKind.RESUMED, portal, pause, now))

    # -- a backup that was put back -----------------------------------------------------------

    def archived(self) -> dict[int, str]:
        """Publications whose bytes are in the archive -> their sha1."""
        query = sa.select(publications.c.id, publications.c.judged_sha1)
        with self._read() as connection:
            found = connection.execute(query.where(publications.c.kept == Kept.ARCHIVE))
            return {int(identifier): str(sha1) for identifier, sha1 in found}

    def restored(self, event: Event, made_at: datetime) -> None:
        """This ledger came out of the backup of that instant: no row is believed unseen, and what
        the service of that time was doing is over."""
        with self._chaining() as (connection, chain):
            add_event(chain, event)
            known = bindings.c.published_sha1.is_not(None)
            connection.execute(sa.update(bindings).where(known), {"restored": made_at})
            for table in (plans, readings, requests, services):
                connection.execute(sa.delete(table))

    # -- manifests --------------------------------------------------------------------------

    def manifest_in_force(self, portal: str) -> Event | None:
        with self._fetching() as fetch:
            found = first(fetch(IN_FORCE, {"portal": portal}))
            return event_of(found) if found is not None else None

    def put_manifest(self, text: bytes, event: Event) -> None:
        digest = str(event.facts["manifest"])
        with self._chaining() as (connection, chain):
            found = first(fetch_on(connection)(IN_FORCE, {"portal": event.portal}))
            if found is not None and event_of(found).facts["manifest"] == digest:
                return  # another process was faster
            known = sa.select(manifests.c.digest).where(manifests.c.digest == digest)
            if connection.execute(known).first() is None:
                values = {"digest": digest, "text": zlib.compress(text, 9)}
                connection.execute(sa.insert(manifests), values)
            add_event(chain, event)

    def newest_manifest(self) -> bytes | None:
        """The text of the one that came into force last, whichever its portal."""
        with self._read() as connection:
            found = first(fetch_on(connection)(NEWEST_IN_FORCE, {}))
            if found is None:
                return None
            digest = str(event_of(found).facts["manifest"])
            asked = sa.select(manifests.c.text).where(manifests.c.digest == digest)
            text = connection.execute(asked).scalar()
        return inflated(text) if text is not None else None

    # -- writing ----------------------------------------------------------------------------

    @contextmanager
    def _chaining(self, *, wait_for_disk: bool = True) -> Iterator[tuple[sa.Connection, Chain]]:
        """A transaction that adds to the chain: no other process comes between two of its lines."""
        with self._begin(wait_for_disk=wait_for_disk) as connection:
            chain = Chain(connection)
            yield connection, chain
        for one in chain.added:  # where the log is kept elsewhere, it is what can be held against
            history_log().info("history.line", line=one.line, kind=one.kind, hash=one.hash)


def history_log() -> Any:
    import structlog  # here: only what writes has anything to log

    return structlog.get_logger("syncd.history")


def insert(connection: sa.Connection, chain: Chain, publication: Publication) -> int:
    """The row, and its line in the chain."""
    result = connection.execute(_RECORD, PUBLICATIONS.columns(publication))
    key = result.inserted_primary_key
    if key is None:
        raise ValueError("no id")
    chain.add_publication(int(key[0]))
    return int(key[0])


def add_event(chain: Chain, event: Event) -> int:
    content = {name: getattr(event, name) for name in TOLD}
    content["facts"] = dict(event.facts)
    return chain.add(event.kind, instant_text(event.at), event.portal, content, by=event.by)


def _pause_event(kind: LineKind, portal: str, pause: Pause, now: datetime) -> Event:
    facts = {"why": pause.reason}
    return Event(kind, now, portal, pause.dataset, key=pause.item, facts=facts)


def _same(*names: str) -> list[sa.ColumnElement[bool]]:
    """Columns that are equal to the parameters of these names."""
    return [publications.c[name] == sa.bindparam(f"of_{name}") for name in names]


# Made once: SQLAlchemy takes longer to put a statement together than to carry it out.
_CAME_KINDS = declaration.publications.kinds(("dataset", "begun_at"))
_CAME_ONLINE = (
    sa.select(publications.c.dataset, publications.c.begun_at)
    .where(
        *_same("portal"),
        publications.c.dataset.in_(sa.bindparam("of_datasets", expanding=True)),
        publications.c.act.in_([Act.REPLACED, Act.CREATED]),
        publications.c.begun_at >= sa.bindparam("since"),
    )
    .order_by(publications.c.id)
)
_VERSIONS = Records(KeptVersion, declaration.publications)  # which are only read
_KEPT = (
    selecting(_VERSIONS)
    .where(
        *_same("portal", "dataset", "resource"),
        publications.c.kept != Kept.NOWHERE,
    )
    .order_by(publications.c.id)
)
_NEWEST = (
    sa.select(sa.func.max(publications.c.id))
    .where(
        *_same("portal", "dataset", "resource"),
        publications.c.profile.is_not(None),
        publications.c.act != Act.FOUND,
    )
    .group_by(publications.c.judged_sha1)
    .order_by(sa.func.max(publications.c.id).desc())
    .limit(sa.bindparam("most"))
)
_PROFILES = (
    sa.select(publications.c.profile)
    .where(publications.c.id.in_(_NEWEST))
    .order_by(publications.c.id.desc())
)
_FORGET = sa.update(publications).where(
    publications.c.id.in_(sa.bindparam("ids", expanding=True)),
)
_UNDER_WAY = sa.select(intents.c.judged_sha1).where(intents.c.state != IntentState.DONE)
_CLAIMS = (
    sa.select(
        publications.c.judged_sha1,
        sa.func.max(sa.case((publications.c.kept == Kept.ARCHIVE, 1), else_=0)),
    )
    .where(publications.c.judged_sha1.in_(sa.bindparam("sha1s", expanding=True)))
    .group_by(publications.c.judged_sha1)
)
_RECORD = sa.insert(publications)
