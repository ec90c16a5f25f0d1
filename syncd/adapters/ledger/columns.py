"""Our values as columns, and back: what several tables have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from syncd.core.objects import Digest, Fingerprint, KnownVersion
from syncd.core.reasons import Reason
from syncd.core.records import Cause, Pin, Release
from syncd.core.targets import Binding

BINDING = ("portal", "dataset", "resource", "source", "key")


def binding_columns(binding: Binding) -> dict[str, Any]:
    return {name: getattr(binding, name) for name in BINDING}


_JUDGED = ("key", "etag", "size", "modified", "sha1", "bytes")
NAMES = {
    prefix: tuple(f"{prefix}_{name}" for name in _JUDGED) for prefix in ("judged", "published")
}


def judged_columns(prefix: str, judged: KnownVersion | None) -> dict[str, Any]:
    values: tuple[Any, ...] = (None,) * 6
    if judged is not None:
        seen, digest = judged.fingerprint, judged.digest
        values = (judged.key, seen.etag, seen.size, seen.modified, digest.sha1, digest.size)
    return dict(zip(NAMES[prefix], values, strict=True))


def judged_of(
    key: str, etag: str, size: int, modified: datetime, sha1: str | None, size_read: int
) -> KnownVersion | None:
    if sha1 is None:
        return None
    return KnownVersion(key, Fingerprint(etag, size, modified), Digest(sha1, size_read))


# -- what is kept as JSON ---------------------------------------------------------------------


def cause_json(cause: Cause) -> dict[str, str]:
    return {
        "trigger": cause.trigger,
        "by": cause.by,
        "note": cause.note,
        "manifest": cause.manifest,
    }


def cause_of(found: Mapping[str, str] | None) -> Cause:
    return Cause(**found) if found else Cause()


def reasons_json(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [{"code": reason.code, "facts": dict(reason.facts)} for reason in reasons]


def reasons_of(found: Sequence[Mapping[str, Any]] | None) -> tuple[Reason, ...]:
    return tuple(Reason(one["code"], one["facts"]) for one in found or ())


def pin_json(pin: Pin | None) -> dict[str, Any] | None:
    if pin is None:
        return None
    judged = judged_columns("judged", pin.judged)
    judged["judged_modified"] = pin.judged.fingerprint.modified.isoformat()
    who = {"trigger": pin.trigger, "by": pin.by, "note": pin.note, "at": pin.at.isoformat()}
    return {**judged, **who}


def pin_of(found: Mapping[str, Any] | None) -> Pin | None:
    if found is None:
        return None
    judged = [found[name] for name in NAMES["judged"]]
    judged[3] = datetime.fromisoformat(judged[3])
    held = judged_of(*judged)
    if held is None:
        raise ValueError("a pin without a digest")
    at = datetime.fromisoformat(found["at"])
    return Pin(held, found["trigger"], found["by"], found["note"], at)


def release_json(release: Release | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "sha1": release.digest.sha1,
        "bytes": release.digest.size,
        "by": release.by,
        "note": release.note,
        "at": release.at.isoformat(),
    }


def release_of(found: Mapping[str, Any] | None) -> Release | None:
    if found is None:
        return None
    digest = Digest(found["sha1"], found["bytes"])
    return Release(digest, found["by"], found["note"], datetime.fromisoformat(found["at"]))
