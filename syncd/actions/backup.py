"""A copy of what syncd remembers, of a service at work as well: into a file, or into a bucket."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from syncd import __version__
from syncd.adapters.disk import backup_file, state_folder
from syncd.adapters.disk.archive import Archive
from syncd.adapters.disk.backup_file import LEDGER, About
from syncd.adapters.ledger import copying, schema
from syncd.adapters.stores import Backups
from syncd.core.errors import LedgerError, ObjectMissing, SpoolError, UsageError


@dataclass(frozen=True, slots=True)
class State:
    """Where what syncd remembers lies."""

    folder: Path
    ledger: Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backup is, or goes: a file, or a key in a source of the manifest."""

    name: str  # as a person writes it
    path: Path = Path()
    source: str = ""  # "" = a file
    key: str = ""


@dataclass(frozen=True, slots=True)
class Backup:
    place: str
    size: int  # bytes
    about: About
    files: int  # kept ones in it


def place(given: str, now: datetime | None = None) -> Place:
    """What FILE means. With `now`, a folder's (`s3://source/folder/`) is a new name in it."""
    name = f"syncd-{now:%Y%m%d-%H%M%S}.tar" if now is not None else ""
    address = re.fullmatch(r"s3://([^/]+)/(.*)", given)
    if address is not None:
        key = f"{address[2]}{name}" if address[2].endswith("/") or not address[2] else address[2]
        if not key:
            raise UsageError("backup_no_key", given=given)
        return Place(f"s3://{address[1]}/{key}", source=address[1], key=key)
    path = Path(given)
    path = path / name if path.is_dir() else path
    return Place(str(path), path)


def backup(
    state: State,
    to: Place,
    archive: Archive | None,
    bucket: Backups | None,
    now: datetime,
    *,
    with_files: bool,
    overwrite: bool,
) -> Backup:
    """As of one instant, checked once it is there. `UsageError` where there is nothing to copy.

    `bucket`: where `to` is in one. `archive`: None where kept files are in a bucket of their own,
    which is left as it is.
    """
    if not state.ledger.is_file():
        raise UsageError("backup_nothing", path=str(state.ledger))
    if bucket is None and to.path.exists() and not overwrite:
        raise UsageError("init_exists", path=to.name)
    with on_disk(state.folder, "backup_disk"), state_folder.staging(state.folder) as folder:
        copied, files = folder / LEDGER, folder / state_folder.ARCHIVE
        copy = partial(copying.copy, state.ledger, copied)
        with_files = with_files and archive is not None
        found = archive.snapshot(files, copy) if with_files and archive else copy()
        if found.tables > schema.HEAD:
            facts = {"version": found.program, "found": found.tables, "known": schema.HEAD}
            raise LedgerError("ledger_newer", **facts)
        about = About(now, __version__, found.tables, found.lines, found.head, with_files)
        kept = sorted(files.iterdir()) if files.is_dir() else []
        schemas = state_folder.schemas(state.folder)
        members = [(LEDGER, copied)]
        members += [(f"{state_folder.ARCHIVE}/{path.name}", path) for path in kept]
        members += [(f"{state_folder.SCHEMAS}/{path.name}", path) for path in schemas]
        if bucket is None:
            size = backup_file.write(to.path, about, members)
        else:
            draft = folder / Path(to.key).name
            size = backup_file.write(draft, about, members)
            bucket.put(draft, to.key)
            with opened(to, bucket) as stream:
                backup_file.read(stream, to.name, schema.HEAD)
        return Backup(to.name, size, about, len(kept))


@contextmanager
def opened(where: Place, bucket: Backups | None) -> Iterator[IO[bytes]]:
    """The backup's bytes. `UsageError` where there is none."""
    if bucket is None:
        try:
            stream = where.path.open("rb")
        except OSError as error:
            detail = error.strerror or ""
            raise UsageError("backup_absent", path=where.name, detail=detail) from error
        with stream:
            yield stream
        return
    version = bucket.stat(where.key)
    if version is None:
        raise UsageError("backup_not_in_bucket", path=where.name)
    try:
        with bucket.open(version) as found:
            yield io.BufferedReader(_Chunks(found.chunks))
    except ObjectMissing as error:
        raise UsageError("backup_not_in_bucket", path=where.name) from error


class _Chunks(io.RawIOBase):
    """Chunks as a stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # as io has it
        self._left = self._left or next(self._chunks, b"")
        some, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(some)] = some
        return len(some)


@contextmanager
def on_disk(folder: Path, code: str) -> Iterator[None]:
    """What the machine refuses inside, as a `SpoolError` of this code."""
    try:
        yield
    except OSError as error:
        detail = error.strerror or str(error)
        raise SpoolError(code, path=str(folder), detail=detail) from error
