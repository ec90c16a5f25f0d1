"""What lies open to others is said, each in one sentence; what is a container's own is not."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from syncd import text
from syncd.actions import exposure
from syncd.config.configuration import App
from syncd.config.manifest import loads
from syncd.config.settings import Settings
from syncd.text import sentence

MANIFEST = """
version: 1
portal: https://www.data.gouv.fr
sources:
  depot:
    endpoint: {endpoint}
    bucket: opendata
datasets:
  - dataset: musees
    resources:
      - resource: 0f8fad5b-d9cb-469f-a165-70867728950e
        source: depot
        object: a.csv
"""
HOST = "1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /run rw - tmpfs tmpfs rw\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that everybody can come to, as pytest's own is not; no mounts of its own."""
    here = tmp_path
    while here != here.parent and here.stat().st_uid == os.geteuid():
        here.chmod(here.stat().st_mode | 0o055)
        here = here.parent
    monkeypatch.setattr(exposure, "mounts", lambda: HOST)
    text.speak("en")
    return tmp_path


def of(place: Path, endpoint: str = "https://s3.example.fr", **more: Any) -> list[str]:
    settings = Settings(secrets_dir=place / "secrets", state_dir=place / "state", **more)
    app = App(settings, loads(MANIFEST.format(endpoint=endpoint), "manifest.yaml"))
    return [sentence(reason) for reason in exposure.exposures(app, place)]


def secret(place: Path, mode: int, name: str = "SYNCD_API_KEY") -> Path:
    folder = place / "secrets"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / name).write_text("key")
    (folder / name).chmod(mode)
    return folder / name


def test_what_is_closed_needs_no_word(place: Path) -> None:
    secret(place, 0o400)
    (place / "state").mkdir(mode=0o700)
    (place / ".env").write_text("SYNCD_API_KEY='x'\n")
    (place / ".env").chmod(0o600)
    assert of(place) == []


def test_what_is_not_there_needs_no_word(place: Path) -> None:
    assert of(place) == []


@pytest.mark.parametrize("mode", [0o444, 0o644, 0o604, 0o402])
def test_a_secret_that_others_can_read_or_change_is_said_with_what_to_do(
    place: Path, mode: int
) -> None:
    file = secret(place, mode)
    (said,) = of(place)
    assert f"mode {mode:04o}" in said
    assert f"chmod 0400 {file}" in said


def test_a_secret_that_only_a_group_can_read_is_said_where_others_are_in_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(place, 0o440)
    monkeypatch.setattr(exposure, "_is_private", lambda *_: False)
    assert len(of(place)) == 1
    monkeypatch.setattr(exposure, "_is_private", lambda *_: True)
    assert of(place) == []


def test_anothers_secret_that_we_get_at_by_our_group_needs_no_word(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(place, 0o440)
    monkeypatch.setattr(exposure, "_is_private", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: 10001)
    assert of(place) == []


def test_a_secret_in_a_folder_that_nobody_can_enter_needs_no_word(place: Path) -> None:
    secret(place, 0o644).parent.chmod(0o700)
    assert of(place) == []


def test_files_that_are_none_of_ours_need_no_word(place: Path) -> None:
    secret(place, 0o644, "OTHER_KEY")
    (place / "secrets" / "SYNCD_FOLDER").mkdir()
    assert of(place) == []


@pytest.mark.parametrize("point", ["secrets", "secrets/SYNCD_API_KEY"])
def test_what_was_mounted_out_of_memory_for_a_container_needs_no_word(
    place: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Kubernetes: mode 0644 behind two links. Docker Swarm: 0444."""
    file = secret(place, 0o644)
    real = file.parent / "..2026" / file.name
    real.parent.mkdir()
    file.rename(real)
    (file.parent / "..data").symlink_to("..2026")
    file.symlink_to(Path("..data") / file.name)
    lines = f"{HOST}3 1 0:3 / {place / 'secrets'} ro - tmpfs tmpfs rw\n"
    monkeypatch.setattr(exposure, "mounts", lambda: lines)
    assert of(place) == []


def test_a_file_of_the_host_that_is_mounted_is_open_to_those_on_the_host(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = secret(place, 0o644)
    lines = f"1 0 0:1 / / rw - overlay o rw\n3 1 8:1 /x {file} ro - ext4 /dev/sda rw\n"
    monkeypatch.setattr(exposure, "mounts", lambda: lines)
    assert len(of(place)) == 1
    file.chmod(0o400)  # as docker-compose.yml says
    assert of(place) == []


def test_a_pipe_or_a_socket_among_the_secrets_is_said_and_not_read(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "secrets").mkdir()
    os.mkfifo(place / "secrets" / "SYNCD_API_KEY")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(place / "secrets")  # the name of a socket may not be long
        listening.bind("SYNCD_NOTIFY_URLS")
        said = of(place)
    assert len(said) == 2
    assert "SYNCD_API_KEY is a pipe" in said[0]


def test_what_is_in_the_settings_files_place_is_said_as_what_it_is(place: Path) -> None:
    (place / ".env").mkdir()
    (said,) = of(place)
    assert f"{place / '.env'} is a folder, and was not read" in said
    (place / ".env").rmdir()
    os.mkfifo(place / ".env")
    (said,) = of(place)
    assert "is a pipe, and" in said
    (place / ".env").unlink()
    (place / ".env").symlink_to("/dev/null")
    (said,) = of(place)
    assert "is a device, and" in said


def test_a_settings_file_with_a_secret_that_others_can_read_is_said(place: Path) -> None:
    (place / ".env").write_text("export SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY='x'\n")
    (place / ".env").chmod(0o644)
    (said,) = of(place)
    assert "chmod 0400" in said


def test_a_settings_file_without_a_secret_may_be_read_but_not_changed(place: Path) -> None:
    (place / ".env").write_text("SYNCD_LANG=fr\nOTHER_PASSWORD=x\n")
    (place / ".env").chmod(0o644)
    assert of(place) == []
    (place / ".env").chmod(0o646)
    assert len(of(place)) == 1


def test_a_settings_file_of_another_user_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / ".env").write_text("SYNCD_LANG=fr\n")
    (place / ".env").chmod(0o644)
    if os.geteuid() == 0:
        os.chown(place / ".env", 4242, 0)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4243)
    (said,) = of(place)
    assert "belongs to " in said


@pytest.mark.parametrize("mode", [0o755, 0o701, 0o707])
def test_a_state_folder_that_others_can_look_into_is_said(place: Path, mode: int) -> None:
    (place / "state").mkdir()
    (place / "state").chmod(mode)
    (said,) = of(place)
    assert f"chmod 0700 {place / 'state'}" in said


def test_a_volume_of_a_container_is_open_to_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "state").mkdir()
    (place / "state").chmod(0o777)
    volume = f"3 1 8:1 /x {place / 'state'} rw - ext4 /dev/sda rw\n"
    monkeypatch.setattr(exposure, "mounts", lambda: f"1 0 0:1 / / rw - overlay o rw\n{volume}")
    assert of(place) == []
    monkeypatch.setattr(exposure, "mounts", lambda: f"{HOST}{volume}")  # a disk of its own
    assert len(of(place)) == 1


@pytest.mark.parametrize(
    ("endpoint", "open_way"),
    [("http://s3:8333", True), ("http://127.0.0.1:1", False), ("https://s3.example.fr", False)],
)
def test_a_bucket_that_is_read_without_encryption_is_said(
    place: Path, endpoint: str, *, open_way: bool
) -> None:
    found = of(place, endpoint)
    assert len(found) == open_way
    assert all(f"({endpoint}, line 6 of the manifest)" in said for said in found)


def test_contacts_alone_are_nobody_for_the_troubles_of_syncd_itself(place: Path) -> None:
    contacts = {"contact_url": "mailto://mail.example.fr?from=syncd@example.fr&to={contact}"}
    assert [said[:24] for said in of(place, **contacts)] == ["Nobody is told when some"]
    assert of(place, **contacts, notify_urls="json://ops.example.fr") == []
