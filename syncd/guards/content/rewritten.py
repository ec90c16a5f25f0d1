"""Office files as their reader takes them, made of those that other programs read as well.

What the reader wants and the standards do not: XLSX with its parts below `xl/` and `/` in their
names (ECMA-376 lets them lie anywhere), ODS without white space between its elements.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from posixpath import dirname, join

_BETWEEN = re.compile(rb">\s+<")
_MAIN = re.compile(rb"<[^<>]*/officeDocument\"[^<>]*>")  # of a spreadsheet, in `_rels/.rels`
_TARGET = re.compile(rb"(?<=Target=\")[^\"]*")
_PACKAGE = ("[content_types].xml", "_rels/", "docprops/", "customxml/")

Part = tuple[str, bytes]


def plain_name(name: str) -> str:
    """As it should stand in the archive."""
    return name.replace("\\", "/").lstrip("/")


def rewritten(archive: zipfile.ZipFile, kind: str) -> io.BytesIO | None:
    """`kind`: xlsx or ods. None where nothing would be changed."""
    parts: Callable[[zipfile.ZipFile], Iterator[Part]] = _moved if kind == "xlsx" else _dense
    packed = io.BytesIO()
    changed = False
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for info, (name, content) in zip(archive.infolist(), parts(archive), strict=True):
            changed = changed or name != info.filename or len(content) != info.file_size
            made.writestr(name, content)
    packed.seek(0)
    return packed if changed else None


def _dense(archive: zipfile.ZipFile) -> Iterator[Part]:
    for info in archive.infolist():
        content = archive.read(info)
        if info.filename == "content.xml":
            # White space on one line may be a blank between two words of a cell.
            content = _BETWEEN.sub(lambda m: b"><" if b"\n" in m[0] else m[0], content)
        yield info.filename, content


def _moved(archive: zipfile.ZipFile) -> Iterator[Part]:
    names = {plain_name(info.filename).lower(): info for info in archive.infolist()}
    main = "xl/workbook.xml"
    if (roots := names.get("_rels/.rels")) is not None:
        found = _MAIN.search(archive.read(roots))
        target = _TARGET.search(found[0]) if found else None
        main = plain_name(target[0].decode("utf-8", "replace")) if target else main
    folder = dirname(main)
    inside = f"{folder.lower()}/" if folder else ""
    moved = {main: "workbook.xml", join(folder, "_rels", f"{main[len(inside) :]}.rels"): _LINKS}
    by_name = {name.lower(): new for name, new in moved.items()}
    for info in archive.infolist():
        name, content = plain_name(info.filename), archive.read(info)
        lower = name.lower()
        if lower == "_rels/.rels":
            new = name
            content = _MAIN.sub(lambda m: _TARGET.sub(b"xl/workbook.xml", m[0]), content)
        elif lower in by_name:
            new = f"xl/{by_name[lower]}"
            if by_name[lower] == _LINKS:
                content = _TARGET.sub(lambda m: _relative(m[0], inside), content)
        elif lower.startswith(_PACKAGE) or not lower.startswith(inside):
            new = name
        else:
            new = f"xl/{name[len(inside) :]}"
        yield new, content


_LINKS = "_rels/workbook.xml.rels"


def _relative(target: bytes, inside: str) -> bytes:
    """To the folder of the workbook."""
    target = target.replace(b"\\", b"/")
    bare = target.lstrip(b"/")
    is_below = bare.lower().startswith(inside.encode())
    return bare[len(inside) :] if target.startswith(b"/") and is_below else target
