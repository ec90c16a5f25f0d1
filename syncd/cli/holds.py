"""`syncd holds`: from the ledger alone."""

from __future__ import annotations

from syncd import app
from syncd.cli import pages, session
from syncd.cli.documents import put
from syncd.model import Outcome
from syncd.report import OK
from syncd.selection import rows_of


def run(*, as_json: bool) -> int:
    started = session.begin()
    manifest, found = started.manifest, []
    with app.ledger(started, read_only=True) as ledger:
        for entry in manifest.datasets:
            note = ledger.note(manifest.portal, app.dataset_id(started, ledger, entry))
            title = note.title if note else entry.name
            rows = rows_of(entry, app.rows(started, ledger, entry), app.locations(started))
            found += [pages.Hold(title, row) for row in rows if row.state is Outcome.HELD]
    if as_json:
        put({"holds": [pages.hold_document(hold) for hold in found]})
    else:
        pages.show_holds(found)
    return OK
