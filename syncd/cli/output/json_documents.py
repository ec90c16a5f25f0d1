"""Plans and reports as JSON documents (docs/reference/json.md). Keys and words stay English."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from syncd.actions.needs import handles, steps
from syncd.actions.status import StatusReport
from syncd.core.errors import Excerpt, Problem
from syncd.core.history_records import ChainReport
from syncd.core.instants import iso
from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.core.results import LeftAlone, Rename, Report, Shape, Shapes
from syncd.core.service_records import ServiceNote
from syncd.core.unseen import escaped_in_json
from syncd.text import command, finding, for_asker, problem, sentence

if TYPE_CHECKING:
    from syncd.core.preflight import Preflight


def plan_document(plan: Report) -> dict[str, Any]:
    return {
        "actions": [
            {
                "dataset": one.dataset,
                "dataset_title": one.dataset_title,
                "resource": one.resource,
                "title": one.title,
                "object": one.object,
                "action": one.planned,
                "reason": _reason(one.told, one.warnings),
                "size": one.listed_size,
                "previous_size": one.previous_size,
                **_shapes(one.shapes),
                "schema": one.schema,
                "dataset_page": one.dataset_page,
                "link": one.link,
                "address": one.address or None,
            }
            for one in plan.results
            if one.outcome is not Outcome.FAILED
        ],
        "failures": [
            {
                "dataset": one.dataset,
                "dataset_title": one.dataset_title,
                "resource": one.resource,
                "title": one.title,
                "object": one.object,
                "reason": sentence(one.told),
                "dataset_page": one.dataset_page,
                "link": one.link,
            }
            for one in plan.failures
        ],
        "unmapped": list(plan.unmapped),
        "unmapped_count": plan.unmapped_count,
        "renames": _renames(plan.renames),
        "paused": _paused(plan.paused),
        "summary": plan.planned,
    }


def _shapes(shapes: Shapes | None) -> dict[str, Any]:
    before, after = (shapes.before, shapes.after) if shapes else (Shape(), Shape())
    return {
        "columns": after.columns,
        "previous_columns": before.columns,
        "rows": after.rows,
        "previous_rows": before.rows,
    }


def _renames(found: Sequence[Rename]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": one.lost.target.dataset,
            "resource": one.lost.target.resource,
            "object": one.lost.key,
            "line": one.lost.target.rule_line or None,
            "candidates": [
                {
                    "object": candidate.key,
                    "likeness": candidate.likeness.name.lower(),
                    "sure": candidate.likeness.is_sure,
                    "write": candidate.write or None,
                }
                for candidate in one.candidates
            ],
        }
        for one in found
    ]


def _paused(left_alone: Sequence[LeftAlone]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": one.dataset,
            "dataset_title": one.dataset_title,
            "dataset_page": one.dataset_page,
            "object": one.object or None,
            "reason": sentence(one.reason),
        }
        for one in left_alone
    ]


def preflight_document(found: Preflight) -> dict[str, Any]:
    """A plan's document, with whose key it is and the checks that came before."""
    return {
        "account": found.account,
        "checks": [
            {
                "check": one.name,
                "about": one.about,
                "result": one.grade.value,
                "message": for_asker(one.reason),
            }
            for one in found.checks
        ],
        **plan_document(found.plan or Report(())),
    }


def sync_document(report: Report) -> dict[str, Any]:
    return {
        "outcomes": [
            {
                "dataset": one.dataset,
                "dataset_title": one.dataset_title,
                "dataset_page": one.dataset_page,
                "resource": one.resource,
                "title": one.title,
                "object": one.object,
                "outcome": one.outcome.value,
                "reason": _reason(one.told, one.warnings),
                "sha1": one.sha1,
                "size": one.size,
                "seconds": one.seconds,
                "schema": one.schema,
                "link": one.link,
            }
            for one in report.results
        ],
        "unmapped": list(report.unmapped),
        "unmapped_count": report.unmapped_count,
        "renames": _renames(report.renames),
        "paused": _paused(report.paused),
        "summary": report.summary,
    }


def history_check_document(found: ChainReport) -> dict[str, Any]:
    return {
        "lines": found.lines,
        "head": found.head or None,
        "noted": found.noted,
        "breaks": [
            {
                "line": one.line or None,
                "code": one.reason.code,
                "message": sentence(one.reason),
                **{name: one.reason.facts.get(name) for name in ("number", "expected", "found")},
            }
            for one in found.breaks
        ],
        "count": found.count,
    }


def status_document(status: StatusReport, by: str = "") -> dict[str, Any]:
    """`by`: the name that commands need not be given."""
    last, named = status.last_cycle, handles(status.resources)
    return {
        "targets": [
            {
                "dataset": one.dataset,
                "dataset_title": one.dataset_title,
                "dataset_page": one.dataset_page,
                "resource": one.resource,
                "title": one.title,
                "object": one.object,
                "state": one.state,
                "last_published_at": iso(one.last_published_at),
                "last_checked_at": iso(one.last_checked_at),
                "sha1": one.sha1,
                "reason": sentence(one.reason),
                "next_run": iso(one.next_run),
                "schema": one.schema,
                "link": one.link,
                "since": iso(one.since),
                "commands": [
                    command(typed)
                    for step in steps(one, named, by)
                    for typed in (step.look, step.command)
                    if typed
                ],
            }
            for one in status.targets
        ],
        "troubles": [
            {
                "dataset": one.dataset or None,
                "dataset_title": one.title or None,
                "state": one.state,
                "reason": sentence(one.reason),
                "since": iso(one.since),
            }
            for one in status.troubles
        ],
        "now": [
            {
                "dataset": one.dataset or None,
                "doing": one.doing,
                "object": one.what or None,
                "done": one.done,
                "size": one.size or None,
                "since": iso(one.since),
                "until": iso(one.until),
            }
            for one in status.works
        ],
        "unclaimed": [
            {
                "dataset": one.dataset,
                "source": one.source,
                "object": one.key,
                "deposited_at": iso(one.since),
                "near": one.reason.facts.get("near"),
                "line": one.reason.facts.get("line") or None,
                "write": one.reason.facts.get("write") or None,
                "ignore": one.reason.facts.get("ignore"),
                "reason": sentence(one.reason),
            }
            for one in status.unclaimed
        ],
        "service": _service_document(status.service) if status.service else None,
        "replicas": [
            {
                "host": one.host,
                "pid": one.pid,
                "version": one.version,
                "since": iso(one.since),
                "leads": one.leads,
                "manifest": one.manifest_named or None,
                "other_manifest": one.other_manifest,
                "other_version": one.other_version,
                "can_lead": one.able or one.leads,
                "worker_of": one.beside,
                "works_on": list(one.works_on),
            }
            for one in status.replicas
        ],
        "last_cycle": None
        if last is None
        else {
            "started_at": iso(last.started_at),
            "ended_at": iso(last.ended_at),
            "command": last.command,
            "exit_code": last.exit_code,
            "summary": dict(last.summary),
        },
    }


def _service_document(service: ServiceNote) -> dict[str, Any]:
    return {
        "pid": service.facts.get("pid"),
        "host": service.facts.get("host"),
        "version": service.facts.get("version"),
        "started_at": iso(service.started_at),
        "manifest": service.facts.get("manifest"),
        "problem": service.facts.get("first_problem") or None,
    }


def problem_document(found: Problem) -> dict[str, Any]:
    return {
        "file": found.file,
        "line": found.line or None,
        "column": found.column or None,
        "path": found.path,
        "message": sentence(found.reason),
        "suggestion": found.suggestion or None,
        "excerpt": _excerpt(found.excerpt) if found.excerpt else None,
        "instead": found.instead or None,
        "add": found.add or None,
        "text": problem(found),
    }


def _excerpt(found: Excerpt) -> dict[str, Any]:
    return {"line": found.text, "column": found.column, "width": found.width}


def put(document: dict[str, Any]) -> None:
    """The one document of this command, on stdout."""
    # No letter may be changed for a program: where one cannot be written, all are escaped.
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    written = json.dumps(document, ensure_ascii=plain, indent=2)
    sys.stdout.write(f"{escaped_in_json(written)}\n")


def _reason(reason: Reason, warnings: Sequence[Reason]) -> str:
    return " ".join((sentence(reason), *(finding(one) for one in warnings)))
