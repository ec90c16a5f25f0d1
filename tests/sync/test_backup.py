"""A backup is whole or refused; a restore takes nothing's place without moving it aside."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from syncd.actions import restore as restoring
from syncd.actions.backup import State, backup, place
from syncd.core.errors import LedgerError, SpoolError, SyncdError, UsageError
from syncd.core.history_records import ChainReport, Event, LineKind
from syncd.core.records import Kept, Outcome, Publication
from syncd.text import sentence
from tests.support.sync_harness import House, Killed

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 100
NEW = b"id\n" + b"2\n" * 120


@pytest.fixture
def synced(house: House) -> House:
    """Two publications of one target, so that files are kept to go back to."""
    house.target(house.resource("Liste", content=OLD), "a.csv")
    for content in (GOOD, NEW):
        house.pass_time(60)
        house.bucket.put("a.csv", content)
        assert house.sync_one().outcome is Outcome.REPLACED
    return house


def lines(house: House) -> tuple[tuple[Publication, ...], tuple[Event, ...], ChainReport]:
    with house.adapters(read_only=True) as adapters:
        ledger = adapters.ledger
        return ledger.history(house.url), ledger.events(house.url), ledger.verify_history()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


def dump(ledger: Path) -> list[str]:
    with closing(sqlite3.connect(ledger)) as found:
        return list(found.iterdump())


@pytest.mark.parametrize("name", ["syncd.tar", "syncd.tar.gz"])
def test_what_is_restored_is_what_was_and_its_history_goes_on(synced: House, name: str) -> None:
    publications, events, report = lines(synced)
    kept = files(synced.state / "archive")
    path = synced.backup(name)
    assert path.stat().st_mode & 0o077 == 0
    assert [one for one in synced.state.iterdir() if one.name.startswith(".")] == []
    shutil.rmtree(synced.state)

    done = synced.restore(path)

    assert (done.aside, done.lost, done.about.lines) == (None, 0, report.lines)
    assert files(synced.state / "archive") == kept != {}
    after, told, again = lines(synced)
    assert after == publications
    assert told[:-1] == events
    event = told[-1]
    assert (event.kind, event.by, event.note) == (LineKind.RESTORED, "Léa", "disque mort")
    assert event.facts["head"] == report.head
    assert (again.breaks, again.lines) == ((), report.lines + 1)


def test_a_plain_copy_of_the_ledger_loses_publications_and_a_backup_does_not(
    synced: House,
) -> None:
    publications, _, _ = lines(synced)
    elsewhere = synced.folder / "copied"
    elsewhere.mkdir()
    with synced.adapters() as adapters:  # as long as a service has it open
        synced_now = len(adapters.ledger.history(synced.url))
        synced.pass_time(60)
        synced.bucket.put("a.csv", GOOD)
        synced.sync()
        shutil.copy(synced.state / "ledger.sqlite", elsewhere)
        path = synced.backup()
    with closing(sqlite3.connect(elsewhere / "ledger.sqlite")) as copied:
        (found,) = copied.execute("SELECT count(*) FROM publications").fetchone()
    synced.restore(path)
    after, _, report = lines(synced)
    assert len(after) == synced_now + 1 == len(publications) + 1
    assert report.breaks == ()
    assert found < len(after)


def test_other_programs_can_read_it(synced: House) -> None:
    path = synced.backup()
    folder = synced.folder / "unpacked"
    with tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=folder, capture_output=True).returncode == 0
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_frozen_schemas_go_along(synced: House) -> None:
    folder = synced.state / "schemas"
    folder.mkdir()
    (folder / "lock.json").write_bytes(b"{}")
    path = synced.backup()
    shutil.rmtree(synced.state)
    synced.restore(path)
    assert files(folder) == {"lock.json": b"{}"}


def test_without_files_the_history_says_that_they_are_not_kept(synced: House) -> None:
    path = synced.backup(with_files=False)
    shutil.rmtree(synced.state)

    assert synced.restore(path).lost > 0

    publications, _, report = lines(synced)
    assert {line.kept for line in publications} == {Kept.NOWHERE}
    assert report.breaks == ()


def test_without_files_those_that_are_here_stay_in_reach(synced: House) -> None:
    path = synced.backup(with_files=False)
    assert synced.restore(path).lost == 0
    assert synced.undo("a.csv").outcome is Outcome.PINNED


def test_what_is_there_is_refused_and_else_moved_aside_whole(synced: House) -> None:
    path = synced.backup()
    synced.pass_time(60)
    synced.bucket.put("a.csv", GOOD)
    synced.sync()
    (synced.state / "notes.txt").write_bytes(b"not syncd's")
    before, rows = files(synced.state), dump(synced.state / "ledger.sqlite")

    with pytest.raises(UsageError) as caught:
        synced.restore(path, move_aside=False)
    assert "--move-aside" in sentence(caught.value.reason)
    assert files(synced.state) == before

    aside = synced.restore(path).aside
    assert aside is not None
    assert aside.parent == synced.state
    assert dump(aside / "ledger.sqlite") == rows
    assert files(aside / "archive") == {
        name.removeprefix("archive/"): found
        for name, found in before.items()
        if name.startswith("archive/")
    }
    assert (synced.state / "notes.txt").read_bytes() == b"not syncd's"


def test_a_damaged_ledger_is_moved_aside_as_it_is(synced: House) -> None:
    path = synced.backup()
    (synced.state / "ledger.sqlite").write_bytes(b"no ledger" * 1000)

    aside = synced.restore(path).aside

    assert aside is not None
    assert (aside / "ledger.sqlite").read_bytes() == b"no ledger" * 1000
    assert synced.sync_one().outcome is Outcome.UNCHANGED
    (synced.state / "ledger.sqlite").write_bytes(b"no ledger" * 1000)
    with pytest.raises(LedgerError):
        synced.backup("other.tar")
    assert not (synced.folder / "other.tar").exists()


def test_a_ledger_that_another_syncd_uses_is_left_alone(synced: House) -> None:
    path = synced.backup()
    with synced.adapters() as adapters:
        adapters.ledger.history(synced.url)
        with pytest.raises(UsageError) as caught:
            synced.restore(path)
        assert caught.value.reason.code == "restore_in_use"
    synced.restore(path)


def test_a_ledger_that_lies_elsewhere_is_backed_up_and_put_back_there(synced: House) -> None:
    elsewhere = synced.folder / "disk" / "syncd.db"
    elsewhere.parent.mkdir()
    (synced.state / "ledger.sqlite").rename(elsewhere)
    state, to = State(synced.state, elsewhere), place(str(synced.folder / "syncd.tar"))
    backup(state, to, synced.archive, None, synced.now(), with_files=True, overwrite=False)
    before = dump(elsewhere)

    done = restoring.restore(state, to, None, synced.now(), move_aside=True, by="Léa", note="")

    assert done.aside is not None
    assert dump(done.aside / "syncd.db") == before
    assert not (synced.state / "ledger.sqlite").exists()
    elsewhere.rename(synced.state / "ledger.sqlite")
    assert synced.sync_one().outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("step", ["moved_aside", "put_in_place"])
def test_killed_anywhere_a_restore_can_be_run_again(
    synced: House, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = synced.backup()
    publications, _, _ = lines(synced)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(restoring.state_folder, step, die)
        with pytest.raises(Killed):
            synced.restore(path)

    synced.pass_time(1)
    synced.restore(path)
    after, _, report = lines(synced)
    assert (after, report.breaks) == (publications, ())


# -- what is none ------------------------------------------------------------------------------


def _again(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with tarfile.open(path) as tar:
        found = [(m.name, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]  # all are files
    with tarfile.open(path, "w") as tar:
        for name, text in found:
            new = change(name, text)
            if new is not None:
                info = tarfile.TarInfo(name)
                info.size = len(new)
                tar.addfile(info, io.BytesIO(new))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def _without_its_end(path: Path) -> None:
    """As a tar is left that was killed between two files."""
    _again(path, lambda name, found: None if name == "SHA256SUMS" else found)


def _without_a_file(path: Path) -> None:
    _again(path, lambda name, found: None if name.startswith("archive/") else found)


def _one_byte(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def _another_line(path: Path) -> None:
    def changed(name: str, found: bytes) -> bytes:
        return found.replace(b"a.csv", b"b.csv") if name == "ledger.sqlite" else found

    _again(path, changed)


def _more(path: Path, info: tarfile.TarInfo) -> None:
    with tarfile.open(path, "a") as tar:
        tar.addfile(info, io.BytesIO(b"x" * info.size))


def _way_out(path: Path) -> None:
    _again(path, lambda name, found: None if name == "SHA256SUMS" else found)
    info = tarfile.TarInfo("../../elsewhere")
    info.size = 1
    _more(path, info)


def _link(path: Path) -> None:
    _again(path, lambda name, found: None if name == "SHA256SUMS" else found)
    info = tarfile.TarInfo("archive/" + "a" * 40)
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    _more(path, info)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut": _cut,
    "its end is missing": _without_its_end,
    "a file is missing": _without_a_file,
    "one byte": _one_byte,
    "another line": _another_line,
    "a way out": _way_out,
    "a link": _link,
    "no tar": lambda path: path.write_bytes(b"no tar" * 1000),
    "empty": lambda path: path.write_bytes(b""),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "absent": lambda path: path.unlink(),
}


USUAL = {"cut", "its end is missing", "one byte", "a way out", "absent"}


@pytest.mark.parametrize(
    "name", ["syncd.tar", pytest.param("syncd.tar.gz", marks=pytest.mark.stress)]
)
@pytest.mark.parametrize(
    "kind",
    [kind if kind in USUAL else pytest.param(kind, marks=pytest.mark.stress) for kind in DAMAGE],
)
def test_a_damaged_backup_is_refused_in_a_sentence_and_changes_nothing(
    synced: House, kind: str, name: str
) -> None:
    path = synced.backup(name)
    DAMAGE[kind](path)
    before = files(synced.state)

    with pytest.raises(UsageError) as caught:
        synced.restore(path)

    assert str(path) in sentence(caught.value.reason)
    assert files(synced.state) == before
    assert not (synced.folder / "elsewhere").exists()


@pytest.mark.parametrize("fact", ["tables", "form"])
def test_the_backup_of_a_newer_syncd_is_refused_with_its_version(synced: House, fact: str) -> None:
    path = synced.backup()

    def newer(name: str, found: bytes) -> bytes:
        if name != "backup.json":
            return found
        changed = {"tables": "9999"} if fact == "tables" else {"form": 9}
        return json.dumps({**json.loads(found), **changed, "program": "9.9.0"}).encode()

    _again(path, newer)
    before = files(synced.state)
    with pytest.raises(UsageError) as caught:
        synced.restore(path)
    assert caught.value.reason.code == "backup_newer"
    assert "9.9.0" in sentence(caught.value.reason)
    assert files(synced.state) == before


def test_a_ledger_from_before_today_is_backed_up_as_it_is_and_brought_up_when_it_is_restored(
    synced: House,
) -> None:
    ledger = synced.state / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as old, old:
        old.execute("ALTER TABLE bindings DROP COLUMN restored")
        for table in ("program", "watched", "unclaimed"):
            old.execute(f"DROP TABLE {table}")
        old.execute("UPDATE alembic_version SET version_num = '0007'")
    before = dump(ledger)
    path = synced.backup()
    assert dump(ledger) == before

    assert synced.restore(path).about.tables == "0007"
    assert synced.sync_one().outcome is Outcome.UNCHANGED


def test_the_ledger_of_a_newer_syncd_is_not_backed_up_by_an_older_one(synced: House) -> None:
    with closing(sqlite3.connect(synced.state / "ledger.sqlite")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.execute("UPDATE program SET version = '9.9.0'")
    with pytest.raises(LedgerError) as caught:
        synced.backup()
    assert (caught.value.reason.code, caught.value.reason.facts["version"]) == (
        "ledger_newer",
        "9.9.0",
    )


def test_a_backup_takes_no_files_place_unasked_and_leaves_nothing_half_written(
    synced: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = synced.folder / "syncd.tar"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError):
        synced.backup()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SyncdError) as caught:
        synced.backup(overwrite=True)
    assert isinstance(caught.value, SpoolError)
    assert path.read_bytes() == b"mine"
    assert [one for one in synced.folder.iterdir() if one.name.startswith(".")] == []
    monkeypatch.undo()
    synced.backup(overwrite=True)
    assert tarfile.is_tarfile(path)
