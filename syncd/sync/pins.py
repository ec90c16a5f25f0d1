"""What a person decided of one target: a release lets bytes pass, a pin keeps them online. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from syncd.core.composed import forms
from syncd.core.errors import UsageError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.reasons import Reason, because
from syncd.core.records import Cause, Intent, IntentState, Outcome, Pin, Row
from syncd.core.targets import Binding

# Triggers of pins that no person asked for now.
BY_MARK = "mark"  # a ledger that was lost: the portal's mark alone is left of a pin
AFTER_BACKUP = "restore"  # what is online came after the backup that syncd was restored from

MARK = "syncd:pinned"  # on resources whose file online stays: what the bucket had when it was so


def marks_of(binding: Binding, digest: Digest) -> set[str]:
    """In every form of the key: a ledger that was lost may have had another one."""
    return {
        mark_of(replace(binding, key=key), digest) for key in (binding.key, *forms(binding.key))
    }


def mark_of(binding: Binding, digest: Digest) -> str:
    """The public mark of a pin: a digest that tells nothing of names, places or persons."""
    return hashlib.sha256(f"{binding.source}\n{binding.key}\n{digest.sha1}".encode()).hexdigest()


def stays_against(row: Row) -> Digest | None:
    """The bucket's bytes that must not take the place of what is online, by somebody's will."""
    if row.pin is not None:
        return row.pin.judged.digest
    foreign = row.state is Outcome.DRIFTED or (
        row.state is Outcome.HELD and row.reason.code == "conflict"
    )
    return row.judged.digest if foreign and row.judged is not None else None


def is_released(row: Row | None, digest: Digest) -> bool:
    """Whether a person let exactly these bytes pass the guards."""
    return row is not None and row.release is not None and row.release.digest == digest


def is_pinned(row: Row | None, digest: Digest) -> bool:
    """Whether what is online stays while the bucket has these bytes."""
    return row is not None and row.pin is not None and row.pin.judged.digest == digest


def says_the_same(pin: Pin, content: str) -> bool:
    """Whether what is in the bucket now is what it was pinned against, in other bytes.

    `content`: of the bytes in the bucket.
    """
    return bool(content) and pin.content == content


def new_pin(row: Row, intents: Sequence[Intent], cause: Cause, now: datetime, given: str) -> Pin:
    """Against what the bucket has. `UsageError` when no cycle has looked at it yet.

    `given`: the TARGET, as the person knows it.
    """
    judged = _last_seen(row, intents)
    if judged is None:
        raise UsageError("target_never_looked", given=given)
    content = _content_of(judged, row, intents)
    return Pin(judged, cause.trigger, cause.by, cause.note, now, content)


def _content_of(judged: KnownVersion, row: Row, intents: Sequence[Intent]) -> str:
    for known, content in (
        (row.judged, row.judged_content),
        (row.published, row.published_content),
        *((intent.judged, content_in(intent.profile)) for intent in intents),
    ):
        if known is not None and known.digest == judged.digest:
            return content
    return ""


def content_in(profile: object) -> str:
    """What the bytes say of which this was measured, as in `Row`."""
    from syncd.guards.profile import Profile  # here: a look, which asks for no profile, is spared

    found = Profile.from_json(profile) if isinstance(profile, str) else None
    return found.content if found is not None else ""


def pinned_as_it_is(row: Row, online: KnownVersion, pin: Pin, now: datetime) -> Row:
    """The row of a target whose file is online already: nothing is sent."""
    is_same = row.published is not None and row.published.digest == online.digest
    return replace(
        row,
        state=Outcome.PINNED,
        reason=reason(pin),
        published=as_pinned(online, pin),
        judged=pin.judged,
        pin=pin,
        checked_at=now,
        judged_content=pin.content,
        published_content=row.published_content if is_same else "",
        restored=None,
    )


def _last_seen(row: Row, intents: Sequence[Intent]) -> KnownVersion | None:
    """What syncd last had from the bucket, also if it did not arrive (yet): a pin is against it.

    An upload that was given up stays among `intents` for days: one from before the last that was
    put online is news no more.
    """
    since = row.published_at
    sent = [
        intent
        for intent in intents
        if intent.binding == row.binding
        and intent.pin is None
        and intent.state is not IntentState.REFUSED
        and (since is None or intent.started_at > since)
    ]
    return sent[-1].judged if sent else row.judged or row.published


def reason(pin: Pin) -> Reason:
    """Why nothing is sent."""
    since = pin.at.isoformat()
    if pin.trigger == BY_MARK:
        return because("pinned_marked", since=since)
    if pin.trigger == AFTER_BACKUP:
        return because("pinned_after_backup", since=since)
    if pin.trigger == "push":
        return because("pinned_push", by=pin.by, since=since)
    if pin.trigger == "leave":
        return because("pinned_leave", by=pin.by, since=since)
    return because("pinned_undo", by=pin.by, since=since)


def as_pinned(online: KnownVersion, pin: Pin) -> KnownVersion:
    """The file that is online by a pin, as the next deposit is held against it.

    It never counts as later than what the bucket had: else what is deposited next, or the bucket's
    file after an unpin, would be taken for a step back in time.
    """
    seen = online.fingerprint
    modified = min(seen.modified, pin.judged.fingerprint.modified)
    return replace(online, key=pin.judged.key, fingerprint=replace(seen, modified=modified))


def is_releasable(row: Row) -> bool:
    """Whether the hold is about bytes; the others are answered in the manifest."""
    code = row.reason.code
    held = row.state is Outcome.HELD and row.judged is not None
    return held and (code.startswith("guard_") or code == "conflict")


def may_be_left(row: Row) -> bool:
    """Whether a person may say that what is online stays, in place of what the bucket has."""
    return row.judged is not None and (is_releasable(row) or row.state is Outcome.DRIFTED)
