"""`syncd release TARGET --by NAME [--note TEXT]`."""

from __future__ import annotations

from syncd.actions import selection
from syncd.actions.release import release
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.json_documents import put, sync_document
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock


def run(*, target: str, by: str | None, note: str, patience: float | None, as_json: bool) -> int:
    started = session.begin()
    cause = configuration.cause(started, "release", who(by, started.settings), note)
    with session.world(started, read_only=False, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target, acts=True)
        everything = started.manifest.datasets
        report = release(
            chosen.entries[0],
            chosen.only,
            everything,
            adapters,
            cause,
            session.for_a_lock(patience),
            clock.now(),
        )
    if as_json:
        put(sync_document(report))
    else:
        Screen().sync(report)
    return report.exit_code
