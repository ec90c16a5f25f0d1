"""A file at which the whole service dies: its supervisor starts it again, and again."""

from __future__ import annotations

import sqlite3
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
    for _ in range(DEATHS):
        with office.start("run", **SETTINGS) as running:
            running.wait_for("service.started")
            until_it_is_read(office.state / "ledger.sqlite")
            running.kill()
    with office.start("run", **SETTINGS) as running:
        running.wait_for("cycle.done")
        assert ended(running).code == 0
    (held,) = office.run("holds", "--json").document["holds"]
    assert held["object"] == NAME
    assert office.online(bad) == before
    for resource, content in good.items():
        assert office.online(resource)["checksum"]["value"] == sha1(content)


def until_it_is_read(ledger: Path) -> None:
    """The running service has begun to look into the file, once more than those before it."""
    found = sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)
    query = "SELECT coalesce(max(begun), 0) FROM readings WHERE name = ?"
    (before,) = found.execute(query, (NAME,)).fetchone()
    while found.execute(query, (NAME,)).fetchone() == (before,):
        pass
    found.close()
