"""One pass over one dataset. This page is the story; each step has a room of its own.

prepare ─▶ decide ─▶ (bytes needed? fetch ─▶ evaluate) ─▶ stop, or publish ─▶ record

A plan is the same pass: it stops before anything is sent, and its ledger drops what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import structlog

from syncd.core.errors import LockHeld, PortalError, SyncdError
from syncd.core.ports import Adapters
from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.core.shortages import shortage_in
from syncd.core.targets import DatasetEntry
from syncd.sync import apply, decide, links, prepare
from syncd.sync.context import DatasetContext, RunOptions, TargetState
from syncd.sync.evaluate import brake_on
from syncd.sync.listing import Listing
from syncd.sync.prepare import Unfinished
from syncd.sync.results import failed_results

log = structlog.get_logger("syncd.cycle")

Relist = Callable[[DatasetEntry], Listing]


def run_dataset(
    entry: DatasetEntry,
    listing: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
    relist: Relist,
) -> list[Result]:
    """Carry out one pass. Trouble becomes results; `LockHeld` is raised where the run gives way."""
    dataset = entry.dataset
    try:
        dataset = prepare.identify(entry, adapters)
        with _alone(dataset, adapters, options):
            context = prepare.remember(entry, dataset, listing, adapters, options, now)
            if options.check:
                context = prepare.from_memory(context)
            elif prepare.someone_was_here(context):
                context = replace(context, listing=relist(entry))
            states = context.states()
            with prepare.first_file(context, states) as prepared:
                return _pass(prepared, states)
    except SyncdError as error:
        if isinstance(error, LockHeld) and options.gives_way:
            raise
        log_trouble = log.debug if error.already_reported or options.plan else log.warning
        log_trouble("cycle.failed", dataset=dataset, why=str(error))
        return failed_results(entry, dataset, error, options.only)
    except Exception as error:
        # A fault of our own must not stop the other datasets; it is as loud as any failure.
        log.exception("plan.fault" if options.plan else "cycle.fault", dataset=dataset)
        fault = shortage_in(error) or SyncdError("fault", detail=type(error).__name__)
        return failed_results(entry, dataset, fault, options.only)


@contextmanager
def _alone(dataset: str, adapters: Adapters, options: RunOptions) -> Iterator[None]:
    """Every other syncd is kept off the dataset; a plan keeps nobody off."""
    if options.plan:
        yield
        return
    command = "run" if options.gives_way else options.cause.trigger
    url, by = adapters.portal.url, options.cause.by
    with adapters.locks.hold(url, dataset, options.patience, command, by):
        yield


def _pass(context: DatasetContext, states: Sequence[TargetState]) -> list[Result]:
    unfinished = Unfinished()
    try:
        if prepare.portal_needed(context, states):
            context = prepare.ask_portal(context)
            rows = context.rows
            context, unfinished = prepare.finish_what_was_begun(context)
            states = states if context.rows is rows else context.states()
    except PortalError as error:
        if context.options.check:
            raise  # nothing was learnt, and nothing is recorded
        return apply.without_portal(context, states, error)
    context, states = context.with_destinations(states)
    braked = brake_on(context, states)
    quiet, busy = apply.sort_out(context, states, unfinished)
    unread = apply.record_unread(context, [states[at] for at in quiet], unfinished)
    results = dict(zip(quiet, unread, strict=True))
    for at in busy:
        if context.adapters.stopping():
            break  # what is left is done after the next start
        result = apply.carry_out(context, states[at], braked, unfinished)
        context = context.having_bound(result.resource)
        results[at] = result
    in_order = [results[at] for at in sorted(results)]  # the manifest's
    left = _sweep_copies(context, in_order)
    return [*_with_news(context, in_order, left), *apply.orphans(context, states, unfinished)]


def _sweep_copies(context: DatasetContext, results: Sequence[Result]) -> tuple[Reason, ...]:
    """Where the portal was asked, it is known where its links lead to."""
    if context.dataset is None or context.options.plan:
        return ()
    turned = {result.resource for result in results if result.outcome is Outcome.REPLACED}
    shown = {r.url for r in context.dataset.resources if r.id not in turned}
    failed = any(result.outcome is Outcome.FAILED for result in results)
    return links.sweep(context.id, shown, context.adapters, spare_young=failed)


def _with_news(
    context: DatasetContext, results: Sequence[Result], left: tuple[Reason, ...]
) -> list[Result]:
    """What there is to say of the dataset itself is said once, with its first target."""
    news = (*(decide.news_of_dataset(context.dataset) if context.dataset else ()), *left)
    return [
        replace(result, warnings=(*news, *result.warnings))
        if news and result is results[0]
        else result
        for result in results
    ]
