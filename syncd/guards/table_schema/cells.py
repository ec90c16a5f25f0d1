"""Reads a cell as what its field's type and format say. Pure.

A cell is a text, or what a sheet or a JSON array has in its place: a number, a date, a boolean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

Cell = Any  # str, int, float, bool, date, datetime, time; in arrays also None, list, dict
Reads = Callable[[Cell], Any]  # `ValueError` for a cell that is not of the type

_TRUE = ("true", "True", "TRUE", "1")
_FALSE = ("false", "False", "FALSE", "0")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(
    r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,6})?|[-+]?(?i:inf(inity)?)|(?i:nan)"
)
_AROUND_A_NUMBER = re.compile(r"^[^-\d]*|\D*$")  # what `bareNumber: false` allows
_LONGEST_NUMBER = 1000  # letters
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_EMAIL = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~\-]+(\.[\w!#$%&'*+/=?^`{|}~\-]+)*"
    r"@([^\W_]([\w\-]*[^\W_])?\.)+[^\W\d_]{2,63}"
)
_LONGEST_EMAIL = 320  # letters, by RFC 3696
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_YEAR = re.compile(r"[0-9]{4}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_LONGEST_FORMAT = 60  # letters of a date's pattern
# What stands in a geometry, and how deep its coordinates are nested (RFC 7946, 3.1).
_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


def reads_as(field: Mapping[str, Any]) -> Reads | None:
    """None where the type, or its format, is not known here."""
    given = field.get("format")
    form = given.removeprefix("fmt:") if isinstance(given, str) else "default"
    match field.get("type", "string"), form:
        case (("string" | "any" | None), "default"):
            return as_it_is if field.get("type") == "any" else as_text
        case "string", ("uri" | "email" | "uuid"):
            return {"uri": _uri, "email": _email, "uuid": _uuid}[form]
        case "integer", "default":
            return _whole_of(field)
        case "number", "default":
            return _number_of(field)
        case "boolean", "default":
            return _boolean_of(field)
        case ("date" | "datetime" | "time") as kind, _:
            return _instant_of(kind, form)
        case "year", "default":
            return _year
        case "yearmonth", "default":
            return _month
        case "geopoint", ("default" | "array" | "object"):
            return _geopoint_of(form)
        case "geojson", "default":
            return _geojson
        case "object", "default":
            return _object
        case "array", "default":
            return _array
    return None


def as_it_is(cell: Cell) -> Any:
    return cell


def as_text(cell: Cell) -> str:
    """A sheet has dates and booleans in columns of text."""
    return cell if isinstance(cell, str) else str(cell) if _is_of_sheet(cell) else _text(cell)


def _is_of_sheet(cell: Cell) -> bool:
    return isinstance(cell, date | time | bool)


def _text(cell: Cell) -> str:
    if not isinstance(cell, str):
        raise ValueError
    return cell


def _matching(pattern: re.Pattern[str], cell: Cell, longest: int = 100) -> str:
    text = _text(cell)
    if len(text) > longest or pattern.fullmatch(text) is None:
        raise ValueError
    return text


def _uri(cell: Cell) -> str:
    if _SCHEME.match(_text(cell)) is None:
        raise ValueError
    return _text(cell)


def _email(cell: Cell) -> str:
    return _matching(_EMAIL, cell, _LONGEST_EMAIL)


def _uuid(cell: Cell) -> str:
    return _matching(_UUID, cell)


# -- numbers -----------------------------------------------------------------------------------


def _whole_of(field: Mapping[str, Any]) -> Reads:
    bare = field.get("bareNumber") is not False
    groups = _sign(field, "groupChar", "")

    def read(cell: Cell) -> int:
        if isinstance(cell, str):
            text = cell.strip().replace(groups, "") if groups else cell.strip()
            return int(_matching(_WHOLE, text if bare else _bare(text), _LONGEST_NUMBER))
        if isinstance(cell, bool) or not isinstance(cell, int | float) or cell != int(cell):
            raise ValueError
        return int(cell)

    return read


def _number_of(field: Mapping[str, Any]) -> Reads:
    bare = field.get("bareNumber") is not False
    decimal, groups = _sign(field, "decimalChar", "."), _sign(field, "groupChar", "")

    def read(cell: Cell) -> Decimal:
        if isinstance(cell, bool) or not isinstance(cell, str | int | float):
            raise ValueError
        if not isinstance(cell, str):
            return Decimal(str(cell))
        text = cell.strip() if bare else _bare(cell.strip())
        if groups:
            text = text.replace(groups, "")
        if decimal != ".":
            if "." in text:
                raise ValueError
            text = text.replace(decimal, ".")
        return Decimal(_matching(_NUMBER, text, _LONGEST_NUMBER))

    return read


def _sign(field: Mapping[str, Any], name: str, usual: str) -> str:
    given = field.get(name)
    return given if isinstance(given, str) and given else usual


def _bare(text: str) -> str:
    return _AROUND_A_NUMBER.sub("", text[:_LONGEST_NUMBER])


def _boolean_of(field: Mapping[str, Any]) -> Reads:
    values = dict.fromkeys(_words(field, "trueValues", _TRUE), True)
    values |= dict.fromkeys(_words(field, "falseValues", _FALSE), False)

    def read(cell: Cell) -> bool:
        if isinstance(cell, bool):
            return cell
        try:
            return values[cell]
        except (KeyError, TypeError):
            raise ValueError from None

    return read


def _words(field: Mapping[str, Any], name: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    given = field.get(name)
    return tuple(map(str, given)) if isinstance(given, list) else usual


# -- instants ----------------------------------------------------------------------------------


def _instant_of(kind: str, form: str) -> Reads | None:
    """`any` leaves open what is a date: not known here. Else the format is strptime's pattern."""
    if form == "default":
        return {"date": _date, "datetime": _datetime, "time": _time}[kind]
    if "%" not in form or len(form) > _LONGEST_FORMAT:
        return None

    def read(cell: Cell) -> Any:
        if not isinstance(cell, str):
            return {"date": _date, "datetime": _datetime, "time": _time}[kind](cell)
        found = _by_pattern(cell, form)
        return {"date": found.date, "datetime": lambda: found, "time": found.timetz}[kind]()

    try:
        read("")
    except re.error:  # two directives of one name
        return None
    except ValueError as error:
        if "directive" in str(error):
            return None
    return read


def _by_pattern(cell: str, form: str) -> datetime:
    if len(cell) > 2 * _LONGEST_FORMAT:
        raise ValueError
    return datetime.strptime(cell, form)  # noqa: DTZ007 - the cell says of which zone it is, or none


def _date(cell: Cell) -> date:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise ValueError
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    if len(text) == 10 and text[4] == text[7] == "-":  # ten times as fast
        return date.fromisoformat(text)
    return _by_pattern(text, "%Y-%m-%d").date()


def _datetime(cell: Cell) -> datetime:
    if isinstance(cell, datetime):
        return cell
    text = _text(cell)
    if not 19 <= len(text) <= _LONGEST_FORMAT or text[16] != ":":  # no shorter form of ISO 8601
        raise ValueError
    return datetime.fromisoformat(text)


def _time(cell: Cell) -> time:
    if isinstance(cell, time):
        return cell
    text = _text(cell)
    if not 8 <= len(text) <= _LONGEST_FORMAT or text[5] != ":":
        raise ValueError
    return time.fromisoformat(text)


def _year(cell: Cell) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool) and 0 <= cell <= 9999:
        return cell
    return int(_matching(_YEAR, cell))


def _month(cell: Cell) -> str:
    return _matching(_MONTH, cell)


# -- places and structures ---------------------------------------------------------------------


def _geopoint_of(form: str) -> Reads:
    def read(cell: Cell) -> tuple[Decimal, Decimal]:
        if form == "default":
            longitude, latitude = _text(cell).split(",")
        else:
            found = _json(cell)
            if form == "object":
                if not isinstance(found, dict) or found.keys() != {"lon", "lat"}:
                    raise ValueError
                found = [found["lon"], found["lat"]]
            if not isinstance(found, list):
                raise ValueError
            longitude, latitude = map(str, found)
        return _degrees(longitude, 180), _degrees(latitude, 90)

    return read


def _degrees(text: str, most: int) -> Decimal:
    try:
        found = Decimal(text[:_LONGEST_NUMBER].strip())
        if not -most <= found <= most:  # NaN cannot be compared
            raise ValueError
    except InvalidOperation:
        raise ValueError from None
    return found


def _geojson(cell: Cell) -> dict[str, Any]:
    found = _object(cell)
    if not _is_geojson(found):
        raise ValueError
    return found


def _is_geojson(found: Any) -> bool:
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "FeatureCollection":
        features = found.get("features")
        return isinstance(features, list) and all(
            isinstance(each, dict) and each.get("type") == "Feature" and _is_geojson(each)
            for each in features
        )
    if kind == "Feature":
        geometry = found.get("geometry", "")
        is_filled = isinstance(found.get("properties", ""), dict | None)
        return is_filled and (geometry is None or _is_geometry(geometry))
    return _is_geometry(found)


def _is_geometry(found: Any) -> bool:
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "GeometryCollection":
        parts = found.get("geometries")
        return isinstance(parts, list) and all(map(_is_geometry, parts))
    depth = _DEPTHS.get(kind) if isinstance(kind, str) else None
    return depth is not None and _are_coordinates(found.get("coordinates"), depth)


def _are_coordinates(found: Any, depth: int) -> bool:
    if not isinstance(found, list):
        return False
    if depth:
        return all(_are_coordinates(each, depth - 1) for each in found)
    return not found or (
        len(found) > 1
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in found)
    )


def _object(cell: Cell) -> dict[str, Any]:
    found = cell if isinstance(cell, dict) else _json(cell)
    if not isinstance(found, dict):
        raise ValueError
    return found


def _array(cell: Cell) -> list[Any]:
    found = cell if isinstance(cell, list) else _json(cell)
    if not isinstance(found, list):
        raise ValueError
    return found


def _json(cell: Cell) -> Any:
    try:
        return json.loads(_text(cell))
    except RecursionError:
        raise ValueError from None
