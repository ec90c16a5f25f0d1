"""Streams objects to local disk: hashed in the same pass, below a ceiling, cleaned up after."""

from __future__ import annotations

import errno
import hashlib
import os
import queue
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from syncd.adapters.disk.file_lock import make_private, try_lock
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest, Version
from syncd.core.ports import ObjectSource, SpooledFile, Transfer
from syncd.core.shortages import shortage_in

_PREFIX, _SUFFIX = "syncd-", ".spool"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
AHEAD = 4  # chunks that may wait to be hashed: what the reading may be ahead, and no more memory


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
        self,
        source: ObjectSource,
        version: Version,
        transfer: Transfer,
        begun: Callable[[Path], None] = lambda _path: None,
    ) -> Iterator[SpooledFile]:
        """The version's bytes in a file (mode 0600) that is gone when the block is left."""
        self._must_fit(version)

        def read(keep: Callable[[bytes], None]) -> tuple[Digest, str | None]:
            return self._read(source, version, transfer, keep)

        with self._file(version.fingerprint.size, read, begun) as file:
            yield file

    @contextmanager
    def take(
        self, name: str, size: int, chunks: Iterable[bytes], transfer: Transfer
    ) -> Iterator[SpooledFile]:
        """Bytes from elsewhere, as `fetch` has them. `size`: how many are announced."""
        if size > self._limit:
            raise self._too_large(name, size)

        def read(keep: Callable[[bytes], None]) -> tuple[Digest, str | None]:
            return digest_of(self._passing(name, chunks, transfer, keep)), None

        with self._file(size, read) as file:
            yield file

    @contextmanager
    def _file(
        self,
        size: int,
        read: Callable[[Callable[[bytes], None]], tuple[Digest, str | None]],
        begun: Callable[[Path], None] = lambda _path: None,
    ) -> Iterator[SpooledFile]:
        with self._disk():
            make_private(self._folder)
            free = shutil.disk_usage(self._folder).free
        if size > free:
            raise self._full(size, free)
        with self._disk():
            path, descriptor = self._claim()
        try:

            def keep(chunk: bytes) -> None:
                with self._disk():
                    _write(descriptor, chunk)

            begun(path)
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
            digest = digest_of(self._passing(version.key, opened.chunks, transfer, keep))
        if digest.size != version.fingerprint.size:
            raise opened.cut(digest.size)
        return digest, opened.version_id

    def _passing(
        self,
        name: str,
        chunks: Iterable[bytes],
        transfer: Transfer,
        keep: Callable[[bytes], None],
    ) -> Iterator[bytes]:
        """The same chunks, each kept once it is on its way to be hashed."""
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._limit:
                raise self._too_large(name, size)
            yield chunk
            keep(chunk)
            transfer.advance(len(chunk))

    def _claim(self) -> tuple[Path, int]:
        """A new file, locked. Tried again when a sweep got hold of it before the lock did."""
        while True:
            path = self._folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                if try_lock(descriptor) and os.fstat(descriptor).st_nlink:
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
            shortage = shortage_in(error)
            if shortage is not None:
                raise SpoolError(shortage.reason.code) from error
            raise SpoolError(
                "spool_disk", folder=str(self._folder), detail=error.strerror or str(error)
            ) from error


def _write(descriptor: int, chunk: bytes) -> None:
    """All of it: a write on an almost full disk may take a part only."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _remove_if_unused(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # its owner, or another sweep, was faster
        return False
    try:
        if not try_lock(descriptor):
            return False
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def digest_of(chunks: Iterable[bytes]) -> Digest:
    """The sha1 and size of all chunks; the next one is asked for while the last is hashed."""
    size = 0
    with Sha1() as sha1:
        for chunk in chunks:
            size += len(chunk)
            sha1.update(chunk)
        return Digest(sha1.hexdigest(), size)


class Sha1:
    """sha1 beside the reading: on a large file it takes as long as the reading itself.

    Given chunks in order; of the second on, a thread does the work. For use as a context.

    hashlib lets go of the interpreter's lock meanwhile, so both go on at once.
    """

    def __init__(self) -> None:
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._chunks: queue.Queue[bytes | None] = queue.Queue(AHEAD)
        self._thread: threading.Thread | None = None
        self._given = 0

    def __enter__(self) -> Sha1:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def update(self, chunk: bytes) -> None:
        self._given += 1
        if self._given == 1:  # most files have one: not worth a thread
            self._sha1.update(chunk)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sha1", daemon=True)
            self._thread.start()
        self._chunks.put(chunk)

    def hexdigest(self) -> str:
        """Of all chunks given; none may follow."""
        self._end()
        return self._sha1.hexdigest()

    def _work(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._sha1.update(chunk)

    def _end(self) -> None:
        if self._thread is not None:
            self._chunks.put(None)
            self._thread.join()
            self._thread = None
