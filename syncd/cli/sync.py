"""`syncd sync`."""

from __future__ import annotations

from syncd import app
from syncd import run as runs
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.documents import put, sync_document
from syncd.cli.screen import Screen
from syncd.errors import UsageError
from syncd.scene import Orders


def run(
    *, dataset: str | None, resource: str | None, force: bool, patience: float, as_json: bool
) -> int:
    if force and dataset is None and resource is None:
        raise UsageError("force_needs_target")
    started = session.begin()
    with app.edges(started, progress(), read_only=False) as edges:
        chosen = app.select(started, edges.ledger, dataset, resource)
        cause = app.cause(started, "sync")
        orders = Orders(force=force, patience=patience, only=chosen.only, cause=cause)
        report = runs.sync(chosen.entries, started.manifest.datasets, edges, orders, app.now())
    if as_json:
        put(sync_document(report))
    else:
        Screen().sync(report)
    return report.exit_code
