"""Every dataset on a line, searched, filtered and sorted by what its address says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from syncd.actions.needs import is_needy
from syncd.actions.selection import locations
from syncd.actions.status import STATES, TargetStatus
from syncd.actions.typed_names import folded
from syncd.core import deadlines
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.records import Outcome, Row
from syncd.core.targets import DatasetEntry, Target
from syncd.notify.alerts import UNCLAIMED
from syncd.text import text
from syncd.web.charts import strip
from syncd.web.paging import Page, page_of
from syncd.web.reading import Look

EACH = 50  # datasets on a page
DAYS = 30
NEEDY = "needy"  # every state that a person must look at
ORDERS = {
    "needs": "page.sort_needs",
    "title": "page.sort_title",
    "published": "page.sort_published",
    "next": "page.sort_next",
}
# Titles are the same at the next look, and long to fold.
_folded = lru_cache(65536)(folded)
_LAST = datetime.max.replace(tzinfo=UTC)
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """A dataset with all its targets."""

    dataset: str
    title: str
    targets: tuple[TargetStatus, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """By state, what needs a person first."""
        found: dict[str, int] = {}
        for one in sorted(self.targets, key=lambda one: (not is_needy(one), one.state)):
            found[one.state] = found.get(one.state, 0) + 1
        return list(found.items())

    @property
    def needy(self) -> int:
        return sum(map(is_needy, self.targets))

    @property
    def published(self) -> datetime | None:
        return max(
            (one.last_published_at for one in self.targets if one.last_published_at), default=None
        )

    @property
    def next(self) -> datetime | None:
        return min((one.next_run for one in self.targets if one.next_run), default=None)


@dataclass(frozen=True, slots=True)
class Strip:
    """The last days, in words and as paths by kind of mark."""

    said: str
    paths: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Expected:
    """When the next file is to be deposited; `late`: it was to be."""

    due: datetime
    late: bool


def shown(look: Look, ledger: ServiceLedger, asked: Mapping[str, str]) -> dict[str, object]:
    words, state, order = (asked.get(name, "") for name in ("q", "state", "sort"))
    lines = _sorted(_found(_lines(look.report.targets), words, state), order)
    page: Page[Line] = page_of(lines, asked.get("page", ""), EACH)
    ids = [line.dataset for line in page.items]
    days = _days(look)
    came = ledger.came_online(look.app.manifest.portal, ids, days[0][0])
    return {
        "page": page,
        "words": words,
        "state": state,
        "order": order if order in ORDERS else "needs",
        "orders": ORDERS,
        "states": [NEEDY, *(one for one in STATES if one != UNCLAIMED)],
        "days": DAYS,
        "strips": {
            line.dataset: _strip(line, came.get(line.dataset, ()), days) for line in page.items
        },
        "expected": _expected(look, ledger, ids),
    }


def _lines(targets: Sequence[TargetStatus]) -> list[Line]:
    """In the manifest's order; a dataset may stand in it twice."""
    found: dict[str, list[TargetStatus]] = {}
    for one in targets:
        found.setdefault(one.dataset, []).append(one)
    return [
        Line(dataset, mine[0].dataset_title or dataset, tuple(mine))
        for dataset, mine in found.items()
    ]


def _found(lines: Sequence[Line], words: str, state: str) -> list[Line]:
    """Those with a target in that state, and with all the words in what they are called."""
    if state == NEEDY:
        lines = [line for line in lines if line.needy]
    elif state in STATES:
        lines = [line for line in lines if any(one.state == state for one in line.targets)]
    wanted = _folded(words)
    if not wanted:
        return list(lines)
    return [line for line in lines if any(wanted in _folded(name) for name in _names(line))]


def _names(line: Line) -> Iterable[str]:
    yield line.title
    yield line.dataset
    for one in line.targets:
        yield one.title
        yield one.object


def _sorted(lines: list[Line], order: str) -> list[Line]:
    match order:
        case "title":
            return sorted(lines, key=lambda line: _folded(line.title))
        case "published":
            return sorted(lines, key=lambda line: line.published or _FIRST, reverse=True)
        case "next":
            return sorted(lines, key=lambda line: line.next or _LAST)
    return sorted(lines, key=lambda line: line.needy, reverse=True)  # else as the manifest has them


def _days(look: Look) -> list[tuple[datetime, date]]:
    """When each of the last days begins, in the manifest's time zone."""
    zone = look.app.manifest.timezone
    today = look.at.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [(datetime(day.year, day.month, day.day, tzinfo=zone), day) for day in days]


def _strip(line: Line, came: Sequence[datetime], days: Sequence[tuple[datetime, date]]) -> Strip:
    """What was in need and is well again left no trace: only what still is, is marked."""
    zone = days[0][0].tzinfo
    published = {at.astimezone(zone).date() for at in came}
    since = {
        kind: min((one.since.astimezone(zone).date() for one in some if one.since), default=None)
        for kind, some in (
            ("failed", [one for one in line.targets if one.state == Outcome.FAILED]),
            ("needy", [one for one in line.targets if is_needy(one)]),
        )
    }
    marks = []
    for _, day in days:
        kinds = [kind for kind, first in since.items() if first is not None and first <= day]
        marks.append("published" if day in published else kinds[0] if kinds else "none")
    listed = [day for _, day in days if day in published]
    said = text("page.strip", count=len(listed), days=DAYS)
    if since["needy"] is not None:
        said = f"{said} {text('page.strip_needy', since=since['needy'].isoformat())}"
    return Strip(said, strip(marks))


def _expected(look: Look, ledger: ServiceLedger, ids: Sequence[str]) -> dict[str, Expected]:
    """By dataset, the nearest of its targets' deadlines; of those that have one."""
    manifest = look.app.manifest
    entries = [one for one in manifest.datasets if any(target.expect for target in one.targets)]
    if not entries:
        return {}
    resolved = ledger.addresses(manifest.portal, [entry.dataset for entry in entries])
    named = ((resolved.get(entry.dataset, entry.dataset), entry) for entry in entries)
    wanted = {identifier: entry for identifier, entry in named if identifier in ids}
    places, memories = locations(look.app), ledger.memories(manifest.portal, list(wanted))
    found = {}
    for dataset, entry in wanted.items():
        dues = list(_dues(entry, memories[dataset].rows, places, look.at))
        if dues:
            found[dataset] = min(dues, key=lambda one: one.due)
    return found


def _dues(
    entry: DatasetEntry, rows: Sequence[Row], places: Mapping[str, str], now: datetime
) -> Iterable[Expected]:
    for target in entry.active:
        for row in rows:
            if target.expect and row.judged and target.feeds(row.binding, places[target.source]):
                yield _due(target, row.judged.fingerprint.modified, now)


def _due(target: Target, deposited: datetime, now: datetime) -> Expected:
    assert target.expect is not None  # noqa: S101 - the caller's
    late = deadlines.is_late(target.expect, deposited, now)
    return Expected(deadlines.due(target.expect, deposited), late)
