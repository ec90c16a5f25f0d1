"""One cycle: one pass over one dataset. This page is the story; each step has a room of its own.

list ─▶ map ─▶ first look ─▶ spool ─▶ second look ─▶ guards ─▶ publish ─▶ verify ─▶ record
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from syncd.core.errors import PortalError, SyncdError
from syncd.core.ports import Adapters
from syncd.core.results import Planned, Result
from syncd.core.targets import DatasetEntry
from syncd.sync import apply, prepare
from syncd.sync.context import DatasetContext, RunOptions, TargetState
from syncd.sync.evaluate import brake_on
from syncd.sync.listing import Listing
from syncd.sync.results import failed_plan, failed_results

log = structlog.get_logger("syncd.cycle")

Resurvey = Callable[[DatasetEntry], Listing]


def sync_dataset(
    entry: DatasetEntry,
    listing: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
    resurvey: Resurvey,
) -> list[Result]:
    """Carry out one cycle. Never raises a `SyncdError`: trouble becomes results."""
    dataset = entry.dataset
    try:
        dataset = prepare.identify(entry, adapters)
        with adapters.locks.hold(adapters.portal.url, dataset, options.patience):
            context = prepare.remember(entry, dataset, listing, adapters, options, now)
            if options.check:
                context = prepare.from_memory(context)
            elif prepare.someone_was_here(context):
                context = replace(context, listing=resurvey(entry))
            return _under_lock(context)
    except SyncdError as error:
        tell = log.debug if error.told else log.warning
        tell("cycle.failed", dataset=dataset, why=str(error))
        return failed_results(entry, dataset, error, options.only)
    except Exception as error:
        # A fault of our own must not stop the other datasets; it is as loud as any failure.
        log.exception("cycle.fault", dataset=dataset)
        fault = SyncdError("fault", detail=type(error).__name__)
        return failed_results(entry, dataset, fault, options.only)


def _under_lock(context: DatasetContext) -> list[Result]:
    cases = context.cases()
    with prepare.first_file(context, cases) as prepared:
        return _through(prepared, cases)


def _through(context: DatasetContext, cases: Sequence[TargetState]) -> list[Result]:
    try:
        if prepare.portal_needed(context, cases):
            context = prepare.ask_portal(context)
        context, unfinished = prepare.finish_what_was_begun(context)
    except PortalError as error:
        if context.options.check:
            raise  # nothing was learnt, and nothing is recorded
        return apply.without_portal(context, error)
    cases = context.cases()
    context = context.with_marks_of(cases)
    brake = brake_on(context, cases)
    quiet, busy = apply.sort_out(context, cases, unfinished)
    results = apply.settle_quietly(context, quiet, unfinished)
    for case in busy:
        if context.adapters.stopping():
            break  # what is left is done after the next start
        result = apply.carry_out(context, case, brake, unfinished)
        context = context.having_bound(result.resource)
        results.append(result)
    return [
        *apply.in_order(cases, [*quiet, *busy][: len(results)], results),
        *apply.orphans(context, cases, unfinished),
    ]


def plan_dataset(
    entry: DatasetEntry, listing: Listing, adapters: Adapters, options: RunOptions, now: datetime
) -> list[Planned]:
    """What `sync_dataset` would do. Writes nothing but temporary files, takes no lock."""
    dataset = entry.dataset
    try:
        dataset = prepare.identify(entry, adapters)
        context = prepare.remember(entry, dataset, listing, adapters, options, now)
        return _without_lock(context)
    except SyncdError as error:
        return failed_plan(entry, dataset, error, options.only)
    except Exception as error:
        log.exception("plan.fault", dataset=dataset)
        fault = SyncdError("fault", detail=type(error).__name__)
        return failed_plan(entry, dataset, fault, options.only)


def _without_lock(context: DatasetContext) -> list[Planned]:
    cases = context.cases()
    try:
        if prepare.portal_needed(context, cases):
            context = prepare.describe(context)
    except PortalError as error:
        return apply.foresee_without_portal(context, error)
    context = context.with_marks_of(cases)
    brake = None if context.options.fast else brake_on(context, cases)
    foreseen = []
    for case in cases:
        planned = apply.foresee(context, case, brake)
        context = context.having_bound(planned.resource)
        foreseen.append(planned)
    return foreseen
