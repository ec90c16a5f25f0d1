"""`syncd undo TARGET [--to N] [--dry-run] --by NAME [--note TEXT]`."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.actions import selection
from syncd.actions.undo import Step, UndoRequest, undo
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output import versions
from syncd.cli.output.json_documents import plan_document, put, sync_document
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.records import Outcome
from syncd.core.results import Report


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line."""

    target: str
    number: int | None
    dry_run: bool
    by: str | None
    note: str
    patience: float | None
    as_json: bool


def run(asked: Asked) -> int:
    started = session.begin()
    # A dry run does nothing that somebody must answer for.
    by = (asked.by or "") if asked.dry_run else who(asked.by, started.settings)
    cause = configuration.cause(started, "undo", by, asked.note)
    steps: list[Step] = []

    def tell(step: Step) -> None:
        steps.append(step)
        if not asked.as_json:
            versions.show_step(step)

    with session.world(started, read_only=asked.dry_run, patience=asked.patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, asked.target, acts=True)
        request = UndoRequest(chosen.only, cause, asked.number, session.for_a_lock(asked.patience))
        entry, now = chosen.entries[0], clock.now()
        report = undo(entry, request, adapters, now, plan=asked.dry_run, tell=tell)
    if asked.as_json:
        document = plan_document(report) if asked.dry_run else sync_document(report)
        put({**document, "undo": versions.step_document(steps[-1]) if steps else None})
    else:
        _show(report, steps, dry_run=asked.dry_run)
    return report.exit_code


def _show(report: Report, steps: list[Step], *, dry_run: bool) -> None:
    screen = Screen()
    if dry_run:
        screen.plan(report)
        return
    screen.sync(report)
    if steps and all(one.outcome is Outcome.PINNED for one in report.results):
        versions.show_undone(steps[-1])
