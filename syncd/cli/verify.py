"""`syncd verify [TARGET]`."""

from __future__ import annotations

from syncd import app
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.documents import put, sync_document
from syncd.cli.screen import Screen
from syncd.verification import verify
from syncd.wording import text


def run(*, target: str | None, patience: float, as_json: bool) -> int:
    started = session.begin()
    with app.edges(started, progress(), read_only=False) as edges:
        chosen = app.select(started, edges.ledger, None, target)
        report = verify(chosen.entries, edges, chosen.only, patience)
    if as_json:
        put(sync_document(report))
    elif not report.results:
        Screen().say(text("verify_nothing"))
    else:
        Screen().verified(report)
    return report.exit_code
