"""Asks the running service for a cycle, through the ledger."""

from __future__ import annotations

from datetime import datetime

from syncd.actions import selection
from syncd.config.configuration import App
from syncd.core.errors import UsageError
from syncd.core.ledger_ports import Ledger


def trigger(app: App, ledger: Ledger, dataset: str | None, now: datetime) -> int:
    """For how many datasets. `UsageError` when there is no such one, or it is paused."""
    chosen = selection.select(app, ledger, dataset, None).entries
    if dataset and not chosen[0].active:
        why = chosen[0].paused or chosen[0].targets[0].paused
        raise UsageError("target_paused", given=dataset, why=why)
    ledger.ask(chosen[0].dataset if dataset else "", now)
    return len(chosen)
