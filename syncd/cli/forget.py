"""`syncd forget NAME --by NAME`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.forget import forget
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.writer import Writer
from syncd.core import clock
from syncd.core.results import OK
from syncd.text import text


def run(*, name: str, by: str | None) -> int:
    started = session.begin()
    person = who(by, started.settings)
    with bootstrap.ledger(started, read_only=False) as ledger:
        found = forget(ledger, name, person, clock.now())
    screen = Writer()
    screen.say(text("forgotten", pseudonym=found.pseudonym, count=found.lines))
    if found.left:
        screen.say(text("forgotten_left", count=found.left))
    return OK
