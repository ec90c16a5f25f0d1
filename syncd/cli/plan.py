"""`syncd plan`."""

from __future__ import annotations

from syncd import app
from syncd import run as runs
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.documents import plan_document, put
from syncd.cli.screen import Screen
from syncd.scene import Orders


def run(*, fast: bool, dataset: str | None, resource: str | None, as_json: bool) -> int:
    started = session.begin()
    with app.edges(started, progress(), read_only=True) as edges:
        chosen = app.select(started, edges.ledger, dataset, resource)
        orders = Orders(fast=fast, only=chosen.only)
        plan = runs.plan(chosen.entries, started.manifest.datasets, edges, orders, app.now())
    if as_json:
        put(plan_document(plan))
    else:
        Screen().plan(plan)
    return plan.exit_code
