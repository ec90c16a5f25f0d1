"""`syncd verify [TARGET]`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.verify import verify
from syncd.cli import session
from syncd.cli.output.json_documents import put, sync_document
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.text import text


def run(*, target: str | None, patience: float, as_json: bool) -> int:
    started = session.begin()
    with bootstrap.adapters(started, progress(), read_only=False) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target)
        report = verify(chosen.entries, adapters, chosen.only, patience)
    if as_json:
        put(sync_document(report))
    elif not report.results:
        Screen().say(text("verify_nothing"))
    else:
        Screen().verified(report)
    return report.exit_code
