"""A file at which the whole service dies: its supervisor starts it again, and again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syncd.sync.content import DEATHS
from tests.stress.hostile.test_hostile_files import SETTINGS, deposit
from tests.support.cli_harness import Office, ended, sha1

pytestmark = pytest.mark.stress

NAME = "text.json.gz"  # it takes a while to look into


def test_a_crash_loop_ends_with_the_service_up_and_one_file_held(office: Office) -> None:
    good, bad = deposit(office, NAME)
    before = office.online(bad)
    ledger, times = office.state / "ledger.sqlite", 0
    for _ in range(DEATHS):
        with office.start("run", **SETTINGS) as running:
            running.wait_for("service.started")
            while (begun := times_begun(ledger)) == times:
                assert running.process.poll() is None
            times = begun
            running.kill()
    with office.start("run", **SETTINGS) as running:
        running.wait_for("cycle.done")
        assert ended(running).code == 0
    (held,) = office.run("holds", "--json").document["holds"]
    assert held["object"] == NAME
    assert office.online(bad) == before
    for resource, content in good.items():
        assert office.online(resource)["checksum"]["value"] == sha1(content)


def times_begun(ledger: Path) -> int:
    """How often services have begun to look into the file."""
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as found:
        query = "SELECT coalesce(max(begun), 0) FROM readings WHERE name = ?"
        (times,) = found.execute(query, (NAME,)).fetchone()
        return int(times)
