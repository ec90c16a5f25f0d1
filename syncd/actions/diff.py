"""A held file, or one that the next cycle would publish, beside the one that is online.

The files are looked into by the limited process alone. Nothing is written but temporary files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime

from syncd.actions import obtaining, sync
from syncd.actions.file_diff import FileDiff
from syncd.actions.selection import Selection
from syncd.core.errors import SyncdError, UsageError
from syncd.core.ports import Adapters, ObjectSource, SpooledFile
from syncd.core.records import Outcome, Row
from syncd.core.results import Report, Result
from syncd.core.targets import DatasetEntry
from syncd.guards.comparison import Comparison
from syncd.sync import prepare
from syncd.sync.content import DEATHS
from syncd.sync.context import RunOptions

_SHOWN = frozenset({Outcome.REPLACED, Outcome.HELD})  # of a plan: there is something to decide


def diff(
    chosen: Selection,
    everything: Sequence[DatasetEntry],
    adapters: Adapters,
    by: Sequence[str],
    now: datetime,
) -> FileDiff:
    """Of the one TARGET. `by`: columns that identify a row; none = they are found.

    Trouble is raised: `UsageError`, and what the bucket, the portal, the disk or the reader has.
    """
    (entry,), only = chosen.entries, chosen.only
    try:
        row = obtaining.row_to_look_at(entry, only, adapters)
    except UsageError as error:
        if error.reason.code != "target_never_looked":
            raise
    else:
        if row.state is Outcome.HELD and row.judged is not None:
            return _compared(_of_row(row), obtaining.held(row, adapters, only), adapters, by)
    options = RunOptions(only=only, fast=True)
    (planned, *others) = sync.plan((entry,), everything, adapters, options, now).results
    if others:
        found = ", ".join(one.object for one in (planned, *others))
        raise UsageError("target_not_unique", given=only, found=found)
    named = _of_result(planned)
    if planned.outcome is Outcome.FAILED:
        return replace(named, trouble=planned.told)
    return _compared(named, _newest((entry,), planned, adapters), adapters, by)


def of_holds(rows: Sequence[Row], adapters: Adapters) -> list[FileDiff]:
    """Of each, in their order; what goes wrong with one is its `trouble`."""
    return [
        _or_trouble(_of_row(row), obtaining.held(row, adapters, row.binding.key), adapters)
        for row in rows
    ]


def of_plan(
    plan: Report, entries: Sequence[DatasetEntry], adapters: Adapters
) -> list[FileDiff | None]:
    """Of each result, in their order; None where no other file would go online, or is held."""
    return [
        _or_trouble(_of_result(one), _newest(entries, one, adapters), adapters)
        if one.outcome in _SHOWN and one.resource
        else None
        for one in plan.results
    ]


def _of_row(row: Row) -> FileDiff:
    key = row.judged.key if row.judged is not None else row.binding.key
    return FileDiff(row.binding.dataset, row.binding.resource, row.title or key, key, True)


def _of_result(one: Result) -> FileDiff:
    held = one.outcome is Outcome.HELD
    return FileDiff(one.dataset, one.resource or "", one.title or one.object, one.object, held)


@contextmanager
def _newest(
    entries: Sequence[DatasetEntry], planned: Result, adapters: Adapters
) -> Iterator[SpooledFile]:
    """What the bucket has now under the key that the plan found."""
    key = planned.object
    source = _source(entries, planned, adapters)
    version = source.stat(key) if source is not None else None
    if source is None or version is None:
        raise UsageError("diff_no_object", key=key)
    with (
        adapters.progress.transfer(key, "fetch", version.fingerprint.size) as bar,
        adapters.spool.fetch(source, version, bar) as file,
    ):
        yield file


def _source(
    entries: Sequence[DatasetEntry], planned: Result, adapters: Adapters
) -> ObjectSource | None:
    for entry in entries:
        if planned.dataset not in {entry.dataset, prepare.identify(entry, adapters)}:
            continue
        for target in entry.active:
            claims = target.rule.text == planned.object or target.rule.matches(planned.object)
            if claims and target.resource in {None, planned.resource}:
                return adapters.sources[target.source]
    return None


def _or_trouble(
    named: FileDiff, opened: AbstractContextManager[SpooledFile], adapters: Adapters
) -> FileDiff:
    try:
        return _compared(named, opened, adapters, ())
    except SyncdError as error:
        return replace(named, trouble=error.reason)


def _compared(
    named: FileDiff,
    opened: AbstractContextManager[SpooledFile],
    adapters: Adapters,
    by: Sequence[str],
) -> FileDiff:
    online = obtaining.resource_online(named.dataset, named.resource, adapters, named.object)
    with opened as new:
        if online.holds(new.digest):
            return replace(named, before=new.digest, after=new.digest)
        with obtaining.online(online, adapters) as old:
            named = replace(named, before=old.digest, after=new.digest)
            if _is_deadly(old, online.made_title, adapters) or _is_deadly(
                new, named.object, adapters
            ):
                return replace(named, found=Comparison(not_further="limits"))
            said = adapters.reader.compare(old, online.made_title, new, named.object, by)
    return replace(named, found=Comparison.from_json(json.loads(said)))


def _is_deadly(file: SpooledFile, name: str, adapters: Adapters) -> bool:
    """Whether too many processes did not survive a look into it."""
    return adapters.ledger.deaths(file.digest.sha1, name) >= DEATHS
