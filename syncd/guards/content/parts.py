"""The files of a ZIP, by name and size, and what those of a map say of it."""

from __future__ import annotations

from dataclasses import replace
from posixpath import splitext
from zipfile import ZipInfo

from syncd.guards.content import shapefile
from syncd.guards.geography import Geography
from syncd.guards.profile import Profile

MOST = 100  # files that are kept by name
_LONGEST = 200  # letters of a name
# What file managers leave in an archive.
_LITTER = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
_LITTER_FOLDER = "__macosx/"
_DATABASE = ".gdb/"  # a folder of files whose names are nobody's


def shown(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())


class Parts:
    """Of one archive, as they are read."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._maps: dict[str, Geography] = {}  # by name, of a shapefile without its extension
        self._rows = 0  # of all maps

    def add(self, info: ZipInfo, head: bytes, found: Profile) -> None:
        """`head`: its first bytes."""
        name = shown(info.filename.replace("\\", "/"))[-_LONGEST:]
        lower = name.lower()
        if lower.startswith(_LITTER_FOLDER) or lower.rpartition("/")[2] in _LITTER:
            return
        if (end := lower.find(_DATABASE)) >= 0:
            name = name[: end + len(_DATABASE) - 1]
        if name in self._sizes or len(self._sizes) <= MOST:
            self._sizes[name] = self._sizes.get(name, 0) + info.file_size
            self._look_at(name, head, found)

    def beside(self, profile: Profile) -> Profile:
        """With what was found, and rows where it has none of its own."""
        sizes = self._sizes if len(self._sizes) <= MOST else {}
        if not self._maps:
            return replace(profile, parts=sizes)
        first, *others = self._maps.values()
        for layer in others:
            first = first.with_layer(layer)
        rows = self._rows if profile.rows is None else profile.rows
        return replace(profile, parts=sizes, geography=first, rows=rows)

    def _look_at(self, name: str, head: bytes, found: Profile) -> None:
        stem, extension = splitext(name.lower())
        if found.geography is not None:
            self._add(name, found.geography)
            self._rows += found.rows or 0
        elif extension == ".shp" and (shapes := shapefile.shapes_of(head)) is not None:
            self._add(stem, shapes)
        elif extension == ".dbf" and (table := shapefile.table_of(head)) is not None:
            rows, names = table
            self._add(stem, Geography(properties=names))
            self._rows += rows

    def _add(self, name: str, layer: Geography) -> None:
        known = self._maps.get(name)
        self._maps[name] = layer if known is None else known.with_layer(layer)
