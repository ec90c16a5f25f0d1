"""Where a command's words do not arrive: a full disk, a reader that left, a closed stream."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.cli_harness import PATIENCE, SYNCD, Office

FULL = Path("/dev/full")
COMMANDS = {
    "--help": 1,
    "schema": 1,
    "check --json": 1,
    "plan": 1,
    "sync --json": 1,
    "status": 1,
    "holds": 1,
    "history --csv": 1,
    "verify": 1,
    "audit": 1,
    "no-such-command": 2,
}
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")


def ended(
    office: Office, typed: str, out: IO[Any] | int, err: IO[Any] | int = subprocess.PIPE
) -> tuple[int, list[str]]:
    done = subprocess.run(
        [str(SYNCD), *typed.split()],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        env={**office.environment, "SYNCD_LOG_LEVEL": "error"},
        cwd=office.folder,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, (done.stderr or b"").decode().splitlines()


@pytest.fixture
def published(office: Office) -> Office:
    office.target("Musées", "a.csv", b"id\n1\n")
    assert office.run("sync").code == 0
    return office


def test_what_cannot_be_written_is_said_in_one_sentence(published: Office) -> None:
    for typed, code in COMMANDS.items():
        with FULL.open("wb") as full:
            found, said = ended(published, typed, full)
        assert found == code, (typed, said)
        if typed != "no-such-command":  # which shows nothing
            assert len(said) == 1, (typed, said)
            assert "could not be written (No space left on device)" in said[0]
            assert "fault of its own" not in said[0]


def test_a_sync_that_cannot_say_so_published_all_the_same(office: Office) -> None:
    resource = office.target("Musées", "a.csv", b"id\n1\n")
    office.write_manifest()

    with FULL.open("wb") as full:
        ended(office, "sync", full, full)

    assert office.online(resource)["filesize"] == 5


@pytest.mark.parametrize("typed", ["--help", "schema", "status", "history --csv", "plan --json"])
def test_a_reader_that_left_ends_a_command_without_a_word(published: Office, typed: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        assert ended(published, typed, gone) == (1, [])


def test_trouble_that_nobody_can_be_told_keeps_its_exit_code(published: Office) -> None:
    with FULL.open("wb") as full:
        assert ended(published, "no-such-command", subprocess.DEVNULL, full)[0] == 2
        assert ended(published, "status", subprocess.DEVNULL, full)[0] == 0


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_one_that_nobody_reads(published: Office, closed: str) -> None:
    line = f"exec {sys.executable} -m syncd status {closed}"
    done = subprocess.run(
        ["sh", "-c", line],
        env=published.environment,
        cwd=published.folder,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
