"""A workbook as Excel 97 wrote it, as small as it may be ([MS-CFB], [MS-XLS])."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_SECTOR = 512
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls(rows: Sequence[Sequence[str]], code_page: int = 1200, *more: bytes) -> bytes:
    """`more`: records behind the first of the stream."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            letters = text.encode("utf-16-le")
            sheet += _record(0x0204, struct.pack("<HHHHB", y, x, 0, len(text), 1) + letters)
    sheet += _record(0x000A)
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + b"".join(more)
    start += _record(0x0042, struct.pack("<H", code_page))
    listed = _record(0x0085, struct.pack("<IHBB", 0, 0, 1, 0) + b"S")
    place = len(start) + len(listed) + 4
    listed = _record(0x0085, struct.pack("<IHBB", place, 0, 1, 0) + b"S")
    return _file(start + listed + _record(0x000A) + sheet)


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


_record = record


def _file(stream: bytes) -> bytes:
    """One stream, in sectors behind the table of sectors and the folder."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % _SECTOR)
    count = len(stream) // _SECTOR
    table = [_TABLE, _END, *range(3, 2 + count), _END]
    table += [_FREE] * (_SECTOR // 4 - len(table))
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    )
    head += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    folder = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, len(stream))
    folder += bytes(_SECTOR - len(folder))
    return head + struct.pack(f"<{_SECTOR // 4}I", *table) + folder + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    links = struct.pack("<III", _FREE, _FREE, child)
    return (
        text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + links
        + bytes(36) + struct.pack("<IQ", start, size)
    )  # fmt: skip
