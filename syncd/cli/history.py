"""`syncd history [TARGET]`: from the ledger alone."""

from __future__ import annotations

from syncd import app
from syncd.cli import pages, session
from syncd.cli.documents import put
from syncd.errors import UsageError
from syncd.model import Publication
from syncd.report import OK
from syncd.selection import row_of


def run(*, target: str | None, as_json: bool, as_csv: bool) -> int:
    if as_json and as_csv:
        raise UsageError("json_or_csv")
    started = session.begin()
    lines = _lines(started, target)
    if as_json:
        put({"publications": [pages.line_document(line) for line in lines]})
    elif as_csv:
        pages.put_csv(lines)
    else:
        pages.show_history(lines)
    return OK


def _lines(started: app.App, target: str | None) -> tuple[Publication, ...]:
    portal = started.manifest.portal
    with app.ledger(started, read_only=True) as ledger:
        if target is None:
            return ledger.history(portal)
        chosen = app.select(started, ledger, None, target)
        entry = chosen.entries[0]
        found = app.rows(started, ledger, entry)
        row = row_of(entry, found, app.locations(started), chosen.only)
        return ledger.history(portal, row.binding.dataset, row.binding.resource)
