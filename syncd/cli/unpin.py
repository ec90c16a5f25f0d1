"""`syncd unpin TARGET --by NAME [--note TEXT]`."""

from __future__ import annotations

from syncd.actions import selection
from syncd.actions.undo import UndoRequest, unpin
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.results import OK
from syncd.text import sentence


def run(*, target: str, by: str | None, note: str, patience: float | None) -> int:
    started = session.begin()
    cause = configuration.cause(started, "unpin", who(by, started.settings), note)
    with session.world(started, read_only=False, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target, acts=True)
        row = unpin(
            chosen.entries[0],
            UndoRequest(chosen.only, cause, None, session.for_a_lock(patience)),
            adapters,
            clock.now(),
        )
    Screen().say(sentence(row.reason))
    return OK
