"""A real PostgreSQL on loopback: one for all workers of a run, a fresh database for each test."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from syncd.adapters.ledger import SqlLedger
from tests.support import debian_packages

REQUIRED = "SYNCD_TEST_POSTGRESQL"  # set where a missing server is installed: on a build machine
USER = "syncd"
PASSWORD = "mot-de-passe-de-la-base"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int
    folder: Path
    pid: int

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def local(self, url: str) -> str:
        """The same by its socket in the folder: for a process that has no network."""
        return f"{url}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def stop(self) -> None:
        _control(self.folder, "stop", "-m", "fast")

    def start(self) -> None:
        _control(self.folder, "start", "-o", f"-p {self.port}")

    def dump(self, database: str, file: Path) -> None:
        """As the guide tells an operator."""
        self._backup("pg_dump", "-Fc", "-f", str(file), self.url(database))

    def restore(self, database: str, file: Path) -> None:
        self._backup("pg_restore", "-c", "-O", "-d", self.url(database), str(file))

    def _backup(self, program: str, *arguments: str) -> None:
        command = [str(_binaries() / program), *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


class CutOff:
    """The server ends the connection right before the statement of this number, counted from 0."""

    def __init__(self, server: Postgres, at: int = -1) -> None:
        self.asked: list[str] = []
        self._server, self._at = server, at

    def __enter__(self) -> None:
        sa.event.listen(sa.Engine, "before_cursor_execute", self._about_to_ask)

    def __exit__(self, *_: object) -> None:
        sa.event.remove(sa.Engine, "before_cursor_execute", self._about_to_ask)

    def _about_to_ask(self, found: sa.Connection, _: object, statement: str, *__: object) -> None:
        self.asked.append(statement)
        if len(self.asked) == self._at + 1:
            pid = found.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's
            self._server.execute(f"SELECT pg_terminate_backend({pid}, 10000)")


def _binaries() -> Path:
    def found() -> Path | None:
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        one = str(debian[-1]) if debian else shutil.which("initdb")
        return Path(one).resolve().parent if one else None

    if (there := found()) is not None:
        return there
    if not os.environ.get(REQUIRED):  # nothing is installed behind anybody's back
        pytest.skip("no PostgreSQL here (Debian: postgresql)")
    why = debian_packages.install("postgresql")
    if not why and (there := found()) is not None:
        return there
    pytest.fail(f"no PostgreSQL here, and Debian's cannot be installed: {why}", pytrace=False)


def as_itself() -> dict[str, int | str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    names = {one.pw_name: one for one in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid}


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server keeps what it is given open
        stderr=subprocess.DEVNULL,
        **as_itself(),  # type: ignore[call-overload]  # one dict for two options
    )
    if done.returncode != 0:
        log = folder / "log"
        said = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        pytest.fail(f"{command[0]} ended with {done.returncode}\n{said}", pytrace=False)


def _control(folder: Path, *what: str) -> None:
    place = ("-D", str(folder / "data"), "-l", str(folder / "log"), "-w")
    _run(folder, str(_binaries() / "pg_ctl"), *place, *what)


@contextmanager
def running(folder: Path | None = None) -> Iterator[Postgres]:
    """One of its own, for tests that stop it."""
    server = _start()
    try:
        yield server
    finally:
        _end(server)


def _start() -> Postgres:
    folder = Path(tempfile.mkdtemp(prefix="syncd-postgres-"))
    who = as_itself()
    if who:
        os.chown(folder, int(who["user"]), int(who["group"]))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    _run(
        folder,
        *(str(_binaries() / "initdb"), "-D", str(folder / "data"), "-U", USER, "-E", "UTF8"),
        *("--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={secret}", "-N"),
    )
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = (
        "listen_addresses = '127.0.0.1'",
        f"unix_socket_directories = '{folder}'",
        "fsync = off",
        "full_page_writes = off",
        "max_connections = 200",
        f"port = {port}",
    )
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join(["", *lines, ""]))
    _control(folder, "start")
    pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    return Postgres(port, folder, pid)


def _end(server: Postgres) -> None:
    if (server.folder / "data" / "postmaster.pid").exists():
        _control(server.folder, "stop", "-m", "immediate")
    shutil.rmtree(server.folder, ignore_errors=True)


@contextmanager
def _shared(place: Path) -> Iterator[Postgres]:
    """The first worker that asks starts it, the last that leaves ends it."""

    @contextmanager
    def notes() -> Iterator[Path]:
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield place

    with notes() as path:
        if path.exists():
            found = json.loads(path.read_text())
        else:
            began = _start()
            found = {"port": began.port, "folder": str(began.folder), "pid": began.pid, "users": 0}
        path.write_text(json.dumps({**found, "users": found["users"] + 1}))
    server = Postgres(found["port"], Path(found["folder"]), found["pid"])
    try:
        yield server
    finally:
        with notes() as path:
            found = json.loads(path.read_text())
            if found["users"] > 1:
                path.write_text(json.dumps({**found, "users": found["users"] - 1}))
            else:
                path.unlink()
                _end(server)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    base = tmp_path_factory.getbasetemp()
    run = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with _shared(run / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def _template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the ledger's tables."""
    name = f"template_{os.getpid()}"
    postgres.execute(f"CREATE DATABASE {name}")
    SqlLedger(postgres.url(name), tmp_path_factory.mktemp("state")).close()
    return name


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The address of one without tables."""
    yield from _fresh(postgres, "")


@pytest.fixture
def database(postgres: Postgres, _template: str) -> Iterator[str]:
    """The address of one that is a ledger with nothing in it."""
    yield from _fresh(postgres, f"TEMPLATE {_template}")


def _fresh(server: Postgres, how: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} {how}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """It answers nobody new, and keeps what is open."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)
