"""The portal's file storage: hosted files, and the parts of chunked uploads, as files on disk."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1024 * 1024


class NameTaken(Exception):
    """A file of that name is there already."""


class PartMissing(Exception):
    """A part of a chunked upload was not sent."""


@dataclass(frozen=True, slots=True)
class Received:
    """A body part on disk, not yet in its place."""

    path: Path
    sha1: str
    size: int

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


class Receiver(io.RawIOBase):
    """Where the form parser writes a file: to disk, hashed on its way; memory stays flat."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        handle, name = tempfile.mkstemp(dir=folder, prefix="receiving-")
        self._file: BinaryIO = os.fdopen(handle, "wb")
        self._path = Path(name)
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        block = memoryview(data)  # type: ignore[arg-type]  # bytes or bytearray from the parser
        self._file.write(block)
        self._hash.update(block)
        self._size += block.nbytes
        return block.nbytes

    def seek(self, *_place: int) -> int:
        # The parser rewinds what it wrote; nobody reads through this object.
        return 0

    def finished(self) -> Received:
        self._file.close()
        return Received(self._path, self._hash.hexdigest(), self._size)

    def abandon(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class FileRoom:
    def __init__(self, folder: Path) -> None:
        self._hosted = folder / "resources"
        self._parts = folder / "parts"
        self._incoming = folder / "incoming"
        shutil.rmtree(self._incoming, ignore_errors=True)  # left by a process that was killed
        for room in (self._hosted, self._parts, self._incoming):
            room.mkdir(parents=True, exist_ok=True)

    def receiver(self) -> Receiver:
        return Receiver(self._incoming)

    def receive(self, chunks: Iterator[bytes]) -> Received:
        receiver = self.receiver()
        try:
            for chunk in chunks:
                receiver.write(chunk)
        except BaseException:
            receiver.abandon()
            raise
        return receiver.finished()

    def keep(self, received: Received, stored: str) -> None:
        """Put the file in its place. `NameTaken`; OSError when the name is too long."""
        target = self._hosted / stored
        if target.exists():
            raise NameTaken(stored)
        target.parent.mkdir(parents=True, exist_ok=True)
        received.path.rename(target)

    def taken(self, stored: str) -> bool:
        return (self._hosted / stored).exists()

    def path(self, stored: str) -> Path:
        return self._hosted / stored

    def remove(self, stored: str) -> None:
        (self._hosted / stored).unlink(missing_ok=True)

    def corrupt(self, received: Received) -> Received:
        """The same length with one byte changed (one byte more for an empty file)."""
        with received.path.open("r+b") as file:
            first = file.read(1)
            file.seek(0)
            file.write(bytes([first[0] ^ 0xFF]) if first else b"?")
        with received.path.open("rb") as file:
            sha1 = hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False))
        return Received(received.path, sha1.hexdigest(), received.path.stat().st_size)

    # Parts are global to the server: tied to no dataset, resource or user.

    def keep_part(self, upload: str, index: str, received: Received) -> None:
        part = self._part(upload, index)
        if part.exists():
            raise NameTaken(index)
        part.parent.mkdir(parents=True, exist_ok=True)
        received.path.rename(part)

    def assemble(self, upload: str, total: int) -> Received:
        """The parts 0 … total-1 as one file; they stay until `discard_parts`."""
        parts = [self._part(upload, str(index)) for index in range(total)]
        missing = [part.name for part in parts if not part.exists()]
        if missing:
            raise PartMissing(", ".join(missing))
        return self.receive(_blocks(parts))

    def discard_parts(self, upload: str, total: int) -> None:
        for index in range(total):
            self._part(upload, str(index)).unlink(missing_ok=True)

    def _part(self, upload: str, index: str) -> Path:
        # Clients choose the identifier: hashed, it cannot lead out of the folder.
        return self._parts / hashlib.sha256(upload.encode()).hexdigest() / index


def _blocks(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
