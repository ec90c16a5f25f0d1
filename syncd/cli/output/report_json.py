"""The monthly report as a document: keys and words stay English; docs/reference/json.md has it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from syncd.actions.report import DatasetMonth, MonthReport
from syncd.core.instants import iso


def report_document(found: MonthReport) -> dict[str, Any]:
    return {
        "month": str(found.month),
        "timezone": found.timezone,
        "from": found.month.start.isoformat(),
        "to": found.month.end.isoformat(),
        "is_over": found.is_over,
        "history_from": iso(found.begins),
        "failed_cycles": found.failed_cycles,
        "cycles_from": iso(found.cycles_from),
        "restored": [at.isoformat() for at in found.restored],
        "datasets": [_dataset(one) for one in found.datasets],
    }


def _dataset(one: DatasetMonth) -> dict[str, Any]:
    return {
        "dataset": one.dataset,
        "title": one.title or None,
        "page": one.page or None,
        **asdict(one.counts),
        "failed": one.failed,
        "held": one.held,
        "late": [
            {
                "title": delay.title,
                "due": delay.due.isoformat(),
                "came": iso(delay.came),
                "days": delay.days,
            }
            for delay in one.delays
        ],
        "open": dict(one.open),
    }
