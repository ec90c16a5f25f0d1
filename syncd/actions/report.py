"""A month of publications by dataset, for a person who answers for it; from the ledger alone.

What the ledger does not keep is worked out from what it keeps, or left out: the report says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from syncd.actions.selection import KnownDataset, known, locations
from syncd.config.configuration import App
from syncd.core import deadlines
from syncd.core.errors import UsageError
from syncd.core.history_records import Event, LineKind
from syncd.core.ledger_ports import Ledger
from syncd.core.records import Act, Intent, IntentState, Outcome, Publication, Row
from syncd.core.results import FAILED
from syncd.core.targets import Binding, Target


@dataclass(frozen=True, slots=True)
class Month:
    """`start` and `end` in the manifest's time zone; what happens at `end` is the next month's."""

    year: int
    month: int
    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def has(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Delay:
    """A file that came late, or did not come: after `due`, by so many days of 24 hours.

    `came`: when it did; None: not before the month's end, or until now.
    """

    title: str
    due: datetime
    came: datetime | None
    days: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What the history tells of one dataset's month, in files."""

    published: int = 0  # that syncd sent and that came online
    created: int = 0  # of these, as new resources
    size: int = 0  # of these, bytes
    adopted: int = 0  # that were online already, and that syncd looks after since
    released: int = 0  # held ones that a person let pass, and those that a person forced
    undone: int = 0  # returns to a former file


@dataclass(frozen=True, slots=True)
class DatasetMonth:
    """What became of one dataset's files."""

    dataset: str  # id, or as the manifest has it
    title: str  # "" where neither portal nor manifest told one
    page: str
    counts: Counts
    failed: int = 0  # uploads that came to nothing, and were not made good by the same file later
    held: int = 0  # files that are held today and were deposited before the month's end
    delays: tuple[Delay, ...] = ()
    open: tuple[tuple[str, int], ...] = ()  # today: states that a person must look at -> how many

    @property
    def longest(self) -> int:
        """Days of the longest delay; 0 without one."""
        return max((one.days for one in self.delays), default=0)

    @property
    def is_quiet(self) -> bool:
        return self.counts == Counts() and not (
            self.failed or self.held or self.delays or self.open
        )


@dataclass(frozen=True, slots=True)
class MonthReport:
    month: Month
    timezone: str
    datasets: tuple[DatasetMonth, ...]
    failed_cycles: int  # of all datasets, in the month, as far as they are kept
    is_over: bool
    begins: datetime | None  # the history's first line; None without one
    cycles_from: datetime | None  # before this instant cycles are kept no more
    restored: tuple[datetime, ...] = ()  # when the ledger came out of a backup: lines may be lost


def month_of(given: str | None, now: datetime, zone: ZoneInfo) -> Month:
    """`2026-11`; without one the last that is over. `UsageError`"""
    here = now.astimezone(zone)
    if given is None:
        last = here.replace(day=1) - timedelta(days=1)
        return _month(last.year, last.month, zone)
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", given.strip())
    if found is None or not 1970 <= int(found[1]) <= 9998:
        raise UsageError("bad_month", given=given)
    month = _month(int(found[1]), int(found[2]), zone)
    if month.start > now:
        raise UsageError("month_ahead", given=given)
    return month


def _month(year: int, month: int, zone: ZoneInfo) -> Month:
    following = (year + month // 12, month % 12 + 1)
    start = datetime(year, month, 1, tzinfo=zone)
    return Month(year, month, start, datetime(*following, 1, tzinfo=zone))


def report(app: App, ledger: Ledger, month: Month, now: datetime) -> MonthReport:
    """Datasets of the manifest in its order, then others of which the month's history tells."""
    manifest = app.manifest
    lines, events = ledger.history(manifest.portal), ledger.events(manifest.portal)
    by_dataset: defaultdict[str, list[Publication]] = defaultdict(list)
    for line in lines:
        by_dataset[line.binding.dataset].append(line)
    told: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if month.has(event.at):
            told[event.dataset].append(event)
    places, datasets = locations(app), []
    for entry in manifest.datasets:
        one = known(app, ledger, entry)
        found = _of_manifest(one, by_dataset[one.id], told[one.id], places, month, now)
        unended = ledger.intents(manifest.portal, one.id)
        failed = _failed(unended, by_dataset[one.id], month)
        datasets.append(replace(found, failed=failed))
    listed = {one.dataset for one in datasets}
    for identifier, mine in by_dataset.items():
        if identifier not in listed and any(month.has(_when(line)) for line in mine):
            note = ledger.note(manifest.portal, identifier)
            title, page = (note.title, note.page) if note else ("", "")
            counts = _counts(mine, told[identifier], month)
            failed = _failed(ledger.intents(manifest.portal, identifier), mine, month)
            datasets.append(DatasetMonth(identifier, title, page, counts, failed))
    cycles = ledger.cycles()
    return MonthReport(
        month,
        str(manifest.timezone),
        tuple(datasets),
        sum(month.has(one.started_at) and one.exit_code == FAILED for one in cycles),
        now >= month.end,
        min([*(line.begun_at for line in lines), *(event.at for event in events)], default=None),
        min((one.started_at for one in cycles), default=None),
        tuple(e.at for e in events if e.kind is LineKind.RESTORED and e.at >= month.start),
    )


def _of_manifest(
    one: KnownDataset,
    lines: Sequence[Publication],
    events: Sequence[Event],
    places: Mapping[str, str],
    month: Month,
    now: datetime,
) -> DatasetMonth:
    targets = one.entry.targets
    rows = [row for row in one.rows if _is_fed(row.binding, targets, places)]
    held = [row for row in rows if row.state is Outcome.HELD]
    states = [row.state.value for row in rows if not row.state.is_well]
    return DatasetMonth(
        one.id,
        one.title,
        one.page,
        _counts(lines, events, month),
        held=sum(_deposited(row) < month.end for row in held),
        delays=tuple(
            delay
            for target in one.entry.active
            for delay in _delays(target, places[target.source], lines, rows, month, now)
        ),
        open=tuple((state, states.count(state)) for state in sorted(set(states))),
    )


def _failed(intents: Iterable[Intent], lines: Sequence[Publication], month: Month) -> int:
    """Of the month's uploads; the same file may have come online by a later one."""
    ends = {IntentState.EXPIRED, IntentState.REFUSED}
    return sum(
        one.state in ends
        and month.has(one.started_at)
        and not any(_made_good(one, line) for line in lines)
        for one in intents
    )


def _made_good(upload: Intent, line: Publication) -> bool:
    """A new resource has no id before it is made."""
    same = line.binding.resource == upload.binding.resource or upload.creates
    bytes_ = line.judged.digest.sha1
    return same and bytes_ == upload.judged.digest.sha1 and _when(line) >= upload.started_at


def _is_fed(binding: Binding, targets: Iterable[Target], places: Mapping[str, str]) -> bool:
    return any(target.feeds(binding, places[target.source]) for target in targets)


def _counts(lines: Iterable[Publication], events: Sequence[Event], month: Month) -> Counts:
    within = [line for line in lines if month.has(_when(line))]
    sent = [line for line in within if line.act in {Act.REPLACED, Act.CREATED}]
    undone = [line for line in sent if line.cause.trigger == "undo"]
    new = [line for line in sent if line.cause.trigger != "undo"]
    forced = [line for line in new if line.lifted and line.cause.trigger != "release"]
    pinned = [e for e in events if e.kind is LineKind.PINNED and e.by]  # else by syncd itself
    return Counts(
        published=len(new),
        created=sum(line.act is Act.CREATED for line in new),
        size=sum(line.judged.digest.size for line in new),
        adopted=sum(line.act is Act.ADOPTED for line in within),
        released=sum(event.kind is LineKind.RELEASED for event in events) + len(forced),
        undone=len(undone) + len(pinned),
    )


def _when(line: Publication) -> datetime:
    """As `syncd history` shows it."""
    return line.titled_at or line.begun_at


def _deposited(row: Row) -> datetime:
    return row.judged.fingerprint.modified if row.judged is not None else row.checked_at


# -- lateness -------------------------------------------------------------------------------------


def _delays(
    target: Target,
    place: str,
    lines: Iterable[Publication],
    rows: Iterable[Row],
    month: Month,
    now: datetime,
) -> Iterable[Delay]:
    """Deposits that came after their time, as `expect` has it today, and reach into the month."""
    if target.expect is None:
        return
    deposits = {
        line.judged.fingerprint.modified: line.title
        for line in lines
        if line.act is not Act.FOUND and target.feeds(line.binding, place)
    }
    for row in rows:
        if row.judged is not None and target.feeds(row.binding, place):
            deposits.setdefault(row.judged.fingerprint.modified, row.title)
    ordered: list[datetime | None] = [*sorted(deposits), None]
    until = min(month.end, now)
    for at, following in pairwise(ordered):
        if at is None or (following is not None and following <= month.start):
            continue
        due = deadlines.due(target.expect, at) + target.expect.grace
        came = following if following is not None and following < until else None
        end = came or until
        if due < end and due < month.end:
            days = (end - due) // timedelta(days=1)
            yield Delay(deposits[at], due.astimezone(UTC), came, days)
