"""A person answers a refusal of syncd's.

A held file goes online: exactly the bytes that were looked at, and no others. Or a resource that a
person removed is made again, which syncd never does by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from syncd.actions import seen, sync
from syncd.actions.selection import row_of, why_it_is
from syncd.core.errors import NotSoNow, UsageError
from syncd.core.history_records import LineKind
from syncd.core.objects import Digest
from syncd.core.ports import Adapters
from syncd.core.records import Cause, Outcome, Release, Row
from syncd.core.results import Report
from syncd.core.targets import DatasetEntry
from syncd.sync import history, pins, prepare
from syncd.sync.context import RunOptions

_WITHDRAWN = frozenset({"resource_withdrawn", "resource_withdrawn_each", "withdrawn_meanwhile"})


def release(
    entry: DatasetEntry,
    only: str,
    everything: Sequence[DatasetEntry],
    adapters: Adapters,
    cause: Cause,
    patience: float,
    now: datetime,
) -> Report:
    """Note the permission, then run a cycle for this target, which publishes or says why not.

    `only`: the TARGET as `selection.by_target` gave it. `UsageError` when it is not held, or its
    hold is answered otherwise. Should the cycle fail, a later one goes on with the permission.
    """
    options = permit(entry, only, adapters, cause, patience, now)
    return sync.sync([entry], everything, adapters, options, now, command="release")


def permit(
    entry: DatasetEntry,
    only: str,
    adapters: Adapters,
    cause: Cause,
    patience: float,
    now: datetime,
    shown: str | None = None,
) -> RunOptions:
    """Note the permission alone: whichever cycle comes by first publishes, and says whose it is.

    `shown`: what was looked at, as `seen.to_decide` names it; permitted twice, it is noted once.
    `Overtaken` where it is another one now. What is returned makes a cycle do just this.
    """
    dataset = prepare.identify(entry, adapters)
    with adapters.locks.hold(adapters.portal.url, dataset, patience, "release", cause.by):
        locations = adapters.locations
        row = row_of(entry, adapters.ledger.rows(adapters.portal.url, dataset), locations, only)
        seen.must_be(seen.to_decide(row), shown, row, only)
        if _was_withdrawn(row):
            _must_be_made_by_syncd(row, entry, locations, only)
            # Its file is a new one now, and is judged as such.
            adapters.ledger.drop(row.binding, history.of_row(LineKind.RELEASED, row, cause, now))
            return RunOptions(patience=patience, only=row.binding.key, cause=cause)
        digest = _must_be_releasable(row, only)
        if shown is None or not pins.is_released(row, digest):
            released = replace(row, release=Release(digest, cause.by, cause.note, now))
            adapters.ledger.keep(released, history.of_row(LineKind.RELEASED, row, cause, now))
        target = row.binding.resource or row.binding.key
        return RunOptions(patience=patience, only=target, release=digest, cause=cause)


def _was_withdrawn(row: Row) -> bool:
    return row.state is Outcome.REFUSED and row.reason.code in _WITHDRAWN


def _must_be_made_by_syncd(
    row: Row, entry: DatasetEntry, locations: Mapping[str, str], given: str
) -> None:
    """A resource that the manifest names is a person's: syncd cannot make one of that id."""
    resource = row.binding.resource
    for target in entry.targets:
        rule = target.rule
        if not target.feeds(row.binding, locations[target.source]):
            continue
        if rule.makes_many and resource not in rule.known.values():
            return
    raise UsageError("release_named", given=given, resource=resource)


def _must_be_releasable(row: Row, given: str) -> Digest:
    title = row.title or row.binding.key
    if row.state is not Outcome.HELD or row.judged is None:
        state, why = row.state.value, why_it_is(row)
        raise NotSoNow("not_held", why, title=title, given=given, state=state)
    if not pins.is_releasable(row):
        raise UsageError("hold_not_for_release", title=title, given=given)
    return row.judged.digest
