"""`syncd diff TARGET [--by-columns A,B]`."""

from __future__ import annotations

from syncd.actions import selection
from syncd.actions.diff import diff
from syncd.cli import session
from syncd.cli.output.diff_screen import diff_document, show_diff
from syncd.cli.output.json_documents import put
from syncd.core import clock
from syncd.core.results import FAILED, OK


def run(*, target: str, by_columns: tuple[str, ...], patience: float | None, as_json: bool) -> int:
    started = session.begin()
    with session.world(started, read_only=True, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target)
        found = diff(chosen, started.manifest.datasets, adapters, by_columns, clock.now())
    if as_json:
        put(diff_document(found))
    else:
        show_diff(found)
    return FAILED if found.trouble is not None else OK
