"""Records to JSON and back."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


def dump(record: Any) -> Any:
    if dataclasses.is_dataclass(record):
        return {f.name: dump(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, datetime):
        return record.isoformat()
    if isinstance(record, list):
        return [dump(item) for item in record]
    return record


def load(kind: type[T], data: dict[str, Any]) -> T:
    """The record that `dump` made `data` from."""
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in data.items()})


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        if option is datetime:
            return datetime.fromisoformat(value)
        if typing.get_origin(option) is list:
            (inner,) = typing.get_args(option)
            if dataclasses.is_dataclass(inner):
                return [load(typing.cast("type[Any]", inner), item) for item in value]
    return value
