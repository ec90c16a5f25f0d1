"""Reads JSON and GeoJSON event by event, in flat memory (ijson, over the C library yajl)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import BufferedReader, FileIO
from typing import Any, BinaryIO

import ijson

from syncd.core.reasons import Reason, because
from syncd.core.regular_expressions import regex
from syncd.guards.content.first_row import one_line
from syncd.guards.content.unpacking import size_of
from syncd.guards.geography import SHAPES, Geography, Properties, box_of
from syncd.guards.profile import Profile

_SMALL = (
    2 << 20
)  # bytes up to which the place of a mistake is looked for: it takes 30 times as many
# Python makes no integer of more digits (`sys.set_int_max_str_digits`), and ijson goes on after
# that error until the process ends by a signal.
_DIGITS = 4300
_TOO_LONG = b"0" * (_DIGITS + 1)
_DIGITS_ALIKE = bytes(ord("0") if chr(code).isdecimal() else ord(" ") for code in range(256))
_CHUNK = 1 << 16  # bytes
_LIMITS = (180, 90)  # degrees east and north
_ROUNDING = 1e-6  # degrees
_LAST = (360 + _ROUNDING, 90 + _ROUNDING)  # beyond, they are no degrees
_MOST_KEYS, _LONGEST_KEY = 300, 1000  # of records: names, and letters of one
_ALL_OF, _OF_MORE = 20_000, 4  # records whose keys are looked at; of those beyond, one of so many
_NOWHERE = -1
_ENDS = frozenset({"end_map", "end_array"})
_NESTS = _ENDS | {"start_map", "start_array"}
_KINDS = frozenset({"FeatureCollection", "GeometryCollection"})
_PARTS = frozenset({"features", "geometries"})
_FAR = float("inf")
# A reference system is named by GeoJSON of before RFC 7946 (section 3 of the 2008 format), in any
# object of it: as PostGIS does, in each geometry. The link and the code are of that time as well.
_CRS = ["crs", "properties"]  # containers around what names it
_CRS_NAMES = frozenset({"name", "href", "code"})
# Those in degrees, of which metres are none: WGS 84 in its spellings, and what France and Europe
# use. Names may have anything in front of them, addresses behind them, too.
_IN_DEGREES = regex(
    r"(.*[^A-Z])?(CRS:?84H?|WGS:?84|OGC:2:84)"
    r"|(.*[^0-9])?(4326|4979|4171|4258|4269|4275|4463|4470|4558|4624|4627|4807|5489|9777|9782)(/.*)?"
)
_LONGEST_CRS = 500  # letters of a name


class _NotGeo(Exception):
    """Well-formed, but not what GeoJSON must be."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class _Tame:
    """The stream, as far as no number in it is too long."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._tail = b""

    def read(self, size: int = -1) -> bytes:
        chunk = self._inner.read(size)
        if _TOO_LONG in (seen := self._tail + chunk).translate(_DIGITS_ALIKE):
            raise ValueError("a number of too many digits")
        self._tail = seen[-_DIGITS:]
        return chunk


def scan(stream: BinaryIO, file: FileIO | None = None, *, several: bool = False) -> Profile:
    """`file`: the same bytes, to say where a mistake is; None where they are compressed.

    `several`: documents, one per line.
    """
    return _scan("json", _Records(0 if several else 1), stream, file, several=several)


def scan_geo(stream: BinaryIO, file: FileIO | None = None) -> Profile:
    return _scan("geojson", _Geo(), stream, file)


def _scan(
    name: str,
    reader: _Records | _Geo,
    stream: BinaryIO,
    file: FileIO | None,
    *,
    several: bool = False,
) -> Profile:
    trouble = None
    try:
        reader.read(_events(_Tame(stream), several))
    except _NotGeo as error:
        trouble = error.reason
    except (ijson.JSONError, UnicodeError, ValueError, ArithmeticError) as error:
        is_cut = isinstance(error, ijson.IncompleteJSONError) and "premature EOF" in str(error)
        trouble = because("guard_json_cut") if is_cut else _mistake(file, several)
    odd = reader.odd if trouble is None else None
    keys = reader.shares() if trouble is None and isinstance(reader, _Records) else {}
    return Profile(
        name,
        encoding="utf-8",
        rows=reader.count,
        by_line=several,
        geography=reader.geography if trouble is None else None,
        keys=keys,
        trouble=trouble,
        odd=odd,
    )


def _events(stream: _Tame, several: bool) -> Iterator[tuple[str, Any]]:
    found: list[tuple[str, Any]] = ijson.sendable_list()
    parser = ijson.basic_parse_coro(found, multiple_values=several)
    silent = 0  # bytes of a text that goes on: yajl begins it anew, at double its length
    while chunk := stream.read(max(_CHUNK, silent)):
        parser.send(chunk)
        silent = 0 if found else silent + len(chunk)
        yield from found
        found.clear()
    parser.close()
    yield from found


def _mistake(file: FileIO | None, several: bool) -> Reason:
    """Where it is: yajl says that it is, and shows what the file has there, which nobody may."""
    if file is None or (not several and size_of(file) > _SMALL):
        return because("guard_json_invalid")
    file.seek(0)
    reader = BufferedReader(file)
    texts = iter(lambda: reader.readline(_SMALL), b"") if several else [reader.read()]
    before = 0  # lines
    try:
        for text in texts:
            if len(text) < _SMALL and text.strip():
                json.loads(text)
            before += 1
    except json.JSONDecodeError as error:
        return because("guard_json", line=before + error.lineno, column=error.colno)
    except (ValueError, RecursionError):
        pass
    finally:
        reader.detach()  # it would close the file
    return because("guard_json_invalid")


class _Records:
    """Counts records, and of many of them how many have each key.

    `at`: how deep they lie. 0: the documents; 1: what the outermost list or object holds; of an
    object, its lists hold the records whose keys are looked at.
    """

    odd: Reason | None = None
    geography: Geography | None = None

    def __init__(self, at: int) -> None:
        self.count = 0
        self._at = at
        self._looked_at = 0  # those that are objects
        self._having: dict[str, int] = {}  # of the first names that are met

    def shares(self) -> dict[str, int]:
        """Per cent of the objects, cut; a name that hardly any of them has may be a value."""
        found = {key: min(100 * has // self._looked_at, 100) for key, has in self._having.items()}
        return {one_line(key): share for key, share in found.items() if share}

    def _begins(self, event: str) -> bool:
        """Whether the record that begins is looked at: of many records, each of some."""
        self.count += 1
        return self._is_looked_at(event, self.count)

    def _is_looked_at(self, event: str, place: int) -> bool:
        is_one = event == "start_map" and (place <= _ALL_OF or not place % _OF_MORE)
        self._looked_at += is_one
        return is_one

    def _note(self, key: str) -> None:
        """One that was not met before."""
        if len(self._having) < _MOST_KEYS and len(key) <= _LONGEST_KEY:
            self._having[key] = 1

    def read(self, events: Iterable[tuple[str, Any]]) -> None:
        depth, having, at = 0, self._having, self._at
        is_list = at == 0
        keys_at = _NOWHERE  # depth of the keys of the record that is read, if it is looked at
        is_member, records = False, 0  # whether this list is the object's, and what these hold
        for event, value in events:
            if event == "map_key":
                if depth == keys_at:
                    try:
                        having[value] += 1
                    except KeyError:
                        self._note(value)
            elif event in _NESTS:
                if event in _ENDS:
                    depth -= 1
                    continue
                if depth == at:
                    if is_list:
                        keys_at = at + 1 if self._begins(event) else _NOWHERE
                    else:
                        self.count += 1
                        keys_at, is_member = _NOWHERE, event == "start_array"
                elif depth == at + 1 and is_member:
                    records += 1
                    keys_at = at + 2 if self._is_looked_at(event, records) else _NOWHERE
                elif depth == 0:
                    is_list = event == "start_array"
                depth += 1
            elif depth <= at:
                self.count += 1


def _is_geometry(keys: list[str]) -> bool:
    """Whether the innermost container is one: what else has coordinates may have them in metres."""
    return keys[-1:] == ["geometry"] or keys[-2:] == ["geometries", ""]


def _is_feature(keys: list[str]) -> bool:
    """Whether the innermost container is one, by its place: others have `properties`, too."""
    return keys == [""] or (len(keys) == 3 and keys[1] == "features")


class _Geo:
    """Features or geometries whose coordinates are degrees (RFC 7946).

    Longitudes up to 360 are degrees still, as some count them; so is what was rounded. Other
    latitudes are none: they are metres, or the axes are swapped. Metres are as meant where the file
    names another reference system, as GeoJSON could before RFC 7946.
    """

    count = 0
    odd: Reason | None = None
    geography: Geography | None = None
    _crs = ""  # of no degrees
    _no_degrees: Reason | None = None

    def read(self, events: Iterable[tuple[str, Any]]) -> None:
        keys: list[str] = []  # of the containers around, "" in lists
        properties = 0  # of those, how many are called so
        key, kind = "", ""
        inside = index = 0  # depth within `coordinates`, place within its innermost list
        lowest: list[Any] = [_FAR, _FAR]
        highest: list[Any] = [-_FAR, -_FAR]
        found, named = Properties(), -1
        counts = found.counts
        kinds: set[str] = set()
        for event, value in events:
            if event == "number":  # first: most of a file
                if inside:
                    if index < 2:
                        if value > highest[index]:
                            highest[index] = value
                            if value > _LIMITS[index]:
                                self._beyond(index, float(value))
                        if value < lowest[index]:
                            lowest[index] = value
                            if value < -_LIMITS[index]:
                                self._beyond(index, float(value))
                    index += 1
                elif key == "code" and properties == 1 and keys[-2:] == _CRS:
                    self._names(f"EPSG:{value}")
            elif event == "map_key":
                key = value
                if len(keys) == named:
                    if value in counts:
                        counts[value] += 1
                    else:
                        found.note_new(value)
            elif event == "string":
                if key == "type":
                    if len(keys) == 1:
                        kind = value
                    elif not properties:
                        kinds.add(SHAPES.get(value, ""))
                elif key in _CRS_NAMES and properties == 1 and keys[-2:] == _CRS:
                    self._names(value)
            elif event == "start_array":
                if inside or (key == "coordinates" and not properties and _is_geometry(keys)):
                    inside, index = inside + 1, 0
                keys.append(key)
                properties += key == "properties"
                key = ""
            elif event == "start_map":
                self.count += len(keys) == 2 and keys[1] in _PARTS
                keys.append(key)
                if key == "properties":
                    properties += 1
                    if properties == 1 and _is_feature(keys[:-1]):
                        named = len(keys)
                key = ""
            elif event in {"end_array", "end_map"}:
                key = ""
                if keys.pop() == "properties":
                    properties -= 1
                    named = named if properties else -1
                if event == "end_array" and inside:
                    inside -= 1
        if self._no_degrees is not None:
            if not self._crs:
                raise _NotGeo(self._no_degrees)
            self.odd = because("guard_geojson_crs", crs=self._crs[:60])
        if kind == "Feature":
            self.count = 1
        elif kind not in _KINDS:
            raise _NotGeo(because("guard_geojson_type", found=kind[:40]))
        names, rare = found.found(self.count)
        sides = [float(side) for side in (*lowest, *highest)]
        self.geography = Geography(box_of(sides), tuple(sorted(kinds - {""})), names, rare)

    def _names(self, crs: str) -> None:
        """One whose coordinates are no degrees is kept."""
        name = one_line(crs[:_LONGEST_CRS])
        if name and not _IN_DEGREES.fullmatch(name.upper().replace(" ", "").replace("_", "")):
            self._crs = name

    def _beyond(self, index: int, value: float) -> None:
        facts = {"feature": max(self.count, 1), "value": value}
        if abs(value) > _LAST[index]:
            self._no_degrees = self._no_degrees or because("guard_geojson_range", **facts)
        elif abs(value) > _LIMITS[index] + _ROUNDING and self.odd is None:
            self.odd = because("guard_geojson_beyond", **facts)
