"""`syncd status`: from the ledger, and what running processes note of themselves."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.status import Wanted, status
from syncd.cli import session
from syncd.cli.output.json_documents import put, status_document
from syncd.cli.output.status_screen import StatusScreen
from syncd.core import clock
from syncd.core.results import OK
from syncd.service.instance_lock import is_anyone_there


def run(*, everything: bool, dataset: str | None, states: tuple[str, ...], as_json: bool) -> int:
    """Without any of `everything`, `dataset` and `states`: what a person must do."""
    started, broken = session.begin_beside_service(only_looks=True)
    with bootstrap.ledger_view(started) as ledger:
        report = status(
            started,
            ledger,
            clock.now(),
            running=is_anyone_there(started.settings.state_dir) or bool(ledger.replicas()),
            with_schemas=as_json,
            wanted=Wanted(dataset, frozenset(states)),
            works=bootstrap.under_way(started.settings),
        )
    by = started.settings.by or ""
    if as_json:
        put(status_document(report, by))
    elif everything or dataset is not None or states:
        StatusScreen(by).whole(report)
    else:
        StatusScreen(by).morning(report)
    if broken is not None:
        raise broken
    return OK
