"""What waits for a person, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.actions.selection import known, locations, rows_of
from syncd.config.configuration import App
from syncd.core.ledger_ports import LedgerView
from syncd.core.reasons import Reason
from syncd.core.records import Outcome, Row


@dataclass(frozen=True, slots=True)
class Hold:
    dataset_title: str
    row: Row

    @property
    def key(self) -> str:
        """The object's, as it was judged."""
        return self.row.judged.key if self.row.judged else self.row.binding.key

    @property
    def target(self) -> str:
        """As a command takes it."""
        return self.row.binding.resource or self.key

    @property
    def reason(self) -> Reason:
        return self.row.reason.about(target=self.target, dataset=self.row.binding.dataset)


def holds(app: App, ledger: LedgerView) -> list[Hold]:
    """Of the targets that the manifest has now, in its order."""
    result = []
    for entry in app.manifest.datasets:
        dataset = known(app, ledger, entry)
        rows = rows_of(entry, dataset.rows, locations(app))
        result += [Hold(dataset.title, row) for row in rows if row.state is Outcome.HELD]
    return result
