"""A bucket in memory behind the `ObjectSource` port: dates are given, faults are asked for.

Held to the real servers by `tests/contract/test_memory_source.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from syncd.core.errors import ObjectChanged, ObjectMissing, SourceDenied, SourceUnreachable
from syncd.core.objects import Fingerprint, Location, ObjectPage, Version
from syncd.core.ports import OpenObject, SpooledFile, Usage

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stored:
    body: bytes
    fingerprint: Fingerprint


class MemorySource:
    def __init__(self, name: str = "depot") -> None:
        self.location = Location("http://memory", name)
        self.usage = Usage()
        self.objects: dict[str, Stored] = {}
        self.reads: list[str] = []  # keys, in the order of their reading
        self.lists: list[str] = []
        self.stats: list[str] = []
        self.shown = 0  # objects, by listings
        self.page_size = 1000  # objects that a listing shows at once
        self.denied: frozenset[str] = frozenset()  # prefixes that may not be listed
        self.before_open: Callable[[str], None] = lambda _key: None
        self.broken_after: int | None = None  # objects listed before the listing breaks
        self.versions: dict[tuple[str, str], Stored] | None = None  # by key and id, where kept
        self.before_publish: Callable[[str], None] = lambda _key: None
        self.published: list[str] = []  # keys of copies, in their order
        self.before_remove: Callable[[str], None] = lambda _key: None
        self.removed: list[str] = []
        self.removed_for_good: list[str] = []  # all versions
        self._puts = 0

    def keep_versions(self) -> None:
        """From now on the bucket is versioned."""
        self.versions = {}

    def put(
        self, key: str, body: bytes, *, at: datetime | None = None, etag: str | None = None
    ) -> Fingerprint:
        """Store; without `at`, one second later than the store before."""
        self._puts += 1
        modified = at or LONG_AGO + timedelta(seconds=self._puts)
        tag = etag or f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        fingerprint = Fingerprint(tag, len(body), modified)
        self.objects[key] = Stored(body, fingerprint)
        if self.versions is not None:
            self.versions[key, f"v{self._puts}"] = self.objects[key]
        return fingerprint

    def delete(self, key: str) -> None:
        del self.objects[key]

    def pages(self, prefix: str, *, recursive: bool) -> Iterator[ObjectPage]:
        found = self._list(prefix, recursive=recursive)
        while some := list(islice(found, self.page_size)):
            yield ObjectPage.of(some)

    def _list(self, prefix: str, *, recursive: bool) -> Iterator[Version]:
        self.lists.append(prefix)
        if prefix in self.denied:
            raise SourceDenied(
                "s3_access_denied",
                endpoint=self.location.endpoint,
                bucket=self.location.bucket,
                prefix=prefix,
                s3_code="AccessDenied",
                status=403,
                detail="",
            )
        for count, key in enumerate(sorted(self.objects)):
            if self.broken_after is not None and count >= self.broken_after:
                raise SourceUnreachable(
                    "s3_listing_broken",
                    endpoint=self.location.endpoint,
                    bucket=self.location.bucket,
                    prefix=prefix,
                    detail="cut",
                )
            if key.startswith(prefix) and (recursive or "/" not in key[len(prefix) :]):
                self.shown += 1
                yield Version(key, self.objects[key].fingerprint)

    def stat(self, key: str) -> Version | None:
        self.stats.append(key)
        stored = self.objects.get(key)
        return Version(key, stored.fingerprint) if stored else None

    def peek(self, prefix: str) -> Version | None:
        return next((v for v in self._list(prefix, recursive=True) if v.key[-1:] != "/"), None)

    @contextmanager
    def open(self, version: Version) -> Iterator[OpenObject]:
        self.before_open(version.key)
        where = {
            "endpoint": self.location.endpoint,
            "bucket": self.location.bucket,
            "key": version.key,
        }
        stored, known = self.objects.get(version.key), self.versions or {}
        if version.id is not None:
            stored = known.get((version.key, version.id))
        if stored is None:
            raise ObjectMissing("s3_object_missing", **where)
        if stored.fingerprint.etag != version.fingerprint.etag:
            raise ObjectChanged("s3_object_changed", **where)
        self.reads.append(version.key)
        mine = (name for (_, name), one in known.items() if one is stored)
        body = stored.body
        yield OpenObject(
            size=len(body),
            version_id=next(mine, None),
            chunks=iter([body]),
            cut=lambda size: SourceUnreachable("s3_cut", **where, detail=f"{size}"),
        )

    # -- as a public bucket -----------------------------------------------------------------

    def publish(self, file: SpooledFile, key: str) -> None:
        self.before_publish(key)
        self.published.append(key)
        assert key not in self.objects, "a copy is written over another object"
        self.put(key, file.path.read_bytes())

    def remove(self, key: str, *, every_version: bool = False) -> None:
        self.before_remove(key)
        if every_version:
            self.removed_for_good.append(key)
        self.removed.append(key)
        self.objects.pop(key, None)

    @contextmanager
    def trial(self, key: str, body: bytes) -> Iterator[None]:
        self.put(key, body)
        yield
        self.delete(key)

    def close(self) -> None:
        pass
