"""The state of each target, from the manifest and the ledger alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncd.actions.selection import KnownDataset, known, locations
from syncd.config.configuration import App
from syncd.core.ports import Ledger
from syncd.core.reasons import Reason, because
from syncd.core.records import CycleNote, Row
from syncd.core.schedule import next_instant
from syncd.core.service_records import Pause, ServiceNote, Unclaimed
from syncd.core.targets import DatasetEntry, Schedule, Target
from syncd.guards.profile import Profile
from syncd.sync.matching import Index

NEVER = "unknown"  # the state of a target that no cycle has looked at
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class TargetStatus:
    dataset: str
    dataset_title: str
    resource: str | None
    title: str
    object: str
    state: str  # an outcome, or NEVER
    last_published_at: datetime | None
    last_checked_at: datetime | None
    sha1: str | None  # of the bytes online
    reason: Reason
    next_run: datetime | None  # None while it is paused
    link: str
    dataset_page: str = ""
    schema: Mapping[str, Any] | None = None  # what these bytes were found to be under theirs


@dataclass(frozen=True, slots=True)
class StatusReport:
    targets: tuple[TargetStatus, ...]
    last_cycle: CycleNote | None
    service: ServiceNote | None = None  # the one that runs on this state folder
    unclaimed: tuple[Unclaimed, ...] = ()  # new objects that look as if meant for a target


def status(
    app: App, ledger: Ledger, now: datetime, *, running: bool, with_schemas: bool = False
) -> StatusReport:
    """`running`: whether a service runs on this state folder. Its plans count only then.

    `with_schemas`: each file's history is asked what it was found to be under its schema.
    """
    manifest = app.manifest
    plans = ledger.plans(manifest.portal) if running else {}
    pauses = ledger.pauses(manifest.portal)
    targets: list[TargetStatus] = []
    for entry in manifest.datasets:
        dataset, planned = known(app, ledger, entry), plans.get(entry.dataset)
        targets += status_of(dataset, locations(app), now, manifest.timezone, planned, pauses)
    if with_schemas:
        targets = [_under_schema(one, ledger, manifest.portal) for one in targets]
    services = ledger.services() if running else ()
    newest = max(services, key=lambda note: str(note.facts.get("seen_at")), default=None)
    unclaimed = still_unclaimed(manifest.datasets, ledger.unclaimed(manifest.portal))
    return StatusReport(tuple(targets), ledger.last_cycle(), newest, unclaimed)


def still_unclaimed(
    entries: Sequence[DatasetEntry], known: Sequence[Unclaimed]
) -> tuple[Unclaimed, ...]:
    """Those that the manifest, as it is written now, neither claims nor ignores."""
    if not known:
        return ()
    index = Index(target for entry in entries for target in entry.targets)
    active = {entry.dataset for entry in entries if entry.active}
    return tuple(
        one
        for one in known
        if one.dataset in active and not index.claims_or_ignores(one.source, one.key)
    )


def status_of(
    dataset: KnownDataset,
    places: Mapping[str, str],
    now: datetime,
    timezone: ZoneInfo,
    planned: datetime | None = None,
    pauses: Sequence[Pause] = (),
) -> list[TargetStatus]:
    """`places`: source name -> its location.

    `planned`: when a running service means to look next; without one it is computed.
    """
    result: list[TargetStatus] = []
    for target in dataset.entry.targets:
        rows = [row for row in dataset.rows if target.feeds(row.binding, places[target.source])]
        rows.sort(key=lambda row: row.binding.key)
        states = [_of_row(dataset, row) for row in rows] or [_never_looked(dataset, target)]
        if target.paused:
            reason = _pause_of(target, pauses)
            result += [replace(one, state=PAUSED, reason=reason) for one in states]
            continue
        checked = max((row.checked_at for row in rows), default=None)
        due = next_run(dataset.entry.schedule, checked, now, timezone)
        if planned is not None:
            due = planned.astimezone(timezone)
        result += [replace(one, next_run=due) for one in states]
    return result


def _pause_of(target: Target, pauses: Sequence[Pause]) -> Reason:
    mine = (p for p in pauses if p.dataset == target.dataset and p.item in {"", target.selector})
    since = next((p.since for p in mine if p.reason == target.paused), None)
    if since is None:  # written a moment ago: no cycle has come by yet
        return because("paused", why=target.paused)
    return because("paused_since", why=target.paused, since=since.isoformat())


def _under_schema(one: TargetStatus, ledger: Ledger, portal: str) -> TargetStatus:
    if not (one.resource and one.sha1):
        return one
    text = ledger.profile(portal, one.dataset, one.resource, one.sha1)
    found = Profile.from_json(text) if isinstance(text, str) and '"schema"' in text else None
    if found is None or found.schema is None:
        return one
    return replace(one, schema=found.schema.to_plain())


def _of_row(dataset: KnownDataset, row: Row) -> TargetStatus:
    newest = row.judged or row.published
    return TargetStatus(
        dataset=dataset.id,
        dataset_title=dataset.title,
        resource=row.binding.resource or None,
        title=row.title,
        object=newest.key if newest else row.binding.key.removeprefix("newest:"),
        state=row.state.value,
        last_published_at=row.published_at,
        last_checked_at=row.checked_at,
        sha1=row.published.digest.sha1 if row.published else None,
        reason=row.reason,
        next_run=None,
        link=row.link,
        dataset_page=dataset.page,
    )


def _never_looked(dataset: KnownDataset, target: Target) -> TargetStatus:
    return TargetStatus(
        dataset=dataset.id,
        dataset_title=dataset.title,
        resource=target.resource,
        title="",
        object=target.rule.text,
        state=NEVER,
        last_published_at=None,
        last_checked_at=None,
        sha1=None,
        reason=because("never_looked"),
        next_run=None,
        link="",
        dataset_page=dataset.page,
    )


def next_run(
    schedule: Schedule, last: datetime | None, now: datetime, timezone: ZoneInfo
) -> datetime:
    """When the schedule next wants a cycle; `now` when it is due already."""
    if schedule.cron is not None:
        return next_instant(schedule, now, timezone, now).astimezone(timezone)
    return max(now, next_instant(schedule, last, timezone, last)) if last is not None else now
