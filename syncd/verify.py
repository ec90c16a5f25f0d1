"""Whether the portal has what we sent. Pure."""

from __future__ import annotations

from syncd.model import Digest, Reason, Resource, because


def answer(resource: Resource, digest: Digest) -> Reason | None:
    """None when the portal's answer carries our sha1 and size, else what differs."""
    if resource.sha1 == digest.sha1 and resource.size == digest.size:
        return None
    return because(
        "verify_bytes",
        sha1=digest.sha1,
        size=digest.size,
        online_sha1=resource.sha1 or "-",
        online_size=resource.size if resource.size is not None else -1,
    )


def may_retitle(now: Resource, wanted: str) -> bool:
    """Whether the title is to be put back: only while it is the one that our upload made.

    Any other title was written by a person in the meantime, and wins (DESIGN §4).
    """
    return bool(wanted) and now.has_made_title and now.title != wanted
