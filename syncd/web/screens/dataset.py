"""One dataset: each of its targets, with its state and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.actions.status import TargetStatus
from syncd.text import finding
from syncd.web.forms import to_look
from syncd.web.paging import page_of
from syncd.web.reading import Look
from syncd.web.rendering import address
from syncd.web.screens.to_do import place

EACH = 100  # targets on a page


@dataclass(frozen=True, slots=True)
class Line:
    one: TargetStatus
    link: str
    said: str


def shown(look: Look, asked: Mapping[str, str]) -> dict[str, object] | None:
    """None where the manifest has no such dataset."""
    mine = [one for one in look.report.targets if one.dataset == asked.get("dataset", "")]
    if not mine:
        return None
    page = page_of(mine, asked.get("page", ""), EACH)
    return {
        "dataset": mine[0].dataset,
        "title": mine[0].dataset_title or mine[0].dataset,
        "link": mine[0].dataset_page,
        "page": page,
        "look": to_look(look.report, mine[0].dataset, mine),
        "lines": [
            Line(one, address("/resource", **place(one)), finding(one.reason)) for one in page.items
        ],
        "troubles": [
            (trouble, finding(trouble.reason))
            for trouble in look.report.troubles
            if trouble.dataset == mine[0].dataset
        ],
    }
