"""A name that promises another format than the bytes have."""

from __future__ import annotations

from syncd.core.file_names import extensions_of
from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

_FOUND = {  # by extension; others are not judged
    "csv": {"csv"},
    "tsv": {"csv"},
    "txt": {"text", "json", "xml"},
    "json": {"json"},
    "geojson": {"geojson"},
    "xml": {"xml"},
    "xlsx": {"xlsx"},
    "xls": {"xls"},
    "ods": {"ods"},
    "docx": {"docx"},
    "odt": {"odt"},
    "parquet": {"parquet"},
    "zip": {"zip"},
    "kmz": {"zip"},
    "gz": {"gzip"},
    "7z": {"7z"},
    "rar": {"rar"},
    "pdf": {"pdf"},
    "png": {"png"},
    "jpg": {"jpeg"},
    "jpeg": {"jpeg"},
    "gif": {"gif"},
    "tif": {"tiff"},
    "tiff": {"tiff"},
    "webp": {"webp"},
    "gpkg": {"sqlite"},
}
_APART = frozenset({"", "empty", "html"})  # other guards speak of these


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    inside, around = extensions_of(case.version.key)
    if profile.format in _APART:
        return None
    if around or profile.wrapped:
        promised, found = around or inside, profile.wrapped or profile.format
        if found not in _FOUND.get(promised, {found}):
            return because("guard_type", extension=promised, found=found)
    if around == "" and profile.wrapped:  # the tables of a ZIP are read, whatever is promised
        return None
    expected = _FOUND.get(inside)
    if expected is None or profile.format in expected or profile.trouble is not None:
        return None
    return because("guard_type", extension=inside, found=profile.format)


GUARD = FileGuard(
    name="type",
    group=Group.FORMAT,
    rank=40,
    summary=N_("A file whose bytes are of another format than its name says."),
    detail=N_("A ZIP named `.csv`, a CSV named `.xlsx`."),
    scope=Scope.CONTENT,
    look=look,
)
