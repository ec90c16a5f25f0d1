"""Streams objects to local disk: hashed in the same pass, below a ceiling, cleaned up after."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syncd.adapters.disk.hashing import Sha1
from syncd.core.errors import SourceUnreachable, SpoolError
from syncd.core.objects import Digest, Version
from syncd.core.ports import ObjectSource, SpooledFile, Transfer

_PREFIX, _SUFFIX = "syncd-", ".spool"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Spool:
    """A folder for files in transit. `limit` is the largest object taken, in bytes.

    A file is in use while an flock on it is held: the kernel frees it when its holder dies, so
    that files left by dead processes can be told from those of another living syncd.

    Besides the source's own errors: `SpoolError`, and nothing else.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit

    @contextmanager
    def fetch(
        self, source: ObjectSource, version: Version, transfer: Transfer
    ) -> Iterator[SpooledFile]:
        """The version's bytes in a file (mode 0600) that is gone when the block is left."""
        self._must_fit(version)

        def read(keep: Callable[[bytes], None]) -> tuple[Digest, str | None]:
            return self._read(source, version, transfer, keep)

        with self._file(version.fingerprint.size, read) as file:
            yield file

    @contextmanager
    def take(
        self, name: str, size: int, chunks: Iterable[bytes], transfer: Transfer
    ) -> Iterator[SpooledFile]:
        """Bytes from elsewhere, as `fetch` has them. `size`: how many are announced."""
        if size > self._limit:
            raise self._too_large(name, size)

        def read(keep: Callable[[bytes], None]) -> tuple[Digest, str | None]:
            return self._copy(name, chunks, transfer, keep), None

        with self._file(size, read) as file:
            yield file

    @contextmanager
    def _file(
        self, size: int, read: Callable[[Callable[[bytes], None]], tuple[Digest, str | None]]
    ) -> Iterator[SpooledFile]:
        with self._disk():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(self._folder).free
        if size > free:
            raise self._full(size, free)
        with self._disk():
            path, descriptor = self._claim()
        try:

            def keep(chunk: bytes) -> None:
                with self._disk():
                    _write(descriptor, chunk)

            digest, version_id = read(keep)
            yield SpooledFile(path, digest, version_id)
        finally:
            with suppress(OSError):
                path.unlink()
            os.close(descriptor)

    def digest(self, source: ObjectSource, version: Version, transfer: Transfer) -> Digest:
        """The same pass without a file; the same ceiling, so that a plan says what a sync would."""
        self._must_fit(version)
        found, _ = self._read(source, version, transfer, lambda _chunk: None)
        return found

    def sweep(self) -> int:
        """Remove what dead processes left behind; returns how many files that was."""
        swept = 0
        with self._disk():
            if not self._folder.is_dir():
                return 0
            for path in self._folder.glob(f"{_PREFIX}*{_SUFFIX}"):
                swept += _remove_if_unused(path)
        return swept

    def _read(
        self,
        source: ObjectSource,
        version: Version,
        transfer: Transfer,
        keep: Callable[[bytes], None],
    ) -> tuple[Digest, str | None]:
        with source.open(version) as opened:
            digest = self._copy(version.key, opened.chunks, transfer, keep)
        if digest.size != version.fingerprint.size:
            raise SourceUnreachable(
                "s3_cut",
                endpoint=source.location.endpoint,
                bucket=source.location.bucket,
                key=version.key,
                detail=f"{digest.size} / {version.fingerprint.size}",
            )
        return digest, opened.version_id

    def _copy(
        self,
        name: str,
        chunks: Iterable[bytes],
        transfer: Transfer,
        keep: Callable[[bytes], None],
    ) -> Digest:
        size = 0
        with Sha1() as sha1:
            for chunk in chunks:
                size += len(chunk)
                if size > self._limit:
                    raise self._too_large(name, size)
                sha1.update(chunk)
                keep(chunk)
                transfer.advance(len(chunk))
            return Digest(sha1.hexdigest(), size)

    def _claim(self) -> tuple[Path, int]:
        """A new file, locked. Tried again when a sweep got hold of it before the lock did."""
        while True:
            path = self._folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                if _lock(descriptor) and os.fstat(descriptor).st_nlink:
                    return path, descriptor
            except BaseException:
                path.unlink(missing_ok=True)
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _must_fit(self, version: Version) -> None:
        if version.fingerprint.size > self._limit:
            raise self._too_large(version.key, version.fingerprint.size)

    def _too_large(self, name: str, size: int) -> SpoolError:
        return SpoolError("spool_ceiling", key=name, size=size, limit=self._limit)

    def _full(self, needed: int | None, free: int | None) -> SpoolError:
        return SpoolError("spool_full", folder=str(self._folder), needed=needed, free=free)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise self._full(None, None) from error
            raise SpoolError(
                "spool_disk", folder=str(self._folder), detail=error.strerror or str(error)
            ) from error


def _write(descriptor: int, chunk: bytes) -> None:
    """All of it: a write on an almost full disk may take a part only."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_if_unused(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # its owner, or another sweep, was faster
        return False
    try:
        if not _lock(descriptor):
            return False
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
