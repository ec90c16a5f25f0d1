"""A Table Schema as it was written: its fields, their rules, and what is not known of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncd.guards.table_schema.cells import Cell, Reads, as_it_is, as_text, reads_as
from syncd.guards.table_schema.constraints import Rule, check_of, never, rules_of
from syncd.guards.verdict import MOST_UNCHECKED, short

_MOST_FIELDS = 2000
_KNOWN = frozenset({"required", "unique", "enum", "pattern", "minimum", "maximum"})


_BY_VALUE = ("boolean", "date", "geopoint", "integer", "number", "time", "year")


class NoTableSchema(ValueError):
    """What was read is no such schema."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    expected: str  # its type, in the schema's words
    missing: frozenset[Cell]  # what stands for "no value"
    required: bool
    unique: bool
    reads: Reads
    rules: tuple[Rule, ...]
    items: Field | None = None  # what the items of an array are

    @property
    def is_free(self) -> bool:
        """Whether any text will do."""
        return self.reads in (as_text, as_it_is) and not self.rules and self.items is None

    @property
    def is_by_value(self) -> bool:
        """Whether several texts may mean one value."""
        return self.expected.startswith(_BY_VALUE)

    def broken(self, cell: Cell) -> tuple[Rule, ...]:
        """The rules that a cell breaks which is not missing."""
        try:
            value = self.reads(cell)
        except (ArithmeticError, ValueError):
            return (Rule("type", self.expected, never),)
        try:
            found = tuple([rule for rule in self.rules if not rule.holds(value, cell)])
        except (ArithmeticError, TypeError, ValueError):
            found = tuple([rule for rule in self.rules if not _keeps(rule, value, cell)])
        return found or (() if self.items is None else self._broken_items(value))

    def _broken_items(self, value: Any) -> tuple[Rule, ...]:
        items = self.items
        if items is None:
            return ()
        for item in value:
            is_missing = item is None or (isinstance(item, str) and item in items.missing)
            broken = items.broken(item) if not is_missing else ()
            if broken:
                return tuple(Rule(f"arrayItem {one.name}", one.expected, never) for one in broken)
        return ()


@dataclass(frozen=True, slots=True)
class TableSchema:
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]  # names of fields
    unchecked: tuple[str, ...]


def table_schema(read: object) -> TableSchema:
    """`read`: the schema's JSON. `NoTableSchema` for what has no list of fields with names."""
    given = read.get("fields") if isinstance(read, Mapping) else None
    if not isinstance(read, Mapping) or not isinstance(given, list) or not given:
        raise NoTableSchema
    if len(given) > _MOST_FIELDS:
        raise NoTableSchema
    unchecked: dict[str, None] = {}
    checks = _checks(read, given, unchecked)
    missing = _missing(read, frozenset({""}))
    fields: dict[str, Field] = {}
    for each in given:
        name = each.get("name") if isinstance(each, Mapping) else None
        if not isinstance(name, str) or not name or name.strip() in fields:
            raise NoTableSchema
        name = name.strip()
        fields[name] = _field(each, name, missing, checks.get(name, ()), unchecked)
    if read.get("foreignKeys"):
        unchecked["foreignKeys"] = None
    return TableSchema(tuple(fields.values()), _key(read, fields), _first(unchecked))


def _first(unchecked: Mapping[str, None]) -> tuple[str, ...]:
    names = tuple(map(short, unchecked))
    if len(names) <= MOST_UNCHECKED:
        return names
    return (*names[: MOST_UNCHECKED - 1], "…")


def _key(read: Mapping[str, Any], fields: Mapping[str, Field]) -> tuple[str, ...]:
    given = read.get("primaryKey")
    names = [given] if isinstance(given, str) and given else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(name.strip() for name in names if name.strip() in fields)


def _missing(given: Mapping[str, Any], usual: frozenset[Cell]) -> frozenset[Cell]:
    """Those of version 2 may have labels: `{"value": "-99", "label": …}`."""
    values = given.get("missingValues")
    if not isinstance(values, list):
        return usual
    texts = (each.get("value") if isinstance(each, Mapping) else each for each in values)
    return frozenset(text for text in texts if isinstance(text, str))


def _field(
    given: Mapping[str, Any],
    name: str,
    missing: frozenset[Cell],
    checks: tuple[Rule, ...],
    unchecked: dict[str, None],
) -> Field:
    def note(what: str) -> None:
        unchecked[f"{what} ({name})"] = None

    constraints = given.get("constraints")
    for key, value in given.items():  # `contraints`: not one of its rules would be looked at
        if key != "constraints" and isinstance(value, Mapping) and _KNOWN & value.keys():
            note(short(str(key))) if key != "arrayItem" else None
    if not isinstance(constraints, Mapping):
        if constraints is not None:
            note("constraints")
        constraints = {}
    reads = reads_as(given)
    kind, form = str(given.get("type") or "string"), str(given.get("format") or "default")
    expected = short(kind if form == "default" else f"{kind} {form}")
    rules: list[Rule] = []
    if reads is None:
        note(f"type {expected}")
        reads = as_it_is
        # What is not of a known type can be neither compared nor measured.
        limits = {key: constraints[key] for key in constraints if key in {"required", "unique"}}
        for key in constraints.keys() - limits.keys():
            note(f"constraint {short(str(key))}")
        constraints = limits
    for rule in rules_of(constraints, reads):
        if isinstance(rule, str):
            note(rule)
        else:
            rules.append(Rule(rule.name, short(rule.expected), rule.holds))
    return Field(
        name=name,
        expected=expected,
        missing=_missing(given, missing),
        required=constraints.get("required") is True,
        unique=constraints.get("unique") is True,
        reads=reads,
        rules=(*rules, *checks),
        items=_items(given, name, unchecked) if kind == "array" else None,
    )


def _items(given: Mapping[str, Any], name: str, unchecked: dict[str, None]) -> Field | None:
    items = given.get("arrayItem")
    if not isinstance(items, Mapping):
        return None
    inner = {"type": "any", **{key: items[key] for key in items if key != "arrayItem"}}
    return _field(inner, f"{name}[]", frozenset({""}), (), unchecked)


def _checks(
    read: Mapping[str, Any], fields: list[Any], unchecked: dict[str, None]
) -> Mapping[str, tuple[Rule, ...]]:
    """Validata's own checks, by column; they stand beside the fields, or in one."""
    found: dict[str, tuple[Rule, ...]] = {}
    for check, column in _declared(read, fields):
        rule = check_of(check)
        if rule is None or not column:
            unchecked[f"check {short(check)} ({short(column)})" if column else short(check)] = None
        else:
            found[column] = (*found.get(column, ()), rule)
    return found


def _declared(read: Mapping[str, Any], fields: list[Any]) -> Iterator[tuple[str, str]]:
    """Name and column of each."""
    beside = read.get("custom_checks")
    for check in beside if isinstance(beside, list) else ():
        if isinstance(check, Mapping):
            params = check.get("params")
            column = params.get("column") if isinstance(params, Mapping) else ""
            yield str(check.get("name")), column.strip() if isinstance(column, str) else ""
    for field in fields:
        check = field.get("customCheck") if isinstance(field, Mapping) else None
        if check is not None:
            name = check.get("name") if isinstance(check, Mapping) else check
            yield str(name), str(field.get("name")).strip()


def _keeps(rule: Rule, value: Any, cell: Cell) -> bool:
    try:
        return rule.holds(value, cell)
    except (ArithmeticError, TypeError, ValueError):  # NaN; a date with a zone beside one without
        return False
