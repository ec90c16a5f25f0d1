"""What the dataset's page says of the dataset: the portal's criteria, and some more. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.audit import frequencies
from syncd.audit.findings import Finding, Rating
from syncd.audit.subject import Subject
from syncd.core.catalogue import CatalogueEntry, ThematicSite
from syncd.core.reasons import Reason, because

DESCRIPTION_LENGTH = 100  # characters; the portal counts more than that
SHORT_LENGTH = 200  # characters; the portal takes no more
FEWEST_TAGS = 3  # our own: fewer say little to a search
_WELL = because("audit_ok")


def findings(subject: Subject, sites: tuple[ThematicSite, ...]) -> Iterator[Finding]:
    entry = subject.entry
    yield _public(entry)
    yield from _of_portal(entry)
    yield _short(entry)
    yield _tags(entry)
    yield from _category_tags(entry, sites)
    yield _frequency(subject)


def _of_portal(entry: CatalogueEntry) -> Iterator[Finding]:
    """Criteria that the portal judges; those of files are not there where there is no file."""
    length = len(entry.description)
    advices = {
        "license": because("audit_license"),
        "temporal_coverage": because("audit_temporal_coverage"),
        "spatial": because("audit_spatial"),
        "update_frequency": because("audit_update_frequency"),
        "dataset_description_quality": because(
            "audit_description", length=length, least=DESCRIPTION_LENGTH + 1
        ),
        "has_open_format": because("audit_open_format"),
        "all_resources_available": because("audit_available"),
        "resources_documentation": because("audit_documentation"),
    }
    for criterion, advice in advices.items():
        is_met = entry.quality.get(criterion)
        if is_met is None:
            reason = because("audit_not_told" if entry.files else "audit_no_file")
            yield Finding(criterion, Rating.UNKNOWN, reason)
        elif is_met:
            yield Finding(criterion, Rating.OK, _WELL)
        else:
            broken = criterion == "all_resources_available"
            yield Finding(criterion, Rating.PROBLEM if broken else Rating.IMPROVE, advice)


def hidden_by(entry: CatalogueEntry) -> Reason | None:
    """Why nobody finds the dataset anywhere, if so."""
    if entry.deleted:
        return because("audit_deleted")
    if entry.archived:
        return because("audit_archived")
    return because("audit_private") if entry.private else None


def _public(entry: CatalogueEntry) -> Finding:
    hidden = hidden_by(entry)
    return Finding("public", Rating.PROBLEM if hidden else Rating.OK, hidden or _WELL)


def _short(entry: CatalogueEntry) -> Finding:
    length = len(entry.description_short.strip())
    if not length:
        return Finding(
            "description_short", Rating.IMPROVE, because("audit_short", most=SHORT_LENGTH)
        )
    if length > SHORT_LENGTH:
        facts = {"length": length, "most": SHORT_LENGTH}
        return Finding("description_short", Rating.IMPROVE, because("audit_short_long", **facts))
    return Finding("description_short", Rating.OK, _WELL)


def _tags(entry: CatalogueEntry) -> Finding:
    count = len(entry.tags)
    if count >= FEWEST_TAGS:
        return Finding("tags", Rating.OK, _WELL)
    reason = because("audit_tags", count=count, least=FEWEST_TAGS)
    return Finding("tags", Rating.IMPROVE, reason)


def _category_tags(entry: CatalogueEntry, sites: tuple[ThematicSite, ...]) -> Iterator[Finding]:
    for site in sites:
        if not site.tags:
            continue
        if set(site.tags) & set(entry.tags):
            yield Finding("category_tags", Rating.OK, _WELL)
        else:
            reason = because("audit_category_tags", site=site.name, tags=", ".join(site.tags))
            yield Finding("category_tags", Rating.IMPROVE, reason)


def _frequency(subject: Subject) -> Finding:
    """What is declared against what was really published."""
    declared = subject.entry.frequency
    days = frequencies.rhythm(subject.published)
    if not subject.entry.quality.get("update_frequency"):
        return Finding("frequency", Rating.UNKNOWN, because("audit_no_frequency"))
    if declared not in frequencies.FREQUENCIES:
        return Finding("frequency", Rating.OK, _WELL)  # nothing is promised
    if days is None:
        reason = because("audit_rhythm_unknown", count=len(subject.published))
        return Finding("frequency", Rating.UNKNOWN, reason)
    proposed = frequencies.better(declared, days)
    if not proposed:
        return Finding("frequency", Rating.OK, _WELL)
    reason = because("audit_rhythm", declared=declared, days=max(1, round(days)), proposed=proposed)
    return Finding("frequency", Rating.IMPROVE, reason)
