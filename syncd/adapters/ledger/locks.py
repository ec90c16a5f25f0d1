"""Locks between machines that share a ledger on PostgreSQL: a row for each dataset.

A row and not a session's advisory lock: that one strands behind a pooler that shares connections,
and stays for minutes when a cable is cut (docs/decisions/0070). Time is the server's alone.

Whoever has a lock renews it; a lock that was not renewed for `LEASE` is anybody's. Each taking
gives a new random token. As long as a row bears ours nobody else had it in between, however late we
are: renewing asks for nothing more. In a transaction the row is locked against those who would
take it (`refuse_lost`), so that what is written is written by the holder or not at all.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from syncd.adapters.ledger.columns import MAPPING
from syncd.adapters.ledger.tables import locks
from syncd.core.errors import LedgerError, LockLost
from syncd.core.fence import Hold
from syncd.core.reasons import Fact
from syncd.core.service_records import Fleet, Replica

log = structlog.get_logger("syncd.lock")

LEASE = timedelta(seconds=20)
# What else is taken in this way, beside datasets: in the place of the portal and of the dataset.
SERVICE = ""
LEAD = "lead"
PRESENT = "replica:"
_BEAT = LEASE / 4
# A service that could not reach the server for longer than its lease renews its row when it can.
_DEAD_AFTER = timedelta(days=1)


class Begin(Protocol):
    """A transaction; `patient`: where the server is away, it is waited for. `LedgerError`."""

    def __call__(self, *, patient: bool) -> AbstractContextManager[sa.Connection]: ...


_NOW: sa.Function[object] = sa.func.clock_timestamp()  # `now()` stands still in a transaction
_TOKENS: sa.BindParameter[Sequence[str]] = sa.bindparam("of_tokens", expanding=True)
_IN_ORDER = (locks.c.portal, locks.c.dataset)  # else two who lock several would wait crosswise

# The rows of ours, kept from others until the end of the transaction.
_OURS = (
    sa.select(locks.c.dataset)
    .where(locks.c.token.in_(_TOKENS))
    .order_by(*_IN_ORDER)
    .with_for_update(read=True)
)
_TO_CHANGE = (
    sa.select(*_IN_ORDER)
    .where(locks.c.token.in_(_TOKENS))
    .order_by(*_IN_ORDER)
    .with_for_update()
    .cte("to_change")
)
_CHANGE = sa.update(locks).where(
    locks.c.portal == _TO_CHANGE.c.portal, locks.c.dataset == _TO_CHANGE.c.dataset
)
_RENEW = _CHANGE.values(expires_at=_NOW + LEASE).returning(locks.c.token)
_FREE = _CHANGE.values(expires_at=_NOW, token="", holder={})  # nobody's name stays
_DROP = sa.delete(locks).where(locks.c.token.in_(_TOKENS))
_LAY_DOWN = _CHANGE.values(expires_at=_NOW, token="")  # who led last stays known
_SAY = _CHANGE.values(holder=sa.bindparam("note", type_=locks.c.holder.type))
_DROP_DEAD = sa.delete(locks).where(
    locks.c.portal == SERVICE, locks.c.dataset != LEAD, locks.c.expires_at <= _NOW - _DEAD_AFTER
)
_HOLDER = sa.select(locks.c.holder, locks.c.since).where(
    locks.c.portal == sa.bindparam("of_portal"),
    locks.c.dataset == sa.bindparam("of_dataset"),
    locks.c.expires_at > _NOW,
)
_LIVES = locks.c.expires_at > _NOW
_OF_SERVICES = (
    sa.select(locks.c.dataset, locks.c.holder, locks.c.since, _LIVES.label("lives"))
    .where(locks.c.portal == SERVICE, sa.or_(_LIVES, locks.c.dataset == LEAD))
    .order_by(locks.c.since)
)
_OF_DATASETS = (
    sa.select(locks.c.dataset, locks.c.holder)
    .where(locks.c.portal != SERVICE, _LIVES)
    .order_by(locks.c.since, *_IN_ORDER)
)


def _taking(
    portal: str, datasets: Collection[str], token: str, note: Mapping[str, Fact]
) -> sa.sql.dml.ReturningInsert[tuple[str]]:
    common = {"portal": portal, "token": token, "epoch": 1, "holder": dict(note)}
    rows = [
        {**common, "dataset": one, "since": _NOW, "expires_at": _NOW + LEASE}
        for one in sorted(set(datasets))
    ]
    new = insert(locks).values(rows)
    return new.on_conflict_do_update(
        index_elements=list(_IN_ORDER),
        set_={
            **{name: new.excluded[name] for name in ("token", "holder")},
            "since": _NOW,  # now, and not before a row was waited for
            "expires_at": _NOW + LEASE,
            "epoch": locks.c.epoch + 1,
        },
        where=locks.c.expires_at <= _NOW,
    ).returning(locks.c.dataset)


class LockRows:
    """The `Store` of `adapters.locks`. `begin`: a transaction on a connection of its own, so that
    a lock is renewed while a long one is under way; it raises `LedgerError`."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._renewing = _Renewing(self)

    def place(self, portal: str, dataset: str) -> LockRow:
        return LockRow(self, portal, dataset)

    @contextmanager
    def take_free(
        self, portal: str, datasets: Collection[str], note: Mapping[str, Fact]
    ) -> Iterator[tuple[Collection[str], Hold | None]]:
        """`LedgerError`."""
        token, taken = self.take(portal, datasets, note)
        if not taken:
            yield (), None
            return
        ours = tuple(dataset for dataset in datasets if dataset in taken)
        try:
            yield ours, RowHold(self, token, ours)
        finally:
            self.free(token)

    def take(
        self, portal: str, datasets: Collection[str], note: Mapping[str, Fact]
    ) -> tuple[str, Collection[str]]:
        """A token, and which of the datasets it has now. `LedgerError`."""
        if not datasets:
            return "", ()
        token = secrets.token_hex(16)
        # What was taken although the answer was lost expires.
        with self._begin(patient=False) as connection:
            found = connection.execute(_taking(portal, datasets, token, note))
            taken = frozenset(str(row.dataset) for row in found)
        if taken:
            self._renewing.add(token)
        return token, taken

    def holder(self, portal: str, dataset: str) -> Mapping[str, Fact] | None:
        with suppress(LedgerError), self._begin(patient=False) as connection:
            of = {"of_portal": portal, "of_dataset": dataset}
            found = connection.execute(_HOLDER, of).first()
            if found is not None:
                return {**MAPPING.loaded(found.holder), "since": found.since.isoformat()}
        return None

    def fleet(self) -> Fleet:
        """Those that live, the oldest first. `LedgerError`."""
        with self._begin(patient=False) as connection:
            rows = connection.execute(_OF_SERVICES).all()
        found = [(one, MAPPING.loaded(one.holder)) for one in rows]
        lead = next((one for one, _ in found if one.dataset == LEAD), None)
        led: Mapping[str, Fact] = next((holder for one, holder in found if one is lead), {})
        leader = led.get("id") if lead is not None and lead.lives else None
        manifest, version = str(led.get("manifest", "")), str(led.get("version", ""))
        return Fleet(
            replicas=tuple(
                Replica(
                    host=str(holder.get("host")),
                    pid=int(holder.get("pid", 0)),
                    version=str(holder.get("version")),
                    since=one.since,
                    leads=holder.get("id") == leader,
                    id=str(holder.get("id")),
                    manifest=str(holder.get("manifest", "")),
                    able=bool(holder.get("able")),
                    beside=int(holder["beside"]) if holder.get("beside") else None,
                    other_manifest=manifest not in {"", holder.get("manifest", manifest)},
                    other_version=version not in {"", holder.get("version")},
                )
                for one, holder in found
                if one.dataset != LEAD
            ),
            is_led=leader is not None,
            manifest=manifest,
            version=version,
        )

    def replicas(self) -> tuple[Replica, ...]:
        """Those of the fleet, with what each one works on. `LedgerError`."""
        with self._begin(patient=False) as connection:
            held = connection.execute(_OF_DATASETS).all()
        by_process: dict[tuple[Fact, Fact], list[str]] = {}
        for one in held:
            holder = MAPPING.loaded(one.holder)
            who = holder.get("host"), holder.get("pid")
            by_process.setdefault(who, []).append(one.dataset)
        return tuple(
            replace(one, works_on=tuple(by_process.get((one.host, one.pid), ())))
            for one in self.fleet().replicas
        )

    def renew(self, tokens: Collection[str], *, patient: bool = False) -> Sequence[str]:
        """The token of each dataset that is ours still, for a whole `LEASE` from now."""
        with self._begin(patient=patient) as connection:
            return connection.execute(_RENEW, {"of_tokens": list(tokens)}).scalars().all()

    def drop_dead(self) -> None:
        """Services that did not end well leave their rows. `LedgerError`."""
        with self._begin(patient=False) as connection:
            connection.execute(_DROP_DEAD)

    def say(self, token: str, note: Mapping[str, Fact]) -> None:
        """What others read of who holds it. `LedgerError`."""
        with self._begin(patient=False) as connection:
            connection.execute(_SAY, {"of_tokens": [token], "note": dict(note)})

    def free(self, token: str, how: sa.Delete | sa.Update = _FREE) -> None:
        """What cannot be freed now is free by itself after `LEASE`."""
        self._renewing.drop(token)
        try:
            with self._begin(patient=False) as connection:
                connection.execute(how, {"of_tokens": [token]})
        except LedgerError as error:
            log.warning("lock.not_freed", why=str(error), seconds=LEASE.total_seconds())

    def refuse_lost(self, connection: sa.Connection, holds: Sequence[Hold]) -> None:
        """`LockLost` where the transaction would write for a hold that is not ours any more. Until
        its end nobody takes those that are."""
        if not holds:
            return
        found = connection.execute(_OURS, {"of_tokens": [hold.token for hold in holds]}).all()
        if len(found) < sum(hold.count for hold in holds):
            raise lost(holds[-1])

    def close(self) -> None:
        self._renewing.end()


class LockRow:
    """The `Place` of `adapters.locks`."""

    def __init__(self, rows: LockRows, portal: str, dataset: str) -> None:
        self._rows = rows
        self._portal = portal
        self._dataset = dataset
        self.hold: RowHold | None = None

    def take(self, note: Mapping[str, Fact]) -> bool:
        token, taken = self._rows.take(self._portal, (self._dataset,), note)
        if taken:
            self.hold = RowHold(self._rows, token, (self._dataset,))
        return bool(taken)

    def holder(self) -> Mapping[str, Fact] | None:
        return self._rows.holder(self._portal, self._dataset)

    def leave(self) -> None:
        if self.hold is None:
            return
        if self._portal != SERVICE:
            self._rows.free(self.hold.token)
        else:
            self._rows.free(self.hold.token, _LAY_DOWN if self._dataset == LEAD else _DROP)

    def say(self, note: Mapping[str, Fact]) -> None:
        """`LedgerError`."""
        if self.hold is not None:
            self._rows.say(self.hold.token, note)


class RowHold:
    """The `Hold` of `core.fence`."""

    def __init__(self, rows: LockRows, token: str, datasets: Sequence[str]) -> None:
        self._rows = rows
        self._datasets = datasets
        self.token = token

    @property
    def count(self) -> int:
        return len(self._datasets)

    def confirm(self) -> None:
        # Being late is no harm: nobody else takes what cannot be reached.
        if len(self._rows.renew((self.token,), patient=True)) < self.count:
            raise lost(self)

    def __str__(self) -> str:
        return ", ".join(self._datasets)


def lost(hold: Hold) -> LockLost:
    return LockLost("lock_lost", dataset=str(hold))


class _Renewing:
    """One thread for all that is held, while there is any."""

    def __init__(self, rows: LockRows) -> None:
        self._rows = rows
        self._tokens: set[str] = set()
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, token: str) -> None:
        with self._changing:
            self._tokens.add(token)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="locks", daemon=True)
                self._thread.start()

    def drop(self, token: str) -> None:
        with self._changing:
            self._tokens.discard(token)

    def end(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(_BEAT.total_seconds()):
            with self._changing:
                tokens = tuple(self._tokens)
            if tokens:
                try:
                    self._rows.renew(tokens)
                except LedgerError as error:  # it is asked again, and before anything is written
                    log.warning("lock.not_renewed", why=str(error))
                except Exception:  # a fault of our own; the next time may be well
                    log.exception("lock.fault")
