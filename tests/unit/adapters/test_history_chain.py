"""The history cannot be changed past syncd without being seen; a name can be forgotten, though."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from syncd.adapters.ledger import SqlLedger, chain
from syncd.cli.output.json_documents import history_check_document, put
from syncd.core.history_records import ChainReport, Event, LineKind
from syncd.core.reasons import because
from syncd.core.records import Act, Cause, Kept, Publication
from syncd.core.service_records import Pause
from syncd.text import sentence
from tests.support.builders import BINDING, NOW, PORTAL, intent, judged, row
from tests.support.damaged_ledgers import FILE, by_hand
from tests.support.examples import examples

DAY = timedelta(days=1)
NAMES = ("Léa Martin", "O'Brien", "Ωmega", "person-1")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(SqlLedger(None, tmp_path)) as opened:
        yield opened


def published(word: str, by: str = "", **fields: Any) -> Publication:
    cause = Cause("release" if by else "schedule", by, "vu" if by else "", "f" * 64)
    receipt = {"by": by or None, "sha1": word, "checks": ["sha1"]}
    line = Publication(0, BINDING, judged(word), "Titre", "", Act.REPLACED, cause, NOW)
    found = (because("guard_shrink", size=1, lost=0.5, limit=None),) if by else ()
    more = {"receipt": receipt, "kept": Kept.ARCHIVE, "profile": {"rows": 3}, "lifted": found}
    return replace(line, findings=found, **{**more, **fields})


def told(kind: LineKind = LineKind.RELEASED, by: str = "", **facts: Any) -> Event:
    return Event(kind, NOW, PORTAL, key="é.csv", title="T", by=by, note="vu", facts=facts)


def manifest(word: str) -> tuple[bytes, Event]:
    text = f"version: 1 # {word}\n".encode()
    digest = sha256(text).hexdigest()
    return text, Event(LineKind.MANIFEST, NOW, PORTAL, facts={"manifest": digest})


def looked_at(folder: Path, noted: str = "") -> ChainReport:
    with closing(SqlLedger(None, folder, read_only=True)) as ledger:
        return ledger.verify_history(noted)


def codes(report: ChainReport) -> list[tuple[int, str]]:
    return [(one.line, one.reason.code) for one in report.breaks]


def some_history(folder: Path) -> None:
    """Lines 1 to 9: five publications, 1 to 5, of which two by a person."""
    with closing(SqlLedger(None, folder)) as ledger:
        ledger.record(published("a"))
        ledger.put_manifest(*manifest("one"))
        ledger.record(published("b", "Léa Martin"))
        ledger.keep(row(judged("c")), told(by="Léa Martin"))
        ledger.record(published("c", "O'Brien"))
        ledger.forget_bytes([1], Event(LineKind.LET_GO, NOW, PORTAL))
        ledger.record(published("d"))
        ledger.append(told(LineKind.PINNED))
        ledger.finish(ledger.begin(intent()), row(judged("e"), judged("e")), published("e"))


# -- what was written is whole ---------------------------------------------------------------------


def test_a_history_that_only_syncd_wrote_is_whole(tmp_path: Path) -> None:
    some_history(tmp_path)
    found = looked_at(tmp_path)
    assert (found.lines, found.breaks, found.count) == (9, (), 0)
    assert by_hand(tmp_path, "SELECT hash FROM history WHERE id = 9") == [(found.head,)]


def test_a_new_ledger_has_an_empty_history_that_is_whole(tmp_path: Path) -> None:
    SqlLedger(None, tmp_path).close()
    assert looked_at(tmp_path) == ChainReport(0, "")


def test_each_line_is_in_the_log_with_its_hash(ledger: SqlLedger) -> None:
    with capture_logs() as said:
        ledger.record(published("a"))
    assert [(one["event"], one["line"]) for one in said] == [("history.line", 1)]
    assert said[0]["hash"] == ledger.verify_history().head


def test_a_line_that_is_not_stored_is_not_in_the_log(ledger: SqlLedger) -> None:
    broken = replace(published("a"), begun_at=None)  # type: ignore[arg-type]
    with capture_logs() as said, pytest.raises(Exception, match="ledger_unusable"):
        ledger.record(broken)
    assert said == []
    assert ledger.verify_history() == ChainReport(0, "")


def test_two_processes_append_to_one_chain(tmp_path: Path) -> None:
    """Neither may take a number, or a former hash, that the other takes as well."""
    SqlLedger(None, tmp_path).close()
    code = (
        "import sys; from pathlib import Path; from syncd.adapters.ledger import SqlLedger;"
        "from tests.support.builders import NOW, PORTAL;"
        "from syncd.core.history_records import Event, LineKind\n"
        "ledger = SqlLedger(None, Path(sys.argv[1]))\n"
        "for _ in range(40): ledger.append(Event(LineKind.PINNED, NOW, PORTAL, by=sys.argv[2]))\n"
        "ledger.close()"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name])
        for name in ("", "Léa Martin")
    ]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    found = looked_at(tmp_path)
    assert (found.lines, found.breaks) == (80, ())


# -- what was changed past syncd -------------------------------------------------------------------

TAMPERINGS: dict[str, tuple[tuple[str, ...], list[tuple[int, str]]]] = {
    "a title": (
        ("UPDATE publications SET title = 'x' WHERE id = 2",),
        [(3, "history_publication_changed")],
    ),
    "who it was": (
        ("UPDATE publications SET cause = replace(cause, 'O''Brien', 'X') WHERE id = 3",),
        [(5, "history_publication_changed")],
    ),
    "a name": (
        ("UPDATE history SET name = 'X' WHERE id = 4",),
        [(4, "history_name")],
    ),
    "a name and its publication": (
        (
            "UPDATE history SET name = 'X' WHERE id = 5",
            (
                "UPDATE publications SET cause = replace(cause, 'O''Brien', 'X'),"
                " receipt = replace(receipt, 'O''Brien', 'X') WHERE id = 3"
            ),
        ),
        [(5, "history_name")],
    ),
    "a name forgotten by hand": (
        ("UPDATE history SET name = 'person-1', salt = NULL WHERE id = 4",),
        [(4, "history_name")],
    ),
    "what became of kept bytes": (
        ("UPDATE publications SET kept = '' WHERE id = 2",),
        [(0, "history_publication_changed")],
    ),
    "a publication is gone": (
        ("DELETE FROM publications WHERE id = 3",),
        [(5, "history_publication_removed")],
    ),
    "a publication more": (
        (
            "CREATE TABLE t AS SELECT * FROM publications WHERE id = 1",
            "UPDATE t SET id = 99",
            "INSERT INTO publications SELECT * FROM t",
        ),
        [(0, "history_publication_inserted")],
    ),
    "a line is gone": (
        ("DELETE FROM history WHERE id = 4",),
        [(4, "history_removed")],
    ),
    "the end is gone": (
        (
            "DELETE FROM history WHERE id > 6",
            "DELETE FROM publications WHERE id > 3",
        ),
        [(7, "history_removed")],
    ),
    "a line more at the end": (
        (
            (
                "INSERT INTO history SELECT 10, at, kind, portal, publication, content, former,"
                " hash, name, salt FROM history WHERE id = 8"
            ),
        ),
        [(10, "history_changed"), (10, "history_inserted")],
    ),
    "a kept manifest": (
        ("UPDATE manifests SET text = x'00'",),
        [(0, "history_manifest_changed")],
    ),
    "a kept manifest is gone": (
        ("DELETE FROM manifests",),
        [(0, "history_manifest_removed")],
    ),
    "how long it is": (
        ("UPDATE history_head SET count = 8",),
        [(9, "history_inserted")],
    ),
    "nobody knows how long it is": (
        ("DELETE FROM history_head",),
        [(9, "history_head_lost")],
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_change_by_sql_is_found_and_its_place_named(tmp_path: Path, what: str) -> None:
    statements, expected = TAMPERINGS[what]
    some_history(tmp_path)
    by_hand(tmp_path, *statements)
    found = looked_at(tmp_path)
    assert codes(found) == expected
    assert all(sentence(one.reason) for one in found.breaks)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history_head SET count = 'x'",
        "UPDATE history_head SET count = 12.5",
        "UPDATE history_head SET count = 9223372036854775807",
        "UPDATE history_head SET hash = x'00'",
        "UPDATE history SET id = 9223372036854775807 WHERE id = 9",
    ],
)
def test_what_no_syncd_wrote_stops_no_publication_and_stays_found(
    tmp_path: Path, statement: str
) -> None:
    some_history(tmp_path)
    by_hand(tmp_path, statement)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        for word in ("x", "y"):
            ledger.record(published(word))
    assert looked_at(tmp_path).breaks


# A count alone is right again with the next line, and no line is lost by it.
@pytest.mark.parametrize("what", [one for one in TAMPERINGS if one != "how long it is"])
def test_a_change_by_sql_stops_no_publication_and_stays_found(tmp_path: Path, what: str) -> None:
    statements, _ = TAMPERINGS[what]
    some_history(tmp_path)
    by_hand(tmp_path, *statements)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        for word in ("x", "y"):
            ledger.record(published(word))
    assert looked_at(tmp_path).breaks


def test_what_was_written_and_what_is_there_now_are_said(tmp_path: Path) -> None:
    some_history(tmp_path)
    by_hand(tmp_path, "UPDATE publications SET title = 'Autre' WHERE id = 2")
    (found,) = looked_at(tmp_path).breaks
    assert found.reason.facts["column"] == "title"
    assert (found.reason.facts["expected"], found.reason.facts["found"]) == ("Titre", "Autre")
    assert "“Autre”" in sentence(found.reason)


ODD_CELLS = ["NULL", "''", "'  '", "x''", "x'6162ff'", "7", "2.5", "'None'", "'a”'"]
CELLS = [
    *(("publications", column) for column in ("title", "cause", "receipt", "kept", "version_id")),
    *(("history", column) for column in ("name", "hash", "former", "publication", "content")),
    *(("history_head", "hash"), ("history_head", "count"), ("manifests", "digest")),
]
NOT_IN_WORDS = re.compile(r"(?<!“)None|b'|x'|“\s*”|  | [.:,]|(?:is|was) (?:now|when|and)")


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_whatever_a_cell_holds_is_said_in_words(tmp_path: Path, table: str, column: str) -> None:
    some_history(tmp_path / "made")
    one = f"WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT 4)"
    said = []
    for number, cell in enumerate(ODD_CELLS):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "made", folder)
        with suppress(sqlite3.IntegrityError):  # what SQLite itself does not let in
            by_hand(folder, f"UPDATE {table} SET {column} = {cell} {one}")
        report = looked_at(folder)
        said += [sentence(found.reason) for found in report.breaks]
        put(history_check_document(report))
    assert said
    assert [sentence for sentence in said if NOT_IN_WORDS.search(sentence)] == []


def test_nothing_bytes_and_texts_are_told_apart(tmp_path: Path) -> None:
    some_history(tmp_path)
    by_hand(tmp_path, "UPDATE publications SET version_id = '', link = x'0aff' WHERE id = 2")
    link, version = (sentence(found.reason) for found in looked_at(tmp_path).breaks)
    assert "its link is the bytes 0aff now, and was an empty text when" in link
    assert "its version_id is an empty text now, and was nothing when" in version


def forged(folder: Path, first: int) -> None:
    """All hashes from a line on, as somebody would make them who knows how."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        lines = [dict(line) for line in connection.execute("SELECT * FROM history ORDER BY id")]
        former = ""
        for line in lines:
            if line["id"] >= first:
                line["former"] = former
                line["hash"] = chain.line_hash(line)
                values = (line["former"], line["hash"], line["id"])
                connection.execute("UPDATE history SET former = ?, hash = ? WHERE id = ?", values)
            former = line["hash"]
        connection.commit()


def test_a_line_with_a_new_hash_of_its_own_breaks_the_next_one(tmp_path: Path) -> None:
    some_history(tmp_path)
    by_hand(tmp_path, "UPDATE history SET at = '2000' WHERE id = 4")
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        line = dict(connection.execute("SELECT * FROM history WHERE id = 4").fetchone())
        connection.execute("UPDATE history SET hash = ? WHERE id = 4", (chain.line_hash(line),))
        connection.commit()
    assert codes(looked_at(tmp_path)) == [(5, "history_cut")]


def test_a_history_written_anew_is_not_the_one_whose_hash_was_noted(tmp_path: Path) -> None:
    """All by itself it is whole: this is as far as the ledger can prove anything."""
    some_history(tmp_path)
    noted = looked_at(tmp_path).head
    by_hand(tmp_path, "UPDATE history SET at = '2000' WHERE id = 4")
    forged(tmp_path, 4)
    assert codes(looked_at(tmp_path)) == [(9, "history_changed")]  # the head was left
    ((last,),) = by_hand(tmp_path, "SELECT hash FROM history WHERE id = 9")
    by_hand(tmp_path, f"UPDATE history_head SET hash = '{last}'")
    assert looked_at(tmp_path).breaks == ()

    assert codes(looked_at(tmp_path, noted)) == [(0, "history_not_noted")]


def test_a_noted_hash_is_found_again_when_the_history_went_on(tmp_path: Path) -> None:
    some_history(tmp_path)
    noted = looked_at(tmp_path).head
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.record(published("f"))
    found = looked_at(tmp_path, noted[:12])
    assert (found.noted, found.breaks) == (9, ())


def test_of_many_breaks_the_first_are_named_and_all_are_counted(tmp_path: Path) -> None:
    with closing(SqlLedger(None, tmp_path)) as ledger:
        for number in range(30):
            ledger.record(published(str(number)))
    by_hand(tmp_path, "UPDATE publications SET title = 'x'")
    found = looked_at(tmp_path)
    assert (len(found.breaks), found.count) == (20, 30)


# -- names -----------------------------------------------------------------------------------------


def test_a_forgotten_name_is_nowhere_and_the_chain_is_whole(tmp_path: Path) -> None:
    some_history(tmp_path)
    with closing(SqlLedger(None, tmp_path)) as ledger:
        head = ledger.verify_history().head
        forgotten = ledger.forget_name("Léa Martin", "O'Brien", NOW)
        assert forgotten is not None
        assert (forgotten.pseudonym, forgotten.lines, forgotten.left) == ("person-1", 2, 0)
        line = ledger.history(PORTAL)[1]
        assert line.cause.by == "person-1"
        assert (line.receipt or {})["by"] == "person-1"
        assert ledger.verify_history(head).breaks == ()
        assert ledger.names() == ("O'Brien",)
        (event,) = (e for e in ledger.events(PORTAL) if e.kind is LineKind.FORGOTTEN)
        assert (event.by, event.facts) == ("O'Brien", {"as": "person-1", "lines": [3, 4]})
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert "Léa Martin".encode() not in content, file
        assert json.dumps("Léa Martin")[1:-1].encode() not in content, file


def test_a_forgotten_name_is_not_found_by_trying(tmp_path: Path) -> None:
    """Its salt is gone with it: a list of all agents is of no use."""
    some_history(tmp_path)
    salts = by_hand(tmp_path, "SELECT salt FROM history WHERE id = 3")
    with closing(SqlLedger(None, tmp_path)) as ledger:
        ledger.forget_name("Léa Martin", "O'Brien", NOW)
    ((content, left),) = by_hand(tmp_path, "SELECT content, salt FROM history WHERE id = 3")
    assert left is None
    assert json.loads(content)["cause"]["by"] == chain.commitment(salts[0][0], "Léa Martin")
    assert salts[0][0].encode() not in (tmp_path / FILE).read_bytes()


def test_who_forgets_oneself_is_not_named_by_that(ledger: SqlLedger) -> None:
    ledger.record(published("a", "Léa Martin"))
    ledger.forget_name("Léa Martin", "Léa Martin", NOW)
    assert [event.by for event in ledger.events(PORTAL)] == ["person-1"]
    assert ledger.verify_history().breaks == ()


def test_a_name_is_forgotten_in_what_is_in_force_as_well(ledger: SqlLedger) -> None:
    pinned = row(judged("a"), state=row().state, reason=because("pinned_undo", by="Léa", since="x"))
    ledger.put(pinned)
    forgotten = ledger.forget_name("Léa", "O'Brien", NOW)
    assert forgotten is not None
    assert (forgotten.pseudonym, forgotten.lines) == ("person-1", 0)
    assert ledger.rows(PORTAL, BINDING.dataset)[0].reason.facts["by"] == "person-1"
    ledger.record(published("b", "Zoé"))
    another = ledger.forget_name("Zoé", "O'Brien", NOW)
    assert another is not None
    assert another.pseudonym == "person-2"


def test_where_a_name_still_stands_is_counted(ledger: SqlLedger) -> None:
    text, event = manifest("contact: Léa Martin")
    ledger.put_manifest(text, event)
    ledger.record(published("a", "Léa Martin", cause=Cause("undo", "Léa Martin", "dit Léa Martin")))
    forgotten = ledger.forget_name("Léa Martin", "O'Brien", NOW)
    assert forgotten is not None
    assert forgotten.left == 2


def test_nobody_of_that_name_is_nothing_to_forget(ledger: SqlLedger) -> None:
    ledger.record(published("a", "Léa Martin"))
    assert ledger.forget_name("Léa", "O'Brien", NOW) is None
    assert ledger.verify_history().lines == 1


def test_names_are_forgotten_line_by_line_when_they_are_old(ledger: SqlLedger) -> None:
    ledger.record(published("a", "Léa Martin", titled_at=NOW - 9 * DAY))
    ledger.record(published("b", "O'Brien", titled_at=NOW - 9 * DAY))
    ledger.record(published("c", "Léa Martin"))
    assert ledger.forget_names(NOW - DAY, NOW) == 2
    assert [line.cause.by for line in ledger.history(PORTAL)] == [
        "person-1",
        "person-2",
        "Léa Martin",
    ]
    assert ledger.forget_names(NOW - DAY, NOW) == 0
    assert ledger.verify_history().breaks == ()


# -- manifests and pauses --------------------------------------------------------------------------


def test_a_manifest_is_kept_once_and_its_coming_into_force_each_time(ledger: SqlLedger) -> None:
    for word in ("one", "one", "two", "one"):
        ledger.put_manifest(*manifest(word))
    digests = [event.facts["manifest"] for event in ledger.events(PORTAL)]
    assert len(digests) == 3
    assert digests[0] == digests[2] != digests[1]
    assert set(ledger.manifests("").values()) == {manifest("one")[0], manifest("two")[0]}
    assert ledger.manifests(str(digests[0])[:10]) == {digests[0]: manifest("one")[0]}
    assert ledger.verify_history().breaks == ()


def test_a_pause_that_begins_or_ends_is_a_line(ledger: SqlLedger) -> None:
    pause = Pause("d", "k", "travaux", NOW)
    for current in ([pause], [replace(pause, since=NOW + DAY)], []):
        ledger.put_pauses(PORTAL, current, NOW + DAY)
    found = [(event.kind, event.key, event.facts["why"]) for event in ledger.events(PORTAL)]
    assert found == [(LineKind.PAUSED, "k", "travaux"), (LineKind.RESUMED, "k", "travaux")]


# -- any history, any change -----------------------------------------------------------------------

_NAME = st.sampled_from(("", *NAMES))
_WORD = st.sampled_from("abcdef")
Step = Callable[[SqlLedger], object]


def _steps() -> st.SearchStrategy[Step]:
    def recorded(word: str, by: str) -> Step:
        return lambda ledger: ledger.record(published(word, by))

    def kept(by: str) -> Step:
        return lambda ledger: ledger.keep(row(judged("a")), told(by=by))

    def let_go(ids: list[int], kind: LineKind) -> Step:
        return lambda ledger: ledger.forget_bytes(ids, Event(kind, NOW, PORTAL, by="O'Brien"))

    def forgot(name: str, by: str) -> Step:
        return lambda ledger: ledger.forget_name(name, by, NOW)

    def in_force(word: str) -> Step:
        return lambda ledger: ledger.put_manifest(*manifest(word))

    def paused(items: list[str]) -> Step:
        pauses = [Pause("d", item, "why", NOW) for item in items]
        return lambda ledger: ledger.put_pauses(PORTAL, pauses, NOW)

    ids = st.lists(st.integers(1, 8), max_size=3)
    kinds = st.sampled_from([LineKind.PURGED, LineKind.LET_GO])
    return st.one_of(
        st.builds(recorded, _WORD, _NAME),
        st.builds(kept, _NAME),
        st.builds(let_go, ids, kinds),
        st.builds(forgot, st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.builds(in_force, _WORD),
        st.builds(paused, st.lists(_WORD, max_size=2)),
    )


@cache
def _new_ledger() -> bytes:
    with TemporaryDirectory() as folder:
        SqlLedger(None, Path(folder)).close()
        return (Path(folder) / FILE).read_bytes()


def _written(folder: Path, steps: list[Step]) -> None:
    (folder / FILE).write_bytes(_new_ledger())
    with closing(SqlLedger(None, folder)) as ledger:
        ledger._clean = lambda **_: None  # type: ignore[method-assign]  # for speed: nobody reads the bytes here
        for step in steps:
            step(ledger)


def _rows(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    connection.row_factory = sqlite3.Row
    found = connection.execute(f"SELECT rowid AS rowid_, * FROM {table} ORDER BY rowid")
    return [dict(one) for one in found]


def _other(value: Any, draw: st.DataObject) -> Any:
    if value is None:
        return draw.draw(st.sampled_from(["x", 7]))
    if isinstance(value, int):
        return value + draw.draw(st.sampled_from([1, 1000]))
    if isinstance(value, bytes):
        return value[:-1]
    options = [value + " ", value[:-1], f"{value}é", "{}", ""]
    return draw.draw(st.sampled_from([one for one in options if one != value]))


TABLES = ("history", "publications", "manifests", "history_head")


def _tamper(folder: Path, draw: st.DataObject) -> bool:
    """Change one thing of the history past syncd; whether anything is another than before."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        full = [table for table in TABLES if _rows(connection, table)]
        table = draw.draw(st.sampled_from(full))
        rows = _rows(connection, table)
        before = [_rows(connection, one) for one in TABLES]
        one = draw.draw(st.sampled_from(rows))
        columns = [name for name in one if name != "rowid_"]
        what = draw.draw(st.sampled_from(["change", "change", "delete", "swap", "insert"]))
        try:
            if what == "change":
                column = draw.draw(st.sampled_from(columns))
                value = _other(one[column], draw)
                put = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
                connection.execute(put, (value, one["rowid_"]))
            elif what == "delete":
                connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (one["rowid_"],))
            elif what == "swap":
                other = draw.draw(st.sampled_from(rows))
                names = [name for name in columns if name not in {"id", "digest"}]
                put = f"UPDATE {table} SET {', '.join(f'{n} = ?' for n in names)} WHERE rowid = ?"
                for source, target in ((one, other), (other, one)):
                    values = [source[name] for name in names]
                    connection.execute(put, (*values, target["rowid_"]))
            else:
                key = "digest" if table == "manifests" else "id"
                fresh = "f" * 64 if key == "digest" else draw.draw(st.sampled_from([-1, 0, 99]))
                if key == "id" and table != "history_head":
                    fresh = draw.draw(st.sampled_from([fresh, len(rows) + 1]))
                values = [fresh if name == key else one[name] for name in columns]
                marks = ", ".join("?" * len(columns))
                put = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
                connection.execute(put, values)
        except sqlite3.Error:  # SQLite itself would not have it
            return False
        connection.commit()
        return before != [_rows(connection, one) for one in TABLES]


@settings(max_examples=examples(400))
@given(st.lists(_steps(), min_size=1, max_size=8), st.data())
def test_any_change_of_any_history_is_found(steps: list[Step], draw: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        _written(folder, steps)
        assert looked_at(folder).breaks == ()
        if _tamper(folder, draw):
            found = looked_at(folder)
            assert found.breaks
            assert all(sentence(one.reason) for one in found.breaks)


@settings(max_examples=examples(400))
@given(st.lists(_steps(), min_size=1, max_size=8), st.lists(st.sampled_from(NAMES), min_size=1))
def test_forgetting_never_breaks_the_chain(steps: list[Step], names: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        _written(folder, steps)
        noted = looked_at(folder).head
        with closing(SqlLedger(None, folder)) as ledger:
            for one in names:
                ledger.forget_name(one, "", NOW)
            ledger.forget_names(NOW + DAY, NOW)
            assert ledger.names() == ()
        found = looked_at(folder, noted or "")
        assert found.breaks == ()
