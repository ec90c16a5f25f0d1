"""`syncd holds`: from the ledger alone; with `--diff` the files are looked at, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd import bootstrap
from syncd.actions.holds import Hold, holds
from syncd.cli import session
from syncd.cli.output import history
from syncd.cli.output.json_documents import put
from syncd.config.configuration import App
from syncd.core.results import OK

if TYPE_CHECKING:
    from syncd.actions.file_diff import FileDiff


def run(*, as_json: bool, with_diff: bool, patience: float | None) -> int:
    started = session.begin(only_looks=not with_diff)
    held, diffs = _found(started, patience, with_diff=with_diff)
    if as_json:
        from syncd.cli.output.diff_screen import diff_document  # here: most look without --diff

        documents = [history.hold_document(hold) for hold in held]
        for document, one in zip(documents, diffs, strict=False):
            document["diff"] = diff_document(one)
        put({"holds": documents})
    else:
        history.show_holds(held, diffs)
    return OK


def _found(
    started: App, patience: float | None, *, with_diff: bool
) -> tuple[list[Hold], list[FileDiff]]:
    if not with_diff:
        with bootstrap.ledger_view(started) as ledger:
            return holds(started, ledger), []
    from syncd.actions.diff import of_holds  # only here: with it come the steps of a pass

    with session.world(started, read_only=True, patience=patience) as adapters:
        held = holds(started, adapters.ledger)
        return held, of_holds([hold.row for hold in held], adapters)
