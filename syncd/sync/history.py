"""What is told of one publication to whoever wants proof of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syncd.core.history_records import Event, LineKind
from syncd.core.instants import iso
from syncd.core.portal import Resource
from syncd.core.records import Act, Cause, Intent, Kept, Publication, Row
from syncd.core.targets import Binding
from syncd.guards.profile import Profile
from syncd.guards.verdict import Verdict

# What a publication is held against before it is called done; names for the receipt.
_CHECKS = ("read-pinned", "sha1", "size", "title")
_CHECKS_OF_LINK = ("read-pinned", "address", "sha1", "size")


def of_upload(
    intent: Intent, stored: Resource, row: Row, kept: Kept, titled_at: datetime
) -> Publication:
    """The history's line of an upload that is online.

    `stored`: the resource as the portal described it once it had the bytes.
    """
    publication = Publication(
        id=0,
        binding=row.binding,
        judged=intent.judged,
        title=row.title,
        link=row.link,
        act=Act.CREATED if intent.creates else Act.REPLACED,
        cause=intent.cause,
        begun_at=intent.started_at,
        answered_at=intent.sent_at,
        titled_at=titled_at,
        version_id=intent.version_id,
        findings=intent.findings,
        profile=intent.profile,
        kept=kept,
        lifted=intent.lifted,
        loosened=intent.loosened,
    )
    return with_receipt(publication, stored, _CHECKS_OF_LINK if intent.address else _CHECKS)


def of_adoption(
    row: Row, resource: Resource, cause: Cause, profile: object, kept: Kept
) -> Publication:
    """The history's line of bytes that were online already, or of others that say the same."""
    if row.published is None:
        raise ValueError("nothing was adopted")
    publication = Publication(
        id=0,
        binding=row.binding,
        judged=row.published,
        title=row.title,
        link=row.link,
        act=Act.ADOPTED,
        cause=cause,
        begun_at=row.checked_at,
        titled_at=row.checked_at,
        version_id=row.version_id,
        profile=profile,
        kept=kept,
    )
    judged = row.judged
    if judged is None or judged.digest == row.published.digest:
        return with_receipt(publication, resource, ("read-pinned", "sha1"))
    told = with_receipt(
        replace(publication, findings=(row.reason,)), resource, ("read-pinned", "content")
    )
    deposited = {"sha1": judged.digest.sha1, "size": judged.digest.size}
    return replace(told, receipt={**(told.receipt or {}), "deposited": deposited})


def of_row(kind: LineKind, row: Row, cause: Cause, at: datetime) -> Event:
    """The history's line of what a person did with a target without sending anything.

    It is about the bytes that were last read of its object.
    """
    judged = row.judged
    about = {"sha1": judged.digest.sha1, "size": judged.digest.size} if judged else {}
    facts = {**about, "reason": row.reason.code, "manifest": cause.manifest}
    event = of_binding(kind, row.binding, cause, at, row.title)
    return replace(event, key=judged.key if judged else event.key, facts=facts)


def of_binding(kind: LineKind, binding: Binding, cause: Cause, at: datetime, title: str) -> Event:
    """The history's line of what was done with the files of a binding."""
    return Event(
        kind=kind,
        at=at,
        portal=binding.portal,
        dataset=binding.dataset,
        resource=binding.resource,
        key=binding.key,
        title=title,
        by=cause.by,
        note=cause.note,
    )


def with_receipt(
    publication: Publication, stored: Resource, checks: tuple[str, ...]
) -> Publication:
    judged, cause = publication.judged, publication.cause
    receipt: dict[str, object] = {
        "act": publication.act.value,
        "object": judged.key,
        "version": {
            "etag": judged.fingerprint.etag,
            "size": judged.fingerprint.size,
            "modified": judged.fingerprint.modified.isoformat(),
            "version_id": publication.version_id,
        },
        "sha1": judged.digest.sha1,
        "size": judged.digest.size,
        "portal": publication.binding.portal,
        "dataset": publication.binding.dataset,
        "resource": publication.binding.resource,
        "title": publication.title,
        "link": publication.link,
        "trigger": cause.trigger,
        "by": cause.by or None,
        "note": cause.note or None,
        "begun_at": iso(publication.begun_at),
        "answered_at": iso(publication.answered_at),
        "titled_at": iso(publication.titled_at),
        "checks": list(checks),
        "warnings": [finding.code for finding in publication.findings],
        "lifted": [
            {"code": finding.code, "facts": dict(finding.facts)} for finding in publication.lifted
        ],
        "loosened": dict(publication.loosened),
        "kept": publication.kept.value or None,
        "answer": {"sha1": stored.sha1, "size": stored.size, "url": stored.url},
    }
    verdict = _verdict(publication.profile)
    if verdict is not None:
        receipt["schema"] = verdict.to_plain()
    return replace(publication, receipt=receipt)


def _verdict(profile: object) -> Verdict | None:
    found = Profile.from_json(profile) if isinstance(profile, str) else None
    return found.schema if found is not None else None
