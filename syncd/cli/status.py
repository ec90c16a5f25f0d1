"""`syncd status`: from the ledger alone."""

from __future__ import annotations

from syncd import app
from syncd.cli import session
from syncd.cli.documents import put, status_document
from syncd.cli.screen import Screen
from syncd.daemon.presence import is_anyone_there
from syncd.report import OK
from syncd.status import Status, status_of


def run(*, as_json: bool) -> int:
    started, broken = session.begin_beside_service()
    manifest, targets = started.manifest, []
    locations = {name: str(source.location) for name, source in manifest.sources.items()}
    with app.ledger(started, read_only=True) as ledger:
        alive = is_anyone_there(started.settings.state_dir)
        plans = ledger.plans(manifest.portal) if alive else {}
        pauses = ledger.pauses(manifest.portal)
        for entry in manifest.datasets:
            dataset = app.dataset_id(started, ledger, entry)
            note = ledger.note(manifest.portal, dataset)
            title = note.title if note else entry.name
            rows = ledger.rows(manifest.portal, dataset)
            targets += status_of(
                entry,
                title,
                dataset,
                rows,
                locations,
                app.now(),
                manifest.timezone,
                plans.get(entry.dataset),
                pauses,
                note.page if note else "",
            )
        services = ledger.services() if alive else ()
        newest = max(services, key=lambda note: str(note.facts["seen_at"]), default=None)
        status = Status(tuple(targets), ledger.last_cycle(), newest)
    if as_json:
        put(status_document(status))
    else:
        Screen().status(status)
    if broken is not None:
        raise broken
    return OK
