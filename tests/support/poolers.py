"""PgBouncer in transaction mode before a database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.postgres_servers import PASSWORD, USER, Postgres, as_itself


@contextmanager
def pooler(server: Postgres, database: str) -> Iterator[str]:
    """The address of the database behind it. Skips where there is no PgBouncer."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("no PgBouncer here")
    folder = Path(tempfile.mkdtemp(prefix="syncd-pooler-"))
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "users.txt").write_text(f'"{USER}" "{PASSWORD}"\n')
    where = f"host=127.0.0.1 port={server.port} dbname={database}"
    lines = (
        "[databases]",
        f"{database} = {where}",
        "[pgbouncer]",
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =",
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users.txt'}",
        "pool_mode = transaction\ndefault_pool_size = 2",
    )
    (folder / "pooler.ini").write_text("\n".join(lines) + "\n")
    who = as_itself()
    if who:
        for path in (folder, *folder.iterdir()):
            os.chown(path, int(who["user"]), int(who["group"]))
    process = subprocess.Popen(
        [program, str(folder / "pooler.ini")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **who,  # type: ignore[call-overload]  # one dict for two options
    )
    url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{database}"
    try:
        assert process.stderr
        for line in process.stderr:  # it says when it serves
            if b"process up" in line:
                break
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)
