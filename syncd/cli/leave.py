"""`syncd leave TARGET --by NAME [--note TEXT]`."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.actions import selection
from syncd.actions.undo import UndoRequest, leave
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.json_documents import put, sync_document
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line."""

    target: str
    by: str | None
    note: str
    patience: float | None
    as_json: bool


def run(asked: Asked) -> int:
    started = session.begin()
    cause = configuration.cause(started, "leave", who(asked.by, started.settings), asked.note)
    with session.world(started, read_only=False, patience=asked.patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, asked.target, acts=True)
        request = UndoRequest(chosen.only, cause, None, session.for_a_lock(asked.patience))
        report = leave(chosen.entries[0], request, adapters, clock.now())
    if asked.as_json:
        put(sync_document(report))
    else:
        Screen().sync(report)
    return report.exit_code
