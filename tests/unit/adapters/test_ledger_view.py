"""A look at the ledger's file, without SQLAlchemy: it says what the ordinary ledger says."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.declaration import TABLES
from syncd.adapters.ledger.view import SqliteView
from syncd.core.errors import LedgerError
from syncd.core.history_records import Event, LineKind
from syncd.core.ledger_ports import LedgerView
from syncd.core.reasons import Reason
from syncd.core.service_records import ServiceNote, Unclaimed
from tests.support import damaged_ledgers, older_ledgers
from tests.support.builders import NOW, row
from tests.support.damaged_ledgers import Damage, by_sql
from tests.support.examples import shared_out
from tests.support.old_state.world import KEPT, PORTAL

FILE, MANIFEST = "ledger.sqlite", "ab" * 32
Asked = dict[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with rows of many kinds."""
    folder = tmp_path_factory.mktemp("kept")
    with closing(sqlite3.connect(folder / FILE)) as made:
        made.executescript((KEPT / "ledger.sql").read_text(encoding="utf-8"))
    unclaimed = Unclaimed(PORTAL, "d", "depot", "a.csv", Reason("x", {"rows": 1}), NOW)
    manifest = Event(LineKind.MANIFEST, NOW, PORTAL, facts={"manifest": MANIFEST})
    with closing(SqlLedger(None, folder)) as ledger:
        ledger.put_unclaimed(PORTAL, [unclaimed], (), {})
        ledger.put_service(ServiceNote("i", NOW, {"pid": 1}))
        ledger.put_manifest(b"version: 1", manifest)
    with closing(sqlite3.connect(folder / FILE)) as made:
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / FILE


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    shutil.copyfile(kept, tmp_path / FILE)
    return tmp_path


@pytest.fixture(scope="module")
def asked(kept: Path) -> Asked:
    """All that a look can ask, with what makes the answers long."""

    def one(column: str, table: str, where: str = "1") -> str:
        with closing(sqlite3.connect(kept)) as ledger:
            asked = f"SELECT {column} FROM {table} WHERE {where} LIMIT 1"
            return str(ledger.execute(asked).fetchone()[0])

    dataset, profiled = one("dataset", "bindings"), "profile IS NOT NULL"
    parts = ("dataset", "resource", "judged_sha1")
    of: Asked = {
        "rows": (PORTAL, dataset),
        "address": (PORTAL, one("address", "addresses")),
        "note": (PORTAL, dataset),
        "history": (PORTAL,),
        "profile": (PORTAL, *(one(part, "publications", profiled) for part in parts)),
        "manifests": (MANIFEST[:8],),
        **dict.fromkeys(("last_cycle", "services", "replicas"), ()),
    }
    names = {name for name in vars(LedgerView) if not name.startswith("_")}
    return {name: of.get(name, (PORTAL,)) for name in sorted(names)}


def said(opening: Callable[[], Any], asked: Asked) -> Iterator[object]:
    """Each answer, or the reason why there is none."""
    try:
        opened = opening()
    except LedgerError as error:
        yield error.reason
        return
    with closing(opened):
        for name, of in asked.items():
            try:
                yield name, getattr(opened, name)(*of)
            except LedgerError as error:
                yield name, error.reason


def both(folder: Path, asked: Asked) -> list[object]:
    seen = list(said(lambda: SqliteView(folder / FILE), asked))
    assert seen == list(said(lambda: SqlLedger(None, folder, read_only=True), asked))
    return seen


def test_a_look_sees_what_the_ordinary_ledger_has(folder: Path, asked: Asked) -> None:
    answers = dict(both(folder, asked))  # type: ignore[call-overload]  # pairs, where it opens
    assert {name for name, answer in answers.items() if not answer} == {"replicas"}


@pytest.mark.parametrize("name", damaged_ledgers.FILES)
def test_a_file_that_is_no_ledger_is_told_alike(folder: Path, asked: Asked, name: str) -> None:
    damaged_ledgers.FILES[name](folder / FILE)
    both(folder, asked)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_gone_is_told_alike(folder: Path, asked: Asked, table: str) -> None:
    by_sql(f"DROP TABLE {table}")(folder / FILE)
    both(folder, asked)


COLUMNS = [(table.name, column) for table in TABLES.values() for column in table.columns]
JUNK = ("junk", b"\xff\x00", -1, "[]", "{}", '"x"', None)


@pytest.mark.parametrize("of", shared_out(8, COLUMNS))
def test_what_no_syncd_wrote_is_told_alike(folder: Path, asked: Asked, of: tuple[str, str]) -> None:
    for junk in JUNK:
        spoil: Damage = by_sql(f'UPDATE {of[0]} SET "{of[1]}" = ?', junk)
        try:
            spoil(folder / FILE)
        except sqlite3.IntegrityError:
            continue  # not even SQLite takes it
        both(folder, asked)


@pytest.mark.parametrize("revision", older_ledgers.revisions()[:-1])
def test_the_ledger_of_an_older_syncd_is_told_alike(
    folder: Path, asked: Asked, revision: str
) -> None:
    older_ledgers.take_back(folder / FILE, revision)
    (reason,) = both(folder, asked)
    assert "ledger_other_version" in str(reason)


def test_an_absent_ledger_is_an_empty_one_and_is_not_made(tmp_path: Path, asked: Asked) -> None:
    both(tmp_path / "state", asked)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_empty_ledger(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / FILE).touch()
    both(tmp_path, asked)
    assert (tmp_path / FILE).read_bytes() == b""


def test_a_folder_in_its_place_is_told_alike(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / FILE).mkdir()
    both(tmp_path, asked)


def test_a_look_writes_nothing_and_sees_what_another_writes_meanwhile(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    with closing(SqliteView(folder / FILE)) as view:
        assert view.rows(PORTAL, "new") == ()
        assert {file.name for file in folder.iterdir()} <= {FILE, f"{FILE}-wal", f"{FILE}-shm"}
    assert (folder / FILE).read_bytes() == before
    stored = row()
    with closing(SqlLedger(None, folder)) as ledger, closing(SqliteView(folder / FILE)) as view:
        ledger.put(stored)
        assert view.rows(stored.binding.portal, stored.binding.dataset) == (stored,)
