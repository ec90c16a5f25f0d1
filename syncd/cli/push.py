"""`syncd push FILE --resource R | --dataset D --title T`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncd.actions.push import PushRequest, push
from syncd.actions.push_destination import existing_resource, new_resource
from syncd.cli import session
from syncd.cli.identity import who
from syncd.cli.output.json_documents import plan_document, put, sync_document
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import UsageError
from syncd.core.records import Outcome
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
    patience: float | None
    as_json: bool


def run(asked: Asked) -> int:
    new = asked.dataset is not None and asked.title is not None
    if (asked.resource is not None) == new or (asked.resource and (asked.dataset or asked.title)):
        raise UsageError("push_where")
    started = session.begin()
    # A dry run does nothing that somebody must answer for.
    by = (asked.by or "") if asked.dry_run else who(asked.by, started.settings)
    cause = configuration.cause(started, "push", by, asked.note)
    with session.world(started, read_only=asked.dry_run, patience=asked.patience) as adapters:
        if asked.resource is not None:
            to = existing_resource(started, adapters, asked.resource)
        else:
            to = new_resource(started, adapters, asked.dataset or "", asked.title or "")
        request = PushRequest(
            Path(asked.file), to, cause, asked.force, session.for_a_lock(asked.patience)
        )
        if asked.dry_run:
            plan = push(request, adapters, clock.now(), plan=True)
            put(plan_document(plan)) if asked.as_json else Screen().plan(plan)
            return plan.exit_code
        report = push(request, adapters, clock.now())
    if asked.as_json:
        put(sync_document(report))
        return report.exit_code
    Screen().sync(report)
    held = any(result.outcome is Outcome.HELD for result in report.results)
    if report.exit_code == PERSON and held and not asked.force:
        Screen().say(text("push_force"))
    return report.exit_code
