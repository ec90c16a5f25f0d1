"""What a file really is, from its first bytes; names never count."""

from __future__ import annotations

import codecs
import re

HEAD = 1 << 16  # bytes that are enough

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an empty one
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "parquet"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),  # or another old office file
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SKIPPED = re.compile(r"(?:\s+|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))+", re.DOTALL)
_HTML = re.compile(
    r"<(?:!doctype\s+html|(?:html|head|body|title|meta|script|center|h1)[\s>/])",
    re.IGNORECASE,
)
_JSON = re.compile(r'\s*(?:\{\s*(?:"|\}\s*\Z)|\[\s*(?:[\[{"]|\]\s*\Z))')
_XML = re.compile(r"\s*<(?:\?xml|!DOCTYPE|!--|[A-Za-z_][\w.:-]*[\s/>])")


def encoding_of(head: bytes) -> str:
    """utf-16-le or utf-16-be, by the mark or by where the zeros are; else "" (one byte units)."""
    for mark, name in _MARKS[1:]:
        if head.startswith(mark):
            return name
    start = head[:512]
    zeros = (start[::2].count(0), start[1::2].count(0))
    if len(start) >= 8 and min(zeros) == 0 and max(zeros) > 0.4 * (len(start) // 2):
        return "utf-16-be" if zeros[0] else "utf-16-le"
    return ""


def kind_of(head: bytes) -> str:
    """A name of `_MAGIC`; html, xml, json, text; binary; or empty."""
    if not head:
        return "empty"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    encoding = encoding_of(head)
    if not encoding and b"\x00" in head:
        return "binary"
    text = head.decode(encoding or "utf-8", "replace").removeprefix("\ufeff")
    found = _SKIPPED.match(text)
    if _HTML.match(text, found.end() if found else 0):
        return "html"
    if _XML.match(text):
        return "xml"
    return "json" if _JSON.match(text) else "text"
