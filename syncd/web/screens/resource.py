"""One resource: the file online beside the bucket's, its history, and what it can go back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.actions.history import of_target
from syncd.actions.needs import handles
from syncd.actions.status import TargetStatus
from syncd.core.history_records import Event, LineKind
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.objects import KnownVersion
from syncd.core.records import Act, Kept, Outcome, Publication, Row
from syncd.guards.profile import Profile
from syncd.guards.verdict import Verdict
from syncd.text import command, finding, text
from syncd.text.figures import local_date
from syncd.web.charts import Steps, steps
from syncd.web.forms import Form, about_target, is_as_shown, to_look, to_put_back
from syncd.web.paging import Page, page_of
from syncd.web.reading import Look, Reading, target_of
from syncd.web.rendering import address
from syncd.web.screens.to_do import place

EACH = 20  # lines of the history on a page
_CHARTED = 200  # publications
_EVENTS = {
    LineKind.RELEASED: "page.event_released",
    LineKind.PINNED: "page.event_pinned",
    LineKind.PURGED: "page.event_purged",
    LineKind.PAUSED: "word.paused",
    LineKind.RESUMED: "page.event_resumed",
}
_ONLINE = frozenset({Act.REPLACED, Act.CREATED, Act.ADOPTED, Act.FOUND})


@dataclass(frozen=True, slots=True)
class File:
    """A column of the table. `None`: it is not known."""

    key: str
    size: int
    sha1: str
    deposited: datetime
    published: datetime | None = None
    rows: int | None = None
    columns: int | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Of the history. `commands`: to go back to it."""

    at: datetime
    what: str
    who: str
    note: str
    file: File | None
    remarks: Sequence[str]
    back: str
    form: Form | None = None  # to go back to it


def shown(
    look: Look, reading: Reading, ledger: ServiceLedger, asked: Mapping[str, str]
) -> dict[str, object] | None:
    """None where the manifest means no such resource."""
    names = (asked.get(name, "") for name in ("dataset", "resource", "object"))
    one = target_of(look, *names)
    if one is None:
        return None
    row = reading.row(look, ledger, one)
    lines, events = of_target(
        ledger, look.app.manifest.portal, one.dataset, one.resource or "", one.object
    )
    target = handles(look.report.resources).get(one.resource or "", one.object)
    page: Page[Publication | Event] = page_of(
        _newest_first(lines, events), asked.get("page", ""), EACH
    )
    return {
        "one": one,
        "place": place(one),
        "said": finding(one.reason),
        "decision": address("/decision", **place(one)) if one.state == Outcome.HELD else "",
        "online": _online(row, lines),
        "bucket": _bucket(row, lines),
        "pin": row.pin if row is not None else None,
        "release": row.release if row is not None else None,
        "forms": about_target(one, row) if row is not None and is_as_shown(one, row) else [],
        "look": to_look(look.report, one.dataset, [one]),
        "page": page,
        "lines": [_line(each, target, one, row) for each in page.items],
        **_charts(look, lines),
        "command": f"`{command(('syncd', 'history', target))}`",
    }


def _newest_first(
    lines: Sequence[Publication], events: Sequence[Event]
) -> list[Publication | Event]:
    told = [event for event in events if event.kind in _EVENTS]
    every: list[Publication | Event] = [*lines, *told]
    return sorted(every, key=_turn, reverse=True)


def _turn(one: Publication | Event) -> tuple[datetime, int, int]:
    """Of one instant, as they were written."""
    return (_at(one), one.after, one.line) if isinstance(one, Event) else (_at(one), one.id, 0)


def _at(one: Publication | Event) -> datetime:
    """As `syncd history` dates it."""
    return one.at if isinstance(one, Event) else one.titled_at or one.begun_at


def _online(row: Row | None, lines: Sequence[Publication]) -> File | None:
    if row is None or row.published is None:
        return None
    return _file(row.published, lines, row.published_at)


def _bucket(row: Row | None, lines: Sequence[Publication]) -> File | None:
    """The last version that was read."""
    return None if row is None or row.judged is None else _file(row.judged, lines, None)


def _file(version: KnownVersion, lines: Sequence[Publication], at: datetime | None) -> File:
    """What was measured of these bytes, where they ever went online."""
    same = (one for one in reversed(lines) if one.judged.digest.sha1 == version.digest.sha1)
    line = next(same, None)
    profile, verdict = (
        _profile(line),
        Verdict.from_plain((line.receipt or {}).get("schema")) if line else None,
    )
    return File(
        version.key,
        version.digest.size,
        version.digest.sha1,
        version.fingerprint.modified,
        at,
        profile.rows if profile else None,
        (profile.width or len(profile.header) or None) if profile else None,
        _said(verdict),
    )


def _profile(line: Publication | None) -> Profile | None:
    found = line.profile if line is not None else None
    return Profile.from_json(found) if isinstance(found, str) else None


def _said(verdict: Verdict | None) -> str:
    if verdict is None or verdict.trouble:
        return ""
    if verdict.errors:
        return text("page.schema_errors", schema=verdict.schema, count=verdict.kinds)
    return text("page.schema_kept", schema=verdict.schema)


def _line(one: Publication | Event, target: str, status: TargetStatus, row: Row | None) -> Line:
    if isinstance(one, Event):
        why = one.facts.get("why") if one.kind is LineKind.PAUSED else None
        remarks = [why] if isinstance(why, str) else []
        return Line(one.at, text(_EVENTS[one.kind]), one.by, one.note, None, remarks, "")
    remarks = [
        text("history_lifted" if said in one.lifted else "warning", what=finding(said))
        for said in one.findings
    ]
    back = ""
    online = row.published.digest if row is not None and row.published is not None else None
    if one.kept is not Kept.NOWHERE and one.judged.digest != online:
        back = f"`{command(('syncd', 'undo', target, '--to', str(one.id)))}`"
    who = text(f"trigger.{one.cause.trigger}", by=one.cause.by) if one.cause.is_told else ""
    file = _file(one.judged, [one], one.answered_at)
    form = to_put_back(status, row, one, local_date(_at(one).isoformat()))
    what = text(f"word.{one.act.value}")
    return Line(_at(one), what, who, one.cause.note, file, remarks, back, form)


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    steps: Steps
    is_size: bool


def _charts(look: Look, lines: Sequence[Publication]) -> dict[str, object]:
    """What was online, over time: bytes and rows."""
    online = [line for line in lines if line.act in _ONLINE][-_CHARTED:]
    sizes = [(_at(line), line.judged.digest.size) for line in online]
    profiles = [(_at(line), _profile(line)) for line in online]
    rows = [(at, one.rows) for at, one in profiles if one is not None and one.rows is not None]
    found = (
        ("page.chart_size", steps(sorted(sizes), look.at), True),
        ("page.chart_rows", steps(sorted(rows), look.at), False),
    )
    return {"charts": [Chart(name, made, is_size) for name, made, is_size in found if made]}
