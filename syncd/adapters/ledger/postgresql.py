"""What is PostgreSQL's alone: how it is reached and waited for, and how its writers take turns.

Writers of more than one row take turns, as SQLite's do, by an advisory lock that ends with their
transaction: no deadlock can come of it, no number of the history's chain is given twice, and a
pooler in transaction mode carries it. Nothing here lives longer than a transaction, for the same
reason: no prepared statement, no setting of a session, no lock of one.

Text is stored as SQLite has it: of any length, in the order of its bytes (COLLATE "C"), and with
NUL in it, which PostgreSQL does not take, written as two characters.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from syncd.core.errors import LedgerError

try:
    import psycopg
    from psycopg.types.string import StrDumperUnknown, TextLoader
    from sqlalchemy.dialects.postgresql.base import PGTypeCompiler
    from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
except ImportError as error:
    raise LedgerError("ledger_no_driver") from error

AWAY_SECONDS = 300.0  # how long work under way waits for a database that does not answer
# Seconds after which the server ends a transaction that says nothing. Its writer is asleep or cut
# off, and all others wait for their turn: less than its locks last, so that another takes over.
IN_TRANSACTION = 15
_PAUSES = (0.1, 0.2, 0.5, 1.0)  # seconds between two looks; the last one from then on
_sleep = time.sleep

T = TypeVar("T")

# While a connection is made there are words alone, in English or French.
_FULL = re.compile(  # of it as a whole, or for this user; or it has no time to let anybody in
    r"too many (?:clients|connections)|trop de (?:clients|connexions)|due to timeout|délai écoulé",
    re.I,
)
# Nobody waits at these for something that comes by itself.
_REFUSED = re.compile(r"password|mot de passe|authenti|pg_hba|role |rôle |is not permitted", re.I)
_MISSING = re.compile(r"database \S+ does not exist|base de données \S+ n'existe pas", re.I)
# libpq's own words, in English alone: these come before there is a server to speak.
_OPTION = re.compile(r"invalid connection option|invalid \S+ value|unrecognized config", re.I)
_RIGHTS = re.compile(r"permission denied for|droit refusé pour", re.I)
_UNSAFE = re.compile(r"certificate|does not support SSL|SSL was required|no encryption", re.I)


_CONNECTING = {
    "prepare_threshold": None,  # a pooler in transaction mode has no such statements
    "connect_timeout": 5,
    "application_name": "syncd",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class _Compiler(PGCompiler_psycopg):
    def visit_on_conflict_do_update(self, on_conflict: Any, **options: Any) -> str:
        """Upserts are written once, as SQLite's; only PostgreSQL's can name a constraint."""
        on_conflict.constraint_target = None
        made = super().visit_on_conflict_do_update(on_conflict, **options)  # type: ignore[no-untyped-call]  # SQLAlchemy's
        return str(made)


class _TypeCompiler(PGTypeCompiler):
    """Columns hold what SQLite's do: the migrations are the same for both."""

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: ARG002, N802 -- SQLAlchemy's names
        return 'TEXT COLLATE "C"'

    def visit_JSON(self, type_: Any, **kw: Any) -> str:  # noqa: ARG002, N802 -- as above
        return 'TEXT COLLATE "C"'  # the history's hashes are of the text

    def visit_user_defined(self, type_: Any, **kw: Any) -> str:  # noqa: ARG002 -- as above
        return 'TEXT COLLATE "C"'

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:  # noqa: ARG002, N802 -- as above
        return "BIGINT" if "type_expression" in kw else "INTEGER"  # a column's; a parameter's


class Dialect(PGDialect_psycopg):
    statement_compiler = _Compiler
    type_compiler_cls = _TypeCompiler
    supports_statement_cache = True


sa.dialects.registry.register("postgresql.syncd", __name__, "Dialect")

_ESCAPE = "\x1a"


class _Dumper(StrDumperUnknown):
    def dump(self, obj: str) -> Any:
        if "\0" in obj or _ESCAPE in obj:
            obj = obj.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")
        return super().dump(obj)


class _Loader(TextLoader):
    def load(self, data: Any) -> Any:
        text = super().load(data)
        if isinstance(text, str) and _ESCAPE in text:
            return text.replace(f"{_ESCAPE}0", "\0").replace(f"{_ESCAPE}1", _ESCAPE)
        return text


class _Waiting:
    """For a server that is away, for so many seconds."""

    def __init__(self, patience: float) -> None:
        self._left, self._tries = patience, 0

    def goes_on(self) -> bool:
        """After a pause; False where there is no time left."""
        pause = _PAUSES[min(self._tries, len(_PAUSES) - 1)]
        if pause > self._left:
            return False
        _sleep(pause)
        self._left, self._tries = self._left - pause, self._tries + 1
        return True


class PostgresDatabase:
    """`busy_seconds`: how long another writer is waited for, and the server while it `starting`s;
    `away_seconds`: how long the server is later on."""

    def __init__(
        self,
        url: str,
        *,
        read_only: bool,
        busy_seconds: float,
        away_seconds: float = AWAY_SECONDS,
    ) -> None:
        named = make_url(url.strip())
        self._passwords = [one for one in (named.password, named.query.get("password")) if one]
        self._busy_seconds = busy_seconds
        self._host = f"{named.host or 'localhost'}:{named.port or 5432}"
        self._database = named.database or ""
        self._patience = 0.0  # while it starts: there more than a connection is tried again
        # Who only looks is told at once.
        self._start_seconds, self._away_seconds = (
            (0.0, 0.0) if read_only else (busy_seconds, away_seconds)
        )
        self.place = f"{self._host}/{self._database}"
        self.engine: sa.Engine = sa.create_engine(
            named.set(drivername="postgresql+syncd"),
            pool_pre_ping=True,
            max_overflow=-1,  # as many as there are datasets at work
            hide_parameters=True,
            use_native_hstore=False,
            connect_args=_CONNECTING,
        )
        # Of locks: they are renewed while all other connections are at work.
        self._of_locks = sa.create_engine(self.engine.url, pool=self.engine.pool.recreate())
        for engine in (self.engine, self._of_locks):
            sa.event.listen(engine, "connect", _adapt)
        self._reading: sa.Engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def options(self) -> dict[str, Any]:
        """How the server is reached, as psycopg has it."""
        return {**self.engine.dialect.create_connect_args(self.engine.url)[1], **_CONNECTING}

    def exists(self) -> bool:
        return True

    def identity(self) -> object:
        return None

    def replace(self, engine: sa.Engine) -> None:
        self.engine.dispose()
        self.engine = self._reading = engine

    def close(self) -> None:
        self.engine.dispose()
        self._of_locks.dispose()

    def starting(self, step: Callable[[], T]) -> T:
        """What a start does here, done again from its beginning where the server went away at any
        point of it: a start that fits into no transaction would else end by a restart of theirs."""
        waiting, began = _Waiting(self._start_seconds), time.monotonic()
        while True:
            try:
                done = step()
                break
            except (sa.exc.DatabaseError, LedgerError) as error:
                found = error if isinstance(error, LedgerError) else self.error(error)
                is_over = time.monotonic() - began > self._start_seconds
                if not found.is_passing or is_over or not waiting.goes_on():
                    raise
        self._patience = self._away_seconds
        return done

    @contextmanager
    def begin_for_locks(self, *, patient: bool) -> Iterator[sa.Connection]:
        """`patient`: a server that is away is waited for; else who asks again is the caller.

        What takes or renews a lock and is cut off before its end blocks no other for longer than a
        few seconds: the server ends it. `LedgerError`.
        """
        try:
            if patient:
                with self._connected(self._of_locks, _FOR_LOCKS) as connection:
                    yield connection
                    connection.commit()
            else:
                with self._of_locks.begin() as connection:
                    connection.execute(_FOR_LOCKS)
                    yield connection
        except sa.exc.SQLAlchemyError as error:
            raise self.error(error) from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._connected(self._reading) as connection:
            yield connection

    @contextmanager
    def begin(self, *, wait_for_disk: bool, alone: bool) -> Iterator[sa.Connection]:
        how = {
            "lock": f"{int(self._busy_seconds * 1000)}ms",
            "idle": f"{IN_TRANSACTION}s",
            "commit": "on" if wait_for_disk else "off",
        }
        with self._connected(self.engine, _ALONE if alone else _TOGETHER, how) as connection:
            yield connection
            connection.commit()

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        with self.read() as connection:
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                _at_last(connection, "ROLLBACK")

    @contextmanager
    def _connected(
        self, engine: sa.Engine, first: sa.TextClause | None = None, values: Any = None
    ) -> Iterator[sa.Connection]:
        """A connection on which this statement was carried out. Nothing was stored yet, so that a
        server that is away is waited for."""
        waiting = _Waiting(self._patience)
        while True:
            connection = None
            try:
                connection = engine.connect()
                if first is not None:
                    connection.execute(first, values)
                break
            except sa.exc.OperationalError as error:
                if connection is not None:
                    connection.close()
                if self._code(error) != "ledger_database_away" or not waiting.goes_on():
                    raise
        with connection:
            yield connection

    def clean(self, *, vacuum: bool) -> None:
        with self._connected(self._reading) as connection:
            if not vacuum:
                return
            # Whoever reads for long, as pg_dump does, is not waited for: all others would wait too.
            connection.exec_driver_sql("SET lock_timeout = '5s'")
            try:
                connection.exec_driver_sql("VACUUM FULL history, publications")
            finally:
                _at_last(connection, "RESET lock_timeout")

    def error(self, error: Exception) -> LedgerError:
        found = getattr(error, "orig", None) or error
        detail = " ".join(str(found).split())
        for secret in self._passwords:
            detail = detail.replace(str(secret), "***")
        code = self._code(error)
        if code == "ledger_unusable":
            return LedgerError(code, path=self.place, detail=detail)
        return LedgerError(code, host=self._host, database=self._database, detail=detail)

    def error_of_driver(self, error: Exception) -> LedgerError:
        """As `error`, of what was not asked through SQLAlchemy."""
        is_gone = isinstance(error, psycopg.OperationalError | OSError)
        wrapped = sa.exc.OperationalError if is_gone else sa.exc.DatabaseError
        return self.error(wrapped("", None, error))

    def _code(self, error: Exception) -> str:
        found = getattr(error, "orig", None)
        state = getattr(found, "sqlstate", None)
        if state in _CODES:
            return _CODES[state]
        if state is not None and state[:2] not in _GONE:
            return "ledger_unusable"
        if _OPTION.search(str(found)):
            return "ledger_database_option"
        if not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
            return "ledger_unusable"
        if _FULL.search(str(found)):
            return "ledger_database_away"
        if _MISSING.search(str(found)):
            return "ledger_database_missing"
        if _REFUSED.search(str(found)):
            return "ledger_database_refused"
        if _RIGHTS.search(str(found)):
            return "ledger_database_rights"
        if _UNSAFE.search(str(found)):
            return "ledger_database_unsafe"
        return "ledger_database_away"


_CODES = {
    "55P03": "ledger_database_busy",  # a lock was waited for in vain
    "40P01": "ledger_database_busy",  # two waited for each other: an operator's own statements
    "40001": "ledger_database_busy",
    "25P03": "ledger_database_away",  # we were asleep in a transaction, and the server went on
    "25P04": "ledger_database_away",  # the same, for as long as an operator allows a transaction
    "28P01": "ledger_database_refused",
    "28000": "ledger_database_refused",
    "3D000": "ledger_database_missing",
    "42501": "ledger_database_rights",
    "25006": "ledger_database_rights",  # a standby server
}
_GONE = ("08", "57", "53")  # classes: connection, the operator's doing, no more connections


def _at_last(connection: sa.Connection, statement: str) -> None:
    """Where the server is gone there is nothing to be done, and that it is gone is what is told."""
    if not connection.invalidated:
        connection.exec_driver_sql(statement)


def _adapt(connection: Any, _record: object) -> None:
    connection.adapters.register_dumper(str, _Dumper)
    for name in ("text", "varchar"):
        connection.adapters.register_loader(name, _Loader)


_HOW = (
    "SELECT set_config('lock_timeout', :lock, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true),"
    " set_config('synchronous_commit', :commit, true)"
)
_FOR_LOCKS = sa.text(
    "SELECT set_config('lock_timeout', '5s', true),"
    " set_config('idle_in_transaction_session_timeout', '5s', true)"
)
_TOGETHER = sa.text(_HOW)
_ALONE = sa.text(f"{_HOW}, pg_advisory_xact_lock(hashtextextended('syncd.ledger', 0))")
