"""`syncd unpin TARGET --by NAME [--note TEXT]`."""

from __future__ import annotations

from syncd import app
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.person import who
from syncd.cli.screen import Screen
from syncd.report import OK
from syncd.undo import Wish, unpin
from syncd.wording import sentence


def run(*, target: str, by: str | None, note: str, patience: float) -> int:
    started = session.begin()
    cause = app.cause(started, "unpin", who(by, started.settings), note)
    with app.edges(started, progress(), read_only=False) as edges:
        chosen = app.select(started, edges.ledger, None, target)
        row = unpin(chosen.entries[0], Wish(chosen.only, cause, None, patience), edges, app.now())
    Screen().say(sentence(row.reason))
    return OK
