"""The catalogue's side of the portal's answers: quality and topics (udata 17.18)."""

from __future__ import annotations

from typing import Any

from syncd.adapters.portal import answers
from syncd.adapters.portal.answers import listed, words
from syncd.adapters.portal.paging import Page
from syncd.core.catalogue import CatalogueEntry, CatalogueFile

ELEMENTS_MASK = "data{element},next_page"
PAGE_SIZE = 1000


def entry(body: Any) -> CatalogueEntry:
    """KeyError, TypeError or ValueError when this is no dataset."""
    quality = dict(body.get("quality") or {})
    score = quality.pop("score", None)
    return CatalogueEntry(
        id=answers.identifier(body["id"]),
        title=words(body["title"]),
        page=words(body.get("page") or body.get("uri")),
        description=words(body.get("description")),
        description_short=words(body.get("description_short")),
        tags=tuple(words(tag) for tag in listed(body.get("tags") or [])),
        frequency=words(body.get("frequency")) or "unknown",
        private=bool(body.get("private")),
        archived=bool(body.get("archived")),
        deleted=bool(body.get("deleted")),
        created_at=answers.instant(body["created_at"]),
        modified_at=answers.instant(body["last_modified"]),
        updated_at=answers.instant(body.get("last_update") or body["last_modified"]),
        files=tuple(_file(one) for one in listed(body["resources"])),
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
        description=words(body.get("description")),
        type=words(body.get("type")),
    )


def topic_page(body: Any) -> Page:
    """Elements may be notes of their own, without an `element`, or other things than datasets."""
    elements = [one["element"] for one in listed(body["data"])]
    found = (answers.identifier(one["id"]) for one in elements if one and one["class"] == "Dataset")
    return Page(tuple(found), bool(words(body["next_page"])))


def organization_page(body: Any) -> Page:
    """An organization's list has the deleted ones, too (udata 17.18)."""
    found = (answers.identifier(one["id"]) for one in listed(body["data"]) if not one["deleted"])
    return Page(tuple(found), bool(words(body["next_page"])))
