"""`syncd undo TARGET [--to N] --by NAME [--note TEXT]`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.undo import UndoRequest, undo
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.json_documents import put, sync_document
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock


def run(
    *,
    target: str,
    number: int | None,
    by: str | None,
    note: str,
    patience: float,
    as_json: bool,
) -> int:
    started = session.begin()
    cause = configuration.cause(started, "undo", who(by, started.settings), note)
    with bootstrap.adapters(started, progress(), read_only=False) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target)
        request = UndoRequest(chosen.only, cause, number, patience)
        report = undo(chosen.entries[0], request, adapters, clock.now())
    if as_json:
        put(sync_document(report))
    else:
        Screen().sync(report)
    return report.exit_code
