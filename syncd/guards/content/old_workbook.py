"""What an old XLS is, beneath what its reader says of it ([MS-CFB], [MS-XLS]).

Of a workbook of Excel 97 and later all texts are Unicode, whatever code page it names. The reader
believes the page, or stops at one that it does not know.
"""

from __future__ import annotations

import re
import struct

_HEADER = 512  # bytes
_SIGNATURE = b"\xd0\xcf\x11\xe0"
_FREE = 0xFFFFFFFF
_NAMES = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_CODE_PAGE = re.compile(rb"\x42\x00\x02\x00..", re.DOTALL)
_UNICODE, _WINDOWS = b"\x42\x00\x02\x00\xb0\x04", b"\x42\x00\x02\x00\xe4\x04"
_BEGINNING = re.compile(rb"\x09\x08[\x08\x10]\x00")  # of the stream, BIFF5 or BIFF8
_FILE_PASS = 0x2F
_FIRST_RECORDS = 10


def in_unicode(content: bytes) -> bytes:
    """With the code page that all workbooks of Excel 97 and later should name; older ones as is."""
    start = _BEGINNING.search(content, _HEADER)
    is_new = start is not None and content[start.end() : start.end() + 2] == b"\x00\x06"
    return _CODE_PAGE.sub(_UNICODE, content, count=1) if is_new else content


def with_known_code_page(content: bytes) -> bytes:
    return in_unicode(_CODE_PAGE.sub(_WINDOWS, content, count=1))


def is_cut(content: bytes) -> bool:
    """Whether sectors that are in use lie beyond its end; some readers open it all the same."""
    return content.startswith(_SIGNATURE) and _end_of_sectors(content) > len(content)


def is_whole(content: bytes) -> bool:
    """Whether it is a workbook without password, of which no sector is missing."""
    start = _BEGINNING.search(content, _HEADER)
    has_name = any(name in content for name in _NAMES)
    if start is None or not has_name or _is_locked(content, start.start()):
        return False
    return _end_of_sectors(content) <= len(content)


def _is_locked(content: bytes, place: int) -> bool:
    for _ in range(_FIRST_RECORDS):
        if place + 4 > len(content):
            return False
        kind, size = struct.unpack_from("<HH", content, place)
        if kind == _FILE_PASS:
            return True
        place += 4 + size
    return False


def _end_of_sectors(content: bytes) -> int:
    """Bytes up to the end of the last sector that is in use; the last may be cut short by one."""
    if len(content) < _HEADER:
        return _HEADER
    (shift,) = struct.unpack_from("<H", content, 30)
    if shift not in {9, 12}:
        return len(content) + 1
    sector = 1 << int(shift)
    (tables,) = struct.unpack_from("<I", content, 44)
    last = 0
    for at, place in enumerate(struct.unpack_from("<109I", content, 76)[:tables]):
        start = (place + 1) * sector
        entries = content[start : start + sector]
        if place == _FREE or len(entries) < sector:
            return len(content) + 1
        used = [
            n for n, one in enumerate(struct.unpack(f"<{sector // 4}I", entries)) if one != _FREE
        ]
        if used:
            last = max(last, at * (sector // 4) + used[-1])
    return (last + 1) * sector + 1
