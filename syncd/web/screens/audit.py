"""What would make datasets better, as `syncd audit` says it: all in short, and one in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.audit import Audited, Finding
from syncd.audit.wording import named, score, to_do, well
from syncd.text import sentence, text
from syncd.web.audits import Audits
from syncd.web.paging import page_of
from syncd.web.reading import Look
from syncd.web.rendering import address

EACH = 50  # datasets on a page
_KINDS = {"ok": "well", "improve": "needy", "problem": "failed", "unknown": "unknown"}
_SEEN = {"yes": "well", "not_yet": "needy", "no": "failed", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class State:
    """In words, and the kind that its shape and colour go by."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    link: str
    score: str
    to_do: str


@dataclass(frozen=True, slots=True)
class Advice:
    name: str
    state: State
    effort: str
    said: str
    link: str
    words: str  # of the link


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    link: str
    state: State
    said: str


def shown(
    look: Look, now: datetime, audits: Audits, asked: Mapping[str, str]
) -> dict[str, object] | None:
    """None where the manifest has no such dataset."""
    made = audits.of(look.app, now)
    wanted = asked.get("dataset", "")
    facts: dict[str, object] = {
        "made": made,
        "trouble": sentence(made.trouble) if made is not None and made.trouble else "",
        "again": address("/audit", dataset=wanted),
        "one": None,
        "page": None,
    }
    if made is None or made.found is None:
        return facts
    if wanted:
        found = next((one for one in made.found.datasets if one.dataset == wanted), None)
        return None if found is None else {**facts, **_in_full(found)}
    page = page_of(made.found.datasets, asked.get("page", ""), EACH)
    return {**facts, "page": page, "lines": [_line(one) for one in page.items]}


def _line(one: Audited) -> Line:
    link = address("/audit", dataset=one.dataset)
    return Line(one.title or one.dataset, link, score(one), to_do(one))


def _in_full(one: Audited) -> dict[str, object]:
    title = one.title or one.dataset
    return {
        "one": one,
        "title": title,
        "score": score(one),
        "first": [_advice(each, title) for each in one.first],
        "sites": [
            Site(
                each.site.name,
                each.site.address,
                State(_SEEN[each.visible.value], text(f"visible.{each.visible.value}")),
                sentence(each.reason),
            )
            for each in one.sites
        ],
        "unknown": [(named(each), sentence(each.reason)) for each in one.unknown],
        "well": well(one),
    }


def _advice(one: Finding, dataset: str) -> Advice:
    effort = text(f"effort.{one.effort.value}")
    return Advice(
        named(one),
        State(_KINDS[one.status.value], text(f"word.{one.status.value}", count=1)),
        f"{effort} · {text('html.scored')}" if one.is_scored else effort,
        sentence(one.reason),
        one.link,
        text(
            "html.edit",
            title=one.title or dataset,
            criterion=text(f"criterion.{one.criterion}"),
        ),
    )
