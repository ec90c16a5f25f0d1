"""What a file says, as a digest: equal for two files that differ only in how they were packed.

Of an archive its members, by name and bytes; of a spreadsheet its sheets, by name and cells, and
what else lies in the file, by its bytes; of a text document its parts. What is left out is what a
program writes of itself: dates and authors of the document, order and compression of the parts,
styles. Whatever is not known to be such is in: a digest that differs once too often costs an
upload, one that does not differ would keep new data off.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from syncd.guards.content.rewritten import plain_name
from syncd.guards.profile import CONTENT_METHOD

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, SheetMetadata

    from syncd.guards.content.unpacking import Taken

_OF_THE_DOCUMENT = r"docprops/(core|app)\.xml|docprops/thumbnail\.\w+"
_OPEN = r"meta\.xml|thumbnails/.*"
# Parts that say nothing of the data, by what the file is; in lower case.
_LEFT_OUT = {
    "xlsx": re.compile(
        rf"{_OF_THE_DOCUMENT}|\[content_types\]\.xml|_rels/\.rels|"
        r"xl/(workbook|sharedstrings|styles|calcchain)\.xml|xl/_rels/workbook\.xml\.rels|"
        r"xl/(theme|printersettings)/.*"
    ),
    "docx": re.compile(_OF_THE_DOCUMENT),
    "pptx": re.compile(_OF_THE_DOCUMENT),
    "ods": re.compile(rf"{_OPEN}|(settings|styles)\.xml|meta-inf/.*|configurations2/.*"),
    "odt": re.compile(_OPEN),
    "odp": re.compile(_OPEN),
}
# Parts of cells: they are told by the reader of sheets, but for what it does not read.
_OF_CELLS = {"xlsx": re.compile(r"xl/worksheets/[^/]*\.xml"), "ods": re.compile(r"content\.xml")}
_BESIDE_CELLS = {  # formulas and links
    "xlsx": re.compile(rb"<(?:\w+:)?(?:f(?=[\s>])[^<]*|hyperlink\s[^<]*)"),
    "ods": re.compile(rb"(?:table:formula|xlink:href)=(?:\"[^\"]*\"|'[^']*')"),
}
_DRAWN = re.compile(rb"<(?:office:annotation|draw:\w+)[\s>]")  # in ODS, among the cells
_LONGEST_TAG = 1 << 20  # bytes
_EMPTY = frozenset({"", None})


class ContentDigest:
    """Of one file, taken while it is read for its profile."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, Callable[[], bytes]]] = []
        self._cells: list[tuple[str, _Cells]] = []
        self._sheets: list[bytes] = []

    def part(self, name: str, kind: str = "") -> Taken | None:
        """Who is to be given the bytes of this part, if anybody. `kind`: of the whole file."""
        plain = plain_name(name).lower()
        if kind in _OF_CELLS and _OF_CELLS[kind].fullmatch(plain):
            cells = _Cells(kind)
            self._cells.append((name, cells))
            return cells.take
        if kind in _LEFT_OUT and _LEFT_OUT[kind].fullmatch(plain):
            return None
        taken = hashlib.sha256()
        self._parts.append((name, taken.digest))
        return taken.update

    def of_sheet(
        self, about: SheetMetadata, sheet: CalamineSheet, rows: Iterable[list[Any]]
    ) -> Iterator[list[Any]]:
        """The same rows, which are taken on the way: they are to be read to the end."""
        taken = hashlib.sha256()
        said = (about.name, str(about.typ), str(about.visible), sheet.start)
        taken.update(_bytes(repr(said)))
        for at, row in enumerate(rows):
            last = len(row)
            while last and row[last - 1] in _EMPTY:
                last -= 1
            if last:
                taken.update(_bytes(f"{at}{row[:last]!r}"))
            yield row
        self._sheets.append(taken.digest())

    def forget_sheets(self) -> None:
        """Their reading ended in the middle: what was taken does not count."""
        self._sheets.clear()

    def of(self, kind: str) -> str:
        """The digest of all that was taken. Of several parts of one name the order counts."""
        whole = hashlib.sha256(_bytes(repr((kind, len(self._sheets)))))
        for digest in self._sheets:
            whole.update(digest)
        # A sheet that the reader did not see is seen by others.
        is_read = kind != "xlsx" or len(self._cells) == len(self._sheets)
        parts = [(name, finish()) for name, finish in self._parts]
        parts += [(name, part.digest(is_read=is_read)) for name, part in self._cells]
        for name, digest in sorted(parts, key=itemgetter(0)):
            whole.update(_bytes(repr(name)) + digest)
        return f"{CONTENT_METHOD}:{whole.hexdigest()}"


class _Cells:
    """Of one part with cells, what their reader does not see; where there are notes, all of it."""

    def __init__(self, kind: str) -> None:
        self._beside = _BESIDE_CELLS[kind]
        self._may_be_drawn = kind == "ods"
        self._is_drawn = False
        self._found, self._all = hashlib.sha256(), hashlib.sha256()
        self._tail = b""  # a tag that is not whole yet

    def take(self, chunk: bytes) -> None:
        self._all.update(chunk)
        seen = self._tail + chunk
        end = seen.rfind(b"<")
        if end < 0 and len(seen) > _LONGEST_TAG:  # it is none
            self._found.update(seen)
            seen = b""
        self._tail = seen[max(end, 0) :]
        self._look(seen[: max(end, 0)])

    def _look(self, tags: bytes) -> None:
        for match in self._beside.finditer(tags):
            self._found.update(match[0] + b"\0")
        if self._may_be_drawn and not self._is_drawn:
            self._is_drawn = _DRAWN.search(tags) is not None

    def digest(self, *, is_read: bool) -> bytes:
        self._look(self._tail)
        self._tail = b""
        return (self._found if is_read and not self._is_drawn else self._all).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
