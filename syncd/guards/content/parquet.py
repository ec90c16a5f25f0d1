"""Reads Parquet to its end, batch by batch (arro3, over the Rust implementation of Arrow)."""

from __future__ import annotations

import io
import json
import os
import re
from io import FileIO
from typing import Any, BinaryIO

from arro3.io import read_parquet

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content.foreign import panics_as, said_by
from syncd.guards.geography import SHAPES, Geography, box_of
from syncd.guards.profile import Profile

_MAGIC = b"PAR1"
# A note of Arrow's own beside the format's schema, that readers do without. Some programs (R's
# nanoparquet) write it so that the Rust reader stops at it.
_NOTE, _NO_NOTE = b"ARROW:schema", b"arrow:schema"
_LARGEST_FOOTER = 64 << 20  # bytes
_LARGEST_NOTE = 1 << 20  # bytes
# In the words of the reader: what it cannot do. All others are said of files that are damaged.
_LIMITS = re.compile(
    r"\bNYI\b|not\W(?:yet|implemented|support)|unsupported|disabled\Wfeature", re.IGNORECASE
)


def scan(file: FileIO) -> Profile:
    footer = _footer(file)
    if footer is None:
        return Profile("parquet", trouble=because("guard_parquet"))
    without_note = _Patched(file, file.tell(), footer.replace(_NOTE, _NO_NOTE))
    error: Exception | None = None
    for source in (file, io.BufferedReader(without_note)):
        try:
            with panics_as(ValueError):
                source.seek(0)
                return _read(source)
        except Exception as raised:  # its errors have no common class of their own
            if shortage_in(raised) is not None:
                raise
            error = error or raised
            if _NOTE not in footer:
                break
    said = said_by(error)
    if _LIMITS.search(said):
        return Profile("parquet", unseen=because("guard_unread", detail=said))
    return Profile("parquet", trouble=because("guard_parquet"))


def _read(file: BinaryIO | FileIO) -> Profile:
    reader = read_parquet(file)
    header = tuple(str(name) for name in reader.schema.names)
    rows = sum(batch.num_rows for batch in reader)
    where = geography_of(reader.schema.metadata.get(b"geo", b""))
    return Profile("parquet", header=header, rows=rows, geography=where)


def geography_of(note: bytes) -> Geography | None:
    """What GeoParquet says of its main column beside the format's schema; None where nothing."""
    try:
        said: Any = json.loads(note) if len(note) <= _LARGEST_NOTE else None
        column = said["columns"][said["primary_column"]]
        box, types = column.get("bbox") or (), column.get("geometry_types") or ()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(box, list | tuple) or not isinstance(types, list | tuple):
        return None
    flat = [*box[:2], *box[3:5]] if len(box) == 6 else box  # with heights
    words = (name.partition(" ")[0] for name in types if isinstance(name, str))
    kinds = {SHAPES[word] for word in words if word in SHAPES}
    return Geography(box_of(flat), tuple(sorted(kinds)))


def _footer(file: FileIO) -> bytes | None:
    """The file's end, at whose beginning it is then; None where it is not whole.

    That is what a transfer that was cut lacks.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 8, 0))
    end = file.read(8)
    length = int.from_bytes(end[:4], "little") + 8
    if end[4:] != _MAGIC or length > min(size - 4, _LARGEST_FOOTER):
        return None
    start = file.seek(size - length)
    footer = file.read(length)
    file.seek(start)
    return footer


class _Patched(io.RawIOBase):
    """A file with other bytes at its end, as many as there are."""

    def __init__(self, file: FileIO, start: int, end: bytes) -> None:
        self._file = file
        self._start = start
        self._end = end

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what it is given
        place = self._file.tell()
        if place < self._start:
            size = self._file.readinto(buffer[: self._start - place])
        else:
            found = self._end[place - self._start :][: len(buffer)]
            size = len(found)
            buffer[:size] = found
            self._file.seek(place + size)
        return size
