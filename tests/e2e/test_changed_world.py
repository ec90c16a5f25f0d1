"""A dataset changed hands or state: who types a command sees it at once; a timer, once a day."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest

from syncd.cli import session
from tests.support.cli_harness import Office
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket


@pytest.fixture
def quiet(portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    office = Office(portal_server, seaweed_bucket, tmp_path)
    office.target("Musées", "m.csv", b"id\n1\n")
    assert office.sync().code == 0
    return office


def test_a_transfer_is_told_with_the_new_organisations_name(quiet: Office) -> None:
    to = {"dataset": quiet.dataset, "name": "Région Sud", "members": []}
    quiet.portal.lab("transfer", to)

    by_timer = quiet.sync()
    planned = quiet.run("plan")
    typed = quiet.run("sync", "--dataset", quiet.dataset)

    assert (by_timer.code, by_timer.document["summary"]) == (0, {"unchanged": 1})
    assert (planned.code, typed.code) == (3, 3)
    for done in (planned, typed):
        assert "was transferred from Ville de Test to Région Sud" in " ".join(done.out.split())


@pytest.mark.parametrize("named", ["stdin", "stdout", "stderr"])
def test_whoever_sits_at_a_terminal_types(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open("r+") as nothing:
        for name in ("stdin", "stdout", "stderr"):
            monkeypatch.setattr(sys, name, nothing)
        assert session.is_typed() is False
        monkeypatch.setattr(sys, "stdin", None)  # closed by who started it
        assert session.is_typed() is False
        master, terminal = pty.openpty()
        with os.fdopen(master), os.fdopen(terminal, "r") as opened:
            monkeypatch.setattr(sys, named, opened)
            found = session.is_typed()
    assert found is True
