"""Makes the profile of a file: finds out what it is, and has it read once by who can."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZipFile

from syncd.core.file_names import extensions_of
from syncd.guards.content import apart, json_text, sniffing, table, unpacking, xml_text
from syncd.guards.content.decoding import Decoded, Reads, Replayed
from syncd.guards.html import PAGES
from syncd.guards.profile import Profile

_PROMISES = {
    "csv": frozenset({"csv", "tsv"}),
    "json": frozenset({"json", "geojson", *json_text.LINES}),
    "xml": frozenset({"xml", "rdf", "kml", "gml", "gpx", "xsd", "atom", "rss"}),
}
SHEETS = frozenset({"xlsx", "ods"})
_OFFICE = {  # what an office file has inside its ZIP
    "xl/": "xlsx",
    "word/": "docx",
    "ppt/": "pptx",
}
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}


def profile_of(path: Path, name: str) -> Profile:
    """`name`: the object's, whose extension says what is promised. Raises `OSError` only."""
    with path.open("rb", buffering=0) as file:
        head = file.read(sniffing.HEAD)
        kind = sniffing.kind_of(head)
        try:
            match kind:
                case "gzip":
                    return _gzip(path, name)
                case "zip":
                    return _zip(path)
                case "parquet":
                    return apart.scan("parquet", path)
                case "xls" if extensions_of(name)[0] == "xls":
                    return apart.scan(kind, path, path.stat().st_size)
                case _:
                    return _text(head, file, name, path)
        except unpacking.Unpackable as error:
            return Profile(kind, trouble=error.reason)


def _text(head: bytes, stream: Reads, name: str, path: Path | None = None) -> Profile:
    """Text is read as what its name promises, unless it shows that it is something else.

    `stream` goes on after `head`. `path`: of a file that is not compressed.
    """
    extension = extensions_of(name)[0]
    kind = sniffing.kind_of(head)
    promised = next((name for name, among in _PROMISES.items() if extension in among), "")
    # Only a table may look like something else by chance; JSON and XML that do are broken.
    if kind != promised and not (kind == "text" and promised):
        return Profile(kind)
    if promised == "xml":  # finds out its encoding by itself
        return xml_text.scan(cast("BinaryIO", Replayed(head, stream)))
    decoded = Decoded(head, stream)
    if promised == "json":
        return json_text.scan(cast("BinaryIO", decoded), extension, path)
    return _of_table(table.scan(decoded.read), decoded)


def _of_table(table: table.Table, decoded: Decoded) -> Profile:
    if table.has_zeros:
        return Profile("binary")
    ascii_too = table.encoding == "ascii" and decoded.has_mark
    return Profile(
        "csv",
        encoding="utf-16" if decoded.is_wide else "utf-8" if ascii_too else table.encoding,
        bom=decoded.has_mark,
        delimiter=table.dialect.delimiter,
        header=table.dialect.names,
        width=table.dialect.width,
        headless=table.dialect.is_headless,
        rows=max(table.rows - (not table.dialect.is_headless), 0),
        uneven=table.uneven,
        uneven_line=table.uneven_line,
        uneven_width=table.uneven_width,
        cut_line=table.cut_line,
        personal=table.personal,
    )


# -- compressed --------------------------------------------------------------------------------


def _gzip(path: Path, name: str) -> Profile:
    with unpacking.gunzipped(path) as stream:
        profile = _inside(stream, name)
    return replace(profile, wrapped="gzip")


def _inside(stream: unpacking.Limited, name: str) -> Profile:
    head = stream.read(sniffing.HEAD)
    profile = _text(head, stream, name)
    stream.drain()
    return profile


def _zip(path: Path) -> Profile:
    with unpacking.opened_zip(path) as archive:
        kind = _kind_of_zip(archive)
        unpacked = sum(info.file_size for info in archive.infolist())
        if kind != "zip":
            for info in archive.infolist():
                with unpacking.member(archive, info) as stream:
                    stream.drain()
            return apart.scan(kind, path, unpacked) if kind in SHEETS else Profile(kind)
        found = None
        for info in archive.infolist():
            with unpacking.member(archive, info) as stream:
                each = _inside(stream, info.filename)
            if each.format == "html" and not _is_page(info.filename):
                return replace(each, wrapped="zip")
            if each.format == "csv":
                found = _together(found, each) if found else each
        if not unpacked:
            return Profile("empty", wrapped="zip")
    return replace(found, wrapped="zip") if found else Profile("zip")


def _is_page(name: str) -> bool:
    """Whether a member may well be a web page: by its name, or as a note beside the data."""
    return extensions_of(name)[0] in PAGES | {"txt", "md", ""}


def _kind_of_zip(archive: ZipFile) -> str:
    names = archive.namelist()
    if "mimetype" in names:
        with unpacking.member(archive, archive.getinfo("mimetype")) as stream:
            return _OPEN_DOCUMENT.get(stream.read(200).strip(), "zip")
    if "[Content_Types].xml" in names:
        for folder, kind in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return kind
    return "zip"


def _together(first: Profile, other: Profile) -> Profile:
    """Several tables in one ZIP: the first one's columns, the rows and findings of all."""
    kinds = {*first.personal, *other.personal}
    uneven = first if first.uneven else other
    return replace(
        first,
        rows=(first.rows or 0) + (other.rows or 0),
        uneven=first.uneven + other.uneven,
        uneven_line=uneven.uneven_line,
        uneven_width=uneven.uneven_width,
        cut_line=first.cut_line or other.cut_line,
        personal={
            kind: tuple(
                dict.fromkeys((*first.personal.get(kind, ()), *other.personal.get(kind, ())))
            )
            for kind in kinds
        },
    )
