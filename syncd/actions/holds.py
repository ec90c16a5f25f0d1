"""What waits for a person, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.actions.selection import known, locations, rows_of
from syncd.config.configuration import App
from syncd.core.ports import Ledger
from syncd.core.records import Outcome, Row


@dataclass(frozen=True, slots=True)
class Hold:
    dataset_title: str
    row: Row


def holds(app: App, ledger: Ledger) -> list[Hold]:
    """Of the targets that the manifest has now, in its order."""
    result = []
    for entry in app.manifest.datasets:
        dataset = known(app, ledger, entry)
        rows = rows_of(entry, dataset.rows, locations(app))
        result += [Hold(dataset.title, row) for row in rows if row.state is Outcome.HELD]
    return result
