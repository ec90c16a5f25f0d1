"""Compressed files as streams, within limits: nothing is unpacked to disk, nor whole in memory."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from syncd.core.reasons import Reason, because
from syncd.core.shortages import shortage_in

MOST = 50_000_000_000  # bytes unpacked
RATIO = 500  # times the packed size; a table of all the same rows comes near
HARMLESS = 100 << 20  # bytes unpacked below which no ratio is a bomb
_BLOCK = 1 << 20


class Unpackable(Exception):
    """The archive does not open, or should not be opened."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class Limited(io.RawIOBase):
    """What comes out of a compressed stream, counted; `packed`: bytes that went in."""

    def __init__(self, inner: BinaryIO, packed: int) -> None:
        self._inner = inner
        self._packed = max(packed, 1)
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with _broken():
            chunk = self._inner.read(size if size >= 0 else _BLOCK)
        self.size += len(chunk)
        check(self.size, self._packed)
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


@contextmanager
def gunzipped(path: Path) -> Iterator[Limited]:
    with gzip.open(path) as file:
        yield Limited(cast("BinaryIO", file), path.stat().st_size)


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Its directory was read and holds no bomb; raises `Unpackable`."""
    with _broken():
        archive = zipfile.ZipFile(path)
    with archive:
        members = archive.infolist()
        packed = min(sum(m.compress_size for m in members), path.stat().st_size)
        check(sum(m.file_size for m in members), packed)
        yield archive


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Limited:
    """One file of it; raises `Unpackable` also while it is read."""
    with _broken():
        return Limited(cast("BinaryIO", archive.open(info)), info.compress_size)


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
