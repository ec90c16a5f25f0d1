"""Holds and the history, for a person and as documents, whose keys and words stay English."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from syncd.actions.holds import Hold
from syncd.cli.output.csv_cells import cell
from syncd.cli.output.writer import Writer
from syncd.core.history_records import Event, LineKind
from syncd.core.instants import iso
from syncd.core.reasons import Fact
from syncd.core.records import Kept, Publication
from syncd.sync.pins import is_releasable
from syncd.text import figures, finding, sentence, text

if TYPE_CHECKING:
    from syncd.actions.file_diff import FileDiff

_INSTANTS = ("begun_at", "answered_at", "done_at", "deposited_at")  # of a table's columns


def hold_document(hold: Hold) -> dict[str, Any]:
    from syncd.guards.verdict import plain_of  # here: on the screen there is none

    row = hold.row
    judged = row.judged
    return {
        "dataset": row.binding.dataset,
        "dataset_title": hold.dataset_title,
        "resource": row.binding.resource or None,
        "title": row.title,
        "object": hold.key,
        "size": judged.digest.size if judged else None,
        "sha1": judged.digest.sha1 if judged else None,
        "deposited_at": judged.fingerprint.modified.isoformat() if judged else None,
        "checked_at": row.checked_at.isoformat(),
        "reason": sentence(hold.reason),
        "code": row.reason.code,
        "link": row.link,
        "releasable": is_releasable(row),
        "schema": plain_of(row.reason),
    }


def line_document(line: Publication) -> dict[str, Any]:
    judged, cause = line.judged, line.cause
    return {
        "number": line.id,
        "dataset": line.binding.dataset,
        "resource": line.binding.resource,
        "title": line.title,
        "object": judged.key,
        "act": line.act.value,
        "begun_at": line.begun_at.isoformat(),
        "answered_at": iso(line.answered_at),
        "done_at": iso(line.titled_at),
        "size": judged.digest.size,
        "sha1": judged.digest.sha1,
        "etag": judged.fingerprint.etag or None,
        "deposited_at": judged.fingerprint.modified.isoformat(),
        "version_id": line.version_id,
        "trigger": cause.trigger or None,
        "by": cause.by or None,
        "note": cause.note or None,
        "manifest": cause.manifest or None,
        "warnings": [finding(one) for one in line.findings],
        "lifted": [finding(one) for one in line.lifted],
        "loosened": dict(line.loosened),
        "kept": line.kept.value or None,
        "link": line.link,
        "schema": (line.receipt or {}).get("schema"),
        "receipt": line.receipt,
    }


def event_document(event: Event) -> dict[str, Any]:
    return {
        "line": event.line,
        "kind": event.kind.value,
        "at": event.at.isoformat(),
        "dataset": event.dataset or None,
        "resource": event.resource or None,
        "title": event.title or None,
        "object": event.key or None,
        "by": event.by or None,
        "note": event.note or None,
        "facts": dict(event.facts),
    }


def put_csv(lines: Sequence[Publication], events: Sequence[Event] = ()) -> None:
    """The same as the JSON documents, but for the receipts: a row for each publication and event.

    An event's row has no `number` and no `act`, a publication's no `event`. Instants are those of
    the documents in the manifest's time zone, since people read tables.
    """
    names = [
        "number",
        "dataset",
        "resource",
        "title",
        "object",
        "act",
        "begun_at",
        "answered_at",
        "done_at",
        "size",
        "sha1",
        "etag",
        "deposited_at",
        "version_id",
        "trigger",
        "by",
        "note",
        "manifest",
        "warnings",
        "kept",
        "link",
        "lifted",
        "loosened",
        "event",
        "line",
        "facts",
    ]
    writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in in_order(lines, events):
        row = _event_cells(one) if isinstance(one, Event) else _line_cells(one)
        told = {name: figures.offset_date(row[name]) for name in _INSTANTS if row.get(name)}
        writer.writerow({name: cell(value) for name, value in {**row, **told}.items()})


def _line_cells(line: Publication) -> dict[str, Any]:
    document = line_document(line)
    loosened = " ".join(f"{name}={value}" for name, value in line.loosened.items())
    said = {name: " ".join(document[name]) for name in ("warnings", "lifted")}
    return {**document, **said, "loosened": loosened}


def _event_cells(event: Event) -> dict[str, Any]:
    document = event_document(event)
    facts = document["facts"]
    return {
        **document,
        "event": document["kind"],
        "done_at": document["at"],
        "manifest": facts.get("manifest"),
        "facts": json.dumps(facts, ensure_ascii=False) if facts else None,
    }


def in_order(lines: Sequence[Publication], events: Sequence[Event]) -> list[Publication | Event]:
    """By the dates that are shown, the oldest first; of one instant, as they were written."""
    every: list[Publication | Event] = [*lines, *events]
    return sorted(every, key=_turn)


def _turn(one: Publication | Event) -> tuple[datetime, int, int]:
    if isinstance(one, Event):
        return one.at, one.after, one.line
    return _shown_at(one), one.id, 0


def _shown_at(line: Publication) -> datetime:
    """When it was done, or as far as it came: datasets are worked on side by side."""
    return line.titled_at or line.begun_at


def show_holds(holds: Sequence[Hold], diffs: Sequence[FileDiff] = ()) -> None:
    """`diffs`: one for each hold, or none at all."""
    screen = Writer()
    if not holds:
        screen.say(text("holds_none"))
    heading = ""
    for hold, diff in zip_longest(holds, diffs):
        row = hold.row
        if _named(hold) != heading:
            heading = _named(hold)
            screen.say(heading, "bold")
        deposited = row.judged.fingerprint.modified.isoformat() if row.judged else ""
        facts: dict[str, Fact] = {
            "title": row.title or hold.key,
            "object": hold.key,
            "date": deposited,
        }
        screen.say("  " + text("hold_line", **facts))
        screen.say(f"    {finding(hold.reason)}")
        if row.link:
            screen.say(f"    {row.link}", "dim")
        if diff is not None:
            from syncd.cli.output.diff_screen import show_diff  # here: most look without --diff

            show_diff(diff, "    ")
        if is_releasable(row):
            screen.say("    " + text("hold_release", target=hold.target), "dim")


def _named(hold: Hold) -> str:
    identifier = hold.row.binding.dataset
    return f"{hold.dataset_title} ({identifier})" if hold.dataset_title else identifier


def show_history(lines: Sequence[Publication], events: Sequence[Event]) -> None:
    screen = Writer()
    if not lines:
        screen.say(text("history_none"))
    for line in in_order(lines, events):
        if isinstance(line, Event):
            _show_event(screen, line)
            continue
        cause = line.cause
        facts: dict[str, Fact] = {
            "number": line.id,
            "date": _shown_at(line).isoformat(),
            "act": text(f"word.{line.act.value}"),
            "title": line.title,
            "object": line.judged.key,
            "size": line.judged.digest.size,
        }
        screen.say(text("history_line", **facts))
        who = text(f"trigger.{cause.trigger}", by=cause.by) if cause.is_told else ""
        _show_why(screen, who, cause.note)
        for one in line.findings:
            said = "history_lifted" if one in line.lifted else "warning"
            screen.say("      " + text(said, what=finding(one)), "yellow")
        _show_verdict(screen, (line.receipt or {}).get("schema"))
        if line.loosened:
            screen.say("      " + text("history_loosened", guards=_named_guards(line.loosened)))
        if line.kept is not Kept.NOWHERE:
            where = text(f"kept.{line.kept.value}", sha1=line.judged.digest.sha1)
            screen.say(f"      {where}", "dim")


def _show_verdict(screen: Writer, stored: object) -> None:
    """Errors, and a file that was not looked at, are among the findings already."""
    if stored is None:  # most files have no schema
        return
    from syncd.guards.verdict import Verdict

    verdict = Verdict.from_plain(stored)
    if verdict is None or verdict.trouble:
        return
    if not verdict.errors:
        screen.say("      " + text("history_schema", schema=verdict.schema), "dim")
    if verdict.unchecked:
        facts: dict[str, Fact] = {
            "schema": verdict.schema,
            "unchecked": "; ".join(verdict.unchecked),
        }
        screen.say("      " + text("history_schema_unchecked", **facts), "dim")


def _show_event(screen: Writer, event: Event) -> None:
    facts: dict[str, Fact] = {
        "date": event.at.isoformat(),
        "title": event.title or event.key or event.dataset,
        "object": event.key,
        **{name: one for name, one in event.facts.items() if isinstance(one, str | int)},
    }
    facts["made"] = _instant(event.facts.get("made"))
    facts["count"] = len(_listed(event, "publications") or _listed(event, "lines"))
    screen.say(text(f"event.{event.kind.value}", **facts))
    _show_why(screen, text("event_by", by=event.by) if event.by else "", event.note)
    if event.kind is LineKind.MANIFEST:
        for group in _listed(event, "looser"):
            named, count = _named_guards(group["guards"]), len(group["targets"])
            screen.say("      " + text("event_looser", guards=named, count=count), "yellow")


def _instant(found: object) -> str:
    """ "" where it is none: other hands may have written the ledger."""
    try:
        return datetime.fromisoformat(str(found)).isoformat()
    except ValueError:
        return ""


def _show_why(screen: Writer, who: str, note: str) -> None:
    """A script may have said why without a name."""
    said = " ".join(filter(None, (who, text("quoted", words=note) if note else "")))
    if said:
        screen.say(f"      {said}")


def _listed(event: Event, name: str) -> list[Any]:
    found = event.facts.get(name)
    return found if isinstance(found, list) else []


def _named_guards(loosened: Mapping[str, str]) -> str:
    from syncd.guards import GUARDS  # here: most lines have none that was loosened

    if set(loosened.values()) == {"off"} and len(loosened) == len(GUARDS):
        return text("guards_all_off")
    return ", ".join(f"{name}: {value}" for name, value in loosened.items())
