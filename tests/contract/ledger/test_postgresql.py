"""What can be the matter with a database: each is one sentence, and none has the password in it."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from syncd import text
from syncd.adapters.ledger import SqlLedger, postgresql
from syncd.adapters.ledger.postgresql import PostgresDatabase
from syncd.adapters.ledger.tables import locks
from syncd.core import clock, fence
from syncd.core.errors import LedgerError, LockLost
from syncd.core.records import Cause
from tests.support.builders import DATASET, PORTAL, intent, judged, row
from tests.support.ledger_values import intents, rows
from tests.support.poolers import pooler
from tests.support.postgres_servers import PASSWORD, CutOff, Postgres, running


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waiting takes no time, and is counted."""
    taken: list[float] = []
    monkeypatch.setattr(postgresql, "_sleep", taken.append)
    return taken


def said(error: LedgerError) -> str:
    """As an operator reads it. The password stands nowhere, in neither language."""
    forms = []
    for language in text.LANGUAGES:
        text.speak(language)
        forms.append(text.sentence(error.reason))
    text.speak("en")
    whole = "".join([*forms, repr(error), *traceback.format_exception(error)])
    assert PASSWORD not in whole
    assert "not-the-password" not in whole
    assert len(set(forms)) == len(text.LANGUAGES)
    return forms[0]


def refused(url: str, folder: Path, **options: bool) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        SqlLedger(url, folder, **options)
    return caught.value


def test_a_wrong_password_is_said_at_once(
    postgres: Postgres, tmp_path: Path, naps: list[float]
) -> None:
    error = refused(postgres.url("postgres", password="not-the-password"), tmp_path)
    assert error.reason.code == "ledger_database_refused"
    assert f"127.0.0.1:{postgres.port}" in said(error)
    assert naps == []


def test_a_database_that_is_missing_is_said_at_once(
    postgres: Postgres, tmp_path: Path, naps: list[float]
) -> None:
    error = refused(postgres.url("nowhere"), tmp_path)
    assert error.reason.code == "ledger_database_missing"
    assert "nowhere" in said(error)
    assert naps == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('FATAL: too many connections for role "syncd"', "ledger_database_away"),
        ("FATAL: trop de connexions pour le rôle « syncd »", "ledger_database_away"),
        ("FATAL: canceling authentication due to timeout", "ledger_database_away"),
        (
            "FATAL: annulation de l'authentification à cause du délai écoulé",
            "ledger_database_away",
        ),
        ('FATAL: role "syncd" does not exist', "ledger_database_refused"),
        ("FATAL: le rôle « syncd » n'est pas autorisé à se connecter", "ledger_database_refused"),
        ("FATAL: droit refusé pour la base de données « syncd »", "ledger_database_rights"),
    ],
)
def test_words_at_the_door_say_whether_waiting_mends_it(words: str, code: str) -> None:
    """There is no SQLSTATE yet."""
    server = PostgresDatabase("postgresql://u:p@h/d", read_only=True, busy_seconds=0)
    assert server.error_of_driver(psycopg.OperationalError(words)).reason.code == code


def test_a_user_that_has_all_its_connections_waits_for_one(
    postgres: Postgres, database: str, tmp_path: Path, naps: list[float]
) -> None:
    name, user = database.rpartition("/")[2], f"few_{tmp_path.name[-1]}"
    postgres.execute(f"CREATE USER {user} PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
    error = refused(postgres.url(name, user), tmp_path)
    assert error.is_passing
    assert len(naps) > 1
    postgres.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    postgres.execute(f"ALTER USER {user} CONNECTION LIMIT -1")
    assert refused(postgres.url(name, user), tmp_path).reason.code == "ledger_database_rights"


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        ("foo=bar", "ledger_database_option", "foo"),
        ("sslmod=require", "ledger_database_option", "sslmod"),
        ("sslmode=bogus", "ledger_database_option", "bogus"),
        ("options=-cfoo%3Dbar", "ledger_database_option", "foo"),
        ("sslmode=require", "ledger_database_unsafe", "SSL"),
        ("sslmode=verify-full&sslrootcert=/nowhere", "ledger_database_unsafe", "SSL"),
    ],
)
def test_an_option_that_waiting_does_not_mend_is_said_at_once(
    postgres: Postgres, tmp_path: Path, naps: list[float], options: str, code: str, named: str
) -> None:
    error = refused(f"{postgres.url('postgres')}?{options}", tmp_path)
    assert error.reason.code == code
    assert named in said(error)
    assert naps == []


def test_a_server_that_is_away_is_waited_for_then_said(tmp_path: Path, naps: list[float]) -> None:
    error = refused(f"postgresql://syncd:{PASSWORD}@127.0.0.1:1/syncd", tmp_path)
    assert error.reason.code == "ledger_database_away"
    assert "127.0.0.1:1" in said(error)
    assert 28 < sum(naps) <= 30


def test_who_only_looks_is_told_at_once(tmp_path: Path, naps: list[float]) -> None:
    refused(f"postgresql://syncd:{PASSWORD}@127.0.0.1:1/syncd", tmp_path, read_only=True)
    assert naps == []


def test_another_engine_is_refused_and_makes_no_file(tmp_path: Path) -> None:
    error = refused(f"mysql://u:{PASSWORD}@h/db", tmp_path)
    assert "mysql" in said(error)
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_postgresql_makes_no_file_of_that_name(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    SqlLedger(database, tmp_path / "state").close()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_who_only_looks_makes_no_tables(empty_database: str, tmp_path: Path) -> None:
    with closing(SqlLedger(empty_database, tmp_path, read_only=True)) as ledger:
        assert rows(ledger) == ()
    with closing(SqlLedger(empty_database, tmp_path)) as ledger:
        ledger.put(row())
    with closing(SqlLedger(empty_database, tmp_path, read_only=True)) as ledger:
        assert rows(ledger) == (row(),)


def test_a_user_without_rights_is_told_what_to_do(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    user = f"reader_{tmp_path.name[-1]}"
    postgres.execute(f"CREATE USER {user} PASSWORD '{PASSWORD}'")
    name = database.rpartition("/")[2]
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}", name)
    reader = SqlLedger(postgres.url(name, user), tmp_path)
    with closing(reader), pytest.raises(LedgerError) as caught:
        reader.put(row())
    assert caught.value.reason.code == "ledger_database_rights"
    assert "owner" in said(caught.value)


def test_work_goes_on_after_the_server_was_restarted(
    own_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def nap(seconds: float) -> None:
        taken.append(seconds)
        if len(taken) == 3:
            own_server.start()

    monkeypatch.setattr(postgresql, "_sleep", nap)
    with closing(SqlLedger(own_server.url("postgres"), tmp_path)) as ledger:
        ledger.put(row())
        own_server.stop()
        begun = ledger.begin(intent())  # waits
        assert len(taken) >= 3
        assert intents(ledger) == (begun,)
        assert rows(ledger) == (row(),)


def _restarted_halfway(ledger: SqlLedger, server: Postgres) -> None:
    with ledger._begin() as connection:
        connection.execute(sa.text("DELETE FROM bindings"))
        server.stop()
        server.start()
        connection.execute(sa.text("DELETE FROM intents"))


def test_a_restart_in_the_middle_of_a_transaction_stores_nothing_of_it(
    own_server: Postgres, tmp_path: Path
) -> None:
    with closing(SqlLedger(own_server.url("postgres"), tmp_path)) as ledger:
        ledger.put(row())
        with pytest.raises(LedgerError) as caught:
            _restarted_halfway(ledger, own_server)
        assert caught.value.reason.code == "ledger_database_away"
        said(caught.value)
        assert rows(ledger) == (row(),)


def test_a_long_look_that_is_cut_off_at_any_statement_says_that_the_server_is_away(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    whole = CutOff(postgres)
    with closing(SqlLedger(database, tmp_path)) as ledger:
        with whole:
            ledger.verify_history()
        assert len(whole.asked) > 3
        for at, statement in enumerate(whole.asked):
            with pytest.raises(LedgerError) as caught, CutOff(postgres, at):
                ledger.verify_history()
            assert caught.value.reason.code == "ledger_database_away", statement


def test_a_name_is_forgotten_although_the_tidying_after_it_is_cut_off(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    whole = CutOff(postgres)
    with closing(SqlLedger(database, tmp_path)) as ledger:
        for name in ("Léa", "Max"):
            ledger.begin(replace(intent(), cause=Cause("push", by=name)))
        with whole:
            ledger.forget_name("Léa", "Zoé", clock.now())
        (at,) = (at for at, statement in enumerate(whole.asked) if "VACUUM" in statement)
        with CutOff(postgres, at):
            assert ledger.forget_name("Max", "Zoé", clock.now()) is not None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("25P03", "ledger_database_away"),  # asleep in a transaction
        ("25P04", "ledger_database_away"),
        ("57P01", "ledger_database_away"),  # a server that stops
        ("57P03", "ledger_database_away"),  # one that starts
        ("53300", "ledger_database_away"),  # it has no more connections
        ("40P01", "ledger_database_busy"),  # a deadlock
        ("40001", "ledger_database_busy"),
        ("55P03", "ledger_database_busy"),
        ("23505", "ledger_unusable"),
    ],
)
def test_what_waiting_mends_is_told_from_what_it_does_not(
    database: str, tmp_path: Path, state: str, code: str
) -> None:
    raised = sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'as said' USING ERRCODE = '{state}'; END $$")
    with closing(SqlLedger(database, tmp_path)) as ledger:
        with pytest.raises(LedgerError) as caught, ledger._begin() as connection:
            connection.execute(raised)
        assert (caught.value.reason.code, caught.value.is_passing) == (
            code,
            code != "ledger_unusable",
        )
        assert rows(ledger) == ()


def test_for_a_lock_that_is_lost_nothing_is_written(database: str, tmp_path: Path) -> None:
    with closing(SqlLedger(database, tmp_path)) as ledger:
        assert ledger.locks is not None
        mine, its = (ledger.locks.place(PORTAL, DATASET) for _ in range(2))
        assert mine.take({"pid": 1})
        assert mine.hold is not None
        with fence.behind(mine.hold):
            ledger.put(row(judged("mine")))
            with ledger._begin() as connection:
                connection.execute(sa.update(locks).values(expires_at=sa.func.now()))
            assert its.take({"pid": 2})
            with pytest.raises(LockLost):
                ledger.put(row(judged("late")))
        (kept,) = rows(ledger)
        assert kept.judged == judged("mine")
        its.leave()
        mine.leave()


def test_behind_a_pooler_in_transaction_mode_all_works(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    name = database.rpartition("/")[2]
    with pooler(postgres, name) as url:
        for _ in range(2):
            with closing(SqlLedger(url, tmp_path)) as ledger:
                for _ in range(8):  # from the fifth time on psycopg would prepare a statement
                    ledger.put(row())
                    ledger.abandon(ledger.begin(intent()))
                assert rows(ledger) == (row(),)
                assert ledger.verify_history().breaks == ()


def test_a_ledger_in_a_file_loads_nothing_of_postgresql(tmp_path: Path) -> None:
    SqlLedger(None, tmp_path).close()  # Alembic, which makes the tables, knows every engine
    code = (
        "import sys; from pathlib import Path; from syncd.adapters.ledger import SqlLedger;"
        "SqlLedger(None, Path(sys.argv[1])).close();"
        "print([m for m in sys.modules if 'psycopg' in m or 'postgresql' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_without_psycopg_it_is_said_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None; from pathlib import Path;"
        "from syncd.adapters.ledger import SqlLedger; from syncd.core.errors import LedgerError\n"
        "try: SqlLedger('postgresql://u:p@127.0.0.1:1/d', Path(sys.argv[1]))\n"
        "except LedgerError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "ledger_no_driver" in done.stdout
