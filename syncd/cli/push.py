"""`syncd push FILE --resource R | --dataset D --title T`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncd import app
from syncd.addresses import dataset_address, resource_address
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.documents import plan_document, put, sync_document
from syncd.cli.person import who
from syncd.cli.screen import Screen
from syncd.errors import UsageError
from syncd.model import Cause, Outcome
from syncd.ports import Edges
from syncd.push import Errand, Fed, foresee, push
from syncd.report import PERSON
from syncd.selection import row_of
from syncd.wording import text


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line."""

    file: str
    resource: str | None
    dataset: str | None
    title: str | None
    by: str | None
    note: str
    force: bool
    dry_run: bool
    patience: float
    as_json: bool


def run(asked: Asked) -> int:
    new = asked.dataset is not None and asked.title is not None
    if (asked.resource is not None) == new or (asked.resource and (asked.dataset or asked.title)):
        raise UsageError("push_where")
    started = session.begin()
    # A dry run does nothing that somebody must answer for.
    by = (asked.by or "") if asked.dry_run else who(asked.by, started.settings)
    cause = app.cause(started, "push", by, asked.note)
    with app.edges(started, progress(), read_only=asked.dry_run) as edges:
        errand = _errand(started, asked, edges, cause)
        if asked.dry_run:
            plan = foresee(errand, edges, app.now())
            put(plan_document(plan)) if asked.as_json else Screen().plan(plan)
            return plan.exit_code
        report = push(errand, edges, app.now())
    if asked.as_json:
        put(sync_document(report))
        return report.exit_code
    Screen().sync(report)
    held = any(result.outcome is Outcome.HELD for result in report.results)
    if report.exit_code == PERSON and held and not asked.force:
        Screen().say(text("push_force"))
    return report.exit_code


def _errand(started: app.App, asked: Asked, edges: Edges, cause: Cause) -> Errand:
    path = Path(asked.file)
    if asked.resource is None:
        found = dataset_address(asked.dataset or "")
        if found is None or found.portal not in {"", started.manifest.portal}:
            raise UsageError("push_no_dataset", given=asked.dataset)
        dataset, title = edges.portal.resolve(found.text), (asked.title or "").strip()
        return Errand(path, dataset, "", title, cause, asked.force, patience=asked.patience)
    fed = _fed(started, edges, asked.resource)
    if fed is not None:
        dataset, resource = fed.row.binding.dataset, fed.row.binding.resource
    else:
        address = resource_address(asked.resource)
        if address is None or address.portal not in {"", started.manifest.portal}:
            raise UsageError("push_no_resource", given=asked.resource)
        resource = address.text
        dataset = edges.portal.dataset_of(resource)
    return Errand(path, dataset, resource, "", cause, asked.force, fed, asked.patience)


def _fed(started: app.App, edges: Edges, given: str) -> Fed | None:
    """The target of the manifest that feeds this resource, if any."""
    try:
        chosen = app.select(started, edges.ledger, None, given)
    except UsageError as error:
        if error.reason.code != "no_such_target":
            raise
        return None
    entry = chosen.entries[0]
    rows, locations = app.rows(started, edges.ledger, entry), app.locations(started)
    row = row_of(entry, rows, locations, chosen.only)
    target = next(t for t in entry.targets if t.feeds(row.binding, locations[t.source]))
    return Fed(target, row)
