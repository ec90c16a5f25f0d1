"""What became of one job, as a value: who plans learns it, wherever the job was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from syncd.core.queue import Kind
from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.core.service_records import Unclaimed

# failed: before any target was looked at. held: another syncd is at the dataset; left: nothing was
# to be done, as when it left the manifest; overdue: it goes on, and should have ended; unreached:
# this machine cannot reach what it needs, another one may.
End = Literal["done", "failed", "held", "abandoned", "left", "overdue", "unreached"]

# Of a result, what no alert and no figure needs.
_UNTOLD = frozenset({"shapes", "schema", "lost", "unread"})
_REASONS = frozenset({"reason", "warnings", "outcome"})
_PLAIN = tuple(f.name for f in fields(Result) if f.name not in _UNTOLD | _REASONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """`dataset`: as the manifest has it. `partial`: not every target was looked at."""

    dataset: str
    kind: Kind
    end: End
    exit_code: int = 0
    results: tuple[Result, ...] = ()
    unclaimed: tuple[Unclaimed, ...] | None = None
    seconds: float = 0.0
    partial: bool = False
    held_by: Reason | None = None
    manifest: str = ""  # of one that was left: the digest of the manifest that does not have it


def as_facts(finished: Finished) -> dict[str, Any]:
    """What JSON can hold of it."""
    unclaimed = finished.unclaimed
    return {
        "dataset": finished.dataset,
        "kind": finished.kind,
        "end": finished.end,
        "exit_code": finished.exit_code,
        "results": [_result_parts(one) for one in finished.results],
        "unclaimed": None if unclaimed is None else [_unclaimed_parts(one) for one in unclaimed],
        "seconds": finished.seconds,
        "partial": finished.partial,
        "held_by": _reason_parts(finished.held_by) if finished.held_by else None,
        "manifest": finished.manifest,
    }


def from_facts(facts: Mapping[str, Any]) -> Finished:
    """`ValueError`, `KeyError` or `TypeError` for what `as_facts` did not make."""
    unclaimed, held_by = facts["unclaimed"], facts["held_by"]
    return Finished(
        dataset=facts["dataset"],
        kind=facts["kind"],
        end=facts["end"],
        exit_code=facts["exit_code"],
        results=tuple(_result(one) for one in facts["results"]),
        unclaimed=None if unclaimed is None else tuple(_unclaimed(one) for one in unclaimed),
        seconds=facts["seconds"],
        partial=facts["partial"],
        held_by=_reason(held_by) if held_by else None,
        manifest=facts["manifest"],
    )


def _reason_parts(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


def _reason(parts: Mapping[str, Any]) -> Reason:
    return Reason(parts["code"], parts["facts"])


def _result_parts(result: Result) -> dict[str, Any]:
    return {
        **{name: getattr(result, name) for name in _PLAIN},
        "outcome": result.outcome.value,
        "reason": _reason_parts(result.reason),
        "warnings": [_reason_parts(one) for one in result.warnings],
    }


def _result(parts: Mapping[str, Any]) -> Result:
    return Result(
        # Of another version of the program, what both know.
        **{name: parts[name] for name in _PLAIN if name in parts},
        outcome=Outcome(parts["outcome"]),
        reason=_reason(parts["reason"]),
        warnings=tuple(_reason(one) for one in parts["warnings"]),
    )


def _unclaimed_parts(one: Unclaimed) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("portal", "dataset", "source", "key")}
    return {**plain, "reason": _reason_parts(one.reason), "since": one.since.isoformat()}


def _unclaimed(parts: Mapping[str, Any]) -> Unclaimed:
    return Unclaimed(
        parts["portal"],
        parts["dataset"],
        parts["source"],
        parts["key"],
        _reason(parts["reason"]),
        datetime.fromisoformat(parts["since"]),
    )
