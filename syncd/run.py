"""One run over many datasets: one survey, then one cycle each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from syncd.cycle import plan_dataset, sync_dataset
from syncd.errors import LedgerError, UsageError
from syncd.model import CycleNote, DatasetEntry, Target
from syncd.ports import Edges
from syncd.report import Plan, SyncReport
from syncd.scene import Orders
from syncd.survey import Survey, survey

log = structlog.get_logger("syncd.run")


def _targets(entries: Sequence[DatasetEntry]) -> list[Target]:
    return [target for entry in entries for target in entry.targets]


def sync(
    wanted: Sequence[DatasetEntry],
    everything: Sequence[DatasetEntry],
    edges: Edges,
    orders: Orders,
    now: datetime,
) -> SyncReport:
    """Carry out a cycle for each wanted dataset, and note the run in the ledger.

    `everything`: the whole manifest, whose objects are not unmapped.
    """

    def look(entries: Sequence[DatasetEntry]) -> Survey:
        return survey(_targets(entries), _targets(everything), edges.sources, edges.clock())

    seen = look(wanted)
    results = []
    for entry in wanted:
        with structlog.contextvars.bound_contextvars(dataset=entry.dataset):
            done = sync_dataset(entry, seen, edges, orders, now, lambda e: look([e]))
            results += done
            log.info("cycle.done", outcomes=SyncReport(tuple(done), ()).summary)
    report = SyncReport(tuple(results), seen.unmapped)
    if orders.only and not results:
        raise UsageError("no_such_target", given=orders.only)
    note = CycleNote(now, edges.clock(), "sync", report.exit_code, report.summary)
    try:
        edges.ledger.put_cycle(note)
    except LedgerError as error:  # what was done is told all the same
        log.warning("run.not_noted", why=str(error))
    return report


def plan(
    wanted: Sequence[DatasetEntry],
    everything: Sequence[DatasetEntry],
    edges: Edges,
    orders: Orders,
    now: datetime,
) -> Plan:
    """What `sync` would do. Writes nothing but temporary files."""
    seen = survey(_targets(wanted), _targets(everything), edges.sources, now)
    actions = []
    for entry in wanted:
        actions += plan_dataset(entry, seen, edges, orders, now)
    if orders.only and not actions:
        raise UsageError("no_such_target", given=orders.only)
    return Plan(tuple(actions), seen.unmapped)
