"""`syncd push FILE --resource R | --dataset D --title T`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.push import MappedTarget, PushRequest, push
from syncd.actions.selection import row_of
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.json_documents import plan_document, put, sync_document
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.addresses import dataset_address, resource_address
from syncd.core.errors import UsageError
from syncd.core.ports import Adapters
from syncd.core.records import Cause, Outcome
from syncd.core.results import PERSON
from syncd.text import text


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
    cause = configuration.cause(started, "push", by, asked.note)
    with bootstrap.adapters(started, progress(), read_only=asked.dry_run) as adapters:
        errand = _errand(started, asked, adapters, cause)
        if asked.dry_run:
            plan = push(errand, adapters, clock.now(), plan=True)
            put(plan_document(plan)) if asked.as_json else Screen().plan(plan)
            return plan.exit_code
        report = push(errand, adapters, clock.now())
    if asked.as_json:
        put(sync_document(report))
        return report.exit_code
    Screen().sync(report)
    held = any(result.outcome is Outcome.HELD for result in report.results)
    if report.exit_code == PERSON and held and not asked.force:
        Screen().say(text("push_force"))
    return report.exit_code


def _errand(
    started: configuration.App, asked: Asked, adapters: Adapters, cause: Cause
) -> PushRequest:
    path = Path(asked.file)
    if asked.resource is None:
        found = dataset_address(asked.dataset or "")
        if found is None or found.portal not in {"", started.manifest.portal}:
            raise UsageError("push_no_dataset", given=asked.dataset)
        dataset, title = adapters.portal.resolve(found.text), (asked.title or "").strip()
        return PushRequest(path, dataset, "", title, cause, asked.force, patience=asked.patience)
    fed = _fed(started, adapters, asked.resource)
    if fed is not None:
        dataset, resource = fed.row.binding.dataset, fed.row.binding.resource
    else:
        address = resource_address(asked.resource)
        if address is None or address.portal not in {"", started.manifest.portal}:
            raise UsageError("push_no_resource", given=asked.resource)
        resource = address.text
        dataset = adapters.portal.dataset_of(resource)
    return PushRequest(path, dataset, resource, "", cause, asked.force, fed, asked.patience)


def _fed(started: configuration.App, adapters: Adapters, given: str) -> MappedTarget | None:
    """The target of the manifest that feeds this resource, if any."""
    try:
        chosen = selection.select(started, adapters.ledger, None, given)
    except UsageError as error:
        if error.reason.code != "no_such_target":
            raise
        return None
    entry = chosen.entries[0]
    rows, locations = selection.rows(started, adapters.ledger, entry), selection.locations(started)
    row = row_of(entry, rows, locations, chosen.only)
    target = next(t for t in entry.targets if t.feeds(row.binding, locations[t.source]))
    return MappedTarget(target, row)
