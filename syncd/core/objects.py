"""Objects of the sources: where they live, and one state of their bytes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Location:
    """Where objects live: part of every binding. `endpoint` is the URL, without a final slash."""

    endpoint: str
    bucket: str

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.bucket}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a listing says of one state of an object. The ETag is an opaque change token."""

    etag: str
    size: int  # bytes
    modified: datetime  # aware, UTC, cut to the second: servers disagree about fractions


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the bytes under a key."""

    key: str
    fingerprint: Fingerprint
    id: str | None = None  # the store's own, where it keeps versions that newer ones hide


@dataclass(frozen=True, slots=True)
class Digest:
    """What syncd computed itself while it read the bytes. sha1, because the portal says sha1."""

    sha1: str  # 40 lower-case hex digits
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """One version that syncd has read to its end."""

    key: str
    fingerprint: Fingerprint
    digest: Digest
