"""Files of earlier publications on local disk, named by their digest, below a ceiling.

The portal deletes the old file at each replacement, and a bucket without versions forgets it too:
without these files there would be nothing to go back to.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from syncd.adapters.disk.atomic_write import replaced
from syncd.adapters.disk.file_lock import open_lock_file, wait_for_lock
from syncd.adapters.disk.spool import digest_of
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest
from syncd.core.ports import Claims, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Kept

log = structlog.get_logger("syncd.archive")

# A file that the ledger does not know is what a killed upload left behind; or all that is left
# to a person whose ledger was lost.
UNKNOWN_FOR = timedelta(days=30)
SWEEP_EVERY = timedelta(days=1)

_NAME = re.compile(r"[0-9a-f]{40}")
_CHUNK = 1024 * 1024  # bytes

T = TypeVar("T")


class Archive:
    """`versions`: how many of each resource; `limit`: the most bytes in all.

    Keeping and removing take turns, also between processes: a file that was just found to be
    there must not go while the publication that relies on it begins.
    """

    def __init__(self, folder: Path, versions: int, limit: int) -> None:
        self._folder = folder
        self._versions = versions
        self._limit = limit
        self._counted: tuple[int, int] | None = None  # the folder's mtime, the bytes in it
        self._swept_at: datetime | None = None

    @property
    def versions(self) -> int:
        return self._versions

    @property
    def place(self) -> str:
        return ""

    def probe(self) -> Reason | None:
        return None

    def room_for(self, size: int) -> Reason | None:
        try:
            return self._no_room(size)
        except OSError as error:
            return self._trouble(error)

    def keep(self, file: SpooledFile, *, wait_for_disk: bool = True) -> Reason | None:
        if not self._versions:
            return None
        try:
            with self._turn():
                return self._keep(file, wait_for_disk=wait_for_disk)
        except OSError as error:
            return self._trouble(error)

    def where(self, digest: Digest, version_id: str | None) -> Kept:
        if version_id:
            return Kept.SOURCE
        try:
            found = self._path(digest).stat().st_size == digest.size
        except OSError:
            found = False
        return Kept.ARCHIVE if found else Kept.NOWHERE

    @contextmanager
    def fetch(self, digest: Digest) -> Iterator[SpooledFile]:
        path = self._path(digest)
        try:
            found = _digest(path)
        except FileNotFoundError as error:
            raise SpoolError("archive_missing", sha1=digest.sha1) from error
        except OSError as error:
            trouble = self._trouble(error)
            raise SpoolError(trouble.code, **trouble.facts) from error
        if found != digest:
            raise SpoolError("archive_damaged", path=str(path), sha1=digest.sha1)
        yield SpooledFile(path, digest)

    def sweep(self, claims: Claims, now: datetime, *, only: Collection[str] | None = None) -> int:
        """Failing to remove a file is no failure of anybody's work: it is logged."""
        if not self._folder.is_dir():
            return 0
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            only = None
        try:
            with self._turn():
                if only is not None:
                    return self._let_go(claims(only), only)
                self._swept_at = now
                files = self._files()
                return self._sweep(files, claims([path.name for path in files]), now)
        except OSError as error:
            log.warning("archive.not_swept", why=str(error))
            return 0

    def erase(self, digests: Collection[Digest], claims: Claims, now: datetime) -> None:
        self.sweep(claims, now)
        claimed = claims([digest.sha1 for digest in digests])
        for digest in digests:
            still_there = self.where(digest, None) is Kept.ARCHIVE
            if still_there and not claimed.get(digest.sha1):  # the log says why
                raise SpoolError("archive_not_purged", sha1=digest.sha1)

    def snapshot(self, folder: Path, first: Callable[[], T]) -> T:
        """Second names in `folder` for all kept files. None of them goes while `first` is done,
        which says by what ledger they are kept. `OSError`."""
        if not self._folder.is_dir():
            return first()
        with self._turn():
            found = first()
            folder.mkdir(mode=0o700)
            for path in self._files():
                link_or_copy(path, folder / path.name)
            return found

    # -- how --------------------------------------------------------------------------------

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.sha1

    def _keep(self, file: SpooledFile, *, wait_for_disk: bool) -> Reason | None:
        path = self._path(file.digest)
        with suppress(FileNotFoundError):
            if path.stat().st_size == file.digest.size:  # `fetch` looks at every byte
                os.utime(path)
                return None
        trouble = self._no_room(file.digest.size)
        if trouble is not None:
            return trouble
        used = self._used()
        new = self._folder / f".new-{secrets.token_hex(8)}"
        with replaced(path, new):
            link_or_copy(file.path, new)
            if wait_for_disk:
                _to_disk(new)
        if wait_for_disk:
            _to_disk(self._folder)
        self._count(used + file.digest.size)
        return None

    def _no_room(self, size: int) -> Reason | None:
        if not self._versions:
            return None
        used = self._used()
        if used + size > self._limit:
            return because("archive_ceiling", size=size, used=used, limit=self._limit)
        # What is kept must leave as much free: else the next file could not be read any more.
        where = self._folder if self._folder.is_dir() else self._folder.parent
        free = shutil.disk_usage(where).free if where.is_dir() else used + size
        if used + size > free:
            return because(
                "archive_full", folder=str(self._folder), size=size, used=used, free=free
            )
        return None

    def _used(self) -> int:
        """Bytes in the folder; counted anew when somebody else changed it."""
        if not self._folder.is_dir():
            return 0
        if self._counted is None or self._counted[0] != self._folder.stat().st_mtime_ns:
            self._count(sum(path.stat().st_size for path in self._files()))
        return self._counted[1] if self._counted else 0

    def _count(self, used: int) -> None:
        self._counted = (self._folder.stat().st_mtime_ns, used)

    def _let_go(self, claims: Mapping[str, bool], only: Collection[str]) -> int:
        gone = [self._folder / sha1 for sha1 in only if not claims.get(sha1)]
        sizes = [path.stat().st_size for path in gone if path.is_file()]
        used = self._used() - sum(sizes)
        for path in gone:
            path.unlink(missing_ok=True)
        self._count(used)
        return len(sizes)

    def _sweep(self, files: list[Path], claims: Mapping[str, bool], now: datetime) -> int:
        swept = 0
        old = (now - UNKNOWN_FOR).timestamp()
        for path in files:
            claimed = claims.get(path.name)
            if claimed is False or (claimed is None and path.stat().st_mtime < old):
                path.unlink(missing_ok=True)
                swept += 1
        for left in self._folder.glob(".new-*"):  # in nobody's hands: it is our turn
            left.unlink(missing_ok=True)
        return swept

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if _NAME.fullmatch(path.name)]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        lock = open_lock_file(self._folder / ".lock")
        try:
            wait_for_lock(lock)
            yield
        finally:
            os.close(lock)

    def _trouble(self, error: OSError) -> Reason:
        detail = error.strerror or str(error)
        return because("archive_disk", folder=str(self._folder), detail=detail)


def link_or_copy(source: Path, new: Path) -> None:
    """A second name for the spooled bytes costs nothing; across file systems they are copied."""
    try:
        os.link(source, new)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}:
            raise
        shutil.copyfile(source, new)
        new.chmod(0o600)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> Digest:
    with path.open("rb") as stream:
        return digest_of(iter(partial(stream.read, _CHUNK), b""))
