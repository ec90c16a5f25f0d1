"""A loaded manifest, and the problems of a bad one, as JSON's values, to cross between processes.

What is read follows from the types of the fields: a new field needs nothing here. Nothing is taken
on trust: what does not fit its field is a `ValueError`.

Many values of one type are written field by field, and a field that is the same in all of them
once: most of a dataset's targets differ in little but their names.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from syncd.core.patterns import Pattern

Plain = Any  # as JSON has it
Shared = list[tuple[str, ...]]  # lists of words that many targets have in common
_Reader = Callable[[Plain, Shared], Any]
_ColumnReader = Callable[[list[Plain], Shared], list[Any]]
Read = TypeVar("Read")


def written(value: object) -> Plain:
    """Values with named parts become lists with their name first, durations seconds, bytes hex."""
    places: dict[tuple[str, ...], int] = {}
    plain = _plain(value, places)
    return [plain, [list(words) for words in places]]


def read(kind: type[Read], plain: Plain) -> Read:
    """The value of this type that was `written`. `ValueError` for anything else."""
    match plain:
        case [value, list(shared)]:
            words = [_words(one) for one in shared]
            made: Read = _reader(cast("Any", kind))(value, words)
            return made
    raise ValueError("no value")


def _plain(value: Any, places: dict[tuple[str, ...], int]) -> Plain:
    if value is None or isinstance(value, str | int | float):
        return value
    match value:
        case Pattern():
            return value.text
        case ZoneInfo():
            return value.key
        case bytes():
            return value.hex()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {key: _plain(one, places) for key, one in value.items()}
        case tuple() if not _has_names(type(value)):
            if value and all(isinstance(one, str) for one in value):
                return places.setdefault(value, len(places))
            if value and _has_names(type(value[0])):
                return _columns(type(value[0]), value, places)
            return [_plain(one, places) for one in value]
    parts = (_plain(getattr(value, name), places) for name in _names(type(value)))
    return [type(value).__name__, *parts]


def _columns(kind: Any, values: Sequence[Any], places: dict[tuple[str, ...], int]) -> Plain:
    """All of this type: its name, then for each field the values of all."""
    hints, names = get_type_hints(kind), _names(kind)
    written = [
        _column(hints[name], [getattr(one, name) for one in values], places) for name in names
    ]
    return [kind.__name__, written[0], *map(_once, written[1:])]


def _column(kind: Any, values: Sequence[Any], places: dict[tuple[str, ...], int]) -> list[Plain]:
    if _has_names(kind):
        columns: list[Plain] = _columns(kind, values, places)
        return columns
    return [_plain(one, places) for one in values]


def _once(column: list[Plain]) -> list[Plain]:
    """The first alone, where all are the same. To Python 1 and true are, which are not in JSON."""
    first = column[0]
    if column.count(first) < len(column) or len(set(map(repr, column))) > 1:
        return column
    return [first]


def _has_names(kind: Any) -> bool:
    """Whether its parts have: a dataclass, or a named tuple."""
    return is_dataclass(kind) or hasattr(kind, "_fields")


def _names(kind: Any) -> tuple[str, ...]:
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return cast("tuple[str, ...]", kind._fields)


@cache
def _reader(kind: Any) -> _Reader:
    """What reads values of this type."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Pattern:
        return lambda plain, _: Pattern.parse(_of(str, plain))
    if kind is ZoneInfo:
        return lambda plain, _: _zone(_of(str, plain))
    if kind is bytes:
        return lambda plain, _: bytes.fromhex(_of(str, plain))
    if kind is timedelta:
        return lambda plain, _: _duration(plain)
    if origin in (Union, types.UnionType):
        return _one_of(inner)
    if origin is Literal:
        return lambda plain, _: _among(inner, plain)
    if origin is tuple:
        return _tuple(inner[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(inner[1])
    if _has_names(kind):
        return _named((kind,))
    return lambda plain, _: _of(kind, plain)


def _of(kind: Any, plain: Plain) -> Any:
    """JSON knows whole numbers and others; True is none."""
    if type(plain) is kind or (kind is float and type(plain) is int):
        return plain
    raise ValueError(f"no {kind}")


def _one_of(kinds: tuple[Any, ...]) -> _Reader:
    others = tuple(kind for kind in kinds if kind is not types.NoneType)
    if all(_has_names(kind) for kind in others):
        reader = _named(others)
    elif len(others) == 1:
        reader = _reader(others[0])
    else:
        reader = _scalar(others)
    if len(others) == len(kinds):
        return reader
    return lambda plain, shared: None if plain is None else reader(plain, shared)


def _scalar(kinds: tuple[Any, ...]) -> _Reader:
    def read_one(plain: Plain, _: Shared) -> Any:
        if type(plain) in kinds:
            return plain
        raise ValueError("no fact")

    return read_one


def _among(choices: tuple[Any, ...], plain: Plain) -> Any:
    if isinstance(plain, str) and plain in choices:
        return plain
    raise ValueError("no choice")


def _tuple(kind: Any) -> _Reader:
    if _has_names(kind):
        columns = _column_reader(kind)
        return lambda plain, shared: tuple(columns(plain, shared) if _of(list, plain) else ())
    reader = _reader(kind)

    def read_items(plain: Plain, shared: Shared) -> tuple[Any, ...]:
        if kind is str and type(plain) is int and 0 <= plain < len(shared):
            return shared[plain]
        return tuple(reader(one, shared) for one in _of(list, plain))

    return read_items


def _mapping(kind: Any) -> _Reader:
    reader = _reader(kind)

    def read_pairs(plain: Plain, shared: Shared) -> Mapping[str, Any]:
        pairs = _of(dict, plain).items()
        return MappingProxyType({key: reader(one, shared) for key, one in pairs})

    return read_pairs


@cache
def _column_reader(kind: Any) -> _ColumnReader:
    """What reads many values of this type; of those that are all the same, one."""
    if _has_names(kind):
        return _columns_reader(kind)
    if kind in _SCALARS:
        return _scalars({kind})
    if get_origin(kind) in (Union, types.UnionType):
        kinds = set(get_args(kind))
        if kinds <= _SCALARS:
            return _scalars(kinds)
    reader = _reader(kind)
    return lambda plain, shared: [reader(one, shared) for one in plain]


_SCALARS = {str, int, bool, types.NoneType}


def _scalars(kinds: set[Any]) -> _ColumnReader:
    def read_scalars(plain: list[Plain], _: Shared) -> list[Any]:
        if kinds.issuperset(map(type, plain)):
            return plain
        raise ValueError(f"no {kinds}")

    return read_scalars


def _columns_reader(kind: Any) -> _ColumnReader:
    hints = get_type_hints(kind)
    readers = [_column_reader(hints[name]) for name in _names(kind)]
    name, width = kind.__name__, 1 + len(readers)

    def read_columns(plain: list[Plain], shared: Shared) -> list[Any]:
        if len(plain) != width or plain[0] != name:
            raise ValueError(f"no {name}")
        columns = [
            read(_of(list, one), shared) for read, one in zip(readers, plain[1:], strict=True)
        ]
        count = len(columns[0])
        for at, column in enumerate(columns):
            if len(column) != count:
                if len(column) != 1:
                    raise ValueError("no column")
                columns[at] = column * count
        return list(map(kind, *columns))

    return read_columns


def _named(kinds: tuple[Any, ...]) -> _Reader:
    made = {}
    for kind in kinds:
        hints = get_type_hints(kind)
        made[kind.__name__] = kind, tuple(_reader(hints[name]) for name in _names(kind))

    def read_fields(plain: Plain, shared: Shared) -> Any:
        match plain:
            case [str(name), *parts] if name in made and len(parts) == len(made[name][1]):
                kind, readers = made[name]
                pairs = zip(readers, parts, strict=True)
                return kind(*(reader(part, shared) for reader, part in pairs))
        raise ValueError("no such value")

    return read_fields


def _words(plain: Plain) -> tuple[str, ...]:
    return tuple(_of(str, one) for one in _of(list, plain))


def _duration(plain: Plain) -> timedelta:
    try:
        return timedelta(seconds=_of(float, plain))
    except OverflowError as error:
        raise ValueError("no duration") from error


def _zone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (KeyError, OSError) as error:
        raise ValueError("no time zone") from error
