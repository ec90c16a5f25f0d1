"""A file held to its schema in the same reading that makes its profile."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from syncd.core.ports import SpooledFile
from syncd.guards.content.reading import profile_of
from syncd.guards.content.table import BLOCK
from syncd.guards.profile import Profile
from syncd.guards.verdict import SchemaError, Verdict
from tests.support.builders import digest
from tests.support.corpus import ods, xlsx, zipped
from tests.support.shared_reader import READER, nothing

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "day", "type": "date", "constraints": {"required": True}},
        {"name": "count", "type": "integer"},
        {"name": "open", "type": "boolean"},
        {"name": "words"},
    ]
}
PATTERN = {"fields": [{"name": "a", "constraints": {"pattern": "1"}}]}
GOOD = "day;count;open;words\n2024-01-01;1;true;été\n2024-01-02;;false;a\n"
BAD = "day;count;open;words\n2024-01-01;1;true;été\n2024-13-02;;false;a\n"
WRONG_DAY = (SchemaError("day", "type", "date", 1, (3,)),)


def looked_at(tmp_path: Path, content: bytes, name: str, schema: Any = SCHEMA) -> Profile:
    path = tmp_path / "file"
    path.write_bytes(content)
    text = schema if isinstance(schema, str) else json.dumps(schema)
    with path.open("rb", buffering=0) as file:
        return profile_of(file, name, text)


def judged(tmp_path: Path, content: bytes, name: str, schema: Any = SCHEMA) -> Verdict:
    found = looked_at(tmp_path, content, name, schema).schema
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda text: text.encode(), "a.csv"),
        (lambda text: text.encode("cp1252"), "a.csv"),
        (lambda text: text.encode("utf-16"), "a.csv"),
        (lambda text: text.encode("utf-8-sig"), "a.csv"),
        (lambda text: text.replace("\n", "\r\n").encode(), "a.csv"),
        (lambda text: text.replace("\n", "\r").encode(), "a.csv"),
        (lambda text: text.replace(";", "\t").encode(), "a.tsv"),
        (lambda text: gzip.compress(text.encode()), "a.csv.gz"),
        (lambda text: zipped({"a.csv": text.encode()}), "a.zip"),
        (lambda text: ods([line.split(";") for line in text.splitlines()]), "a.ods"),
    ],
)
def test_the_same_table_is_judged_the_same_however_it_is_written(
    tmp_path: Path, make: Any, name: str
) -> None:
    good, bad = judged(tmp_path, make(GOOD), name), judged(tmp_path, make(BAD), name)
    assert (good.rows, good.errors, good.trouble) == (2, (), "")
    assert (bad.rows, bad.errors, bad.trouble) == (2, WRONG_DAY, "")


def test_cells_of_a_sheet_are_what_their_export_would_have(tmp_path: Path) -> None:
    good = [date(2024, 1, 1), 1, True, 75001]
    bad = [datetime.fromisoformat("2024-01-01T12:00"), 1.5, "maybe", date(2024, 1, 1)]
    found = judged(tmp_path, xlsx([["day", "count", "open", "words"], good, bad]), "a.xlsx")
    assert found.errors == (
        SchemaError("day", "type", "date", 1, (3,)),
        SchemaError("count", "type", "integer", 1, (3,)),
        SchemaError("open", "type", "boolean", 1, (3,)),
    )


def test_a_sheet_with_none_of_its_columns_lacks_those_that_must_be_there(tmp_path: Path) -> None:
    found = judged(tmp_path, xlsx([["a", "b"], ["1", "2"]]), "a.xlsx")
    assert [error.kind for error in found.errors] == [("day", "missing-column")]


def test_rows_above_the_names_of_the_columns_are_counted_and_not_looked_at(tmp_path: Path) -> None:
    found = judged(tmp_path, b"title;;;\n" + BAD.encode(), "a.csv")
    assert found.errors == (SchemaError("day", "type", "date", 1, (4,)),)


@pytest.mark.parametrize(
    ("above", "row"), [("sep=;\n", 4), ("Visits of museums\n\n", 5), ("# of the city\n# 2024\n", 5)]
)
def test_lines_above_a_table_count_as_rows(tmp_path: Path, above: str, row: int) -> None:
    found = looked_at(tmp_path, (above + BAD).encode(), "a.csv")
    assert found.above
    assert found.schema is not None
    assert found.schema.errors == (SchemaError("day", "type", "date", 1, (row,)),)


def test_a_workbook_that_is_not_read_to_its_end_is_not_judged(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet()):
        for line in BAD.splitlines():
            sheet.append(line.split(";"))
    book.save(stream := io.BytesIO())
    with zipfile.ZipFile(stream) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    del parts["xl/worksheets/sheet2.xml"]
    found = looked_at(tmp_path, zipped(parts), "a.xlsx")
    assert found.unseen is not None
    assert found.unseen.code == "guard_unread"
    assert found.schema is None


def test_a_table_of_many_blocks_is_looked_at_whole(tmp_path: Path) -> None:
    rows = [f'2024-01-01;{at};true;"a\n""{at}"""\n' for at in range(2 * BLOCK // 25)]
    rows[-2] = "x;1;true;é\n"
    content = ("day;count;open;words\n" + "".join(rows)).encode()
    found = judged(tmp_path, content, "a.csv")
    assert len(content) > 2 * BLOCK
    assert found.rows == len(rows)
    assert found.errors == (SchemaError("day", "type", "date", 1, (len(rows),)),)


def test_the_rest_of_the_profile_is_the_same_with_a_schema(tmp_path: Path) -> None:
    with_it = looked_at(tmp_path, BAD.encode(), "a.csv")
    with (tmp_path / "file").open("rb", buffering=0) as file:
        without = profile_of(file, "a.csv")
    plain = json.loads(with_it.to_json())
    del plain["schema"]
    assert plain == json.loads(without.to_json())
    assert Profile.from_json(with_it.to_json()) == with_it


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.4 startxref 9 %%EOF", "a.pdf"),
        (b'{"a": 1}', "a.json"),
        (zipped({"a.csv": GOOD.encode(), "b.csv": GOOD.encode()}), "a.zip"),
    ],
)
def test_what_is_no_table_is_not_checked_and_that_is_said(
    tmp_path: Path, content: bytes, name: str
) -> None:
    assert judged(tmp_path, content, name) == Verdict(trouble="schema_other_kind")


@pytest.mark.parametrize("schema", ["", "{", "[]", "[" * 100_000, '{"fields": 1}'])
def test_what_is_no_schema_checks_nothing_and_that_is_said(tmp_path: Path, schema: str) -> None:
    found = judged(tmp_path, GOOD.encode(), "a.csv", schema)
    assert found == Verdict(trouble="schema_unreadable")


@pytest.mark.parametrize(
    ("content", "name", "schema", "rule"),
    [
        (b"a,b\n1,\nx,\n", "a.csv", PATTERN, "pattern"),
        (b'{"a": 1}', "a.json", {"properties": {"a": {"type": "string"}}}, "type"),
    ],
)
def test_it_is_done_in_the_process_that_has_limits(
    tmp_path: Path, content: bytes, name: str, schema: Any, rule: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    file = SpooledFile(tmp_path / "file", digest("any", len(content)))
    found = Profile.from_json(READER.read(file, name, nothing, json.dumps(schema)))
    assert found is not None
    assert found.schema is not None
    assert [(error.column, error.rule) for error in found.schema.errors] == [("a", rule)]


# -- JSON Schema -------------------------------------------------------------------------------

JSON_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "required": ["id"],
                "properties": {"id": {"type": "string", "pattern": "^a+$"}, "n": {"enum": [1, 2]}},
            },
        }
    },
}


def test_a_json_document_is_held_to_its_json_schema(tmp_path: Path) -> None:
    good = {"items": [{"id": "a", "n": 1}, {"id": "aa"}]}
    bad = {"items": [{"id": "secret"}, {"n": 3}, {"id": "secret", "secret": 1}]}
    assert judged(tmp_path, json.dumps(good).encode(), "a.json", JSON_SCHEMA) == Verdict()
    found = judged(tmp_path, json.dumps(bad).encode(), "a.json", JSON_SCHEMA)
    assert set(found.errors) == {
        SchemaError("items.id", "pattern", "", 2, (1, 3)),
        SchemaError("items.id", "required", "", 1, (2,)),
        SchemaError("items.n", "enum", "", 1, (2,)),
    }
    assert "secret" not in json.dumps(found.to_plain())


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.org/other.json"},
        {"$ref": "file:///etc/passwd"},
        {"$schema": "https://example.org/unknown", "type": "object"},
        {"type": 5},
        {"type": "string", "pattern": "(?=a)b"},
    ],
)
def test_a_json_schema_that_refers_elsewhere_or_is_none_is_not_followed(
    tmp_path: Path, schema: dict[str, Any]
) -> None:
    assert judged(tmp_path, b'{"a": 1}', "a.json", schema).trouble == "schema_unreadable"


def test_a_schema_for_another_kind_of_file_is_said_to_be_one(tmp_path: Path) -> None:
    assert judged(tmp_path, GOOD.encode(), "a.csv", JSON_SCHEMA).trouble == "schema_other_kind"
    assert looked_at(tmp_path, b'{"a": ', "a.json", JSON_SCHEMA).schema is None


def test_a_large_document_is_not_held_to_its_schema_and_that_is_said(tmp_path: Path) -> None:
    document = b'{"items": ["' + b"a" * (9 << 20) + b'"]}'
    assert judged(tmp_path, document, "a.json", JSON_SCHEMA).trouble == "schema_large"


def test_a_json_schema_with_hard_patterns_takes_no_time(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}}
    document = json.dumps({"a": "a" * 100_000 + "b"}).encode()
    assert [e.rule for e in judged(tmp_path, document, "a.json", schema).errors] == ["pattern"]
