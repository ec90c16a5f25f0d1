"""syncd's memory: what is stored is what comes back, wholly or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd import __version__
from syncd.adapters.ledger import SqlLedger, records, schema, sqlite
from syncd.adapters.ledger.records import Records
from syncd.adapters.ledger.tables import metadata
from syncd.core.errors import LedgerError
from syncd.core.history_records import Event, LineKind
from syncd.core.records import (
    CycleNote,
    DatasetNote,
    Row,
)
from syncd.text import sentence
from tests.support import older_ledgers
from tests.support.builders import (
    BINDING,
    DATASET,
    NOW,
    PORTAL,
    intent,
    judged,
    row,
)
from tests.support.damaged_ledgers import FILE, by_hand
from tests.support.examples import examples
from tests.support.ledger_values import FULL_INTENT, FULL_ROW, intents, rows


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(SqlLedger(None, tmp_path)) as opened:
        yield opened


def test_everything_is_still_there_after_a_restart(tmp_path: Path) -> None:
    page = f"{PORTAL}/datasets/musees"
    note = DatasetNote(PORTAL, DATASET, "Musées", page, NOW, "b" * 24, "Ville de Test")
    cycle = CycleNote(NOW, NOW + timedelta(seconds=3), "sync", 3, {"held": 1, "replaced": 2})
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.put(FULL_ROW)
        begun = ledger.begin(FULL_INTENT)
        ledger.put_note(note, addresses=["musees", "vieux-nom"])
        ledger.put_cycle(cycle)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        assert rows(ledger) == (FULL_ROW,)
        assert intents(ledger) == (begun,)
        assert ledger.note(PORTAL, DATASET) == note
        assert ledger.address(PORTAL, "vieux-nom") == DATASET
        assert ledger.last_cycle() == cycle


BINDINGS = st.builds(
    lambda resource, key: replace(BINDING, resource=resource, key=key),
    st.sampled_from(["", "r1", "r2"]),
    st.sampled_from(["a.csv", "b.csv", "c.csv"]),
)
BATCHES = st.lists(
    st.lists(
        st.builds(
            lambda binding, seen, online: row(seen, online, binding=binding),
            BINDINGS,
            st.sampled_from([None, judged("x")]),
            st.sampled_from([None, judged("y")]),
        ),
        max_size=4,
    ),
    max_size=3,
)


@given(BATCHES)
@settings(max_examples=examples(40))
def test_rows_put_together_end_as_if_put_one_after_the_other(batches: list[list[Row]]) -> None:
    ended = []
    for together in (True, False):
        with TemporaryDirectory() as folder, closing(SqlLedger(None, Path(folder))) as ledger:
            for batch in batches:
                if together:
                    ledger.put(*batch)
                else:
                    for one in batch:
                        ledger.put(one)
            ended.append(sorted(rows(ledger), key=repr))
    assert ended[0] == ended[1]


def test_only_what_can_be_found_out_again_does_not_wait_for_the_disk(ledger: SqlLedger) -> None:
    def synchronous(**how: bool) -> int:
        with ledger._begin(**how) as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert (synchronous(), synchronous(wait_for_disk=False)) == (2, 1)  # FULL, NORMAL


# -- durability --------------------------------------------------------------------------------


def test_every_connection_writes_ahead_and_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        asked.append(connect(*args, **options))
        return asked[-1]

    monkeypatch.setattr(sqlite3, "connect", watched)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.begin(intent())
        assert asked
        for connection in asked:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


KILLED = """
import os, sys
from pathlib import Path
from syncd.adapters.ledger import SqlLedger
from tests.support.builders import intent
ledger = SqlLedger(None, Path(sys.argv[1]))
ledger.begin(intent())
os._exit(9)
"""


def test_an_intent_survives_the_end_of_its_process(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], timeout=60)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        assert [i.judged for i in intents(ledger)] == [judged("new")]


# -- tables ------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_of_the_program(ledger: SqlLedger) -> None:
    with ledger._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_column_is_a_field_of_its_record_but_these() -> None:
    """A column that no record knows would be lost when its row is written again."""
    found = {
        f"{one.table.name}.{column}"
        for one in vars(records).values()
        if isinstance(one, Records)
        for column in one.table.columns
        if column not in one.names
    }
    assert found == {"intents.name_slug", "cycles.id", "requests.taken_at", "pauses.portal"}


def test_the_newest_migration_is_the_one_that_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_the_second_start_finds_its_tables_and_runs_no_migration(tmp_path: Path) -> None:
    SqlLedger(None, tmp_path).close()
    code = (
        "import sys; from pathlib import Path; from syncd.adapters.ledger import SqlLedger;"
        "SqlLedger(None, Path(sys.argv[1])).close(); sys.exit('alembic.command' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)]).returncode == 0


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("signed", [True, False])
def test_the_ledger_of_a_newer_syncd_is_refused_with_its_version_and_left_alone(
    tmp_path: Path, read_only: bool, signed: bool
) -> None:
    SqlLedger(None, tmp_path).close()
    by_hand(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    by_hand(tmp_path, "UPDATE program SET version = '9.9.0'" if signed else "DROP TABLE program")
    with pytest.raises(LedgerError) as caught:
        SqlLedger(None, tmp_path, read_only=read_only)
    assert caught.value.reason.code == "ledger_newer"
    version = "9.9.0" if signed else "?"
    assert caught.value.reason.facts == {
        "found": "9999",
        "known": schema.HEAD,
        "version": version,
    }
    assert "syncd sync" not in sentence(caught.value.reason)  # it would be refused like this one
    assert by_hand(tmp_path, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_the_ledger_says_which_version_wrote_it_last(tmp_path: Path) -> None:
    SqlLedger(None, tmp_path).close()
    assert by_hand(tmp_path, "SELECT version FROM program") == [(__version__,)]
    by_hand(tmp_path, "UPDATE program SET version = '0.0.9'")
    SqlLedger(None, tmp_path, read_only=True).close()
    assert by_hand(tmp_path, "SELECT version FROM program") == [("0.0.9",)]
    SqlLedger(None, tmp_path).close()
    assert by_hand(tmp_path, "SELECT version FROM program") == [(__version__,)]


@pytest.mark.parametrize("revision", older_ledgers.revisions()[:-1])
def test_the_ledger_of_an_older_syncd_is_brought_up_by_the_sync_that_is_advised(
    tmp_path: Path, revision: str
) -> None:
    SqlLedger(None, tmp_path).close()
    older_ledgers.take_back(tmp_path / FILE, revision)
    with pytest.raises(LedgerError) as caught:
        SqlLedger(None, tmp_path, read_only=True)
    assert caught.value.reason.code == "ledger_other_version"
    SqlLedger(None, tmp_path).close()
    SqlLedger(None, tmp_path, read_only=True).close()


# -- read only ---------------------------------------------------------------------------------


def test_reading_an_absent_ledger_makes_no_file(tmp_path: Path) -> None:
    with closing(SqlLedger(None, tmp_path / "state", read_only=True)) as ledger:
        assert (rows(ledger), intents(ledger), ledger.last_cycle()) == ((), (), None)
        assert ledger.last_sent(PORTAL, DATASET, "a.csv") is None
    assert list(tmp_path.iterdir()) == []


def test_reading_writes_nothing(tmp_path: Path) -> None:
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.put(FULL_ROW)
    before = {f.name: f.read_bytes() for f in tmp_path.iterdir()}
    with closing(SqlLedger(None, tmp_path, read_only=True)) as ledger:
        assert rows(ledger) == (FULL_ROW,)
        with pytest.raises(LedgerError):
            ledger.put(row())
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == before


def test_a_ledger_is_read_while_another_syncd_writes(ledger: SqlLedger, tmp_path: Path) -> None:
    ledger.put(row())
    with closing(SqlLedger(None, tmp_path, read_only=True)) as reader:
        ledger.put(FULL_ROW)
        assert rows(reader) == (FULL_ROW,)


def test_an_empty_file_reads_as_an_empty_ledger(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with closing(SqlLedger(None, tmp_path, read_only=True)) as ledger:
        assert rows(ledger) == ()
    assert (tmp_path / FILE).read_bytes() == b""


@pytest.mark.parametrize("name", ["with space.sqlite", "per%cent.sqlite", "hash#q.sqlite", "é.db"])
def test_the_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "50% #1"
    folder.mkdir()
    url = sa.URL.create("sqlite", database=str(folder / name)).render_as_string()
    with closing(SqlLedger(url, tmp_path)) as ledger:
        ledger.put(row())
    with closing(SqlLedger(url, tmp_path, read_only=True)) as ledger:
        assert rows(ledger) == (row(),)
    assert (folder / name).exists()
    assert not (tmp_path / FILE).exists()


# -- trouble -----------------------------------------------------------------------------------


def a_text(folder: Path) -> None:
    (folder / FILE).write_text("not a database, but long enough to be taken for one" * 99)


def a_folder(folder: Path) -> None:
    (folder / FILE).mkdir()


def a_torn_file(folder: Path) -> None:
    SqlLedger(None, folder).close()
    content = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(content[:4096] + b"\xff" * 8192)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("spoil", [a_text, a_folder, a_torn_file])
def test_a_file_that_is_no_ledger_is_said_in_a_sentence(
    tmp_path: Path, spoil: Callable[[Path], None], read_only: bool
) -> None:
    spoil(tmp_path)
    with (
        pytest.raises(LedgerError) as caught,
        closing(SqlLedger(None, tmp_path, read_only=read_only)) as ledger,
    ):
        rows(ledger)
    assert caught.value.reason.code == "ledger_unusable"
    assert str(tmp_path / FILE) in sentence(caught.value.reason)


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(LedgerError) as caught:
        SqlLedger(None, tmp_path / "state" / "deeper")
    assert caught.value.reason.code == "state_dir_unusable"
    assert str(tmp_path / "state") in sentence(caught.value.reason)


def test_a_full_disk_is_an_error_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.put(row())
    connect = sqlite3.connect

    def cramped(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", cramped)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        with pytest.raises(LedgerError) as caught:
            ledger.put(row(title="x" * 100_000))
        assert "full" in sentence(caught.value.reason)
        with pytest.raises(LedgerError):
            ledger.begin(intent(title="x" * 100_000))
        assert (rows(ledger), intents(ledger)) == ((row(),), ())


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE bindings SET state = 'from-tomorrow'",
        "UPDATE bindings SET reason = 'no json'",
        "UPDATE bindings SET reason = '[]'",
        "UPDATE bindings SET checked_at = 'yesterday'",
        "UPDATE intents SET state = 'from-tomorrow'",
        "DROP TABLE bindings",
    ],
)
def test_what_someone_else_wrote_there_is_an_error_of_the_ledger(
    tmp_path: Path, spoil: str
) -> None:
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.put(row())
        ledger.begin(intent())
    by_hand(tmp_path, spoil)
    with closing(SqlLedger(None, tmp_path)) as ledger, pytest.raises(LedgerError):
        rows(ledger), intents(ledger)


# -- together ----------------------------------------------------------------------------------

STARTING = """
import sys
from pathlib import Path
from syncd.adapters.ledger import SqlLedger
from tests.support.builders import intent
sys.stdin.readline()
SqlLedger(None, Path(sys.argv[1])).begin(intent(sys.argv[2]))
"""


def test_two_syncd_may_start_on_a_new_ledger_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTING, str(tmp_path / "new" / "state")]
    both = [
        subprocess.Popen([*command, word], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for word in ("one", "two")
    ]
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    with closing(SqlLedger(None, tmp_path / "new" / "state")) as ledger:
        assert {i.judged for i in intents(ledger)} == {judged("one"), judged("two")}


def test_a_new_file_that_another_syncd_is_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # not yet in WAL mode: SQLite refuses at once
        waited = []

        def nap(seconds: float) -> None:
            waited.append(seconds)
            other.execute("COMMIT")

        monkeypatch.setattr(sqlite, "_sleep", nap)
        SqlLedger(None, tmp_path).close()
    assert len(waited) == 1


def test_a_file_that_stays_locked_is_given_up_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_sleep", lambda _: None)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError) as caught:
            SqlLedger(None, tmp_path, busy_seconds=0.1)
    assert caught.value.reason.code == "ledger_unusable"


def test_while_one_makes_the_tables_another_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade, refused = schema.upgrade, []

    def watched(connection: sa.Connection) -> None:
        with closing(sqlite3.connect(tmp_path / FILE, timeout=0)) as second:
            try:
                second.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                refused.append(str(error))
        upgrade(connection)

    monkeypatch.setattr(schema, "upgrade", watched)
    SqlLedger(None, tmp_path).close()
    assert refused == ["database is locked"]


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def work(number: int) -> None:
        with closing(SqlLedger(None, tmp_path)) as ledger:
            for turn in range(5):
                mine = replace(BINDING, resource=f"{number}", key=f"{turn}")
                begun = ledger.begin(intent(binding=mine))
                ledger.finish(begun, row(binding=mine))

    SqlLedger(None, tmp_path).close()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    with closing(SqlLedger(None, tmp_path)) as ledger:
        assert (len(rows(ledger)), intents(ledger)) == (30, ())


LET_GO = Event(LineKind.LET_GO, NOW)


def test_what_a_person_decided_waits_for_the_disk(ledger: SqlLedger) -> None:
    ledger.keep(FULL_ROW, LET_GO)
    assert rows(ledger) == (FULL_ROW,)


def test_a_state_folder_that_a_ledger_makes_is_closed_to_others(tmp_path: Path) -> None:
    with closing(SqlLedger(None, tmp_path / "state")):
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
