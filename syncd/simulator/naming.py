"""What the portal makes of file names and titles: slugs, formats, MIME types. Pure.

The real portal transliterates with Unidecode; here Latin letters and common signs come out the
same, letters of other scripts are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

ARCHIVES = frozenset({"tar", "gz", "tgz", "rar", "zip", "7z", "xz", "bz2"})

_ALLOWED = (
    "cpg csv db dbf doc docx dwg dxf ecw epub geojson gif gpkg gpx grib2 ics jp2 jpe jpeg jpg json "
    "kml kmz lyr n3 odg odp ods odt other ovr owl pdf png pps ppt prj rdf rtf sbn sbx shp shx sql "
    "sqlite ssim svg svgz tiff ttl txt webp xls xlsx xml xsd"
)
EXTENSIONS = ARCHIVES | frozenset(_ALLOWED.split())

# A fixed table: the `mimetypes` module reads the machine's own files and differs between hosts.
_OFFICE = "application/vnd.openxmlformats-officedocument"
_MIMES = {
    "7z": "application/x-7z-compressed",
    "bz2": "application/x-bzip2",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "geojson": "application/geo+json",
    "gif": "image/gif",
    "gpkg": "application/geopackage+sqlite3",
    "gz": "application/gzip",
    "html": "text/html",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "kml": "application/vnd.google-earth.kml+xml",
    "n3": "text/n3",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "rtf": "application/rtf",
    "sql": "application/sql",
    "svg": "image/svg+xml",
    "svgz": "application/gzip",
    "tar": "application/x-tar",
    "tgz": "application/gzip",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "xml": "application/xml",
    "xz": "application/x-xz",
    "zip": "application/zip",
}
_UNNAMED_MIME = "application/octet-stream"

_TRANSLITERATED = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ı": "i",
        "€": "EUR",
        "°": "deg",
        "№": "No. ",
        "×": "x",
        "…": "...",
        "’": "'",
        "‘": "'",
        "´": "'",
        "–": "-",
        "—": "-",
        "«": "-",
        "»": "-",
    }
)


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_TRANSLITERATED))
    return "".join(c for c in plain if not unicodedata.combining(c)).lower()


def slug(text: str, keep: str = "") -> str:
    """ASCII, lower case, words joined by "-"; the characters of `keep` are word characters."""
    words = re.split(rf"[^a-z0-9{re.escape(keep)}]+", _ascii(text).replace("'", "").strip())
    return "-".join(word for word in words if word)


def file_name(text: str) -> str:
    """The name under which an upload is stored; it is also the title that it gets."""
    return slug(text, keep=".")


def last_extension(name: str) -> str:
    """ "csv" of "x.csv"; "" where there is none."""
    return name.rpartition(".")[2] if "." in name else ""


def file_format(name: str, allowed: Collection[str] = EXTENSIONS) -> str:
    """The last extension, with those before an archive's where they are allowed: "csv.gz"."""
    found = ""
    rest = name
    while "." in rest:
        path = PurePosixPath(rest)
        rest, extension = path.stem, path.suffix.removeprefix(".")
        if found and extension not in allowed:
            break
        found = f"{extension}.{found}" if found else extension
        if extension not in ARCHIVES:
            break
    return found


def mime(name: str) -> str:
    return _MIMES.get(last_extension(name), _UNNAMED_MIME)
