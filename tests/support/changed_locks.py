"""Locks of replicas that are not as they should be, for runs that are forked (`Prefork(change)`).

Each is the name of a function here: it changes the process from which they are forked.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from importlib import import_module

import sqlalchemy as sa

from syncd.adapters.ledger import locks, tables
from syncd.core.fence import Hold
from syncd.core.reasons import Fact
from syncd.core.service_records import Fleet

SHORT = timedelta(seconds=6)


def short_lease() -> None:
    """The death of a holder is noticed after 6 s, in place of 20."""
    locks.LEASE = SHORT
    locks._BEAT = SHORT / 4
    locks._RENEW = locks._CHANGE.values(expires_at=locks._NOW + SHORT).returning(
        tables.locks.c.token
    )


def no_fence() -> None:
    """A control: whoever lost its lock does not ask, and goes on."""
    short_lease()
    locks.RowHold.confirm = lambda _hold: None  # type: ignore[method-assign]  # the control
    locks.LockRows.refuse_lost = lambda *_: None  # type: ignore[method-assign]  # the control


def no_locks() -> None:
    """A control: whoever asks for a lock has it, and nobody notices."""
    held: dict[str, int] = {}

    def take(
        self: locks.LockRows, portal: str, datasets: Collection[str], note: Mapping[str, Fact]
    ) -> tuple[str, Collection[str]]:
        del self, portal, note
        token = secrets.token_hex(16)
        held[token] = len(set(datasets))
        return token, frozenset(datasets)

    def renew(
        self: locks.LockRows, tokens: Collection[str], *, patient: bool = False
    ) -> Sequence[str]:
        del self, patient
        return [token for token in tokens for _ in range(held.get(token, 0))]

    def refuse_lost(self: locks.LockRows, connection: sa.Connection, holds: Sequence[Hold]) -> None:
        del self, connection, holds

    # Each one leads, and knows the manifest in force by what it says of itself.
    said = {"manifest": ""}

    def say(self: locks.LockRows, token: str, note: Mapping[str, Fact]) -> None:
        del self, token
        said["manifest"] = str(note.get("manifest") or said["manifest"])

    def fleet(self: locks.LockRows) -> Fleet:
        del self
        return Fleet((), is_led=False, manifest=said["manifest"])

    locks.LockRows.say = say  # type: ignore[method-assign]  # the control
    locks.LockRows.fleet = fleet  # type: ignore[method-assign]  # the control
    locks.LockRows.take = take  # type: ignore[method-assign]  # the control
    locks.LockRows.renew = renew  # type: ignore[method-assign]  # the control
    locks.LockRows.refuse_lost = refuse_lost  # type: ignore[method-assign]  # the control
    with suppress(ModuleNotFoundError):  # where there is a queue, it has locks of its own
        jobs = import_module("syncd.adapters.queue.jobs")
        jobs._lock = lambda job: f"{job.portal}/{job.dataset} of {os.getpid()}"  # type: ignore[attr-defined]  # the control
