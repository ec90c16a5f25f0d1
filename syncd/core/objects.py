"""Objects of the sources: where they live, and one state of their bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
class ObjectPage:
    """Objects that a listing showed at once, in its order and in columns of one length.

    Of most nobody needs more than the key: a `Version` is made of one that is asked for.
    """

    keys: Sequence[str]
    etags: Sequence[str]
    sizes: Sequence[int]  # as all that follows, see `Fingerprint`
    modified: Sequence[datetime]

    @classmethod
    def of(cls, versions: Iterable[Version]) -> ObjectPage:
        """These, all of them the latest of their keys."""
        keys, prints = [], []
        for version in versions:
            keys.append(version.key)
            prints.append(version.fingerprint)
        return cls(
            keys,
            [one.etag for one in prints],
            [one.size for one in prints],
            [one.modified for one in prints],
        )

    def version(self, at: int) -> Version:
        return Version(
            self.keys[at], Fingerprint(self.etags[at], self.sizes[at], self.modified[at])
        )

    @property
    def versions(self) -> Iterator[Version]:
        return map(self.version, range(len(self.keys)))

    def right_under(self, prefix: str) -> ObjectPage:
        """Those without a further slash after the prefix."""
        begin = len(prefix)
        here = [at for at, key in enumerate(self.keys) if key.find("/", begin) < 0]
        if len(here) == len(self.keys):
            return self
        return ObjectPage.of(map(self.version, here))


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
