"""`syncd plan`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncd.actions import selection
from syncd.actions import sync as runs
from syncd.actions.diff import of_plan
from syncd.actions.file_diff import FileDiff
from syncd.cli import session
from syncd.cli.output.counts import counted
from syncd.cli.output.diff_screen import diff_document
from syncd.cli.output.json_documents import plan_document, put
from syncd.cli.output.screen import Screen
from syncd.core import clock
from syncd.core.records import Outcome
from syncd.core.results import Report
from syncd.sync.context import RunOptions


def run(
    *,
    fast: bool,
    with_diff: bool,
    dataset: str | None,
    resource: str | None,
    patience: float | None,
    as_json: bool,
) -> int:
    started = session.begin()
    with session.world(started, read_only=True, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, dataset, resource)
        options = RunOptions(fast=fast, only=chosen.only, ask=True)
        plan = runs.plan(chosen.entries, started.manifest.datasets, adapters, options, clock.now())
        diffs = of_plan(plan, chosen.entries, adapters) if with_diff else []
    if as_json:
        put(_document(plan, diffs))
    else:
        screen = Screen()
        screen.plan(plan, diffs=diffs)
        for said in () if chosen.only else counted(chosen.entries, len(plan.results)):
            screen.say(said)
    return plan.exit_code


def _document(plan: Report, diffs: Sequence[FileDiff | None]) -> dict[str, Any]:
    document = plan_document(plan)
    planned = [
        diff
        for one, diff in zip(plan.results, diffs, strict=False)
        if one.outcome is not Outcome.FAILED
    ]
    for action, diff in zip(document["actions"], planned, strict=False):
        action["diff"] = diff_document(diff) if diff is not None else None
    return document
