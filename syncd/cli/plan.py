"""`syncd plan`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions import sync as runs
from syncd.cli import session
from syncd.cli.output.json_documents import plan_document, put
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.core import clock
from syncd.sync.context import RunOptions


def run(*, fast: bool, dataset: str | None, resource: str | None, as_json: bool) -> int:
    started = session.begin()
    with bootstrap.adapters(started, progress(), read_only=True) as adapters:
        chosen = selection.select(started, adapters.ledger, dataset, resource)
        options = RunOptions(fast=fast, only=chosen.only)
        plan = runs.plan(chosen.entries, started.manifest.datasets, adapters, options, clock.now())
    if as_json:
        put(plan_document(plan))
    else:
        Screen().plan(plan)
    return plan.exit_code
