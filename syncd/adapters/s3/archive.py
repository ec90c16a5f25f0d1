"""Files of earlier publications in a bucket, named by their digest, below a ceiling.

For several machines, and for one that may be lost: whichever does the work finds the bytes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import islice

import structlog

from syncd.adapters.s3.archive_bucket import ArchiveBucket
from syncd.core.errors import BucketMissing, ObjectMissing, SourceDenied, SourceError, SpoolError
from syncd.core.objects import Digest, Version
from syncd.core.ports import Claims, Spool, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Kept

log = structlog.get_logger("syncd.archive")

UNKNOWN_FOR = timedelta(days=30)  # as in the folder
SWEEP_EVERY = timedelta(days=1)
# No lock is shared with whoever else keeps files here: what is younger than this may be what
# another one's publication, not yet in the ledger, relies on.
YOUNG = timedelta(hours=1)
DEAD_UPLOAD = timedelta(days=1)
_RECOUNT = 300  # seconds after which what others kept is counted, too
_AT_ONCE = 500  # that the ledger is asked about

_NAME = re.compile(r"[0-9a-f]{40}")


class BucketArchive:
    """`versions`: how many of each resource; `limit`: the most bytes in all, of which others may
    keep some more within five minutes.

    Two that keep the same bytes at once keep them once. `now`, `monotonic`: as `NetworkOptions`
    has them, but `now` aware.
    """

    def __init__(
        self,
        bucket: ArchiveBucket,
        prefix: str,
        spool: Spool,
        versions: int,
        limit: int,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._spool = spool
        self._versions = versions
        self._limit = limit
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counted: tuple[float, int] | None = None  # when, bytes
        self._swept_at: datetime | None = None

    @property
    def versions(self) -> int:
        return self._versions

    def close(self) -> None:
        self._bucket.close()

    @property
    def place(self) -> str:
        return f"s3://{self._bucket.location.bucket}/{self._prefix}"

    def probe(self) -> Reason | None:
        try:
            self._bucket.try_out(self._prefix)
        except SourceError as error:
            return self._trouble(error)
        except SpoolError as error:
            return error.reason
        return None

    def room_for(self, size: int) -> Reason | None:
        if not self._versions:
            return None
        try:
            return self._no_room(size)
        except SourceError as error:
            return self._trouble(error)

    def keep(self, file: SpooledFile, *, wait_for_disk: bool = True) -> Reason | None:
        del wait_for_disk  # the server's
        if not self._versions:
            return None
        try:
            there = self._find(file.digest.sha1)
            if there is not None and there.fingerprint.size == file.digest.size:
                # An older one may be on another's list of what goes: a new one is too young.
                if self._age(there, self._now()) < YOUNG / 2:
                    return None
            else:
                trouble = self._no_room(file.digest.size)
                if trouble is not None:
                    return trouble
            self._bucket.keep(file.path, self._key(file.digest.sha1), file.digest)
            if there is None:
                self._add(file.digest.size)
        except SourceError as error:
            return self._trouble(error)
        except SpoolError as error:
            return error.reason
        except OSError as error:  # reading the spooled file
            detail = error.strerror or str(error)
            return because("archive_disk", folder=str(file.path.parent), detail=detail)
        return None

    def where(self, digest: Digest, version_id: str | None) -> Kept:
        if version_id:
            return Kept.SOURCE
        try:
            version = self._find(digest.sha1)
        except SourceError as error:
            log.warning("archive.not_asked", why=str(error))
            return Kept.NOWHERE
        found = version is not None and version.fingerprint.size == digest.size
        return Kept.ARCHIVE if found else Kept.NOWHERE

    @contextmanager
    def fetch(self, digest: Digest) -> Iterator[SpooledFile]:
        with ExitStack() as stack:
            try:
                version = self._find(digest.sha1)
                if version is None:
                    raise SpoolError("archive_missing", sha1=digest.sha1)
                file = stack.enter_context(self._spool.fetch(self._bucket, version, _Unseen()))
            except ObjectMissing as error:
                raise SpoolError("archive_missing", sha1=digest.sha1) from error
            except SourceError as error:
                trouble = self._trouble(error)
                raise SpoolError(trouble.code, **trouble.facts) from error
            if file.digest != digest:
                path = f"{self.place}{digest.sha1}"
                raise SpoolError("archive_object_damaged", path=path, sha1=digest.sha1)
            # Not with a version of this bucket: it would be taken for one of the source's.
            yield SpooledFile(file.path, digest)

    def sweep(self, claims: Claims, now: datetime, *, only: Collection[str] | None = None) -> int:
        """Failing to remove an object is no failure of anybody's work: it is logged."""
        with self._lock:
            if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
                only, self._swept_at = None, now
        try:
            if only is not None:
                return self._let_go(only, claims, now)
            swept = self._let_go(self._old_enough(now), claims, now)
        except SourceError as error:
            log.warning("archive.not_swept", why=str(error))
            return 0
        try:
            self._bucket.abandon(self._prefix, self._is_ours, self._theirs(now) - DEAD_UPLOAD)
        except SourceError as error:  # a right of its own, which few keys have
            log.info("archive.uploads_not_swept", why=str(error))
        return swept

    def erase(self, digests: Collection[Digest], claims: Claims, now: datetime) -> None:
        del now
        claimed = claims([digest.sha1 for digest in digests])
        try:
            for digest in digests:
                if not claimed.get(digest.sha1):
                    self._find(digest.sha1)  # some answer to any removal that it is done
                    self._bucket.remove(self._key(digest.sha1), every_version=True)
        except SourceError as error:
            trouble = self._trouble(error)
            raise SpoolError(trouble.code, **trouble.facts) from error
        finally:
            self._counted = None

    def names(self) -> frozenset[str]:
        """The sha1s of all kept files. `SpoolError`."""
        try:
            return frozenset(sha1 for sha1, _ in self._all())
        except SourceError as error:
            trouble = self._trouble(error)
            raise SpoolError(trouble.code, **trouble.facts) from error

    # -- how --------------------------------------------------------------------------------

    def _key(self, sha1: str) -> str:
        return f"{self._prefix}{sha1}"

    def _is_ours(self, key: str) -> bool:
        return _NAME.fullmatch(key.removeprefix(self._prefix)) is not None

    def _find(self, sha1: str) -> Version | None:
        return self._bucket.stat(self._key(sha1))

    def _all(self) -> Iterator[tuple[str, Version]]:
        for page in self._bucket.pages(self._prefix, recursive=False):
            for version in page.versions:
                if self._is_ours(version.key):
                    yield version.key.removeprefix(self._prefix), version

    def _no_room(self, size: int) -> Reason | None:
        with self._lock:
            counted = self._counted
        if (
            counted is None
            or self._monotonic() - counted[0] > _RECOUNT
            or counted[1] + size > self._limit  # others may have removed some
        ):
            counted = (
                self._monotonic(),
                sum(version.fingerprint.size for _, version in self._all()),
            )
            with self._lock:
                self._counted = counted
        used = counted[1]
        if used + size <= self._limit:
            return None
        return because("archive_ceiling", size=size, used=used, limit=self._limit)

    def _add(self, size: int) -> None:
        with self._lock:
            if self._counted is not None:
                self._counted = (self._counted[0], self._counted[1] + size)

    def _theirs(self, now: datetime) -> datetime:
        """What the server's clock shows, whose dates are compared with it."""
        return now - timedelta(seconds=self._bucket.usage.skew or 0)

    def _age(self, version: Version, now: datetime) -> timedelta:
        return self._theirs(now) - version.fingerprint.modified

    def _old_enough(self, now: datetime) -> list[str]:
        return [sha1 for sha1, version in self._all() if self._age(version, now) >= YOUNG]

    def _let_go(self, sha1s: Collection[str], claims: Claims, now: datetime) -> int:
        swept, left = 0, iter(sha1s)
        while some := list(islice(left, _AT_ONCE)):
            claimed = claims(some)
            for sha1 in some:
                if not claimed.get(sha1) and self._goes(sha1, claimed, now):
                    self._bucket.remove(self._key(sha1))
                    swept += 1
        if swept:
            self._counted = None
        return swept

    def _goes(self, sha1: str, claimed: Mapping[str, bool], now: datetime) -> bool:
        """As it is now: somebody may have kept it once more."""
        version = self._find(sha1)
        if version is None:
            return False
        return self._age(version, now) >= (YOUNG if sha1 in claimed else UNKNOWN_FOR)

    def _trouble(self, error: SourceError) -> Reason:
        location = self._bucket.location
        detail = error.reason.facts.get("detail") or error.reason.facts.get("status") or ""
        facts = {"bucket": location.bucket, "endpoint": location.endpoint}
        match error:
            case BucketMissing():
                return because("archive_bucket_missing", **facts)
            case SourceDenied():
                return because("archive_bucket_denied", **facts, detail=detail)
            case _:
                return because("archive_bucket_away", **facts, detail=detail)


class _Unseen:
    """A transfer of which nobody is told."""

    def advance(self, count: int) -> None:
        pass

    def restart(self) -> None:
        pass
