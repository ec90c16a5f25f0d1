"""`syncd status`: from the ledger alone."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.status import status
from syncd.cli import session
from syncd.cli.output.json_documents import put, status_document
from syncd.cli.output.screen import Screen
from syncd.core import clock
from syncd.core.results import OK
from syncd.service.instance_lock import is_anyone_there


def run(*, as_json: bool) -> int:
    started, broken = session.begin_beside_service()
    with bootstrap.ledger(started, read_only=True) as ledger:
        running = is_anyone_there(started.settings.state_dir)
        report = status(started, ledger, clock.now(), running=running, with_schemas=as_json)
    if as_json:
        put(status_document(report))
    else:
        Screen().status(report)
    if broken is not None:
        raise broken
    return OK
