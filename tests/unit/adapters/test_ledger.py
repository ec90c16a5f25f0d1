"""syncd's memory: what is stored is what comes back, wholly or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd import __version__
from syncd.adapters.ledger import SqlLedger, database, schema, tables
from syncd.adapters.ledger.records import Records
from syncd.adapters.ledger.tables import metadata
from syncd.core.errors import LedgerError
from syncd.core.history_records import Event, LineKind
from syncd.core.ledger_ports import Ledger
from syncd.core.reasons import Reason, because
from syncd.core.records import (
    Act,
    Cause,
    CycleNote,
    DatasetNote,
    Edit,
    Intent,
    IntentState,
    Kept,
    Memory,
    Outcome,
    Pin,
    Publication,
    Release,
    Row,
)
from syncd.text import sentence
from tests.support import older_ledgers
from tests.support.builders import (
    BINDING,
    DATASET,
    NOW,
    OTHER,
    PORTAL,
    RESOURCE,
    digest,
    intent,
    judged,
    row,
    version,
)
from tests.support.examples import examples

FILE = "ledger.sqlite"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(SqlLedger(None, tmp_path)) as opened:
        yield opened


def rows(ledger: Ledger) -> tuple[Row, ...]:
    return ledger.rows(PORTAL, DATASET)


def intents(ledger: Ledger) -> tuple[Intent, ...]:
    return ledger.intents(PORTAL, DATASET)


def by_hand(folder: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Past syncd, as another program would; the last statement's rows."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for statement in statements:
            found = connection.execute(statement).fetchall()
        connection.commit()
        return found


# -- what goes in comes out ----------------------------------------------------------------------

FULL_ROW = row(
    judged("judged", version("é/à lire.csv", '"e-1"', 10**13, age=3)),
    judged("published", version("b.csv", "", 0)),
    title="Titre « à soi »",
    state=Outcome.HELD,
    reason=because("guard_shrink", size=10**13, online=2, lost=0.5, limit=None),
    version_id="v1",
    published_at=NOW + timedelta(microseconds=1),
    pin=Pin(judged("bad", version("é.csv", '"e"', 7)), "undo", "Léa", "tronqué", NOW, "1:bad"),
    release=Release(digest("judged"), "Léa", "vu avec le service", NOW),
    judged_content="1:judged",
    published_content="1:published",
    written_title="Titre « à soi »",
    file_url=f"{PORTAL}/files/20260101-120000/musees.csv",
    restored=NOW - timedelta(days=1),
)
FULL_INTENT = intent(
    sent_at=NOW,
    state=IntentState.EXPIRED,
    settle_from=NOW + timedelta(microseconds=5),
    answered_sha1=digest("answer").sha1,
    before=("b", "a"),
    version_id="v1",
    cause=Cause("push", "Léa", "à la main", "f" * 64),
    findings=(because("guard_shrink", size=1, lost=0.5, limit=None), because("guard_empty")),
    profile={"columns": ["id", "nom"], "rows": 10**13},
    pin=Pin(judged("bad"), "push", "Léa", "", NOW),
    lifted=(because("guard_empty"),),
    loosened={"html": "off", "shrink": "80%"},
    written_title="Titre « à soi »",
    edited={
        "description": Edit((None, "avant"), "après"),
        "extras.note": Edit(({"a": [1]},), None),
    },
)
FULL_PUBLICATION = Publication(
    id=1,
    binding=BINDING,
    judged=judged("published", version("é/à lire.csv", '"e-1"', 10**13, age=3)),
    title="Titre « à soi »",
    link="https://portal.example/r/1",
    act=Act.REPLACED,
    cause=Cause("release", "Léa", "vu", "f" * 64),
    begun_at=NOW,
    answered_at=NOW + timedelta(seconds=1),
    titled_at=NOW + timedelta(seconds=2),
    version_id="v1",
    findings=(because("guard_shrink", size=1, lost=0.5, limit=None),),
    profile=["anything", {"that": 1.5}],
    receipt={"checks": ["portal_sha1"], "answer": {"size": 3}},
    kept=Kept.ARCHIVE,
    lifted=(because("guard_shrink", size=1, lost=0.5, limit=None),),
    loosened={"html": "off", "shrink": "80%"},
)


@pytest.mark.parametrize("stored", [FULL_ROW, row(), row(judged("x")), row(None, judged("x"))])
def test_a_row_comes_back_as_it_was(ledger: SqlLedger, stored: Row) -> None:
    ledger.put(stored)
    assert rows(ledger) == (stored,)


@pytest.mark.parametrize(
    "stored", [FULL_INTENT, intent(), intent(before=()), intent(resource_id="", before=("a",))]
)
def test_an_intent_comes_back_as_it_was(ledger: SqlLedger, stored: Intent) -> None:
    begun = ledger.begin(replace(stored, id=0))
    assert begun.id > 0
    assert intents(ledger) == (begun,)
    assert replace(begun, id=stored.id) == stored


def test_the_full_values_leave_no_field_at_its_default() -> None:
    """Else a forgotten column would not be seen."""
    for value in (FULL_ROW, FULL_INTENT, FULL_PUBLICATION):
        empty = [f.name for f in fields(value) if getattr(value, f.name) in (None, (), "", {})]
        assert empty == []


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


FACTS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.one_of(
        st.none(),
        st.text(st.characters(codec="utf-8"), max_size=9),
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=4,
)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001  # bounds of aware ones


@given(WORDS, WORDS, FACTS, INSTANTS)
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_and_instants_survive(
    ledger: SqlLedger, key: str, title: str, facts: dict[str, Any], when: datetime
) -> None:
    stored = row(
        binding=replace(BINDING, key=key),
        title=title,
        reason=Reason("fault", facts),
        checked_at=when,
    )
    ledger.put(stored)
    assert stored in rows(ledger)


def test_facts_stay_what_they_were(ledger: SqlLedger) -> None:
    ledger.put(row(reason=Reason("x", {"one": 1, "half": 0.5, "text": "1", "none": None})))
    (found,) = rows(ledger)
    assert [type(v) for v in found.reason.facts.values()] == [int, float, str, type(None)]


# -- rows --------------------------------------------------------------------------------------


def test_what_is_known_of_many_datasets_is_what_is_known_of_each(ledger: SqlLedger) -> None:
    other = replace(BINDING, dataset="e" * 24)
    ledger.put(FULL_ROW, replace(FULL_ROW, binding=other))
    ledger.begin(FULL_INTENT)
    ledger.abandon(ledger.begin(replace(FULL_INTENT, binding=other)))
    ledger.put_note(DatasetNote(PORTAL, DATASET, "Musées", "", NOW), addresses=["musees"])
    elsewhere = replace(BINDING, portal="https://other.example")
    ledger.put(replace(FULL_ROW, binding=elsewhere))

    datasets = [DATASET, other.dataset, "f" * 24]

    assert ledger.memories(PORTAL, datasets) == {
        one: Memory(ledger.rows(PORTAL, one), ledger.intents(PORTAL, one), ledger.note(PORTAL, one))
        for one in datasets
    }
    assert ledger.memories(PORTAL, []) == {}
    assert ledger.notes(PORTAL) == {DATASET: ledger.note(PORTAL, DATASET)}
    assert ledger.addresses(PORTAL, ["musees", "x"]) == {"musees": DATASET}
    assert ledger.addresses(PORTAL, []) == {}


def test_rows_that_were_seen_again_have_another_date_and_nothing_else(ledger: SqlLedger) -> None:
    others = [
        replace(FULL_ROW, binding=replace(BINDING, dataset="e" * 24)),
        replace(FULL_ROW, binding=replace(BINDING, portal="https://other.example")),
    ]
    ledger.put(FULL_ROW, *others)
    later = NOW + timedelta(hours=1)

    ledger.seen_again(PORTAL, [DATASET], later)
    ledger.seen_again(PORTAL, [], later)

    assert rows(ledger) == (replace(FULL_ROW, checked_at=later),)
    for one in others:
        assert ledger.rows(one.binding.portal, one.binding.dataset) == (one,)


def test_a_row_replaces_the_one_of_the_same_binding(ledger: SqlLedger) -> None:
    ledger.put(FULL_ROW, row(binding=replace(BINDING, key="b.csv")))
    ledger.put(row(judged("z")))
    assert {r.binding.key: r.judged for r in rows(ledger)} == {
        "a.csv": judged("z"),
        "b.csv": None,
    }
    assert rows(ledger)[0].published is None or rows(ledger)[1].published is None


@pytest.mark.parametrize("part", ["portal", "dataset", "resource", "source", "key"])
def test_another_part_of_the_binding_is_another_row(ledger: SqlLedger, part: str) -> None:
    other = replace(BINDING, **{part: "other"})
    ledger.put(row(), row(binding=other))
    total = len(rows(ledger))
    total += len(ledger.rows(other.portal, other.dataset)) if part in {"portal", "dataset"} else 0
    assert total == 2


def test_a_row_without_resource_goes_when_its_resource_is_known(ledger: SqlLedger) -> None:
    unborn = row(binding=replace(BINDING, resource=""))
    other = row(binding=replace(BINDING, resource="", key="b.csv"))
    ledger.put(unborn, other)
    ledger.put(row())
    assert {r.binding for r in rows(ledger)} == {BINDING, other.binding}


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
@settings(max_examples=examples(40), deadline=None)
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


def test_a_thousand_rows_take_as_many_statements_as_one(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    execute = sa.Connection.execute

    def counted(self: sa.Connection, statement: Any, *rest: Any, **more: Any) -> Any:
        sent.append(str(statement))
        return execute(self, statement, *rest, **more)

    monkeypatch.setattr(sa.Connection, "execute", counted)

    def statements(count: int) -> int:
        sent.clear()
        names = [f"{n}.csv" for n in range(count)]
        many = [replace(BINDING, resource=f"r-{name}", key=name) for name in names]
        ledger.put(*(row(None, judged("x"), binding=one) for one in many))
        return len(sent)

    assert statements(1) == statements(1000)
    assert len(rows(ledger)) == 1000


def test_only_what_can_be_found_out_again_does_not_wait_for_the_disk(ledger: SqlLedger) -> None:
    def synchronous(**how: bool) -> int:
        with ledger._begin(**how) as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert (synchronous(), synchronous(wait_for_disk=False)) == (2, 1)  # FULL, NORMAL


def test_several_rows_are_put_all_or_none(ledger: SqlLedger) -> None:
    broken = row(binding=replace(BINDING, key="b.csv"), reason=Reason("x", {"bad": object()}))  # type: ignore[dict-item]  # what JSON cannot hold
    with pytest.raises(LedgerError):
        ledger.put(row(), broken)
    assert rows(ledger) == ()


# -- intents -----------------------------------------------------------------------------------


def test_an_intent_can_be_amended_and_abandoned(ledger: SqlLedger) -> None:
    first, second = ledger.begin(intent()), ledger.begin(intent("other"))
    amended = replace(
        first, state=IntentState.EXPIRED, settle_from=NOW, answered_sha1=digest("x").sha1
    )
    ledger.amend(amended)
    assert intents(ledger) == (amended, second)
    ledger.abandon(second)
    assert intents(ledger) == (amended,)


def test_an_amended_binding_is_kept(ledger: SqlLedger) -> None:
    begun = ledger.begin(intent(resource_id="", before=()))
    born = replace(begun, binding=replace(begun.binding, resource=RESOURCE))
    ledger.amend(born)
    assert intents(ledger) == (born,)


def test_finishing_records_the_row_and_closes_the_intent(ledger: SqlLedger) -> None:
    begun = ledger.begin(intent())
    ledger.finish(begun, FULL_ROW)
    assert (intents(ledger), rows(ledger)) == ((), (FULL_ROW,))


def test_finishing_a_creation_drops_the_row_that_had_no_resource_yet(ledger: SqlLedger) -> None:
    ledger.put(row(binding=replace(BINDING, resource="")))
    begun = ledger.begin(intent(resource_id="", before=()))
    ledger.finish(begun, row())
    assert [r.binding.resource for r in rows(ledger)] == [RESOURCE]


def test_finishing_is_all_or_nothing(ledger: SqlLedger) -> None:
    unborn = row(binding=replace(BINDING, resource=""))
    ledger.put(unborn)
    expired = ledger.begin(intent(state=IntentState.EXPIRED))
    begun = ledger.begin(intent())
    broken = row(reason=Reason("x", {"bad": object()}))  # type: ignore[dict-item]  # what JSON cannot hold
    with pytest.raises(LedgerError):
        ledger.finish(begun, broken)
    assert intents(ledger) == (expired, begun)
    assert rows(ledger) == (unborn,)


@pytest.mark.parametrize(
    ("earlier", "closed"),
    [
        (intent(), True),
        (intent(state=IntentState.EXPIRED), False),  # it may still arrive, and reset the title
        (intent(resource_id="", before=(), state=IntentState.EXPIRED), True),
        (intent(state=IntentState.REFUSED), False),
        (intent(resource_id="", before=(), state=IntentState.REFUSED), True),
        (intent("other bytes", state=IntentState.EXPIRED), False),
        (intent(resource_id=OTHER, state=IntentState.EXPIRED), False),
        (
            intent(binding=replace(BINDING, key="b.csv"), state=IntentState.EXPIRED),
            False,
        ),
        (
            intent(binding=replace(BINDING, portal="https://elsewhere"), state=IntentState.EXPIRED),
            False,
        ),
    ],
)
def test_finishing_closes_the_earlier_intents_of_the_same_file(
    ledger: SqlLedger, earlier: Intent, closed: bool
) -> None:
    before = ledger.begin(earlier)
    ledger.finish(ledger.begin(intent()), row())
    left = ledger.intents(earlier.binding.portal, DATASET)
    assert left == (() if closed else (before,))


def test_a_later_intent_is_not_closed_by_an_earlier_one(ledger: SqlLedger) -> None:
    first, second = ledger.begin(intent()), ledger.begin(intent())
    ledger.finish(first, row())
    assert intents(ledger) == (second,)


def test_the_last_sending_of_a_name_is_found_as_the_portal_writes_names(ledger: SqlLedger) -> None:
    assert ledger.last_sent(PORTAL, DATASET, "a.csv") is None
    begun = ledger.begin(intent(filename="Liste Été.csv", started_at=NOW))
    assert ledger.last_sent(PORTAL, DATASET, "liste-ete.CSV") == NOW
    sent = NOW + timedelta(seconds=9)
    ledger.finish(replace(begun, sent_at=sent), row())
    assert ledger.last_sent(PORTAL, DATASET, "liste-ete.csv") == sent
    assert ledger.last_sent(PORTAL, "another", "liste-ete.csv") is None
    assert ledger.last_sent(PORTAL, DATASET, "liste.csv") is None


# -- notes -------------------------------------------------------------------------------------


def test_notes_addresses_and_cycles_keep_the_latest(ledger: SqlLedger) -> None:
    assert ledger.note(PORTAL, DATASET) is None
    assert ledger.address(PORTAL, "slug") is None
    assert ledger.last_cycle() is None
    for number in (1, 2):
        note = DatasetNote(PORTAL, DATASET, f"Titre {number}", "page", NOW)
        ledger.put_note(note, addresses=["slug"])
        cycle = CycleNote(NOW, NOW, "sync", number, {})
        ledger.put_cycle(cycle)
        assert ledger.note(PORTAL, DATASET) == note
        assert ledger.last_cycle() == cycle
    ledger.put_note(DatasetNote(PORTAL, OTHER, "", "", NOW), addresses=["slug"])
    assert ledger.address(PORTAL, "slug") == OTHER
    assert ledger.address("https://elsewhere", "slug") is None


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
        f"{one.table.name}.{column.name}"
        for one in vars(tables).values()
        if isinstance(one, Records)
        for column in one.table.columns
        if column not in one.selected
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
    with pytest.raises(LedgerError) as caught:
        rows(SqlLedger(None, tmp_path, read_only=read_only))
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

        monkeypatch.setattr(database, "_sleep", nap)
        SqlLedger(None, tmp_path).close()
    assert len(waited) == 1


def test_a_file_that_stays_locked_is_given_up_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_sleep", lambda _: None)
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


# -- the history -------------------------------------------------------------------------------

LET_GO = Event(LineKind.LET_GO, NOW)


def test_a_publication_comes_back_as_it_was(ledger: SqlLedger) -> None:
    ledger.record(replace(FULL_PUBLICATION, id=0))
    assert ledger.history(PORTAL) == (FULL_PUBLICATION,)


def published(word: str, **fields: Any) -> Publication:
    line = Publication(0, BINDING, judged(word), "T", "", Act.REPLACED, Cause(), NOW)
    return replace(line, **fields)


def test_the_history_of_a_portal_a_dataset_or_a_resource_is_oldest_first(
    ledger: SqlLedger,
) -> None:
    elsewhere = replace(BINDING, dataset="other", resource=OTHER)
    for word, binding in (("a", BINDING), ("b", elsewhere), ("c", BINDING)):
        ledger.record(published(word, binding=binding))

    def words(*which: str) -> list[str]:
        return [line.judged.digest.sha1 for line in ledger.history(*which)]

    a, b, c = (digest(word).sha1 for word in "abc")
    assert words(PORTAL) == [a, b, c]
    assert words(PORTAL, DATASET) == [a, c]
    assert words(PORTAL, "other", OTHER) == [b]
    assert words("https://another.example") == []


def test_a_publication_and_its_row_are_stored_together_or_not_at_all(ledger: SqlLedger) -> None:
    begun = ledger.begin(intent())
    broken = replace(published("a"), begun_at=None)  # type: ignore[arg-type]
    with pytest.raises(LedgerError):
        ledger.finish(begun, row(judged("a"), judged("a")), broken)
    assert rows(ledger) == ()
    assert intents(ledger) == (begun,)
    assert ledger.history(PORTAL) == ()

    ledger.finish(begun, row(judged("a"), judged("a")), published("a"))

    assert len(rows(ledger)) == len(ledger.history(PORTAL)) == 1
    assert intents(ledger) == ()


def test_pruning_never_touches_publications(ledger: SqlLedger) -> None:
    ledger.record(published("a", begun_at=NOW - timedelta(days=9999)))
    ledger.prune(NOW + timedelta(days=9999))
    assert len(ledger.history(PORTAL)) == 1


def test_the_newest_profile_of_the_same_bytes_is_found(ledger: SqlLedger) -> None:
    for word, profile in (("a", {"rows": 1}), ("a", {"rows": 2}), ("a", None), ("b", {"rows": 3})):
        ledger.record(published(word, profile=profile))
    assert ledger.profile(PORTAL, DATASET, RESOURCE, digest("a").sha1) == {"rows": 2}
    assert ledger.profile(PORTAL, DATASET, RESOURCE, digest("none").sha1) is None
    assert ledger.profile(PORTAL, DATASET, OTHER, digest("a").sha1) is None


def test_profiles_of_the_last_publications_come_newest_first_each_bytes_once(
    ledger: SqlLedger,
) -> None:
    for word, rows in (("a", 1), ("b", 2), ("a", 3), ("c", 4), ("d", None)):
        ledger.record(published(word, profile=rows and {"rows": rows}))
    ledger.record(published("theirs", act=Act.FOUND, profile={"rows": 5}))

    def found(most: int, resource: str = RESOURCE) -> tuple[object, ...]:
        return ledger.profiles(PORTAL, DATASET, resource, most)

    assert found(12) == ({"rows": 4}, {"rows": 3}, {"rows": 2})
    assert found(2) == ({"rows": 4}, {"rows": 3})
    assert found(12, OTHER) == ()


def test_a_file_stays_claimed_while_any_publication_or_upload_needs_it(ledger: SqlLedger) -> None:
    for word in ("a", "a", "b"):
        ledger.record(published(word, kept=Kept.ARCHIVE))
    ledger.record(published("s3", kept=Kept.SOURCE))
    begun = ledger.begin(intent("under way"))
    a, b, in_s3, under_way = (digest(w).sha1 for w in ("a", "b", "s3", "under way"))
    every = [a, b, in_s3, under_way, "0" * 40]
    assert ledger.claims(every) == {a: True, b: True, in_s3: False, under_way: True}
    assert ledger.claims([b]) == {b: True}

    ledger.forget_bytes([1, 3], LET_GO)
    ledger.abandon(begun)

    assert ledger.claims(every) == {a: True, b: False, in_s3: False}
    ledger.forget_bytes([2], LET_GO)
    assert ledger.claims([a]) == {a: False}


def test_claims_are_found_for_more_files_than_one_statement_takes(ledger: SqlLedger) -> None:
    ledger.record(published("a", kept=Kept.ARCHIVE))
    names = [f"{number:040x}" for number in range(1200)] + [digest("a").sha1]
    assert ledger.claims(names) == {digest("a").sha1: True}


def test_only_what_is_kept_of_one_resource_is_found(ledger: SqlLedger) -> None:
    for word, kept, resource in (
        ("a", Kept.NOWHERE, RESOURCE),
        ("b", Kept.SOURCE, RESOURCE),
        ("c", Kept.ARCHIVE, RESOURCE),
        ("d", Kept.ARCHIVE, OTHER),
    ):
        binding = replace(BINDING, resource=resource)
        ledger.record(published(word, kept=kept, binding=binding))

    found = ledger.kept(PORTAL, DATASET, RESOURCE)

    assert [line.judged.digest.sha1 for line in found] == [digest(word).sha1 for word in "bc"]


def test_what_a_person_decided_waits_for_the_disk(ledger: SqlLedger) -> None:
    ledger.keep(FULL_ROW, LET_GO)
    assert rows(ledger) == (FULL_ROW,)


def test_a_state_folder_that_a_ledger_makes_is_closed_to_others(tmp_path: Path) -> None:
    with closing(SqlLedger(None, tmp_path / "state")):
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
