"""`syncd holds`: from the ledger alone."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.holds import holds
from syncd.cli import session
from syncd.cli.output import history
from syncd.cli.output.json_documents import put
from syncd.core.results import OK


def run(*, as_json: bool) -> int:
    started = session.begin()
    with bootstrap.ledger(started, read_only=True) as ledger:
        held = holds(started, ledger)
    if as_json:
        put({"holds": [history.hold_document(hold) for hold in held]})
    else:
        history.show_holds(held)
    return OK
