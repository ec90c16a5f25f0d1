"""One cycle: one pass over one dataset. This page is the story; each step has a room of its own.

list ─▶ map ─▶ first look ─▶ spool ─▶ second look ─▶ guards ─▶ publish ─▶ verify ─▶ record
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from syncd.core.errors import PortalError, SyncdError
from syncd.core.ports import Edges
from syncd.core.results import Planned, Result
from syncd.core.targets import DatasetEntry
from syncd.sync import apply, prepare
from syncd.sync.context import Case, Orders, Scene
from syncd.sync.evaluate import brake_on
from syncd.sync.listing import Survey
from syncd.sync.results import failed_plan, failed_results

log = structlog.get_logger("syncd.cycle")

Resurvey = Callable[[DatasetEntry], Survey]


def sync_dataset(
    entry: DatasetEntry,
    survey: Survey,
    edges: Edges,
    orders: Orders,
    now: datetime,
    resurvey: Resurvey,
) -> list[Result]:
    """Carry out one cycle. Never raises a `SyncdError`: trouble becomes results."""
    dataset = entry.dataset
    try:
        dataset = prepare.identify(entry, edges)
        with edges.locks.hold(edges.portal.url, dataset, orders.patience):
            scene = prepare.remember(entry, dataset, survey, edges, orders, now)
            if orders.check:
                scene = prepare.from_memory(scene)
            elif prepare.someone_was_here(scene):
                scene = replace(scene, survey=resurvey(entry))
            return _under_lock(scene)
    except SyncdError as error:
        tell = log.debug if error.told else log.warning
        tell("cycle.failed", dataset=dataset, why=str(error))
        return failed_results(entry, dataset, error, orders.only)
    except Exception as error:
        # A fault of our own must not stop the other datasets; it is as loud as any failure.
        log.exception("cycle.fault", dataset=dataset)
        fault = SyncdError("fault", detail=type(error).__name__)
        return failed_results(entry, dataset, fault, orders.only)


def _under_lock(scene: Scene) -> list[Result]:
    cases = scene.cases()
    with prepare.first_file(scene, cases) as prepared:
        return _through(prepared, cases)


def _through(scene: Scene, cases: Sequence[Case]) -> list[Result]:
    try:
        if prepare.portal_needed(scene, cases):
            scene = prepare.ask_portal(scene)
        scene, unfinished = prepare.finish_what_was_begun(scene)
    except PortalError as error:
        if scene.orders.check:
            raise  # nothing was learnt, and nothing is recorded
        return apply.without_portal(scene, error)
    cases = scene.cases()
    scene = scene.with_marks_of(cases)
    brake = brake_on(scene, cases)
    quiet, busy = apply.sort_out(scene, cases, unfinished)
    results = apply.settle_quietly(scene, quiet, unfinished)
    for case in busy:
        if scene.edges.stopping():
            break  # what is left is done after the next start
        result = apply.carry_out(scene, case, brake, unfinished)
        scene = scene.having_bound(result.resource)
        results.append(result)
    return [
        *apply.in_order(cases, [*quiet, *busy][: len(results)], results),
        *apply.orphans(scene, cases, unfinished),
    ]


def plan_dataset(
    entry: DatasetEntry, survey: Survey, edges: Edges, orders: Orders, now: datetime
) -> list[Planned]:
    """What `sync_dataset` would do. Writes nothing but temporary files, takes no lock."""
    dataset = entry.dataset
    try:
        dataset = prepare.identify(entry, edges)
        scene = prepare.remember(entry, dataset, survey, edges, orders, now)
        return _without_lock(scene)
    except SyncdError as error:
        return failed_plan(entry, dataset, error, orders.only)
    except Exception as error:
        log.exception("plan.fault", dataset=dataset)
        fault = SyncdError("fault", detail=type(error).__name__)
        return failed_plan(entry, dataset, fault, orders.only)


def _without_lock(scene: Scene) -> list[Planned]:
    cases = scene.cases()
    try:
        if prepare.portal_needed(scene, cases):
            scene = prepare.describe(scene)
    except PortalError as error:
        return apply.foresee_without_portal(scene, error)
    scene = scene.with_marks_of(cases)
    brake = None if scene.orders.fast else brake_on(scene, cases)
    foreseen = []
    for case in cases:
        planned = apply.foresee(scene, case, brake)
        scene = scene.having_bound(planned.resource)
        foreseen.append(planned)
    return foreseen
