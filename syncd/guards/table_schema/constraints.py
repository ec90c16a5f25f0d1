"""The rules that a field sets for its cells beyond their type. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from stdnum.fr import siren, siret

from syncd.guards.table_schema.cells import Cell, Reads
from syncd.guards.verdict import short

Holds = Callable[[Any, Cell], bool]  # of a cell's value, and of the cell as it stands in the file


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    expected: str
    holds: Holds


# Looked at elsewhere: whether a cell is filled, and by columns.
_ELSEWHERE = frozenset({"required", "unique"})
_BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": ge,
    "maximum": le,
    "exclusiveMinimum": gt,
    "exclusiveMaximum": lt,
}
_MOST_PATTERN = 2000  # letters
_CHECKS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "french-siret": ("french-siret", siret.is_valid),
    "french-siret-value": ("french-siret", siret.is_valid),
    "siret": ("french-siret", siret.is_valid),
    "french-siren": ("french-siren", siren.is_valid),
    "french-siren-value": ("french-siren", siren.is_valid),
    "siren": ("french-siren", siren.is_valid),
}


def rules_of(constraints: Mapping[str, Any], reads: Reads) -> Iterator[Rule | str]:
    """The rules, and the names of those that are not known here."""
    for name, wanted in constraints.items():
        if name in _ELSEWHERE or wanted is None:
            continue
        try:
            holds = _holds(name, wanted, reads)
        except (ArithmeticError, RecursionError, TypeError, ValueError):
            holds = None  # not even the schema's own limit is of the field's type
        yield f"constraint {short(name)}" if holds is None else Rule(name, _said(wanted), holds)


def never(_value: Any, _cell: Cell) -> bool:
    """What a rule holds that is known to be broken."""
    return False


def check_of(name: str) -> Rule | None:
    """A national addition to Table Schema, by its name in `custom_checks`."""
    if name not in _CHECKS:
        return None
    rule, is_valid = _CHECKS[name]
    return Rule(rule, "", lambda _value, cell: is_valid(str(cell)))


def _said(wanted: Any) -> str:
    return ", ".join(map(str, wanted[:5])) if isinstance(wanted, list) else str(wanted)


def _holds(name: str, wanted: Any, reads: Reads) -> Holds | None:
    match name:
        case "enum":
            return _enum(wanted, reads)
        case "pattern":
            matches = linear(wanted)
            return None if matches is None else lambda _value, cell: matches(str(cell))
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            holds, limit = _BOUNDS[name], _limit(wanted, reads)
            return lambda value, _cell: holds(value, limit)
        case "minLength":
            shortest = int(wanted)
            return lambda value, _cell: len(value) >= shortest
        case "maxLength":
            longest = int(wanted)
            return lambda value, _cell: len(value) <= longest
    return None


def _limit(wanted: Any, reads: Reads) -> Any:
    return reads(str(wanted) if isinstance(wanted, int | float) else wanted)


def _enum(wanted: Any, reads: Reads) -> Holds:
    """By what the values mean: of a number, 1.0 is 1."""
    if not isinstance(wanted, list):
        raise TypeError
    values = [_limit(each, reads) if not isinstance(each, bool) else each for each in wanted]
    try:
        among = frozenset(values)
    except TypeError:  # arrays and objects
        return lambda value, _cell: value in values
    return lambda value, _cell: value in among


def linear(pattern: object) -> Callable[[str], bool] | None:
    """Whether a text matches the whole pattern, in time that grows with the text alone.

    By the engine for regular expressions that comes with pydantic: Rust's, which never goes back.
    None for a pattern that it does not take (one that looks around, or is no pattern).
    """
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    if not isinstance(pattern, str) or len(pattern) > _MOST_PATTERN:
        return None
    wanted = core_schema.str_schema(
        pattern=f"^(?:{pattern})$", regex_engine="rust-regex", strict=True
    )
    try:
        return SchemaValidator(wanted).isinstance_python
    except SchemaError:
        return None
