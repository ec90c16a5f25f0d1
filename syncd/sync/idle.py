"""Datasets of which the listing and the ledger say all, some dozens looked at together.

The same steps as in `engine`, as far as they ask neither portal nor bytes, and for many datasets
at once: one reading of the ledger, one writing. In most rounds that is all there is to do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import structlog

from syncd.core.addresses import is_dataset_id
from syncd.core.errors import SyncdError
from syncd.core.ports import Adapters
from syncd.core.records import Memory, Row
from syncd.core.results import Result
from syncd.core.targets import DatasetEntry
from syncd.sync import apply, prepare
from syncd.sync.context import RunOptions
from syncd.sync.listing import Listing
from syncd.sync.prepare import Unfinished
from syncd.sync.results import results_as_before

log = structlog.get_logger("syncd.cycle")

TOGETHER = 64  # datasets: each is a lock, that is an open file


def look(
    entries: Sequence[DatasetEntry],
    listing: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> dict[str, list[Result]]:
    """The results of those datasets of which nothing is to be read or asked, recorded; by dataset,
    as the manifest has it.

    At most `TOGETHER`. The others are as they were: `engine.run_dataset` is for them, and says what
    is wrong where it was that.
    """
    if options.ask or options.check:
        return {}
    try:
        known = _identified(entries, adapters)
        with _alone(known, adapters, options) as ours:
            memories = adapters.ledger.memories(adapters.portal.url, ours)
            return _recorded(known, memories, listing, adapters, options, now)
    except SyncdError as error:
        log.debug("idle.not_looked", why=str(error))
        return {}
    except Exception:  # a fault of our own; each dataset may still have its own pass
        log.exception("idle.fault")
        return {}


def _identified(entries: Sequence[DatasetEntry], adapters: Adapters) -> dict[str, DatasetEntry]:
    """By the dataset's id, as far as it is known; of two for one dataset the first."""
    named = [entry.dataset for entry in entries if not is_dataset_id(entry.dataset)]
    ids = adapters.ledger.addresses(adapters.portal.url, named) if named else {}
    known: dict[str, DatasetEntry] = {}
    for entry in entries:
        identifier = ids.get(entry.dataset, entry.dataset)
        if is_dataset_id(identifier):
            known.setdefault(identifier, entry)
    return known


def _alone(
    datasets: Collection[str], adapters: Adapters, options: RunOptions
) -> AbstractContextManager[Collection[str]]:
    """As in `engine`; nobody is waited for."""
    if options.plan:
        return nullcontext(datasets)
    command = "run" if options.gives_way else options.cause.trigger
    return adapters.locks.hold_free(adapters.portal.url, datasets, command, options.cause.by)


def _recorded(
    known: Mapping[str, DatasetEntry],
    memories: Mapping[str, Memory],
    listing: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    as_before: list[str] = []
    rows: list[Row] = []
    for dataset, memory in memories.items():
        entry = known[dataset]
        context = prepare.recalled(entry, dataset, memory, listing, adapters, options, now)
        if prepare.someone_was_here(context) or context.check_due or context.portal_may_change:
            continue
        states = context.states()
        if prepare.portal_needed(context, states):
            continue
        if any(state.error is not None for state in states):
            continue
        results = results_as_before(context, states)
        if results is not None:
            as_before.append(dataset)
        else:
            changed, results = apply.unread(context, states, Unfinished())
            rows += changed
        found[entry.dataset] = results
    adapters.ledger.seen_again(adapters.portal.url, as_before, now)
    adapters.ledger.put(*rows)
    return found
