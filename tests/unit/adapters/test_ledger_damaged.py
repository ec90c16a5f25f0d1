"""A ledger that somebody else wrote into: a sentence that says where, and never a fault."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.ledger import SqlLedger, tables
from syncd.core.errors import LedgerError
from syncd.core.reasons import Reason
from syncd.text import finding, sentence, speak
from tests.support.builders import NOW
from tests.support.examples import shared_out
from tests.support.old_state.world import KEPT, PORTAL

DEEP = "[" * 20_000
JUNK: tuple[object, ...] = (
    None,
    "",
    "junk",
    b"\xff\x00",
    -1,
    2**62,
    1.5,
    "2024-01-01",
    "2024-01-01T00:00:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59.999999+00:00",
    "{}",
    "[]",
    "null",
    "1",
    '"x"',
    "NaN",
    '{"a": [1]}',
    '[["x"]]',
    '{"code": [], "facts": {}}',
    '{"code": "guard_rows", "facts": {"rows": {}}}',
    '{"code": "guard_rows", "facts": {"rows": 1e400, "lost": NaN, "before": "x", "limit": null}}',
    '{"code": "guard_columns", "facts": {"gone": "x", "count": 1' + "0" * 400 + "}}",
    '{"code": "guard_older_date", "facts": {"key": 1, "date": "no", "published_date": "no"}}',
    '[{"code": "x", "facts": {}}]',
    '{"replaced": "x"}',
    DEEP,
)
COLUMNS = [
    (table.name, column.name) for table in tables.metadata.sorted_tables for column in table.columns
]
MORE = """
INSERT INTO readings (sha1, name, begun, begun_at)
    VALUES ('a', 'a.csv', 1, '2025-01-01T00:00:00.000000+00:00');
INSERT INTO requests (dataset, asked_at) VALUES ('d', '2025-01-01T00:00:00.000000+00:00');
INSERT INTO services (instance, started_at, facts)
    VALUES ('i', '2025-01-01T00:00:00.000000+00:00', '{"pid": 1}');
"""


class Damaged:
    """A ledger of many kinds of rows, and a copy of it to go back to."""

    def __init__(self, folder: Path) -> None:
        file = folder / "ledger.sqlite"
        with closing(sqlite3.connect(file)) as made:
            made.executescript((KEPT / "ledger.sql").read_text(encoding="utf-8"))
        SqlLedger(None, folder).close()
        with closing(sqlite3.connect(file)) as made:
            made.executescript(MORE)
        self.ledger = SqlLedger(None, folder)
        self.file = file
        self._raw = sqlite3.connect(file, isolation_level=None)
        self._raw.execute("PRAGMA synchronous=OFF")
        self._raw.execute("ATTACH ':memory:' AS good")
        [(self.dataset,)] = self._raw.execute("SELECT dataset FROM intents LIMIT 1")
        [(self.address,)] = self._raw.execute("SELECT address FROM addresses LIMIT 1")
        for table in tables.metadata.tables:
            self._raw.execute(f"CREATE TABLE good.{table} AS SELECT * FROM main.{table}")

    def execute(self, statement: str, *values: object) -> None:
        self._raw.execute(statement, values)

    def mend(self, table: str) -> None:
        self._raw.execute(f"DELETE FROM main.{table}")
        self._raw.execute(f"INSERT INTO main.{table} SELECT * FROM good.{table}")

    def close(self) -> None:
        self._raw.close()
        self.ledger.close()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Damaged]:
    speak("en")
    with closing(Damaged(tmp_path_factory.mktemp("ledger"))) as found:
        yield found


def readings(damaged: Damaged, table: str) -> list[Callable[[], Any]]:
    """What commands and the service ask of it, of this table."""
    ledger, dataset, address = damaged.ledger, damaged.dataset, damaged.address
    asked: dict[str, list[Callable[[], Any]]] = {
        "bindings": [
            lambda: ledger.rows(PORTAL, dataset),
            lambda: ledger.memories(PORTAL, [dataset]),
        ],
        "intents": [
            lambda: ledger.intents(PORTAL, dataset),
            lambda: ledger.memories(PORTAL, [dataset]),
            lambda: ledger.last_sent(PORTAL, dataset, "gros.csv"),
            lambda: ledger.claims(["a" * 40]),
        ],
        "publications": [lambda: ledger.history(PORTAL), lambda: ledger.claims(["a" * 40])],
        "readings": [lambda: ledger.deaths("a", "a.csv")],
        "datasets": [
            lambda: ledger.note(PORTAL, dataset),
            lambda: ledger.notes(PORTAL),
            lambda: ledger.memories(PORTAL, [dataset]),
        ],
        "addresses": [
            lambda: ledger.address(PORTAL, address),
            lambda: ledger.addresses(PORTAL, [address]),
        ],
        "copies": [lambda: ledger.copies(PORTAL, dataset)],
        "cycles": [ledger.last_cycle],
        "runs": [lambda: ledger.runs(PORTAL)],
        "plans": [lambda: ledger.plans(PORTAL)],
        "requests": [ledger.has_requests, lambda: ledger.take_requests(NOW)],
        "alerts": [lambda: ledger.alerts(PORTAL)],
        "pauses": [lambda: ledger.pauses(PORTAL)],
        "services": [ledger.services],
        "watched": [lambda: ledger.watched(PORTAL), lambda: ledger.watched_since(PORTAL)],
        "unclaimed": [lambda: ledger.unclaimed(PORTAL)],
        "history": [lambda: ledger.events(PORTAL), ledger.verify_history],
        "history_head": [ledger.verify_history],
        "manifests": [lambda: ledger.manifests("a" * 8), ledger.verify_history],
        "program": [lambda: SqlLedger(None, damaged.file.parent).close()],
    }
    return asked[table]


def _said(value: Any) -> None:
    """Whatever was read can be worded."""
    for one in value if isinstance(value, tuple) else ():
        for name in ("reason", "findings"):
            told = getattr(one, name, ())
            for reason in told if isinstance(told, tuple) else (told,):
                if not isinstance(reason, str):
                    assert finding(reason)


def refusals(damaged: Damaged, table: str) -> list[Reason]:
    """Why nothing could be read; nothing else is raised, and what is read can be worded."""
    found = []
    for read in readings(damaged, table):
        try:
            _said(read())
        except LedgerError as error:
            found.append(error.reason)
    return found


@pytest.mark.parametrize("of", shared_out(5, COLUMNS))
def test_whatever_a_column_holds_it_is_read_or_said_where_it_is(
    damaged: Damaged, of: tuple[str, str]
) -> None:
    table, column = of
    for junk in JUNK:
        try:
            damaged.execute(f'UPDATE {table} SET "{column}" = ?', junk)
        except sqlite3.IntegrityError:
            continue  # not even SQLite takes it
        found = refusals(damaged, table)
        damaged.mend(table)
        for reason in found:
            assert reason.code == "ledger_damaged", (junk, reason)
            assert f"(table {table}, column {column})" in sentence(reason)
            assert str(damaged.file) in sentence(reason)


@pytest.mark.parametrize(
    ("table", "column", "junk"),
    [
        ("bindings", "title", b"\xff"),
        ("bindings", "state", "elsewhere"),
        ("bindings", "reason", DEEP),
        ("bindings", "pin", "{}"),
        ("intents", "started_at", "yesterday"),
        ("publications", "judged_size", "many"),
        ("publications", "receipt", "[]"),
        ("datasets", "checked_at", "2024-01-01"),
        ("cycles", "summary", '{"replaced": "x"}'),
        ("alerts", "about", '{"title": 1}'),
    ],
)
def test_what_is_no_value_of_ours_is_refused(
    damaged: Damaged, table: str, column: str, junk: object
) -> None:
    damaged.execute(f'UPDATE {table} SET "{column}" = ?', junk)
    found = refusals(damaged, table)
    damaged.mend(table)
    assert found


@pytest.mark.parametrize("table", tables.metadata.tables)
def test_a_table_that_is_gone_is_named(damaged: Damaged, table: str) -> None:
    damaged.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    found = refusals(damaged, table)
    damaged.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
    assert found
    for reason in found:
        assert f"no such table: {table}" in sentence(reason)
        assert str(damaged.file) in sentence(reason)


def test_while_a_refusal_is_kept_nobody_is_shown_the_ledger_as_it_was(damaged: Damaged) -> None:
    damaged.execute("UPDATE alerts SET about = 'junk'")
    with pytest.raises(LedgerError) as kept:  # with its traceback, and the rows in there
        damaged.ledger.alerts(PORTAL)
    damaged.mend("alerts")
    assert damaged.ledger.alerts(PORTAL)
    assert kept.tb


@pytest.mark.parametrize("table", tables.metadata.tables)
def test_what_syncd_wrote_is_never_taken_for_damage(damaged: Damaged, table: str) -> None:
    assert refusals(damaged, table) == []


@pytest.mark.parametrize("statement", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
@pytest.mark.parametrize("read_only", [True, False])
def test_tables_without_a_revision_are_no_empty_ledger(
    tmp_path: Path, read_only: bool, statement: str
) -> None:
    SqlLedger(None, tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as raw, raw:
        raw.execute(statement)
    with pytest.raises(LedgerError) as caught:
        SqlLedger(None, tmp_path, read_only=read_only)
    assert caught.value.reason.code == "ledger_damaged"
    assert caught.value.reason.facts["table"] == "alembic_version"
