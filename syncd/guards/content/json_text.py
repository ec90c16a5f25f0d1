"""Reads JSON and GeoJSON event by event, in flat memory (ijson, over the C library yajl)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import FileIO
from typing import Any, BinaryIO

import ijson

from syncd.core.reasons import Reason, because
from syncd.guards.content.unpacking import size_of
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
    return _scan("json", _Items(), stream, file, several=several)


def scan_geo(stream: BinaryIO, file: FileIO | None = None) -> Profile:
    return _scan("geojson", _Geo(), stream, file)


def _scan(
    name: str,
    reader: _Items | _Geo,
    stream: BinaryIO,
    file: FileIO | None,
    *,
    several: bool = False,
) -> Profile:
    try:
        reader.read(_events(_Tame(stream), several))
    except _NotGeo as error:
        return Profile(name, encoding="utf-8", rows=reader.count, trouble=error.reason)
    except (ijson.JSONError, UnicodeError, ValueError, ArithmeticError) as error:
        is_cut = isinstance(error, ijson.IncompleteJSONError) and "premature EOF" in str(error)
        trouble = because("guard_json_cut") if is_cut else _mistake(file)
        return Profile(name, encoding="utf-8", rows=reader.count, trouble=trouble)
    return Profile(name, encoding="utf-8", rows=reader.count)


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


def _mistake(file: FileIO | None) -> Reason:
    """Where it is: yajl says that it is, and shows what the file has there, which nobody may."""
    if file is not None and size_of(file) <= _SMALL:
        try:
            json.loads(file.readall())
        except json.JSONDecodeError as error:
            return because("guard_json", line=error.lineno, column=error.colno)
        except (ValueError, RecursionError):
            pass
    return because("guard_json_invalid")


class _Items:
    """Counts what the outermost list or object holds; lines, where there are several."""

    count = 0

    def read(self, events: Iterable[tuple[str, Any]]) -> None:
        depth = 0
        for event, _ in events:
            if event in {"start_map", "start_array"}:
                self.count += depth == 1
                depth += 1
            elif event in {"end_map", "end_array"}:
                depth -= 1
            elif event == "map_key":
                continue
            else:
                self.count += depth <= 1


class _Geo:
    """A FeatureCollection whose coordinates are degrees (RFC 7946)."""

    count = 0

    def read(self, events: Iterable[tuple[str, Any]]) -> None:
        keys: list[str] = []  # of the containers around, "" in lists
        properties = 0  # of those, how many are called so
        key, kind = "", ""
        inside = index = 0  # depth within `coordinates`, place within its innermost list
        for event, value in events:
            if event == "number":  # first: most of a file
                if inside:
                    if index < 2 and abs(value) > _LIMITS[index]:
                        facts = {"feature": self.count, "value": float(value)}
                        raise _NotGeo(because("guard_geojson_range", **facts))
                    index += 1
            elif event == "map_key":
                key = value
            elif event == "start_array":
                if inside or (key == "coordinates" and not properties):
                    inside, index = inside + 1, 0
                keys.append(key)
                properties += key == "properties"
                key = ""
            elif event == "start_map":
                self.count += len(keys) == 2 and keys[1] == "features"
                keys.append(key)
                properties += key == "properties"
                key = ""
            elif event in {"end_array", "end_map"}:
                key = ""
                properties -= keys.pop() == "properties"
                if event == "end_array" and inside:
                    inside -= 1
            elif event == "string" and key == "type" and len(keys) == 1:
                kind = value
        if kind != "FeatureCollection":
            raise _NotGeo(because("guard_geojson_type", found=kind[:40]))
