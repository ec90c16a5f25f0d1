"""Makes files that harm careless readers: when a test runs, never kept."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping


def packed(parts: Iterator[bytes]) -> bytes:
    """As gzip, without ever being whole in memory."""
    found = io.BytesIO()
    with gzip.GzipFile(fileobj=found, mode="wb", compresslevel=9) as file:
        for part in parts:
            file.write(part)
    return found.getvalue()


def nested_elements(count: int = 33_000_000) -> bytes:
    return packed(b"<a>" * 1_000_000 for _ in range(count // 1_000_000))


def zipped(name: str, content: bytes, times: int = 1) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(times):
            archive.writestr(f"{at}-{name}", content)
    return found.getvalue()


def nested_elements_in_a_zip() -> bytes:
    return zipped("a.xml", gzip.decompress(nested_elements(8_000_000)))


def one_word_and_an_at() -> bytes:
    return b"a" * 250_000 + b" @"


def three_hundred_of_these() -> bytes:
    return zipped("a.csv", one_word_and_an_at(), 300)


def empty_members(count: int = 3_000_000) -> bytes:
    """A directory of so many members, which all are the same one."""
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
    entry = (
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
        + b"a"
    )
    size = len(entry) * count
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, len(local))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + size, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, len(local), 0)
    return local + entry * count + record + locator + end


def bzip2_members(count: int = 300, real: int = 200 << 20) -> bytes:
    """Each says that it has a few bytes, and has so many."""
    squeezer = bz2.BZ2Compressor(9)
    content = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(real >> 20))
    content += squeezer.flush()
    said = b"a,b\n"
    return _of_members(12, content, said, count)


def _of_members(method: int, content: bytes, said: bytes, count: int) -> bytes:
    found, directory = io.BytesIO(), io.BytesIO()
    for at in range(count):
        name = f"{at:05}.csv".encode()
        facts = (0, method, 0, 33, zlib.crc32(said), len(content), len(said), len(name), 0)
        place = found.tell()
        found.write(struct.pack("<4s5H3L2H", b"PK\3\4", 46, *facts) + name + content)
        directory.write(
            struct.pack("<4s6H3L5H2L", b"PK\1\2", 46, 46, *facts, 0, 0, 0, 0, place) + name
        )
    start = found.tell()
    found.write(directory.getvalue())
    sizes = (count, count, directory.tell(), start, 0)
    found.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *sizes))
    return found.getvalue()


def declared_attributes(size: int = 1_400_000) -> bytes:
    names = b"".join(b'<!ATTLIST a x%d CDATA "v">' % at for at in range(size // 26))
    return b"<!DOCTYPE a [" + names + b"]><a/>"


def runs_of_digits(size: int = 40_000_000) -> bytes:
    return b"[" + (b"1" * 4300 + b",") * (size // 4301) + b"1]"


def one_long_text(size: int = 100 << 20) -> bytes:
    parts = (b"a" * (1 << 20) for _ in range(size >> 20))
    return packed(_between(b'["', parts, b'"]'))


def _between(before: bytes, parts: Iterator[bytes], after: bytes) -> Iterator[bytes]:
    yield before
    yield from parts
    yield after


# Name -> how it is made, and whether it must be held (others are only slow for careless readers).
HOSTILE: Mapping[str, tuple[Callable[[], bytes], bool]] = {
    "elements.xml.gz": (nested_elements, True),
    "elements.zip": (nested_elements_in_a_zip, True),
    "word.csv": (one_word_and_an_at, False),
    "words.zip": (three_hundred_of_these, False),
    "members.zip": (empty_members, True),
    "bzip2.zip": (bzip2_members, True),
    "attributes.xml": (declared_attributes, True),
    "digits.json": (runs_of_digits, False),
    "text.json.gz": (one_long_text, False),
}
