"""Holds a JSON document to its JSON Schema (jsonschema-rs), in memory: of small files only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import jsonschema_rs

from syncd.guards.content.foreign import panics_as
from syncd.guards.verdict import MOST_ERRORS, PLACES, SchemaError, Verdict, short

LARGEST = 8 << 20  # bytes of a document; as Python has it, it takes up to thirty times as many
_MOST_FOUND = 100_000  # errors that are counted


def judge(schema: dict[str, Any], document: bytes) -> Verdict:
    """Nothing is fetched: a schema that refers to another file is not readable here."""
    try:
        with panics_as(ValueError):
            validator = jsonschema_rs.validator_for(
                schema, pattern_options=jsonschema_rs.RegexOptions(), retriever=_refuse
            )
    except ValueError:
        return Verdict(trouble="schema_unreadable")
    try:
        read = json.loads(document)
    except (ValueError, RecursionError):  # told by other guards
        return Verdict(trouble="schema_other_kind")
    found: dict[tuple[str, str], tuple[int, list[int]]] = {}
    with panics_as(ValueError):
        for kind, item in islice(_errors(validator, read), _MOST_FOUND):
            count, items = found.get(kind, (0, []))
            if item and item not in items and len(items) < PLACES:
                items.append(item)
            found[kind] = count + 1, items
    errors = [
        SchemaError(column, rule, "", count, tuple(items))
        for (column, rule), (count, items) in found.items()
    ]
    unchecked = ("…",) if sum(error.count for error in errors) >= _MOST_FOUND else ()
    return Verdict(errors=tuple(errors[:MOST_ERRORS]), kinds=len(errors), unchecked=unchecked)


def _errors(validator: Any, read: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """Each error's path and keyword, and in which item of a list it is, the first being 1.

    In the schema's words: a key of the document may be what no one should read here.
    """
    for error in validator.iter_errors(read):
        path = list(error.schema_path)
        missing = getattr(error.kind, "property", "") if path[-1:] == ["required"] else ""
        item = next((at + 1 for at in error.instance_path if isinstance(at, int)), 0)
        rule = str(path[-1]) if path else "false"
        yield (short(".".join([*_names(path), *filter(None, [missing])])), short(rule)), item


def _names(path: list[Any]) -> Iterator[str]:
    """The properties that lead to a place in a schema."""
    for before, part in pairwise(path):
        if before == "properties":
            yield str(part)


def _refuse(uri: str) -> Any:
    raise ValueError(uri)
