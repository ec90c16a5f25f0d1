"""The state of each target, from the manifest and the ledger alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncd.actions.selection import KnownDataset, all_known, locations, select
from syncd.config.configuration import App
from syncd.core.activity import Work
from syncd.core.ledger_ports import LedgerView
from syncd.core.reasons import WHOSE, Reason, because
from syncd.core.records import CycleNote, Outcome, Row
from syncd.core.results import FAILED
from syncd.core.schedule import next_instant
from syncd.core.service_records import Alert, DatasetRun, Pause, Replica, ServiceNote, Unclaimed
from syncd.core.targets import DatasetEntry, Schedule, Target
from syncd.notify.alerts import ONLINE, RECOVERED, UNCLAIMED
from syncd.sync.pins import is_releasable

NEVER = "unknown"  # the state of a target that no cycle has looked at
PAUSED = "paused"
STATES = (*Outcome, NEVER, PAUSED, UNCLAIMED)
_WHOSE = frozenset(WHOSE)
_OVER = frozenset({RECOVERED, ONLINE})


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
    since: datetime | None = None  # it has been so, as far as that is known; None where it is well
    releasable: bool = False

    def __post_init__(self) -> None:
        if self.reason.facts.keys() >= _WHOSE:
            return  # a copy of one that has it already
        whose = self.reason.about(target=self.resource or self.object, dataset=self.dataset)
        object.__setattr__(self, "reason", whose)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is not well with a dataset as a whole, or, where `dataset` is empty, with syncd."""

    dataset: str  # id
    title: str
    state: str
    reason: Reason
    since: datetime


@dataclass(frozen=True, slots=True)
class StatusReport:
    targets: tuple[TargetStatus, ...]
    last_cycle: CycleNote | None
    service: ServiceNote | None = None  # the one that runs on this state folder
    troubles: tuple[Trouble, ...] = ()
    unclaimed: tuple[Unclaimed, ...] = ()  # new objects that look as if meant for a target
    works: tuple[Work, ...] = ()  # under way right now
    resources: frozenset[str] = frozenset()  # ids of all that the manifest means
    replicas: tuple[Replica, ...] = ()  # the services of several machines that share the ledger


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a status; all of it, where nothing is named."""

    dataset: str | None = None  # an id, a slug or a page's address
    states: frozenset[str] = frozenset()


_ALL = Wanted()


def status(
    app: App,
    ledger: LedgerView,
    now: datetime,
    *,
    running: bool,
    with_schemas: bool = False,
    wanted: Wanted = _ALL,
    works: Sequence[Work] = (),
) -> StatusReport:
    """`running`: whether a service runs on this state folder. Its plans count only then.

    `with_schemas`: each file's history is asked what it was found to be under its schema.
    `UsageError` where the manifest has no such dataset.
    """
    manifest = app.manifest
    chosen = select(app, ledger, wanted.dataset, None).entries
    shown = {entry.place for entry in chosen}  # entries themselves are long to compare
    plans = ledger.plans(manifest.portal) if running else {}
    pauses, runs = ledger.pauses(manifest.portal), ledger.runs(manifest.portal)
    alerts = ledger.alerts(manifest.portal)
    targets: list[TargetStatus] = []
    troubles = [_of_service(one) for one in alerts if running and _is_of_service(one)]
    resources: set[str] = set()
    for dataset in all_known(app, ledger):
        entry = dataset.entry
        planned = plans.get(entry.dataset)
        mine = status_of(dataset, locations(app), now, manifest.timezone, planned, pauses)
        resources |= {one.resource for one in mine if one.resource}
        resources |= {stated for target in entry.targets for stated in target.stated}
        if entry.place not in shown:
            continue
        told = [alert for alert in alerts if alert.dataset == entry.dataset]
        targets += [_since(one, told) for one in mine]
        if entry.active:
            troubles += _of_dataset(dataset, mine, told if running else [], runs)
    targets = [one for one in targets if not wanted.states or one.state in wanted.states]
    troubles = [one for one in troubles if not wanted.states or one.state in wanted.states]
    if with_schemas:
        targets = [_under_schema(one, ledger, manifest.portal) for one in targets]
    services = ledger.services() if running else ()
    newest = max(services, key=lambda note: str(note.facts.get("seen_at")), default=None)
    is_wanted = not wanted.states or UNCLAIMED in wanted.states
    unclaimed = ledger.unclaimed(manifest.portal) if is_wanted else ()
    return StatusReport(
        tuple(targets),
        ledger.last_cycle(),
        newest,
        tuple(troubles) if wanted.dataset is None else tuple(t for t in troubles if t.dataset),
        still_unclaimed(chosen, manifest.datasets, unclaimed),
        tuple(works),
        frozenset(resources),
        ledger.replicas(),
    )


def _since(one: TargetStatus, told: Sequence[Alert]) -> TargetStatus:
    """What a person was told of it knows best."""
    item = one.resource or one.object
    known_since = (a.since for a in told if a.item == item and a.state == one.state)
    since = next(known_since, one.since)
    return one if since == one.since else replace(one, since=since)


def _is_of_service(alert: Alert) -> bool:
    """Of its manifest the service's own note tells."""
    is_about = not alert.dataset and not alert.reason.code.startswith("manifest_")
    return is_about and alert.state not in _OVER


def _of_service(alert: Alert) -> Trouble:
    return Trouble("", "", alert.state, alert.reason, alert.since)


def _of_dataset(
    dataset: KnownDataset,
    targets: Sequence[TargetStatus],
    told: Sequence[Alert],
    runs: Mapping[str, DatasetRun],
) -> list[Trouble]:
    """What none of its targets says. `told`: of a running service."""
    found = [
        Trouble(dataset.id, dataset.title, alert.state, alert.reason, alert.since)
        for alert in told
        if "object" not in alert.about and alert.state not in {*_OVER, UNCLAIMED}
    ]
    run = runs.get(dataset.entry.dataset)
    failed = run is not None and run.exit_code == FAILED
    if failed and run and not any(one.state == Outcome.FAILED for one in targets):
        causes = [a.reason for a in told if a.state == Outcome.FAILED]
        unknown = because("dataset_failed", at=run.started_at.isoformat())
        reason = causes[0] if causes else unknown
        found.append(Trouble(dataset.id, dataset.title, "failed", reason, run.started_at))
    return found


def still_unclaimed(
    chosen: Sequence[DatasetEntry],
    everything: Sequence[DatasetEntry],
    known: Sequence[Unclaimed],
) -> tuple[Unclaimed, ...]:
    """Those beside the chosen datasets' targets that the manifest, as it is written now, neither
    claims nor ignores."""
    if not known:
        return ()
    from syncd.sync.matching import Index  # here: where there is nothing new, nothing is matched

    index = Index(target for entry in everything for target in entry.targets)
    active = {entry.dataset for entry in chosen if entry.active}
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
    return pause_reason(target.paused, since)


def pause_reason(why: str, since: datetime | None) -> Reason:
    """`since`: None of one that was written a moment ago: no cycle has come by yet."""
    if since is None:
        return because("paused", why=why)
    return because("paused_since", why=why, since=since.isoformat())


def _under_schema(one: TargetStatus, ledger: LedgerView, portal: str) -> TargetStatus:
    if not (one.resource and one.sha1):
        return one
    from syncd.guards.profile import Profile  # here: most looks ask for no profile

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
        since=None if row.state.is_well else _known_since(row),
        releasable=is_releasable(row),
    )


def _known_since(row: Row) -> datetime:
    """A held file waits for somebody since it was deposited."""
    if row.state is Outcome.HELD and row.judged is not None:
        return row.judged.fingerprint.modified
    return row.checked_at


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
