"""The catalogue's side of the portal's answers: quality and topics (udata 17.18)."""

from __future__ import annotations

from typing import Any

from syncd.adapters.portal import answers
from syncd.adapters.portal.paging import Page
from syncd.core.catalogue import CatalogueEntry, CatalogueFile

ELEMENTS_MASK = "data{element},next_page"
PAGE_SIZE = 1000


def entry(body: Any) -> CatalogueEntry:
    """KeyError, TypeError or ValueError when this is no dataset."""
    quality = dict(body.get("quality") or {})
    score = quality.pop("score", None)
    return CatalogueEntry(
        id=str(body["id"]),
        title=str(body["title"] or ""),
        page=str(body.get("page") or body.get("uri") or ""),
        description=str(body.get("description") or ""),
        description_short=str(body.get("description_short") or ""),
        tags=tuple(str(tag) for tag in body.get("tags") or ()),
        frequency=str(body.get("frequency") or "unknown"),
        private=bool(body.get("private")),
        archived=bool(body.get("archived")),
        deleted=bool(body.get("deleted")),
        created_at=answers.instant(body["created_at"]),
        modified_at=answers.instant(body["last_modified"]),
        updated_at=answers.instant(body.get("last_update") or body["last_modified"]),
        files=tuple(_file(one) for one in body["resources"]),
        quality={name: value for name, value in quality.items() if isinstance(value, bool)},
        score=_score(score),
    )


def _score(value: Any) -> float | None:
    """None too where it is no share: it is advice, and no reason to show nothing."""
    score = float(value) if value is not None else None
    return score if score is not None and 0 <= score <= 1 else None


def _file(body: Any) -> CatalogueFile:
    return CatalogueFile(
        resource=answers.resource(body),
        description=str(body.get("description") or ""),
        type=str(body.get("type") or ""),
    )


def topic_page(body: Any) -> Page:
    """Elements may be notes of their own, without an `element`, or other things than datasets."""
    elements = [one["element"] for one in body["data"]]
    found = (str(one["id"]) for one in elements if one and one["class"] == "Dataset")
    return Page(tuple(found), bool(body["next_page"]))


def organization_page(body: Any) -> Page:
    """An organization's list has the deleted ones, too (udata 17.18)."""
    found = (str(one["id"]) for one in body["data"] if not one["deleted"])
    return Page(tuple(found), bool(body["next_page"]))
