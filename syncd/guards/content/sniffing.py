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
    *((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    *((sign, "tiff") for sign in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)
# What its readers skip, in the first 1024 bytes; programs of the web leave a byte order mark there.
_BLANK_BEFORE_PDF = b" \t\r\n\f\0\xef\xbb\xbf"
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f")
# A first row whose cells are tags, or in brackets: names of columns for all that.
_WRAPPED = re.compile(r"\s*(?:<[\w .:-]+>|\[\"[^\n\"]*\"\]|\{\"[^\n\"]*\"\}) ?(?=[,;\t|])")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as the next one does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
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
    """utf-16 or utf-32, each -le or -be, by the mark or by where the zeros are; else ""."""
    for mark, name in _MARKS[1:]:
        if head.startswith(mark):
            return name
    start = head[: min(512, len(head) // 4 * 4)]
    # Of four bytes, the two highest are zero in all texts of one plane, the next in most.
    if len(start) >= 8 and not any(start[2::4]) and not any(start[3::4]) and all(start[::4]):
        return "utf-32-le"
    if len(start) >= 8 and not any(start[::4]) and not any(start[1::4]) and all(start[3::4]):
        return "utf-32-be"
    zeros = (start[::2].count(0), start[1::2].count(0))
    if len(start) >= 8 and min(zeros) == 0 and max(zeros) > 0.4 * (len(start) // 2):
        return "utf-16-be" if zeros[0] else "utf-16-le"
    return ""


def mark_of(head: bytes) -> bytes:
    """The byte order mark that the file begins with; b"" for none."""
    return next((mark for mark, _ in _MARKS if head.startswith(mark)), b"")


def is_row(head: bytes) -> bool:
    """Whether the first line may be one of a table, whatever it begins with."""
    line, end, _ = head.partition(b"\n")
    return bool(end) and len(line.translate(None, _CONTROLS)) == len(line)


def has_wrapped_names(head: bytes) -> bool:
    """Whether its first cell is a tag or in brackets, and others come behind it in the line."""
    encoding = encoding_of(head) or "utf-8"
    return _WRAPPED.match(head.decode(encoding, "replace").removeprefix("\ufeff")) is not None


def kind_of(head: bytes) -> str:
    """A name of `_MAGIC`; html, xml, json, text; binary; or empty."""
    if not head:
        return "empty"
    if head[:1024].lstrip(_BLANK_BEFORE_PDF).startswith(b"%PDF-"):
        return "pdf"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
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
