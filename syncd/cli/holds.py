"""`syncd holds`: from the ledger alone."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.selection import rows_of
from syncd.cli import session
from syncd.cli.output import history
from syncd.cli.output.json_documents import put
from syncd.core.records import Outcome
from syncd.core.results import OK


def run(*, as_json: bool) -> int:
    started = session.begin()
    manifest, found = started.manifest, []
    with bootstrap.ledger(started, read_only=True) as ledger:
        for entry in manifest.datasets:
            note = ledger.note(manifest.portal, selection.dataset_id(started, ledger, entry))
            title = note.title if note else entry.name
            rows = rows_of(
                entry, selection.rows(started, ledger, entry), selection.locations(started)
            )
            found += [history.Hold(title, row) for row in rows if row.state is Outcome.HELD]
    if as_json:
        put({"holds": [history.hold_document(hold) for hold in found]})
    else:
        history.show_holds(found)
    return OK
