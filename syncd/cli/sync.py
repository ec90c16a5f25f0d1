"""`syncd sync`."""

from __future__ import annotations

from syncd.actions import selection
from syncd.actions import sync as runs
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.json_documents import put, sync_document
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import UsageError
from syncd.sync.context import RunOptions


def run(
    *,
    dataset: str | None,
    resource: str | None,
    force: bool,
    patience: float | None,
    as_json: bool,
    by: str | None = None,
    note: str = "",
) -> int:
    if force and dataset is None and resource is None:
        raise UsageError("force_needs_target")
    started = session.begin()
    # Without force nothing is done that somebody must answer for.
    person = who(by, started.settings) if force else (by or "").strip()
    with session.world(started, read_only=False, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, dataset, resource, acts=force)
        cause = configuration.cause(started, "sync", person, note)
        # A timer's `sync` names nothing, and leaves the portal alone where nothing changed.
        ask = dataset is not None or resource is not None or session.is_typed()
        options = RunOptions(
            force=force,
            patience=session.for_a_lock(patience),
            only=chosen.only,
            ask=ask,
            cause=cause,
        )
        report = runs.sync(
            chosen.entries, started.manifest.datasets, adapters, options, clock.now()
        )
    if as_json:
        put(sync_document(report))
    else:
        Screen().sync(report)
    return report.exit_code
