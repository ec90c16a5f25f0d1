"""`syncd undo TARGET [--to N] --by NAME [--note TEXT]`."""

from __future__ import annotations

from syncd import app
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.documents import put, sync_document
from syncd.cli.person import who
from syncd.cli.screen import Screen
from syncd.undo import Wish, undo


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
    cause = app.cause(started, "undo", who(by, started.settings), note)
    with app.edges(started, progress(), read_only=False) as edges:
        chosen = app.select(started, edges.ledger, None, target)
        wish = Wish(chosen.only, cause, number, patience)
        report = undo(chosen.entries[0], wish, edges, app.now())
    if as_json:
        put(sync_document(report))
    else:
        Screen().sync(report)
    return report.exit_code
