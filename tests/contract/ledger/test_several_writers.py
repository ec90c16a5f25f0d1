"""Four processes make every kind of write at once: no error, no deadlock, one chain."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from syncd.adapters.ledger import SqlLedger
from tests.contract.ledger.conftest import Opening
from tests.support.builders import NOW
from tests.support.postgres_servers import Postgres

FOUR = 4


@pytest.mark.parametrize("rounds", [2, pytest.param(150, marks=pytest.mark.stress)])
def test_four_processes_write_everything_at_once(
    opening: Opening, tmp_path: Path, rounds: int, request: pytest.FixtureRequest
) -> None:
    opening().close()
    on_server = "postgresql" in request.node.name
    url = request.getfixturevalue("database") if on_server else ""
    command = [sys.executable, "-m", "tests.contract.ledger.writing", url, str(tmp_path)]
    processes = [
        subprocess.Popen(
            [*command, str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(FOUR)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=220)[0] for process in processes]
    said = [line for text in told for line in text.splitlines() if "history.line" not in line]

    assert said == []
    assert [process.returncode for process in processes] == [0] * FOUR
    if on_server:
        server: Postgres = request.getfixturevalue("postgres")
        assert "deadlock detected" not in server.log()
    with closing(opening()) as ledger:
        _all_is_well(ledger, rounds)


def _all_is_well(ledger: SqlLedger, rounds: int) -> None:
    report = ledger.verify_history()
    assert report.breaks == ()
    lines = 5 * FOUR * rounds  # keep, drop, record, finish, append; and pauses, manifests
    assert report.lines > lines
    waiting = [request.dataset for request in ledger.take_requests(NOW)]
    assert len(waiting) == len(set(waiting))
