"""The state of each target, from the manifest and the ledger alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from syncd.core.reasons import Reason, because
from syncd.core.records import CycleNote, Row
from syncd.core.schedule import next_instant
from syncd.core.service_records import Pause, ServiceNote
from syncd.core.targets import DatasetEntry, Schedule, Target

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
    next_run: datetime | None
    link: str
    dataset_page: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    targets: tuple[TargetStatus, ...]
    last_cycle: CycleNote | None
    service: ServiceNote | None = None  # the one that runs on this state folder


def status_of(
    entry: DatasetEntry,
    title: str,
    dataset: str,
    rows: Sequence[Row],
    locations: Mapping[str, str],
    now: datetime,
    timezone: ZoneInfo,
    planned: datetime | None = None,
    pauses: Sequence[Pause] = (),
    page: str = "",
) -> list[TargetStatus]:
    """`rows`: the ledger's for this dataset; `locations`: source name -> its place.

    `planned`: when a running service means to look next; without one it is computed.
    """
    result: list[TargetStatus] = []
    for target in entry.targets:
        mine = [row for row in rows if target.feeds(row.binding, locations[target.source])]
        mine.sort(key=lambda row: row.binding.key)
        checked = max((row.checked_at for row in mine), default=None)
        due = next_run(entry.schedule, checked, now, timezone)
        if planned is not None:
            due = planned.astimezone(timezone)
        first = len(result)
        result += [_of_row(dataset, title, row, due) for row in mine]
        if not mine:
            result.append(
                TargetStatus(
                    dataset=dataset,
                    dataset_title=title,
                    resource=target.resource,
                    title="",
                    object=target.rule.text,
                    state=NEVER,
                    last_published_at=None,
                    last_checked_at=None,
                    sha1=None,
                    reason=because("never_looked"),
                    next_run=due,
                    link="",
                )
            )
        if target.paused:
            reason = _pause_of(target, pauses)
            result[first:] = [
                replace(one, state=PAUSED, reason=reason, next_run=None) for one in result[first:]
            ]
    return [replace(one, dataset_page=page) for one in result]


def _pause_of(target: Target, pauses: Sequence[Pause]) -> Reason:
    mine = (p for p in pauses if p.dataset == target.dataset and p.item in {"", target.selector})
    since = next((p.since for p in mine if p.reason == target.paused), None)
    if since is None:  # written a moment ago: no cycle has come by yet
        return because("paused", why=target.paused)
    return because("paused_since", why=target.paused, since=since.isoformat())


def _of_row(dataset: str, title: str, row: Row, due: datetime | None) -> TargetStatus:
    newest = row.judged or row.published
    return TargetStatus(
        dataset=dataset,
        dataset_title=title,
        resource=row.binding.resource or None,
        title=row.title,
        object=newest.key if newest else row.binding.key.removeprefix("newest:"),
        state=row.state.value,
        last_published_at=row.published_at,
        last_checked_at=row.checked_at,
        sha1=row.published.digest.sha1 if row.published else None,
        reason=row.reason,
        next_run=due,
        link=row.link,
    )


def next_run(
    schedule: Schedule, last: datetime | None, now: datetime, timezone: ZoneInfo
) -> datetime | None:
    """When the schedule next wants a cycle; `now` when it is due already."""
    if schedule.cron is not None:
        return next_instant(schedule, now, timezone, now).astimezone(timezone)
    return max(now, next_instant(schedule, last, timezone, last)) if last is not None else now
