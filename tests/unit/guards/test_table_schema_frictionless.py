"""The checker of Table Schema beside frictionless, which Validata uses, on made-up tables."""

from __future__ import annotations

import random
from typing import Any

import pytest

from syncd.guards.table_schema.checking import TableCheck
from syncd.guards.table_schema.descriptor import table_schema
from tests.support.examples import examples

frictionless = pytest.importorskip("frictionless")
resources = pytest.importorskip("frictionless.resources")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TYPES: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "format": "email"},
    {"type": "string", "format": "uri"},
    {"type": "string", "format": "uuid"},
    {"type": "integer"},
    {"type": "integer", "bareNumber": False},
    {"type": "number"},
    {"type": "number", "decimalChar": ","},
    {"type": "number", "groupChar": " "},
    {"type": "number", "bareNumber": False},
    {"type": "boolean"},
    {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]},
    {"type": "date"},
    {"type": "date", "format": "%d/%m/%Y"},
    {"type": "datetime"},
    {"type": "time"},
    {"type": "year"},
    {"type": "yearmonth"},
    {"type": "geopoint"},
    {"type": "geopoint", "format": "array"},
    {"type": "geojson"},
    {"type": "object"},
    {"type": "array"},
    {"type": "array", "arrayItem": {"type": "string", "constraints": {"enum": ["a", "b"]}}},
]
LIMITS: dict[str, list[dict[str, Any]]] = {
    "string": [{"pattern": r"\d{5}"}, {"minLength": 3}, {"maxLength": 4}],
    "integer": [{"minimum": 0}, {"maximum": 10}, {"enum": ["1", "2"]}],
    "number": [{"minimum": 0}, {"maximum": 10}, {"enum": ["1", "2"]}],
    "date": [],
    "year": [{"minimum": 2000}, {"maximum": 2024}],
    "array": [{"minLength": 1}],
}
ONCE = frozenset({"string", "integer", "date", "year", "boolean", "datetime"})
CELLS = """|a|b|75001|750|1|01|2|-1|+3| 4 |1.0|2.5|1,5|1 000|1e3|INF|95%|€ 12|true|TRUE|oui|non|0|NC
2024-01-31|2019-12-31|2024-1-5|31/01/2024|31/02/2024|2024-02-30|20240131|2024-01-31T10:20:30Z
2024-01-31T10:20:30|2024-01-31T10:20:30+01:00|2024-01-31 10:20:30|2024-01-31T10:20|10:20:30|10:20
25:00:00|2024|24|1999|2024-12|2024-13|2.35,48.85|181,0|0,91|[2.35, 48.85]|[1]|{}|[]|["a","b"]
["a","c"]|{"type":"Point","coordinates":[1,2]}|{"type":"Point"}|a@b.fr|a.b+c@exemple.gouv.fr|a@b
{"type":"Feature","geometry":null,"properties":{}}|@b.fr|a b@c.fr|a..b@c.fr|https://example.fr/a
mailto:a@b.fr|www.example.fr|8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11|8f1c3a526c0e4c499a572a5d7d3c1b11
""".replace("\n", "|").split("|")[:-1]


def made(chance: random.Random) -> tuple[dict[str, Any], list[list[str]]]:
    """A schema of one column beside another, and a table."""
    field = dict(chance.choice(TYPES))
    limits = LIMITS.get(field["type"], [])
    constraints = {"required": True} if chance.random() < 0.4 else {}
    if field["type"] in ONCE and chance.random() < 0.3:
        constraints["unique"] = True
    for limit in chance.sample(limits, chance.randint(0, min(len(limits), 2))):
        constraints |= limit
    schema: dict[str, Any] = {
        "fields": [{"name": "a", **field, "constraints": constraints}, {"name": "z"}],
        "missingValues": chance.choice([[""], ["", "NC"]]),
    }
    if field["type"] in ONCE and chance.random() < 0.2:
        schema["primaryKey"] = ["a"]
    return schema, [[chance.choice(CELLS), "z"] for _ in range(40)]


def theirs(schema: dict[str, Any], rows: list[list[str]]) -> set[tuple[int, str]]:
    names = {"type-error": "type", "unique-error": "unique", "primary-key": "primaryKey"}
    resource = resources.TableResource(
        data=[["a", "z"], *rows],
        schema=frictionless.Schema.from_descriptor(schema),
        detector=frictionless.Detector(schema_sync=True),
    )
    report = frictionless.validate(resource)
    found = set()
    for row, kind in report.flatten(["rowNumber", "type"]):
        assert row is not None, report
        found.add((row, names.get(kind, "constraint")))
    return found


def ours(schema: dict[str, Any], rows: list[list[str]]) -> set[tuple[int, str]]:
    check = TableCheck(table_schema(schema), ["a", "z"])
    found: set[tuple[int, str]] = set()
    known: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        check.add([row])
        now = {error.kind: error.count for error in check.verdict().errors}
        new = {
            rule for (column, rule), count in now.items() if count > known.get((column, rule), 0)
        }
        known = now
        rules = {rule.removeprefix("arrayItem ") for rule in new}
        found |= {(number, rule if rule in _ALSO_THEIRS else "constraint") for rule in rules}
    assert check.verdict().unchecked == ()
    return found


def told(found: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """To frictionless a cell that is not of its type is no value, to us it may come twice."""
    odd = {row for row, rule in found if rule == "type"}
    return {(row, rule) for row, rule in found if row not in odd or rule == "type"}


_ALSO_THEIRS = frozenset({"type", "unique", "primaryKey"})


@pytest.mark.parametrize("seed", range(examples(300)))
def test_a_table_has_the_errors_that_frictionless_finds(seed: int) -> None:
    schema, rows = made(random.Random(seed))
    assert told(ours(schema, rows)) == told(theirs(schema, rows)), schema
