"""Makes the profile of a file: finds out what it is, and has it read once by who can."""

from __future__ import annotations

from dataclasses import replace
from io import FileIO
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import ZipFile, ZipInfo

from syncd.core.file_names import extensions_of
from syncd.core.reasons import because
from syncd.guards.column import without_values
from syncd.guards.content import ends, sniffing, table, unpacking
from syncd.guards.content.decoding import Decoded, Reads, Replayed
from syncd.guards.content.parts import Parts, shown
from syncd.guards.content.rewritten import plain_name
from syncd.guards.html import PAGES
from syncd.guards.profile import Profile

if TYPE_CHECKING:
    from syncd.guards.content.digesting import ContentDigest
    from syncd.guards.content.schema_check import SchemaCheck

_JSON_LINES = frozenset({"jsonl", "ndjson", "geojsonl"})  # one document per line
_MARKED_UP = frozenset({"html", "xml", "json"})
# The readers of formats are imported where they are needed: most processes see one or two formats.
_PROMISES = {
    "csv": frozenset({"csv", "tsv"}),
    "json": frozenset({"json", "geojson", *_JSON_LINES}),
    "xml": frozenset({"xml", "rdf", "kml", "gml", "gpx", "xsd", "atom", "rss", "svg"}),
}
SHEETS = frozenset({"xlsx", "ods"})
# A sheet's cells are held in memory, two and a half times what it has unpacked.
LARGEST = 120 << 20  # bytes unpacked
_MOST_MEMBERS, _MOST_NAMES = 100, 5000  # tables of a ZIP, and names of their columns, kept apart
_OFFICE = {  # what an office file has inside its ZIP
    "xl/": "xlsx",
    "word/": "docx",
    "ppt/": "pptx",
}
_OFFICE_TYPES = {  # and how its list of types calls the part that holds the others
    b"spreadsheetml.sheet.main": "xlsx",
    b"wordprocessingml.document.main": "docx",
    b"presentationml.presentation.main": "pptx",
}
_TYPES = 1 << 20  # bytes of that list
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}


def profile_of(
    file: FileIO, name: str, schema: str | None = None, *, with_content: bool = False
) -> Profile:
    """`file`: at its beginning. `name`: the object's, whose extension says what is promised.

    `schema`: the text of the one that it is held to. `with_content`: with the digest of what it
    says, where its bytes are not that. Raises `OSError` and `MemoryError` only.
    """
    digest = None
    if with_content:
        from syncd.guards.content.digesting import ContentDigest

        digest = ContentDigest()
    if schema is None:
        return _profile_of(file, name, None, digest)
    from syncd.guards.content.schema_check import SchemaCheck

    check = SchemaCheck(schema)
    return check.judged(_profile_of(file, name, check, digest))


def _profile_of(
    file: FileIO, name: str, check: SchemaCheck | None, digest: ContentDigest | None
) -> Profile:
    head = file.read(sniffing.HEAD)
    kind = _kind(head, name)
    try:
        match kind:
            case "gzip":
                return _gzip(file, name, check, digest)
            case "zip":
                return _zip(file, check, digest)
            case "parquet":
                from syncd.guards.content import parquet

                return parquet.scan(file)
            case "xls" if extensions_of(name)[0] == "xls":
                return _sheet(file, kind, unpacking.size_of(file), check, digest)
            case _ if not _promised(name) and ends.is_cut(kind, file):
                return Profile(kind, trouble=because("guard_end_missing", found=kind))
            case _:
                file.seek(len(head))
                return _text(head, file, name, check, file)
    except unpacking.Unpackable as error:
        return Profile(kind, trouble=error.reason)


def _kind(head: bytes, name: str) -> str:
    """What it is by its first bytes, unless these may well be the names of a table's columns."""
    kind = sniffing.kind_of(head)
    if extensions_of(name)[0] not in _PROMISES["csv"]:
        return kind
    is_named_so = (kind == "parquet" and sniffing.is_row(head)) or (
        kind in _MARKED_UP and sniffing.has_wrapped_names(head)
    )
    return "text" if is_named_so else kind


def _sheet(
    file: FileIO,
    kind: str,
    unpacked: int,
    check: SchemaCheck | None,
    digest: ContentDigest | None,
) -> Profile:
    if unpacked > LARGEST:
        return Profile(kind, unseen=because("guard_unseen", size=unpacked, limit=LARGEST))
    from syncd.guards.content import sheets

    return sheets.scan(file, kind, check, digest)


def _text(
    head: bytes,
    stream: Reads,
    name: str,
    check: SchemaCheck | None = None,
    file: FileIO | None = None,
) -> Profile:
    """Text is read as what its name promises, unless it shows that it is something else.

    `stream` goes on after `head`. `file`: the same, where it is not compressed.
    """
    extension = extensions_of(name)[0]
    kind = _kind(head, name)
    promised = _promised(name)
    # Only a table may look like something else by chance; JSON and XML that do are broken.
    if kind != promised and not (kind == "text" and promised):
        return Profile(kind)
    if promised == "xml":  # finds out its encoding by itself
        from syncd.guards.content import xml_text

        source = cast("BinaryIO", Replayed(head, stream))
        found = xml_text.scan(source, is_map=extension == "kml")
        return _picture(found) if extension == "svg" else found
    decoded = Decoded(head, stream)
    if promised == "json":
        from syncd.guards.content import json_text

        events = cast("BinaryIO", decoded)
        if extension == "geojson":
            profile = json_text.scan_geo(events, file)
        else:
            profile = json_text.scan(events, file, several=extension in _JSON_LINES)
        if check is not None and file is not None and profile.trouble is None:
            check.of_json(file)
        return profile
    rows_to = check.of_table if check is not None else None
    return _of_table(table.scan(decoded.read, rows_to=rows_to), decoded)


def _promised(name: str) -> str:
    """csv, json or xml, by its extension; "" for what is read as none of them."""
    extension = extensions_of(name)[0]
    return next((one for one, among in _PROMISES.items() if extension in among), "")


def _picture(found: Profile) -> Profile:
    """As SVG: it has no rows, and drawing programs declare entities in it."""
    is_usual = found.trouble is not None and found.trouble.code == "guard_xml_entities"
    return Profile(found.format, trouble=None if is_usual else found.trouble)


def _of_table(table: table.Table, decoded: Decoded) -> Profile:
    if table.has_zeros:
        return Profile("binary")
    ascii_too = table.encoding == "ascii" and decoded.has_mark
    sample = table.sample
    return Profile(
        "csv",
        encoding=decoded.wide or ("utf-8" if ascii_too else table.encoding),
        bom=decoded.has_mark,
        delimiter=table.dialect.delimiter,
        header=table.dialect.names,
        width=table.dialect.width,
        headless=table.dialect.is_headless,
        above=table.dialect.titles,
        rows=table.data_rows,
        uneven=table.uneven,
        uneven_long=table.uneven_long if table.uneven else None,
        uneven_blank=table.is_blank_uneven,
        uneven_line=table.uneven_line,
        uneven_width=table.uneven_width,
        cut_line=table.cut_line,
        personal=table.personal,
        columns=without_values(sample.columns, table.personal),
        sampled=sample.sampled,
        repeated=sample.repeated,
        pasted_line=sample.pasted_line,
        header_again=sample.header_again,
    )


# -- compressed --------------------------------------------------------------------------------


def _gzip(
    file: FileIO, name: str, check: SchemaCheck | None, digest: ContentDigest | None
) -> Profile:
    with unpacking.gunzipped(file, digest.part("") if digest is not None else None) as stream:
        profile = _inside(stream.read(sniffing.HEAD), stream, name, check)
    content = digest.of("gzip") if digest is not None and profile.trouble is None else ""
    return replace(profile, wrapped="gzip", content=content)


def _inside(
    head: bytes, stream: unpacking.Limited, name: str, check: SchemaCheck | None = None
) -> Profile:
    """`stream` goes on after `head`."""
    profile = _text(head, stream, name, check)
    stream.drain()
    return profile


def _zip(file: FileIO, check: SchemaCheck | None, digest: ContentDigest | None) -> Profile:
    with unpacking.opened_zip(file) as archive:
        kind = _kind_of_zip(archive)
        unpacked = sum(info.file_size for info in archive.infolist())

        def taken_of(info: ZipInfo) -> unpacking.Taken | None:
            if digest is None or info.is_dir():
                return None
            return digest.part(info.filename, kind)

        if kind != "zip":
            for info in archive.infolist():
                with unpacking.member(archive, info, taken_of(info)) as stream:
                    stream.drain()
            if kind in SHEETS:
                return _sheet(file, kind, unpacked, check, digest)
            return Profile(kind, content=digest.of(kind) if digest is not None else "")
        tables, parts = _Tables(), Parts()
        is_alone = sum(not info.is_dir() for info in archive.infolist()) == 1
        for info in archive.infolist():
            with unpacking.member(archive, info, taken_of(info)) as stream:
                head = stream.read(sniffing.HEAD)
                each = _inside(head, stream, info.filename, check if is_alone else None)
            if not info.is_dir():
                parts.add(info, head, each)
            if each.format == "html" and not _is_page(info.filename):
                return replace(each, wrapped="zip")
            if each.trouble is not None and each.trouble.code == "guard_xml_excess":
                return Profile("zip", trouble=each.trouble)  # made to harm, also in there
            if each.format == "csv":
                tables.add(info.filename, each)
        if not unpacked:
            return Profile("empty", wrapped="zip")
    content = digest.of(kind) if digest is not None else ""
    return replace(parts.beside(tables.together()), content=content)


def _is_page(name: str) -> bool:
    """Whether a member may well be a web page: by its name, or as a note beside the data."""
    return extensions_of(name)[0] in PAGES | {"txt", "md", ""}


def _kind_of_zip(archive: ZipFile) -> str:
    named = {plain_name(info.filename).lower(): info for info in archive.infolist()}
    if "mimetype" in named:
        with unpacking.member(archive, named["mimetype"]) as stream:
            return _OPEN_DOCUMENT.get(stream.read(200).strip(), "zip")
    if (types := named.get("[content_types].xml")) is None:
        return "zip"
    for folder, kind in _OFFICE.items():
        if any(name.startswith(folder) for name in named):
            return kind
    with unpacking.member(archive, types) as stream:  # its parts may lie anywhere
        said = stream.read(_TYPES)
    return next((kind for word, kind in _OFFICE_TYPES.items() if word in said), "zip")


class _Tables:
    """Those of one ZIP: the first one's columns, rows and findings of all, and each by itself."""

    def __init__(self) -> None:
        self._found: dict[str, Profile] = {}  # by the member's name
        self._names = 0  # of columns
        self._all = Profile()
        self._personal: dict[str, dict[str, None]] = {}

    def add(self, member: str, table: Profile) -> None:
        name = shown(member)
        self._names += len(table.header)
        if self._names <= _MOST_NAMES and len(self._found) < _MOST_MEMBERS:
            self._found[name] = table
        for kind, columns in table.personal.items():
            self._personal.setdefault(kind, {}).update(dict.fromkeys(columns))
        known = self._all
        if not known.format:
            self._all = replace(table, wrapped="zip")
            return
        uneven = known if known.uneven else table
        long = [each for each in (known.uneven_long, table.uneven_long) if each is not None]
        self._all = replace(
            known,
            rows=(known.rows or 0) + (table.rows or 0),
            uneven=known.uneven + table.uneven,
            uneven_line=uneven.uneven_line,
            uneven_width=uneven.uneven_width,
            uneven_long=sum(long) if long else None,
            uneven_blank=all(each.uneven_blank for each in (known, table) if each.uneven)
            and bool(known.uneven + table.uneven),
            cut_line=known.cut_line or table.cut_line,
            sampled=None,
            columns=(),  # each table's own are its member's
            repeated=known.repeated + table.repeated,
            pasted_line=known.pasted_line or table.pasted_line,
            header_again=known.header_again or table.header_again,
        )

    def together(self) -> Profile:
        if not self._all.format:
            return Profile("zip")
        personal = {kind: tuple(columns) for kind, columns in self._personal.items()}
        members = self._found if len(self._found) > 1 else {}
        return replace(self._all, personal=personal, members=members)
