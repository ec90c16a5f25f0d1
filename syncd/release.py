"""A person lets one held file go online: exactly the bytes that were looked at, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from syncd import opening, pins, run
from syncd.errors import UsageError
from syncd.model import Cause, DatasetEntry, Digest, Outcome, Release, Row
from syncd.ports import Edges
from syncd.report import SyncReport
from syncd.scene import Orders
from syncd.selection import row_of


def release(
    entry: DatasetEntry,
    only: str,
    everything: Sequence[DatasetEntry],
    edges: Edges,
    cause: Cause,
    patience: float,
    now: datetime,
) -> SyncReport:
    """Note the permission, then run a cycle for this target, which publishes or says why not.

    `only`: the TARGET as `selection.by_target` gave it. `UsageError` when it is not held, or its
    hold is answered otherwise. Should the cycle fail, a later one goes on with the permission.
    """
    dataset = opening.identify(entry, edges)
    with edges.locks.hold(edges.portal.url, dataset, patience):
        locations = {name: str(source.location) for name, source in edges.sources.items()}
        row = row_of(entry, edges.ledger.rows(edges.portal.url, dataset), locations, only)
        digest = _must_be_releasable(row, only)
        edges.ledger.keep(replace(row, release=Release(digest, cause.by, cause.note, now)))
    target = row.binding.resource or row.binding.key
    orders = Orders(patience=patience, only=target, release=digest, cause=cause)
    return run.sync([entry], everything, edges, orders, now, command="release")


def _must_be_releasable(row: Row, given: str) -> Digest:
    title = row.title or row.binding.key
    if row.state is not Outcome.HELD or row.judged is None:
        raise UsageError("not_held", title=title, given=given, state=row.state.value)
    if not pins.is_releasable(row):
        raise UsageError("hold_not_for_release", title=title, given=given)
    return row.judged.digest
