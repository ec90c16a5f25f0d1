"""`syncd status`: from the ledger alone."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.status import Status, status_of
from syncd.cli import session
from syncd.cli.output.json_documents import put, status_document
from syncd.cli.output.screen import Screen
from syncd.core import clock
from syncd.core.results import OK
from syncd.service.instance_lock import is_anyone_there


def run(*, as_json: bool) -> int:
    started, broken = session.begin_beside_service()
    manifest, targets = started.manifest, []
    locations = {name: str(source.location) for name, source in manifest.sources.items()}
    with bootstrap.ledger(started, read_only=True) as ledger:
        alive = is_anyone_there(started.settings.state_dir)
        plans = ledger.plans(manifest.portal) if alive else {}
        pauses = ledger.pauses(manifest.portal)
        for entry in manifest.datasets:
            dataset = selection.dataset_id(started, ledger, entry)
            note = ledger.note(manifest.portal, dataset)
            title = note.title if note else entry.name
            rows = ledger.rows(manifest.portal, dataset)
            targets += status_of(
                entry,
                title,
                dataset,
                rows,
                locations,
                clock.now(),
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
