"""Results of cycles, and the alerts that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from syncd.core.reasons import Reason, because
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.core.service_records import Alert
from syncd.notify.alerts import Change, after_cycle
from tests.support.builders import DATASET, NOW, PORTAL, RESOURCE

SOON = NOW + timedelta(minutes=15)

EMPTY = because("guard_empty", key="a.csv")
SHRUNK = because("guard_shrink", size=80, online=203, lost=61, limit=50)
DOWN = because("portal_unreachable", host="portal.example", detail="connection refused")
SLOW = because("portal_answer_lost", host="portal.example", what="dataset", detail="timed out")
FINE = because("same_version", size=3)


def result(outcome: Outcome = Outcome.HELD, reason: Reason = EMPTY, **other: Any) -> Result:
    values: dict[str, Any] = {
        "dataset": DATASET,
        "dataset_title": "Liste des musées",
        "dataset_page": "https://portal.example/datasets/musees/",
        "resource": RESOURCE,
        "title": "Les musées",
        "object": "a.csv",
        "link": f"https://portal.example/r/{RESOURCE}",
    }
    return Result(outcome=outcome, reason=reason, **{**values, **other})


def well(**other: Any) -> Result:
    return result(Outcome.UNCHANGED, FINE, **other)


def alert(state: str = "held", reason: Reason = EMPTY, **other: Any) -> Alert:
    found = cycle([result(Outcome(state) if state in set(Outcome) else Outcome.HELD, reason)])
    return replace(found.changed[0], state=state, **other)


def cycle(
    results: Sequence[Result],
    *known: Alert,
    now: Any = NOW,
    partial: bool = False,
    contact: str = "musees@example.fr",
) -> Change:
    return after_cycle(known, results, PORTAL, DATASET, contact, now, partial=partial)


def of(dataset: str, title: str, contact: str, state: str = "held", item: str = "a") -> Alert:
    about = {"dataset_title": title, "contact": contact, "object": item, "title": ""}
    return Alert(PORTAL, dataset, item, state, EMPTY, about, NOW)
