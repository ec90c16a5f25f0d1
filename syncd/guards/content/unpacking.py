"""Compressed files as streams, within limits: nothing is unpacked to disk, nor whole in memory."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from syncd.core.reasons import Reason, because
from syncd.core.shortages import shortage_in

MOST = 50_000_000_000  # bytes unpacked
RATIO = 500  # times the packed size; a table of all the same rows comes near
HARMLESS = 100 << 20  # bytes unpacked below which no ratio is a bomb
_BLOCK = 1 << 20

Taken = Callable[[bytes], object]  # is given the bytes as they come out


class Unpackable(Exception):
    """The archive does not open, or should not be opened."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class Limited(io.RawIOBase):
    """What comes out of a compressed stream, counted; `packed`: bytes that went in."""

    def __init__(self, inner: BinaryIO, packed: int, taken: Taken | None = None) -> None:
        self._inner = inner
        self._taken = taken
        self._packed = max(packed, 1)
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with _broken():
            chunk = self._inner.read(size if size >= 0 else _BLOCK)
        self.size += len(chunk)
        check(self.size, self._packed)
        if self._taken is not None:
            self._taken(chunk)
        return chunk

    def drain(self) -> None:
        """To the end: only there are the checksums."""
        while self.read(_BLOCK):
            pass


def check(unpacked: int, packed: int) -> None:
    """Raise `Unpackable` for a bomb."""
    ratio = unpacked // max(packed, 1)
    if unpacked > MOST or (unpacked > HARMLESS and ratio > RATIO):
        raise Unpackable(
            because("guard_archive_bomb", size=unpacked, packed=packed, most=MOST, ratio=RATIO)
        )


def size_of(file: io.FileIO) -> int:
    """Bytes of the file, which is at its beginning afterwards."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


@contextmanager
def gunzipped(file: io.FileIO, taken: Taken | None = None) -> Iterator[Limited]:
    packed = size_of(file)
    with gzip.open(file) as stream:
        yield Limited(cast("BinaryIO", stream), packed, taken)


@contextmanager
def opened_zip(file: io.FileIO) -> Iterator[zipfile.ZipFile]:
    """Its directory was read and holds no bomb; raises `Unpackable`."""
    size = size_of(file)
    with _broken():
        archive = zipfile.ZipFile(file)
    with archive:
        members = archive.infolist()
        packed = min(sum(m.compress_size for m in members), size)
        check(sum(m.file_size for m in members), packed)
        yield archive


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, taken: Taken | None = None) -> Limited:
    """One file of it; raises `Unpackable` also while it is read."""
    with _broken():
        stream: Any = archive.open(info)
        if info.compress_type == zipfile.ZIP_BZIP2:
            # `zipfile` unpacks 4 KiB of it at once: gigabytes, where the directory names a few.
            stream._decompressor = _Honest(bz2.BZ2Decompressor(), info.file_size)
        return Limited(cast("BinaryIO", stream), info.compress_size, taken)


class _Honest:
    """What `zipfile` asks of a decompressor; gives no more bytes than the directory said."""

    def __init__(self, inner: bz2.BZ2Decompressor, size: int) -> None:
        self._inner = inner
        self._left = size

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def decompress(self, packed: bytes) -> bytes:
        found = self._inner.decompress(packed, self._left + 1)
        self._left -= len(found)
        if self._left < 0:
            raise zipfile.BadZipFile
        return found


@contextmanager
def _broken() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # many kinds: BadZipFile, zlib.error, EOFError, struct.error, …
        if shortage_in(error) is not None:  # nothing is known about the archive
            raise
        if isinstance(error, RuntimeError):  # a password, or a method that is not known
            raise Unpackable(because("guard_archive_locked")) from error
        raise Unpackable(because("guard_archive_broken")) from error
