"""Whether documents, images and containers have their end; all but that is left unread.

Only what their own readers miss counts. Bytes behind the end are no fault: cameras, web servers
and tapes leave some there. Where a format does not say where it ends, it is taken as whole.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from io import BufferedReader, FileIO
from itertools import islice
from typing import BinaryIO

from syncd.guards.content.unpacking import size_of

_TAIL = 1 << 16  # bytes
_MOST_BLANK = 64 << 20  # bytes of padding behind a PDF, as tapes and block devices leave it
_MOST_PARTS = 200_000  # chunks, blocks or strips that are walked over; what has more is not judged


class _Cut(Exception):
    """It goes on where the file ends."""


class _Unknown(Exception):
    """Not as the format has it: whether it is whole cannot be said."""


def is_cut(kind: str, file: FileIO) -> bool:
    """`kind`: as `sniffing` names it. The file is read from its beginning again."""
    look = _ENDS.get(kind)
    if look is None:
        return False
    size = size_of(file)
    reader = BufferedReader(file)
    try:
        look(reader, size)
    except _Cut:
        return True
    except (_Unknown, struct.error):  # the latter of figures beyond all files
        return False
    finally:
        reader.detach()  # it would close the file
        file.seek(0)
    return False


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    """Exactly these bytes."""
    file.seek(place)
    found = file.read(size)
    if len(found) < size:
        raise _Cut
    return found


def _tail(file: BinaryIO, size: int, most: int = _TAIL) -> bytes:
    return _at(file, max(size - most, 0), min(size, most))


# -- documents ---------------------------------------------------------------------------------

# A reader finds the table of all objects by this line, and the table names the others.
_PDF_END = re.compile(rb"startxref\s+\d+\s*(?:%%EOF)?|%%EOF")
_PDF_GOES_ON = re.compile(rb"[\s\0]*\d+\s+\d+\s+obj\b")  # after the first of several such lines
_BLANK = b"\0 \t\r\n\f\x1a"


def _pdf(file: BinaryIO, size: int) -> None:
    end = size
    while end > max(size - _MOST_BLANK, 0) and not (tail := _tail(file, end)).strip(_BLANK):
        end -= len(tail)
    tail = _tail(file, end)
    *_, last = (None, *_PDF_END.finditer(tail))
    if last is None or _PDF_GOES_ON.match(tail, last.end()):
        raise _Cut


# -- images ------------------------------------------------------------------------------------


def _png(file: BinaryIO, size: int) -> None:
    place = 8
    for _ in range(_MOST_PARTS):
        length, name = struct.unpack(">I4s", _at(file, place, 8))
        place += 12 + length
        if place > size:
            raise _Cut
        if name == b"IEND":
            return


_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers of JPEG without a length
_SCAN, _JPEG_END = 0xDA, b"\xff\xd9"


def _jpeg(file: BinaryIO, size: int) -> None:
    place = 2
    for _ in range(_MOST_PARTS):
        mark, code = _at(file, place, 2)
        if mark != 0xFF:
            raise _Unknown
        place += 1 if code == 0xFF else 2
        if code == 0xFF or code in _ALONE:
            continue
        if code == _SCAN:
            break
        (length,) = struct.unpack(">H", _at(file, place, 2))
        place += length
    # What is packed never has the end's two bytes; a small picture in the head may have them.
    if place > size:
        raise _Cut
    if _JPEG_END in _tail(file, size, min(size - place, _TAIL)):
        return
    file.seek(place)
    last = b""
    while chunk := file.read(_TAIL):
        if _JPEG_END in last + chunk:
            return
        last = chunk[-1:]
    raise _Cut


def _gif(file: BinaryIO, size: int) -> None:
    """Pictures that are all there make it whole: readers do without the sign of its end."""
    if _tail(file, size, 1 << 10).rstrip(b"\0 \r\n").endswith(b"\0;"):
        return
    place = 13 + _colours(_at(file, 10, 1)[0])
    has_picture = False
    for _ in range(_MOST_PARTS):
        if place == size and has_picture:
            return
        sign = _at(file, place, 1)
        if sign == b";":
            return
        if sign == b"!":
            place += 2
        elif sign == b",":
            has_picture = True
            place += 11 + _colours(_at(file, place + 9, 1)[0])
        else:
            raise _Unknown
        while length := _at(file, place, 1)[0]:
            place += 1 + length
        place += 1


def _colours(flags: int) -> int:
    """Bytes of the table that follows."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(file: BinaryIO, size: int) -> None:
    length, name = struct.unpack("<I4s", _at(file, 4, 8))
    if name == b"WEBP" and 8 + length - length % 2 > size:
        raise _Cut


# Sizes of the values of a TIFF, by type.
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDTHS |= {16: 8, 17: 8, 18: 8}
_NUMBERS = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_PLACES, _LENGTHS = frozenset({273, 324}), frozenset({279, 325})  # of strips, or of tiles
_MOST_PAGES = 1000


def _tiff(file: BinaryIO, size: int) -> None:
    head = _at(file, 0, 16 if size >= 16 else 8)
    order = "<" if head[:2] == b"II" else ">"
    is_big = head[2:4] in {b"+\0", b"\0+"}
    word, width = ("Q", 8) if is_big else ("I", 4)
    count_of = "Q" if is_big else "H"
    entry = struct.Struct(f"{order}HH{word}")
    place = struct.unpack_from(f"{order}{word}", head, 8 if is_big else 4)[0]
    seen: set[int] = set()
    while place and place not in seen and len(seen) < _MOST_PAGES:
        seen.add(place)
        (count,) = struct.unpack(order + count_of, _at(file, place, struct.calcsize(count_of)))
        if count > _MOST_PARTS:
            raise _Unknown
        start = place + struct.calcsize(count_of)
        listed = _at(file, start, count * (entry.size + width))
        places: list[int] = []
        lengths: list[int] = []
        for at in range(0, len(listed), entry.size + width):
            tag, kind, number = entry.unpack_from(listed, at)
            if tag not in _PLACES | _LENGTHS or kind not in _NUMBERS:
                continue
            inline = listed[at + entry.size : at + entry.size + width]
            whole = number * _WIDTHS[kind]
            if whole > width:
                (where,) = struct.unpack(order + word, inline)
                inline = _at(file, where, min(whole, _MOST_PARTS * 8))
            number = min(number, len(inline) // _WIDTHS[kind])
            found = struct.unpack_from(f"{order}{number}{_NUMBERS[kind]}", inline)
            (places if tag in _PLACES else lengths).extend(found)
        # Some write lengths that are wrong: they count where nothing behind the picture says that
        # it was written to its end.
        is_before = place < max(places, default=0)
        ends = (where + length for where, length in zip(places, lengths, strict=False) if length)
        if max(places, default=0) > size or (is_before and max(ends, default=0) > size):
            raise _Cut
        end = start + len(listed)
        file.seek(end)
        following = file.read(width)
        place = struct.unpack(order + word, following)[0] if len(following) == width else 0


# -- containers --------------------------------------------------------------------------------


def _sqlite(file: BinaryIO, size: int) -> None:
    """A GeoPackage is one."""
    head = _at(file, 0, 100)
    page = int.from_bytes(head[16:18], "big")
    page = 1 << 16 if page == 1 else page
    pages = int.from_bytes(head[28:32], "big")
    # Old programs leave the number of pages as it was, and another version beside it.
    is_known = pages and head[24:28] == head[92:96]
    if page < 512 or page & (page - 1):
        raise _Cut
    if size < page * pages if is_known else size % page:
        raise _Cut


def _seven_zip(file: BinaryIO, size: int) -> None:
    place, length = struct.unpack_from("<QQ", _at(file, 0, 32), 12)
    if 32 + place + length > size:
        raise _Cut


def _rar(file: BinaryIO, size: int) -> None:
    """Each block says where the next one is, unless all is encrypted."""
    is_new = _at(file, 0, 8) == b"Rar!\x1a\x07\x01\x00"
    place = 8 if is_new else 7
    for _ in range(_MOST_PARTS):
        if place == size:  # old ones have no last block
            return
        kind, place = (_new_block if is_new else _old_block)(file, place)
        if place > size:
            raise _Cut
        if kind == _LAST:
            return


_LAST = 0  # kind of the block that ends an archive, here
_RAR_MAIN, _RAR_END = 0x73, 0x7B  # RAR 1.5 to 4
_RAR5_ENCRYPTION, _RAR5_END = 4, 5


def _old_block(file: BinaryIO, place: int) -> tuple[int, int]:
    kind, flags, length = struct.unpack("<xxBHH", _at(file, place, 7))
    if length < 7 or (kind == _RAR_MAIN and flags & 0x80):
        raise _Unknown
    if kind == _RAR_END:
        return _LAST, place + length
    packed = int.from_bytes(_at(file, place + 7, 4), "little") if flags & 0x8000 else 0
    if flags & 0x100 and kind in {0x74, 0x7A}:  # more than 4 GiB
        packed += int.from_bytes(_at(file, place + 32, 4), "little") << 32
    return kind, place + length + packed


def _new_block(file: BinaryIO, place: int) -> tuple[int, int]:
    length, start = _number(file, place + 4)
    kind, at = _number(file, start)
    if kind == _RAR5_ENCRYPTION or not length:
        raise _Unknown
    flags, at = _number(file, at)
    if flags & 1:
        _, at = _number(file, at)
    packed = _number(file, at)[0] if flags & 2 else 0
    return (_LAST if kind == _RAR5_END else kind), start + length + packed


def _number(file: BinaryIO, place: int) -> tuple[int, int]:
    """Seven bits in each byte, the eighth says that more follow; and the place behind it."""
    value = 0
    file.seek(place)
    for shift in islice(range(0, 70, 7), 10):
        if not (found := file.read(1)):
            raise _Cut
        value |= (found[0] & 0x7F) << shift
        place += 1
        if found[0] < 0x80:
            return value, place
    raise _Unknown


_XZ_END = re.compile(rb"\0[\x00\x01\x04\x0a]YZ")  # after the kind of its checksums


def _xz(file: BinaryIO, size: int) -> None:
    if _XZ_END.search(_tail(file, size)) is None:
        raise _Cut


_ENDS: Mapping[str, Callable[[BinaryIO, int], None]] = {
    "pdf": _pdf,
    "png": _png,
    "jpeg": _jpeg,
    "gif": _gif,
    "webp": _webp,
    "tiff": _tiff,
    "sqlite": _sqlite,
    "7z": _seven_zip,
    "rar": _rar,
    "xz": _xz,
}
