"""`syncd diff TARGET [--by-columns A,B]`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.diff import diff
from syncd.cli import session
from syncd.cli.output.diff_screen import diff_document, show_diff
from syncd.cli.output.json_documents import put
from syncd.cli.output.progress import progress
from syncd.core import clock
from syncd.core.results import FAILED, OK


def run(*, target: str, by_columns: tuple[str, ...], as_json: bool) -> int:
    started = session.begin()
    with bootstrap.adapters(started, progress(), read_only=True) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target)
        found = diff(chosen, started.manifest.datasets, adapters, by_columns, clock.now())
    if as_json:
        put(diff_document(found))
    else:
        show_diff(found)
    return FAILED if found.trouble is not None else OK
