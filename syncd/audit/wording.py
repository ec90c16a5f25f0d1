"""Short words for what the audit found, the same on every screen. Pure."""

from __future__ import annotations

from syncd.audit import Audited, Finding, Rating
from syncd.text import text


def named(one: Finding) -> str:
    """The criterion, and of which resource."""
    criterion = text(f"criterion.{one.criterion}")
    if not one.resource or not one.title:
        return criterion
    return text("audit_of_resource", criterion=criterion, title=one.title)


def well(one: Audited) -> list[str]:
    """What is as it should be, once each: several sites may want a keyword. Of several resources,
    how many; each is only named where something is to be done."""
    of_each: dict[str, dict[str, Finding]] = {}
    for each in one.findings:
        if each.status is Rating.OK:
            of_each.setdefault(each.criterion, {}).setdefault(named(each), each)
    return [
        text("audit_of_files", criterion=text(f"criterion.{criterion}"), count=len(found))
        if len(found) > 1
        else next(iter(found))
        for criterion, found in of_each.items()
    ]


def score(one: Audited) -> str:
    if one.score is None:
        return text("html.no_score")
    return text("html.percent", score=round(one.score * 100))


def to_do(one: Audited) -> str:
    """How much, in short."""
    states = [each.status for each in one.open]
    if one.failed and not states:
        return text("html.failed")
    problems, improvements = states.count(Rating.PROBLEM), states.count(Rating.IMPROVE)
    counts = text("html.counts", problems=problems, improvements=improvements)
    missing = text("html.missing", sites=", ".join(one.missing_from))
    if states and one.missing_from:
        return text("html.and", first=counts, second=missing)
    if states:
        return counts
    return missing if one.missing_from else text("html.nothing")
