"""Whether a dataset can be found on a thematic site. Pure.

Such a site stores nothing: it shows the datasets of one topic, which is filled once a day, and
drops those that are private, archived or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syncd.audit.page import hidden_by
from syncd.core.catalogue import CatalogueEntry, ThematicSite
from syncd.core.reasons import Reason, because

FILLED_EVERY = timedelta(days=1)
# An upload moves the dataset's date as well, and a little after its resource's.
_SAME_MOMENT = timedelta(minutes=1)


class Visible(StrEnum):
    """The words of the JSON document."""

    YES = "yes"
    NOT_YET = "not_yet"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Visibility:
    site: ThematicSite
    visible: Visible
    reason: Reason


def visibility_on(
    entry: CatalogueEntry, site: ThematicSite, listed: frozenset[str] | Reason, now: datetime
) -> Visibility:
    """`listed`: the ids of the topic's datasets, or why they could not be read."""
    facts = {"site": site.name, "contact": site.contact}
    hidden = hidden_by(entry)
    if hidden is not None:
        return Visibility(site, Visible.NO, hidden)
    if isinstance(listed, Reason):
        return Visibility(site, Visible.UNKNOWN, listed)
    if entry.id in listed:
        if site.tags and not set(site.tags) & set(entry.tags):
            return Visibility(site, Visible.YES, because("audit_visible_no_category", **facts))
        return Visibility(site, Visible.YES, because("audit_visible", **facts))
    if now - _changed(entry) < FILLED_EVERY:
        return Visibility(site, Visible.NOT_YET, because("audit_not_yet", **facts))
    code = "audit_not_listed_contact" if site.contact else "audit_not_listed"
    return Visibility(site, Visible.NO, because(code, **facts))


def _changed(entry: CatalogueEntry) -> datetime:
    """When somebody last changed the dataset itself, as far as can be told.

    A file that is replaced every day would else be a change every day.
    """
    is_edit = entry.modified_at - entry.updated_at > _SAME_MOMENT
    return max(entry.created_at, entry.modified_at) if is_edit else entry.created_at
