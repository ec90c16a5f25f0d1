"""Holds and the history, for a person and as documents, whose keys and words stay English."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

from syncd.actions.holds import Hold
from syncd.cli.output.csv_cells import cell
from syncd.cli.output.writer import Writer
from syncd.core.instants import iso
from syncd.core.reasons import Fact
from syncd.core.records import Kept, Publication
from syncd.sync.pins import is_releasable
from syncd.text import finding, sentence, text


def hold_document(hold: Hold) -> dict[str, Any]:
    row = hold.row
    judged = row.judged
    return {
        "dataset": row.binding.dataset,
        "dataset_title": hold.dataset_title,
        "resource": row.binding.resource or None,
        "title": row.title,
        "object": judged.key if judged else row.binding.key,
        "size": judged.digest.size if judged else None,
        "sha1": judged.digest.sha1 if judged else None,
        "deposited_at": judged.fingerprint.modified.isoformat() if judged else None,
        "checked_at": row.checked_at.isoformat(),
        "reason": sentence(row.reason),
        "code": row.reason.code,
        "link": row.link,
        "releasable": is_releasable(row),
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
        "kept": line.kept.value or None,
        "link": line.link,
        "receipt": line.receipt,
    }


def put_csv(lines: Sequence[Publication]) -> None:
    """The same as the JSON document, but for the receipt; one line for each publication."""
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
    ]
    writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for line in lines:
        document = line_document(line)
        document["warnings"] = " ".join(document["warnings"])
        writer.writerow({name: cell(value) for name, value in document.items()})


def show_holds(holds: Sequence[Hold]) -> None:
    screen = Writer()
    if not holds:
        screen.say(text("holds_none"))
    heading = ""
    for hold in holds:
        row = hold.row
        key = row.judged.key if row.judged else row.binding.key
        if _named(hold) != heading:
            heading = _named(hold)
            screen.say(heading, "bold")
        deposited = row.judged.fingerprint.modified.isoformat() if row.judged else ""
        facts: dict[str, Fact] = {"title": row.title or key, "object": key, "date": deposited}
        screen.say("  " + text("hold_line", **facts))
        screen.say(f"    {finding(row.reason)}")
        if row.link:
            screen.say(f"    {row.link}", "dim")
        if is_releasable(row):
            target = row.binding.resource or key
            screen.say("    " + text("hold_release", target=target), "dim")


def _named(hold: Hold) -> str:
    identifier = hold.row.binding.dataset
    return f"{hold.dataset_title} ({identifier})" if hold.dataset_title else identifier


def show_history(lines: Sequence[Publication]) -> None:
    screen = Writer()
    if not lines:
        screen.say(text("history_none"))
    for line in lines:
        cause = line.cause
        facts: dict[str, Fact] = {
            "number": line.id,
            "date": (line.titled_at or line.begun_at).isoformat(),
            "act": text(f"word.{line.act.value}"),
            "title": line.title,
            "object": line.judged.key,
            "size": line.judged.digest.size,
        }
        screen.say(text("history_line", **facts))
        if cause.by:
            why = text(f"trigger.{cause.trigger}", by=cause.by)
            screen.say(
                f"      {why}" + (" " + text("quoted", words=cause.note) if cause.note else "")
            )
        for one in line.findings:
            screen.say("      " + text("warning", what=finding(one)), "yellow")
        if line.kept is not Kept.NOWHERE:
            where = text(f"kept.{line.kept.value}", sha1=line.judged.digest.sha1)
            screen.say(f"      {where}", "dim")
