"""A file held to its schema in the same reading that makes its profile."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from syncd.guards.content.reading import profile_of
from syncd.guards.content.table import BLOCK
from syncd.guards.profile import Profile
from syncd.guards.verdict import SchemaError, Verdict
from tests.support.corpus import ods, xlsx, zipped

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "day", "type": "date", "constraints": {"required": True}},
        {"name": "count", "type": "integer"},
        {"name": "open", "type": "boolean"},
        {"name": "words"},
    ]
}
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
        (b"%PDF-1.4", "a.pdf"),
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
