"""A backup: one tar with syncd's ledger, kept files and frozen schemas, and their digests last.

A tar that was cut off has no digests, so nothing of it is believed. `tar xf` and
`sha256sum --check SHA256SUMS` do without syncd.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from syncd.adapters.disk.atomic_write import replaced
from syncd.core.errors import SpoolError, UsageError

FORM = 1  # a newer one is another number
LEDGER = "ledger.sqlite"
_ABOUT, _SUMS = "backup.json", "SHA256SUMS"
_MEMBER = re.compile(r"archive/[0-9a-f]{40}|schemas/[0-9A-Za-z][0-9A-Za-z.+_-]*|" + LEDGER)
_CHUNK = 1024 * 1024  # bytes
_LONGEST = 64 << 20  # bytes of the digests: of half a million kept files
_DAMAGE = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself."""

    made_at: datetime
    program: str  # the version that made it
    tables: str  # the revision of the ledger in it
    lines: int  # of the history
    head: str  # the hash of the last one
    with_files: bool  # kept files are in it, where there were any
    form: int = FORM


def write(path: Path, about: About, members: Iterable[tuple[str, Path]]) -> int:
    """Its bytes. Beside its place first; it takes that once it is on disk and was read back.

    Compressed where its name ends in `gz`. `SpoolError`; `members`: their names, and their files.
    """
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with replaced(path, draft):
            with open(draft, "xb", opener=_private) as stream:
                _fill(stream, "w:gz" if path.suffix in {".gz", ".tgz"} else "w", about, members)
                stream.flush()
                os.fsync(stream.fileno())
            with draft.open("rb") as stream:
                read(stream, str(path), about.tables)
            return draft.stat().st_size
    except (OSError, tarfile.TarError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise SpoolError("backup_disk", path=str(path), detail=detail) from error


def read(stream: IO[bytes], named: str, known: str, into: Path | None = None) -> About:
    """Check a backup to its last byte, and lay its files into a folder, where one is given.

    `known`: the newest tables that this syncd knows. `UsageError` where it is no whole backup, or
    a newer syncd's; `OSError` from the disk alone.
    """
    about, found, told = None, dict[str, str](), None
    with _damage(named):
        for name, content in _members(stream):
            if told is not None or name in found:
                raise ValueError(name)
            if name == _SUMS:
                told = _sums(content.read(_LONGEST))
            elif about is None:  # it comes first: nothing of a newer one is even read
                if name != _ABOUT:
                    raise ValueError(name)
                text = content.read(_LONGEST)
                about = _about(json.loads(text))
                _refuse_newer(about, named, known)
                found[name] = hashlib.sha256(text).hexdigest()
            elif _MEMBER.fullmatch(name) is None:
                raise ValueError(name)
            else:
                found[name] = _taken(content, into / name if into is not None else None)
        if about is None or LEDGER not in found or found != told:
            raise ValueError(_SUMS)
    return about


# -- writing -----------------------------------------------------------------------------------


def _fill(stream: BinaryIO, mode: Any, about: About, members: Iterable[tuple[str, Path]]) -> None:
    text = json.dumps({**asdict(about), "made_at": about.made_at.isoformat()}, indent=1)
    sums = [(hashlib.sha256(text.encode()).hexdigest(), _ABOUT)]
    with tarfile.open(fileobj=stream, mode=mode, format=tarfile.PAX_FORMAT) as tar:
        _add(tar, _ABOUT, text.encode(), about.made_at)
        for name, path in members:
            info = tarfile.TarInfo(name)
            with path.open("rb") as opened:
                status = os.fstat(opened.fileno())
                info.size, info.mtime, info.mode = status.st_size, int(status.st_mtime), 0o600
                hashed = _Hashed(opened)
                tar.addfile(info, hashed)
            sums.append((hashed.sha256.hexdigest(), name))
        _add(tar, _SUMS, "".join(f"{one}  {name}\n" for one, name in sums).encode(), about.made_at)


def _add(tar: tarfile.TarFile, name: str, content: bytes, at: datetime) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(content), int(at.timestamp()), 0o600
    tar.addfile(info, io.BytesIO(content))


class _Hashed:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def read(self, count: int = -1) -> bytes:
        chunk = self._stream.read(count)
        self.sha256.update(chunk)
        return chunk


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# -- reading -----------------------------------------------------------------------------------


def _members(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=stream, mode="r|*") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise ValueError(member.name)
            yield member.name, content


def _about(read: Any) -> About:
    program, tables, head = (read[name] for name in ("program", "tables", "head"))
    if not all(isinstance(one, str) for one in (program, tables, head)):
        raise TypeError("no text")
    made_at = datetime.fromisoformat(read["made_at"])
    if made_at.tzinfo is None:
        raise ValueError("no instant")
    lines, form = int(read["lines"]), int(read["form"])
    return About(made_at, program, tables, lines, head, bool(read["with_files"]), form)


def _refuse_newer(about: About, named: str, known: str) -> None:
    if about.form > FORM or about.tables > known:
        facts = {"version": about.program, "found": about.tables, "known": known}
        raise UsageError("backup_newer", path=named, **facts)


def _sums(content: bytes) -> dict[str, str]:
    pairs = [line.split("  ", 1) for line in content.decode("ascii").splitlines()]
    return {name: digest for digest, name in pairs}


def _taken(content: IO[bytes], place: Path | None) -> str:
    """The sha256 of what was read, and written to `place`."""
    hashed = _Hashed(content)
    if place is None:
        while hashed.read(_CHUNK):
            pass
        return hashed.sha256.hexdigest()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(place, "xb", opener=_private) as stream:
        shutil.copyfileobj(hashed, stream, _CHUNK)
        stream.flush()
        os.fsync(stream.fileno())
    return hashed.sha256.hexdigest()


@contextmanager
def _damage(named: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise UsageError("backup_damaged", path=named) from error
