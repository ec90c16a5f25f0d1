"""What can be seen of each file that the manifest maps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncd.audit import naming
from syncd.audit.findings import Finding, Rating
from syncd.audit.subject import Mapped, Subject
from syncd.core.catalogue import CatalogueFile
from syncd.core.reasons import Reason, because
from syncd.guards import names, preview, year

Check = Callable[[Subject, Mapped, CatalogueFile], tuple[Rating, Reason]]
_WELL = (Rating.OK, because("audit_ok"))


def findings(subject: Subject) -> Iterator[Finding]:
    for one in subject.files:
        if one.file is None:
            reason = because("audit_resource_missing", resource=one.resource)
            yield Finding("resource", Rating.PROBLEM, reason, one.resource, "", subject.edit)
            continue
        where = (one.resource, one.file.resource.title, subject.edit_of(one.resource))
        if one.file.resource.filetype != "file":
            yield Finding("resource", Rating.PROBLEM, because("audit_resource_remote"), *where)
            continue
        for criterion, check in _CRITERIA.items():
            status, reason = check(subject, one, one.file)
            yield Finding(criterion, status, reason, *where)


def _title(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    del subject, one
    title = file.resource.title
    if not title.strip() or file.resource.has_made_title or naming.is_file_name(title):
        return Rating.IMPROVE, because("audit_title", title=title)
    return _WELL


def _description(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    del subject, one
    if file.description.strip() or file.type == "documentation":
        return _WELL
    return Rating.IMPROVE, because("audit_resource_description")


def _name(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    del file
    if not one.name:
        return Rating.UNKNOWN, because("audit_never_looked")
    faults = naming.faults(one.name)
    if faults:
        return Rating.IMPROVE, because("audit_name", name=one.name, faults=", ".join(faults))
    others = [other.name for other in subject.files if other is not one and other.name]
    if naming.needs_date(one.name, others, in_series=one.in_series):
        return Rating.IMPROVE, because("audit_name_date", name=one.name)
    return _WELL


def _year(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    del subject
    said = year.contradiction(file.resource.title, one.name)
    if said is None:
        return _WELL
    title, name = (", ".join(years) for years in said)
    return Rating.PROBLEM, because("audit_year", title=title, name=name)


def _same_bytes(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    """By the portal's checksums, with every resource of the dataset."""
    mine = file.resource
    for other in subject.entry.files:
        if other.resource.id == one.resource or not mine.sha1 or mine.size == 0:
            continue
        if other.resource.sha1 == mine.sha1:
            return Rating.PROBLEM, because("audit_same_bytes", title=other.resource.title)
    return _WELL


def _preview(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    del subject
    ending = preview.ending_of(one.name or file.resource.made_title)
    size = file.resource.size
    if not ending or size is None or size <= preview.LIMITS[ending]:
        return _WELL
    limit = preview.LIMITS[ending]
    return Rating.IMPROVE, because("audit_preview", size=size, limit=limit, extension=ending)


def _columns(subject: Subject, one: Mapped, file: CatalogueFile) -> tuple[Rating, Reason]:
    """Never a name itself: a first row may be a person's."""
    del subject, file
    if one.profile is None:
        return Rating.UNKNOWN, because("audit_never_read")
    if not one.profile.is_table or one.profile.headless:
        return _WELL
    long = [at for at, name in enumerate(one.profile.header, 1) if len(name) > names.LONGEST]
    if not long:
        return _WELL
    columns = ", ".join(map(str, long[:10]))
    return Rating.IMPROVE, because("audit_columns", columns=columns, limit=names.LONGEST)


_CRITERIA: dict[str, Check] = {
    "resource_title": _title,
    "resource_description": _description,
    "file_name": _name,
    "file_year": _year,
    "same_bytes": _same_bytes,
    "preview": _preview,
    "column_names": _columns,
}
