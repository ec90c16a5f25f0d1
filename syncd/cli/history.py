"""`syncd history [TARGET]`: from the ledger alone."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.history import history
from syncd.cli import session
from syncd.cli.output import history as output
from syncd.cli.output.json_documents import put
from syncd.core.errors import UsageError
from syncd.core.results import OK


def run(*, target: str | None, as_json: bool, as_csv: bool) -> int:
    if as_json and as_csv:
        raise UsageError("json_or_csv")
    started = session.begin()
    with bootstrap.ledger(started, read_only=True) as ledger:
        lines = history(started, ledger, target)
    if as_json:
        put({"publications": [output.line_document(line) for line in lines]})
    elif as_csv:
        output.put_csv(lines)
    else:
        output.show_history(lines)
    return OK
