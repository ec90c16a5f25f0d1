"""Every command on a ledger that is not what syncd wrote: one sentence and an exit code of the
table, and the file stays as it was found."""

from __future__ import annotations

import io
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
import structlog

from syncd.adapters.ledger import SqlLedger
from syncd.cli import commands
from syncd.service.instance_lock import InstanceLock
from tests.support.cli_harness import Done
from tests.support.damaged_ledgers import FILES, TABLES, by_sql
from tests.support.examples import shared_out
from tests.support.old_state import as_text
from tests.support.old_state.world import KEPT, World, restored
from tests.support.s3_servers import Server
from tests.unit.adapters.test_ledger_damaged import COLUMNS, JUNK, MORE

# Each column under each command; else under every sixth.
FULL = os.environ.get("SYNCD_TEST_TORTURE") == "1"
IDS: dict[str, str] = as_text.read(KEPT / "ids.json")
LIST, HELD, PINNED = IDS["liste"], IDS["ecoles"], IDS["agenda"]
BY = ("--by", "Zoé")
INTO = ("--output", "fetched", "--overwrite")

ASKED: dict[str, list[tuple[str, ...]]] = {
    "check": [("--online", "--json")],
    "plan": [("--fast",), ("--json", "--dataset", "musees-et-festivals")],
    "sync": [("--json",), ("--force", "--resource", HELD, *BY)],
    "run": [("--once",)],
    "trigger": [()],
    "status": [(), ("--json",)],
    "holds": [(), ("--json",), ("--diff",)],
    "diff": [(HELD,), (LIST, "--json")],
    "fetch": [(HELD, "--held", *INTO), (LIST, "--online", *INTO), (LIST, "--version", "1", *INTO)],
    "release": [(HELD, *BY)],
    "history": [(), ("--csv",), (LIST, "--json"), ("--manifest", "a" * 8)],
    "forget": [("Léa", *BY)],
    "undo": [(LIST, *BY), (LIST, "--dry-run", "--json")],
    "leave": [(HELD, *BY)],
    "unpin": [(PINNED, *BY)],
    "push": [("pushed.csv", "--resource", LIST, *BY)],
    "verify": [(LIST,), ("--history",)],
    "purge": [(LIST, "--yes", *BY)],
    "audit": [("--json",), ("--dataset", "musees-et-festivals")],
    "report": [("--json",), ("--month", "2026-01")],
    "backup": [("made.tar", "--overwrite")],
}
# Open no ledger, or only one of their own; `web` opens it for each page (tests/unit/web).
NEVER = {"health", "init", "schema", "schemas", "demo", "restore", "web"}
CALLS = [(name, *rest) for name, ways in ASKED.items() for rest in ways]


def test_every_command_that_opens_a_ledger_is_asked_here() -> None:
    assert isinstance(commands.syncd, click.Group)
    assert set(commands.syncd.commands) == ASKED.keys() | NEVER


class Office:
    """A world in which commands run in this process, as often as is asked, from one good state."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.ledger = world.state / "ledger.sqlite"
        self._good = folder / "good"
        SqlLedger(None, world.state).close()
        with closing(sqlite3.connect(self.ledger)) as ledger:
            ledger.executescript(MORE)
        (world.folder / "pushed.csv").write_bytes(b"id\n1\n")
        shutil.copytree(world.state, self._good)

    def restore(self) -> None:
        shutil.rmtree(self.world.state)
        shutil.copytree(self._good, self.world.state)

    def run(self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in range(2))
        environment = self.world.environment
        with monkeypatch.context() as patched:
            for name in list(os.environ):
                patched.delenv(name)
            for name, value in environment.items():
                patched.setenv(name, value)
            patched.chdir(self.world.folder)
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = commands.run(arguments)
        texts = []
        for stream in (out, err):
            stream.flush()
            stream.seek(0)
            texts.append(stream.read())
        return Done(code, *texts)


@pytest.fixture(scope="module")
def office(moto_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("damaged")
    with restored(folder / "world", moto_server) as world:
        yield Office(world, folder)


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Those of a command end with it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def ends_in_words(done: Done, more: object) -> None:
    assert done.code in {0, 1, 2, 3}, more
    assert "Traceback" not in done.all, (more, done.err)
    assert "fault of its own" not in done.all, (more, done.all)
    assert [line for line in done.events if "exception" in line] == [], more


@pytest.mark.parametrize(("kind", "call"), shared_out(7, FILES, CALLS))
def test_a_file_that_is_no_ledger_is_said_in_one_sentence(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, call: tuple[str, ...]
) -> None:
    office.restore()
    FILES[kind](office.ledger)
    before = office.ledger.read_bytes()

    with InstanceLock(office.world.state):  # `trigger` asks whether a service is there
        done = office.run(call, monkeypatch)

    ends_in_words(done, call)
    if kind == "a table is gone":
        return  # not every command needs it
    assert done.code == 1, done.all
    assert len(done.said) == 1, done.err
    assert "ledger" in done.said[0]
    assert office.ledger.read_bytes() == before


@pytest.mark.parametrize("call", shared_out(5, CALLS))
def test_an_empty_file_is_a_ledger_that_was_not_begun(
    office: Office, monkeypatch: pytest.MonkeyPatch, call: tuple[str, ...]
) -> None:
    office.restore()
    office.ledger.write_bytes(b"")

    ends_in_words(office.run(call, monkeypatch), call)


@pytest.mark.parametrize(("kind", "call"), shared_out(23, TABLES, CALLS))
def test_without_one_of_its_tables_no_command_ends_in_a_fault(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: str, call: tuple[str, ...]
) -> None:
    office.restore()
    TABLES[kind](office.ledger)

    done = office.run(call, monkeypatch)

    ends_in_words(done, call)
    assert "no such table" not in done.all or "ledger.sqlite" in done.all


@pytest.mark.parametrize(
    ("table", "column", "value", "call"),
    [
        ("intents", "loosened", None, ("sync", "--json")),
        ("bindings", "judged_sha1", "a" * 40, ("status",)),  # also where nothing was judged
        ("history", "publication", '{"replaced": "x"}', ("history",)),
        ("history", "publication", "[[[", ("history", "--csv")),
    ],
)
def test_a_value_that_may_pass_for_ours_ends_in_words(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    column: str,
    value: str | None,
    call: tuple[str, ...],
) -> None:
    office.restore()
    by_sql(f'UPDATE {table} SET "{column}" = ?', value)(office.ledger)
    ends_in_words(office.run(call, monkeypatch), (table, column, value))


@pytest.mark.stress
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", CALLS)
def test_whatever_a_column_holds_no_command_ends_in_a_fault(
    office: Office, monkeypatch: pytest.MonkeyPatch, call: tuple[str, ...]
) -> None:
    at = CALLS.index(call)
    for number, (table, column) in enumerate(COLUMNS):
        if not FULL and (number + at) % 6:
            continue
        junk = JUNK[(number * 7 + at) % len(JUNK)]
        office.restore()
        try:
            by_sql(f'UPDATE {table} SET "{column}" = ?', junk)(office.ledger)
        except sqlite3.Error:
            continue  # not even SQLite takes it
        ends_in_words(office.run(call, monkeypatch), (table, column, junk))
