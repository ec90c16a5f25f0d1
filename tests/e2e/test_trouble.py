"""What an operator reads when something around syncd is broken: one clear sentence, an exit code,
and never a traceback."""

from __future__ import annotations

import os
import resource as limits
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cli_harness import Done, Office

KEY = "SYNCD_API_KEY"
SECRET = "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY"
ACCESS = "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody serves, and nobody takes during the test."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def says_once(done: Done, words: str) -> None:
    assert "Traceback" not in done.all, done.all
    assert done.all.count(words) == 1, done.all


@pytest.fixture
def two(office: Office) -> Office:
    """Two targets in two datasets, so that one cause meets several."""
    office.target("Un", "a.csv", b"id\n1\n")
    other = office.portal.new_dataset()
    office.target("Deux", "b.csv", b"id\n2\n", dataset=other)
    return office


def nothing_was_sent(office: Office) -> bool:
    return office.uploads() == 0


@pytest.mark.parametrize("command", [("sync",), ("plan",), ("check", "--online")])
def test_a_wrong_portal_key_is_said_once(two: Office, command: tuple[str, ...]) -> None:
    two.settings[KEY] = "udata_not-a-key"

    done = two.run(*command)

    assert done.code == 1
    says_once(done, "refuses the key in SYNCD_API_KEY")
    assert "udata_not-a-key" not in done.all
    assert nothing_was_sent(two)


@pytest.mark.udata
def test_a_wrong_key_of_the_real_portal_is_said_once(real: Office) -> None:
    real.target("Un", "a.csv", b"id\n1\n")
    real.target("Deux", "b.csv", b"id\n2\n")
    real.settings[KEY] = "udata_not-a-key"

    done = real.run("sync")

    assert done.code == 1
    says_once(done, "refuses the key in SYNCD_API_KEY (“Invalid API token”)")


def missing_bucket(office: Office, _port: int) -> None:
    office.bucket = type(office.bucket)(office.bucket.server, "nul-seau", office.bucket.client)


def wrong_secret(office: Office, _port: int) -> None:
    office.settings[SECRET] = "wrong-secret-key-0000"


def unknown_access_key(office: Office, _port: int) -> None:
    office.settings[ACCESS] = "nobody"


def no_access_key(office: Office, _port: int) -> None:
    office.settings |= {ACCESS: "", SECRET: "", "AWS_EC2_METADATA_DISABLED": "true"}


def s3_down(office: Office, port: int) -> None:
    server = type(office.bucket.server)(
        "closed", f"http://127.0.0.1:{port}", office.bucket.access_key, office.bucket.secret_key
    )
    office.bucket = type(office.bucket)(server, office.bucket.bucket, office.bucket.client)


def portal_is_no_udata(office: Office, _port: int) -> None:
    office.url = office.bucket.endpoint


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (missing_bucket, "The bucket nul-seau does not exist on"),
        (wrong_secret, "refuses the secret key for the bucket"),
        (unknown_access_key, "does not know the access key for the bucket"),
        (no_access_key, "There is no usable key for the bucket"),
        (s3_down, "cannot be reached"),
    ],
)
def test_what_is_broken_outside_is_said_once_and_ends_with_1(
    two: Office, closed_port: int, break_it: Callable[[Office, int], None], words: str
) -> None:
    break_it(two, closed_port)

    done = two.run("sync")

    assert done.code == 1
    says_once(done, words)
    assert nothing_was_sent(two)


def test_a_portal_or_a_proxy_that_is_down_is_said_once(two: Office, closed_port: int) -> None:
    """Both at the same time, since each is tried for some seconds."""
    closed = f"127.0.0.1:{closed_port}"
    proxy = f"http://robot:pr0xy-p4ssw0rd@{closed}"
    with two.start("sync", SYNCD_PROXY=proxy, SYNCD_LOG_LEVEL="debug") as behind_a_proxy:
        behind_a_proxy.wait_for("portal.retry")  # it has read its manifest
        two.url = f"http://{closed}"
        two.state = two.folder / "other-state"
        portal_down = two.run_with("sync", SYNCD_CONCURRENCY="1")
        proxy_down = behind_a_proxy.finish()

    assert (portal_down.code, proxy_down.code) == (1, 1)
    says_once(portal_down, "127.0.0.1 cannot be reached")
    says_once(proxy_down, "The proxy on the way to 127.0.0.1 cannot be reached")
    assert "pr0xy-p4ssw0rd" not in proxy_down.all
    tries = [event for event in portal_down.events if event["event"] == "portal.retry"]
    assert len(tries) == 3  # for the first dataset; for the second one look is enough
    assert nothing_was_sent(two)


def test_a_portal_that_is_no_portal_is_not_taken_for_one(two: Office) -> None:
    portal_is_no_udata(two, 0)

    done = two.run("sync")

    assert done.code != 0
    assert "Traceback" not in done.all
    assert nothing_was_sent(two)


# -- this machine ------------------------------------------------------------------------------


def test_a_state_folder_that_is_a_file_is_said_once(two: Office) -> None:
    two.state.write_text("not a folder")

    done = two.run("sync")

    assert done.code == 1
    says_once(done, f"The state folder {two.state} cannot be used")
    assert nothing_was_sent(two)


def test_a_ledger_that_is_no_database_is_said_once(two: Office) -> None:
    two.state.mkdir()
    (two.state / "ledger.sqlite").write_bytes(b"this is no database, but long enough" * 100)

    for command in ("sync", "plan", "status"):
        done = two.run(command)
        assert done.code == 1
        says_once(done, "ledger.sqlite cannot be used")
    assert nothing_was_sent(two)


def test_an_object_that_may_not_be_written_to_disk_keeps_the_old_file_online(
    office: Office,
) -> None:
    """The child may write files of 300 kB at most, as a quota or a full disk would have it."""
    resource = office.target("Gros", "gros.csv", b"x" * 2_000_000)

    def no_big_files() -> None:
        limits.setrlimit(limits.RLIMIT_FSIZE, (300_000, 300_000))

    done = office.run("sync", setup=no_big_files)

    assert done.code == 1
    says_once(done, "nothing was published")
    assert office.permanent_link(resource) == b"0\n"
    assert list((office.state / "spool").glob("*")) == []


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small disk of its own, and takes it away again."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        return folder

    yield mount
    if os.path.ismount(folder):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_said_once_and_the_old_file_stays_online(
    office: Office, mounted: Callable[[str], Path]
) -> None:
    office.state = mounted("size=1m")
    big = office.target("Gros", "gros.csv", b"x" * 2_000_000)
    small = office.target("Petit", "petit.csv", b"id\n1\n")

    done = office.run("sync")

    assert done.code == 1
    says_once(done, "Make room there; nothing was published.")
    assert office.permanent_link(big) == b"0\n"
    assert office.permanent_link(small) == b"id\n1\n"


def test_a_disk_with_no_room_for_the_ledger_stops_before_the_portal_is_touched(
    office: Office, mounted: Callable[[str], Path]
) -> None:
    office.state = mounted("size=16k")
    resource = office.target("Petit", "petit.csv", b"id\n1\n")

    done = office.run("sync")

    assert done.code == 1
    says_once(done, "ledger.sqlite cannot be used")
    assert nothing_was_sent(office)
    assert office.permanent_link(resource) == b"0\n"


def test_a_read_only_state_folder_is_said_once(two: Office, mounted: Callable[[str], Path]) -> None:
    two.state = mounted("ro")

    done = two.run("sync")

    assert done.code == 1
    says_once(done, str(two.state))
    assert nothing_was_sent(two)


def test_a_read_only_state_folder_can_still_be_planned_and_shown(
    office: Office, mounted: Callable[[str], Path]
) -> None:
    office.state = mounted("size=4m")
    office.target("Petit", "petit.csv", b"id\n1\n")
    assert office.sync().code == 0
    mounted("remount,ro")

    plan, status = office.run("plan", "--json"), office.run("status", "--json")

    assert plan.actions == {"petit.csv": "unchanged"}
    assert [one["state"] for one in status.document["targets"]] == ["replaced"]
