"""`syncd check --online`, before a ticket is opened: a list of checks, each with its sentence."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_harness import Done, Office

KEY = "SYNCD_API_KEY"


def results(done: Done) -> dict[str, set[str]]:
    """Results by check, of `check --online --json`."""
    found: dict[str, set[str]] = {}
    for one in done.document["online"]["checks"]:
        assert set(one) == {"check", "about", "result", "message"}
        found.setdefault(one["check"], set()).add(one["result"])
    return found


def messages(done: Done, check: str) -> str:
    checks = done.document["online"]["checks"]
    return "\n".join(one["message"] for one in checks if one["check"] == check)


def new_key(office: Office, left: timedelta) -> str:
    body = {"name": "syncd", "expires_at": (datetime.now(UTC) + left).isoformat()}
    made = office.portal.call("POST", "/api/1/me/api_tokens/", "editor", json=body)
    assert made.status_code == 201
    key: str = made.json()["token"]
    return key


@pytest.fixture
def other_source() -> str:
    """A second source that nobody serves."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


ALL_OK = {
    name: {"ok"}
    for name in (
        "route",
        "key",
        "key_expiry",
        "key_reach",
        "clock",
        "extensions",
        "bucket",
        "state_folder",
    )
}


@pytest.mark.udata
def test_the_preflight_on_the_real_portal_and_a_real_bucket(real: Office) -> None:
    real.target("Un", "un/a.csv", b"id\n1\n")
    real.target("Deux", "b.csv", b"id\n2\n")
    real.settings[KEY] = new_key(real, timedelta(days=5, hours=3))

    screen = real.run("check", "--online")
    document = real.run("check", "--online", "--json")

    assert (screen.code, document.code) == (0, 0), screen  # a warning changes nothing
    found = results(document)
    disk = found.pop("disk")
    assert disk <= {"ok", "warning"}  # the machine's own
    assert found == ALL_OK | {"key_expiry": {"warning"}, "key_reach": {"warning"}}
    assert document.document["online"]["account"] == "Editor Lab"
    assert document.actions == {"un/a.csv": "fetch", "b.csv": "fetch"}
    assert "The key belongs to Editor Lab." in screen.out
    assert "The API key ends within a week" in screen.out
    assert f"The bucket {real.bucket.bucket} on {real.bucket.endpoint} can be listed and read." in (
        screen.out
    )
    assert "Every bucket, dataset and resource answers as it should." in screen.out
    assert not real.state.exists()  # nothing was written


@pytest.mark.udata
def test_the_key_of_a_partial_editor_reaches_no_further_than_the_manifest(real: Office) -> None:
    """As docs/securite.md advises."""
    real.target("Un", "a.csv", b"id\n1\n")
    server = real.portal
    person = server.call("GET", "/api/1/me/", "partial").json()["id"]
    path = f"/api/1/organizations/{server.organization}/member/{person}/assignments/"
    wanted = [{"class": "Dataset", "id": real.dataset}]
    assert server.call("PUT", path, "orgadmin", json=wanted).status_code == 200
    real.settings[KEY] = server.keys["partial"]

    looked, done = real.run("check", "--online", "--json"), real.sync()

    assert results(looked)["key_reach"] == {"ok"}
    assert (looked.code, done.code) == (0, 0)
    assert done.document["summary"] == {"replaced": 1}


@pytest.mark.udata
def test_a_refused_key_on_the_real_portal_does_not_hide_the_bucket(real: Office) -> None:
    real.target("Un", "a.csv", b"id\n1\n")
    real.settings[KEY] = "udata_not-a-key"

    done = real.run("check", "--online", "--json")

    assert done.code == 1
    found = results(done)
    assert (found["key"], found["bucket"], found["clock"]) == ({"problem"}, {"ok"}, {"ok"})
    assert "key_expiry" not in found
    assert (done.document["online"]["account"], done.document["online"]["actions"]) == (None, [])
    assert "udata_not-a-key" not in done.all


def test_a_source_that_is_down_hides_neither_the_portal_nor_the_other_source(
    office: Office, other_source: str
) -> None:
    class Two(Office):
        @property
        def text(self) -> str:
            second = f"  ailleurs: {{endpoint: '{other_source}', bucket: autre}}\n"
            return super().text.replace("\nsources:\n", f"\nsources:\n{second}")

    office = Two(office.portal, office.bucket, office.folder, simulator=office.simulator)
    office.target("Un", "a.csv", b"id\n1\n")
    office.target("Deux", "b.csv", None, source="ailleurs")
    office.settings |= {
        "SYNCD_SOURCES__AILLEURS__ACCESS_KEY_ID": "id",
        "SYNCD_SOURCES__AILLEURS__SECRET_ACCESS_KEY": "secret-0123456",
    }

    done = office.run("check", "--online", "--json")
    screen = office.run("check", "--online")

    assert (done.code, screen.code) == (1, 1)
    assert results(done)["bucket"] == {"ok", "problem"}
    assert results(done)["key"] == {"ok"}
    assert done.actions == {"a.csv": "fetch"}
    (failure,) = done.document["online"]["failures"]
    assert failure["object"] == "b.csv"
    assert screen.out.count(f"{other_source} cannot be reached (Connection refused)") == 1


def test_a_portal_that_is_down_does_not_hide_the_buckets(office: Office, other_source: str) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    office.url = other_source

    done = office.run("check", "--online")

    assert done.code == 1
    assert done.out.count("127.0.0.1 cannot be reached (Connection refused)") == 1
    assert (
        f"The bucket {office.bucket.bucket} on {office.bucket.endpoint} can be listed" in done.out
    )
    assert "The datasets were not looked at" in done.out


def test_two_sources_of_one_host_have_one_way_and_one_clock(office: Office) -> None:
    class Two(Office):
        @property
        def text(self) -> str:
            one = f"endpoint: '{office.bucket.endpoint}', bucket: {office.bucket.bucket}"
            second = f"  ailleurs: {{{one}, addressing: path}}\n"
            return super().text.replace("\nsources:\n", f"\nsources:\n{second}")

    office = Two(office.portal, office.bucket, office.folder, simulator=office.simulator)
    office.target("Un", "a.csv", b"id\n1\n")
    office.settings |= {
        "SYNCD_SOURCES__AILLEURS__ACCESS_KEY_ID": office.bucket.access_key,
        "SYNCD_SOURCES__AILLEURS__SECRET_ACCESS_KEY": "wrong-secret-0123",
    }

    done = office.run("check", "--online", "--json")

    checks = [(one["check"], one["about"]) for one in done.document["online"]["checks"]]
    assert len(checks) == len(set(checks))
    assert results(done)["bucket"] == {"ok", "problem"}  # the second one's key is wrong
    assert done.code == 1


@pytest.mark.parametrize(
    ("ahead", "result", "code"), [(120, "warning", 0), (-120, "warning", 0), (700, "problem", 1)]
)
def test_a_wrong_clock_is_found_before_s3_refuses(
    office: Office, ahead: float, result: str, code: int
) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    office.simulator.clock.advance(ahead)

    done = office.run("check", "--online", "--json")

    assert done.code == code
    assert results(done)["clock"] == {"ok", result}  # S3's clock is right
    (told,) = re.findall(r"by (\d+) s\.", messages(done, "clock"))
    assert abs(int(told) - abs(ahead)) <= 5


def test_an_object_above_the_ceiling_is_a_problem_before_it_is_fetched(office: Office) -> None:
    office.target("Gros", "gros.csv", b"x" * 2_000_000)
    office.settings["SYNCD_SPOOL_LIMIT"] = "1MB"

    done = office.run("check", "--online", "--json")

    assert done.code == 1
    assert "gros.csv has 2.00 MB; the limit is 1.00 MB." in messages(done, "disk")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_small_disk_is_a_warning_that_names_what_must_find_room(
    office: Office, small_disk: Path
) -> None:
    office.target("Gros", "gros.csv", b"x" * 2_000_000)
    office.state = small_disk / "state"

    done = office.run("check", "--online", "--json")

    assert done.code == 0
    assert results(done)["disk"] == {"warning"}
    assert "the largest file to fetch has 2.00 MB" in messages(done, "disk")
    assert "(tmpfs)" in messages(done, "state_folder")


def test_what_sync_would_hold_for_a_person_still_ends_with_3(office: Office) -> None:
    office.target("Absent", "jamais.csv", None)

    done = office.run("check", "--online")

    assert done.code == 3
    assert "ok " in done.out
    assert "jamais.csv is not in the bucket" in done.out


def test_every_request_of_the_preflight_reads(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    office.simulator.journal.clear()

    done = office.run("check", "--online", "--json")

    asked = office.simulator.requests
    assert {one.method for one in asked} == {"GET"}
    assert sorted(one.path for one in asked) == sorted(
        [
            "/api/1/me/",
            "/api/1/me/api_tokens/",
            "/api/1/me/datasets/",
            f"/api/1/organizations/{office.portal.organization}/datasets/",
            "/api/1/datasets/extensions/",
            f"/api/1/datasets/{office.dataset}/",
        ]
    )
    document: dict[str, Any] = json.loads(done.out)
    assert set(document["online"]) == {
        "account",
        "checks",
        "actions",
        "failures",
        "renames",
        "paused",
        "unmapped",
        "unmapped_count",
        "summary",
    }


def test_what_lies_open_is_said_by_check_and_changes_no_exit_code(office: Office) -> None:
    office.target("Un", "un/a.csv", b"id\n1\n")
    secrets = office.folder / "secrets"
    secrets.mkdir()
    os.mkfifo(secrets / "SYNCD_NOTIFY_URLS")
    office.settings["SYNCD_SECRETS_DIR"] = str(secrets)

    screen, document = office.run("check"), office.run("check", "--json")

    assert (screen.code, document.code) == (0, 0), screen
    (warning,) = document.document["warnings"]
    assert "SYNCD_NOTIFY_URLS is a pipe" in warning
    assert "SYNCD_NOTIFY_URLS is a pipe" in " ".join(screen.out.split())
