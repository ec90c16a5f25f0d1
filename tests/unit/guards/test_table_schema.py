"""A table held to its Table Schema: case by case, by the specification."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncd.guards.table_schema.checking import TableCheck
from syncd.guards.table_schema.constraints import linear
from syncd.guards.table_schema.descriptor import NoTableSchema, table_schema
from syncd.guards.verdict import SchemaError, Verdict


def verdict(schema: dict[str, Any], header: list[str], *rows: list[Any], **more: int) -> Verdict:
    check = TableCheck(table_schema(schema), header, **more)
    check.add(rows)
    return check.verdict()


def rules(field: dict[str, Any], *cells: Any, **of_schema: Any) -> list[tuple[str, int, int]]:
    """Rule, first row, and how often, of a table with one more column than is looked at."""
    schema = {"fields": [{"name": "a", **field}, {"name": "z"}], **of_schema}
    found = verdict(schema, ["z", "a"], *(["", cell] for cell in cells))
    assert found.unchecked == ()
    return [(error.rule, error.rows[0], error.count) for error in found.errors]


def passes(field: dict[str, Any], cell: Any, **of_schema: Any) -> bool:
    return rules(field, cell, **of_schema) == []


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ({"type": "integer"}, ["1", "-20", "+3", " 4 ", "007"], ["1.0", "1,0", "x", "1e3", "1_0"]),
        ({"type": "integer", "bareNumber": False}, ["€95", "95 %", "12"], ["x", "1.5"]),
        ({"type": "number"}, ["1", "-1.5", ".5", "5.", "1e6", "NaN", "INF"], ["1,5", "a", "1 5"]),
        ({"type": "number", "decimalChar": ","}, ["1,5", "2"], ["1.5"]),
        ({"type": "number", "groupChar": " "}, ["1 000", "1 000.5"], ["1,000"]),
        ({"type": "number", "bareNumber": False}, ["95%", "EUR 1.5"], ["none"]),
        ({"type": "boolean"}, ["true", "False", "1", "0"], ["oui", "yes", "T"]),
        (
            {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]},
            ["oui", "non"],
            ["true", "Oui"],
        ),
        ({"type": "date"}, ["2024-02-29"], ["2023-02-29", "29/02/2024", "2024-02", "20240229"]),
        ({"type": "date", "format": "%d/%m/%Y"}, ["29/02/2024"], ["2024-02-29", "30/02/2024"]),
        ({"type": "date", "format": "fmt:%Y"}, ["2024"], ["24", "2024-01-01"]),
        (
            {"type": "datetime"},
            ["2024-01-31T10:20:30Z", "2024-01-31T10:20:30+01:00", "2024-01-31 10:20:30"],
            ["2024-01-31", "2024-01-31T10:20", "2024-01-31T25:00:00Z"],
        ),
        ({"type": "time"}, ["10:20:30"], ["10:20", "24:00:01", "10h20"]),
        ({"type": "year"}, ["2024", "0001"], ["24", "20244", "-024", "2O24"]),
        ({"type": "yearmonth"}, ["2024-12"], ["2024-13", "2024", "12-2024"]),
        (
            {"type": "geopoint"},
            ["2.35,48.85", "-180, -90"],
            ["181,0", "0,91", "48.85", "a,b", "1;2"],
        ),
        ({"type": "geopoint", "format": "array"}, ["[2.35, 48.85]"], ["2.35,48.85", "[1]", "{}"]),
        ({"type": "geopoint", "format": "object"}, ['{"lon": 1, "lat": 2}'], ['{"lon": 1}']),
        (
            {"type": "geojson"},
            ['{"type": "Point", "coordinates": [1, 2]}'],
            ["{", "[]", '{"type": "Point"}', '{"type": "Dot", "coordinates": [1, 2]}'],
        ),
        ({"type": "array"}, ["[]", '["a", 1]'], ["a, b", "{}"]),
        ({"type": "object"}, ["{}"], ["[]", "a"]),
        ({"type": "string"}, ["x", "1"], []),
        ({}, ["x", "1"], []),
        ({"format": "uri"}, ["https://example.fr/é", "mailto:a@b.fr"], ["www.example.fr", "/a/b"]),
        ({"format": "email"}, ["a.b+c@exemple.fr"], ["a@b", "a b@c.fr", "@c.fr", "a@@c.fr"]),
        (
            {"format": "uuid"},
            ["8F1C3A52-6c0e-4c49-9a57-2a5d7d3c1b11", "8f1c3a526c0e4c499a572a5d7d3c1b11"],
            ["8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b1", "{8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11}"],
        ),
    ],
)
def test_a_cell_is_of_its_type_or_is_not(
    field: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    assert [cell for cell in good if not passes(field, cell)] == []
    assert [cell for cell in bad if rules(field, cell) != [("type", 2, 1)]] == []


@pytest.mark.parametrize(
    ("constraints", "field", "good", "bad"),
    [
        ({"enum": ["a", "b"]}, {}, ["a", ""], ["A", "c"]),
        ({"enum": ["1", "2"]}, {"type": "number"}, ["1.0", "2"], ["3"]),
        ({"enum": [1, 2]}, {"type": "integer"}, ["1"], ["3"]),
        (
            {"pattern": r"\d{5}|2[AB]\d{3}"},
            {},
            ["75001", "2A004", ""],
            ["7500", "750011", "x75001"],
        ),
        ({"pattern": r"^[A-Z]+$"}, {}, ["ABC"], ["AbC"]),
        ({"minimum": 0}, {"type": "number"}, ["0", "1"], ["-0.1", "NaN"]),
        ({"maximum": "10"}, {"type": "integer"}, ["10"], ["11"]),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 2}, {"type": "integer"}, ["1"], ["0", "2"]),
        ({"minimum": "2020-01-01"}, {"type": "date"}, ["2020-01-01"], ["2019-12-31"]),
        ({"maximum": 2025}, {"type": "year"}, ["2025"], ["2026"]),
        ({"minLength": 2, "maxLength": 3}, {}, ["ab", "abc", ""], ["a", "abcd"]),
        ({"minLength": 1}, {"type": "array"}, ["[1]"], ["[]"]),
    ],
)
def test_a_cell_keeps_the_limits_of_its_field(
    constraints: dict[str, Any], field: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    field = {**field, "constraints": constraints}
    assert [cell for cell in good if not passes(field, cell)] == []
    broken = [rules(field, cell) for cell in bad]
    assert {found[0][0] for found in broken if found} <= constraints.keys()
    assert all(len(found) == 1 for found in broken)


def test_what_stands_for_no_value_is_held_to_nothing_but_to_be_there() -> None:
    field = {"type": "integer", "constraints": {"minimum": 0}}
    assert passes(field, "")
    assert passes(field, "NC", missingValues=["", "NC"])
    assert rules(field, "", missingValues=["NC"]) == [("type", 2, 1)]
    assert passes({**field, "missingValues": ["-"]}, "-")
    required = {"type": "integer", "constraints": {"required": True}}
    assert rules(required, "1", "", "NC", "", missingValues=["", "NC"]) == [("required", 3, 3)]


def test_a_row_that_is_too_short_has_no_value_there() -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b", "constraints": {"required": True}}]}
    found = verdict(schema, ["a", "b"], ["1", "2"], ["1"], ["1", "2", "3"])
    assert found.errors == (SchemaError("b", "required", "", 1, (3,)),)


def test_the_first_five_rows_are_named_as_a_spreadsheet_counts_them() -> None:
    schema = {"fields": [{"name": "a", "type": "integer"}]}
    check = TableCheck(table_schema(schema), ["a", "b"])
    for _ in range(3):
        check.add([["x", ""], [], ["1", ""]])
    check.add([["y", ""]] * 40)
    found = check.verdict()
    assert found.rows == 46
    assert found.errors == (SchemaError("a", "type", "integer", 43, (2, 5, 8, 11, 12)),)


def test_columns_that_are_missing_or_come_twice_are_said() -> None:
    schema = {
        "fields": [
            {"name": "key"},
            {"name": "must", "constraints": {"required": True}},
            {"name": "may"},
        ],
        "primaryKey": "key",
    }
    found = verdict(schema, ["may", " may", "other"], ["1", "2", "3"])
    assert [error.kind for error in found.errors] == [
        ("key", "missing-column"),
        ("must", "missing-column"),
        ("may", "duplicate-column"),
    ]


def test_a_value_that_may_come_once_is_found_again() -> None:
    unique = {"constraints": {"unique": True}}
    assert rules(unique, "1", "01", "1", "", "") == [("unique", 4, 1)]
    assert rules({"type": "integer", **unique}, "1", "01", "2") == [("unique", 3, 1)]


def test_a_primary_key_is_there_and_comes_once() -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "primaryKey": ["a", "b"]}
    found = verdict(schema, ["b", "a"], ["1", "2"], ["2", "1"], ["1", "2"], ["", "2"], ["", ""])
    assert found.errors == (SchemaError("a, b", "primaryKey", "", 2, (4, 6)),)


def test_beyond_a_number_of_values_it_is_said_from_which_row_on_nothing_new_is_kept() -> None:
    schema = {"fields": [{"name": "a", "constraints": {"unique": True}}, {"name": "b"}]}
    rows = [[str(number), ""] for number in [0, 1, 2, 3, 4, 5, 1, 5]]
    found = verdict(schema, ["a", "b"], *rows, most_keys=3)
    assert found.errors == (SchemaError("a", "unique", "", 1, (8,)),)
    assert found.unchecked == ("unique (a), > 4",)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("french-siret", ["73282932000074", "35600000049837"], ["73282932000075", "732829320"]),
        ("french-siret-value", ["73282932000074"], ["1"]),
        ("siren", ["732829320"], ["732829321"]),
        ("french-siren-value", ["732829320", ""], ["73282932000074"]),
    ],
)
def test_the_keys_of_companies_are_checked(check: str, good: list[str], bad: list[str]) -> None:
    beside = [{"name": check, "params": {"column": "a"}}]
    rule = "french-siret" if "siret" in check else "french-siren"
    for cell in good:
        assert passes({}, cell, custom_checks=beside)
        assert passes({"customCheck": {"name": check, "params": {}}}, cell)
    for cell in bad:
        assert rules({}, cell, custom_checks=beside) == [(rule, 2, 1)]


def test_each_item_of_an_array_has_its_type_and_its_limits() -> None:
    field = {"type": "array", "arrayItem": {"type": "string", "constraints": {"enum": ["a", "b"]}}}
    assert passes(field, '["a", "b"]')
    assert rules(field, '["a", "c"]', '["a", 5]') == [
        ("arrayItem enum", 2, 1),
        ("arrayItem type", 3, 1),
    ]
    assert rules({"type": "array", "arrayItem": {"type": "integer"}}, "[1, 1.5]") == [
        ("arrayItem type", 2, 1)
    ]


@pytest.mark.parametrize(
    ("schema", "unchecked"),
    [
        ({"type": "duration", "constraints": {"required": True}}, ["type duration (a)"]),
        ({"format": "wkt"}, ["type string wkt (a)"]),
        ({"type": "date", "format": "any"}, ["type date any (a)"]),
        ({"type": "date", "format": "%Q"}, ["type date %Q (a)"]),
        (
            {"type": "kilometres", "constraints": {"minimum": 1}},
            ["type kilometres (a)", "constraint minimum (a)"],
        ),
        ({"constraints": {"jsonSchema": {}}}, ["constraint jsonSchema (a)"]),
        ({"constraints": {"pattern": "(?=a)b"}}, ["constraint pattern (a)"]),
        ({"constraints": {"pattern": "("}}, ["constraint pattern (a)"]),
        ({"type": "integer", "constraints": {"minimum": "few"}}, ["constraint minimum (a)"]),
        ({"contraints": {"required": True}}, ["contraints (a)"]),
        ({"constraints": ["required"]}, ["constraints (a)"]),
        ({"customCheck": {"name": "opening-hours-value"}}, ["check opening-hours-value (a)"]),
    ],
)
def test_what_is_not_known_of_a_field_is_named_and_breaks_nothing(
    schema: dict[str, Any], unchecked: list[str]
) -> None:
    found = verdict({"fields": [{"name": "a", **schema}]}, ["a", "b"], ["5", ""])
    assert sorted(found.unchecked) == sorted(unchecked)
    assert found.errors == ()


def test_what_is_not_known_of_a_schema_is_named() -> None:
    schema = {
        "fields": [{"name": "a"}],
        "foreignKeys": [{"fields": "a"}],
        "custom_checks": [
            {"name": "compare-columns-value", "params": {"column": "a"}},
            {"name": "x"},
        ],
    }
    assert set(verdict(schema, ["a"]).unchecked) == {
        "foreignKeys",
        "check compare-columns-value (a)",
        "x",
    }


@pytest.mark.parametrize(
    "read",
    [
        None,
        [],
        {},
        {"fields": []},
        {"fields": {}},
        {"fields": [{}]},
        {"fields": [{"name": ""}]},
        {"fields": ["a"]},
        {"fields": [{"name": "a"}, {"name": "a"}]},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
    ],
)
def test_what_has_no_fields_with_names_is_no_table_schema(read: object) -> None:
    with pytest.raises(NoTableSchema):
        table_schema(read)


def test_a_pattern_is_matched_in_time_that_grows_with_the_text_alone() -> None:
    matches = linear(r"(a+)+b|(a|aa)*c|(.*)*d")
    assert matches is not None
    assert not matches("a" * 100_000)
    assert linear(5) is None


def test_a_verdict_comes_back_from_its_json_and_what_is_none_is_none() -> None:
    whole = Verdict(
        schema="etalab/a@1.0",
        sha256="ab",
        rows=3,
        errors=(SchemaError("a", "type", "date", 2, (2, 3)), SchemaError("b", "required")),
        kinds=2,
        unchecked=("foreignKeys",),
    )
    assert Verdict.from_plain(json.loads(json.dumps(whole.to_plain()))) == whole
    assert Verdict.from_plain([]) is None
    odd = {"rows": -1, "errors": [5, {"rule": 1}, {"rule": "r", "rows": "x", "count": True}]}
    assert Verdict.from_plain(odd) == Verdict(errors=(SchemaError("", "r", "", 0, ()),))


def test_no_value_of_the_table_is_in_a_verdict() -> None:
    schema = {
        "fields": [{"name": "a", "type": "integer", "constraints": {"unique": True}}],
        "primaryKey": "a",
    }
    found = verdict(schema, ["a", "secret-name"], ["secret", "secret"], ["secret", ""])
    assert "secret" not in json.dumps(found.to_plain())
    assert found.kinds == 3
