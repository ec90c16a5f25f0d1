"""Kept files in a folder: what `tests/contract/archive` does not ask of a bucket as well."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.adapters.disk.archive import Archive
from syncd.core.records import Kept
from tests.support.archives import spooled
from tests.support.builders import digest

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive", 2, 1000)


def test_keeping_on_another_file_system_copies(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)

    assert archive.keep(spooled(tmp_path, "bytes")) is None
    path = tmp_path / "archive" / digest("bytes").sha1
    assert path.read_text() == "bytes"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_is_on_disk_under_its_name_only_when_it_is_whole(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the last rename, nothing has the name of the digest."""
    file = spooled(tmp_path, "bytes")
    synced: list[str] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    def killed(self: Path, _target: Path) -> Path:
        assert [name[:5] for name in synced] == [".new-"]  # the bytes, before the name
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        archive.keep(file)
    assert archive.where(digest("bytes"), None) is Kept.NOWHERE

    monkeypatch.undo()
    assert archive.keep(file) is None


@pytest.mark.parametrize(("free", "code"), [(8, None), (7, "archive_full")])
def test_what_is_kept_leaves_as_much_free_as_it_takes(
    archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    code: str | None,
) -> None:
    """Else old files would keep the next one from being read."""
    assert archive.keep(spooled(tmp_path, "old")) is None
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(100, 100 - free, free))

    reason = archive.keep(spooled(tmp_path, "bytes"))

    assert (reason.code if reason else None) == code


def test_a_folder_that_cannot_be_used_is_a_reason_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("in the way")
    archive = Archive(tmp_path / "archive", 2, 1000)

    reason = archive.keep(spooled(tmp_path / "spool", "bytes"))

    assert reason is not None
    assert reason.code == "archive_disk"
    assert archive.where(digest("bytes"), None) is Kept.NOWHERE
    assert archive.sweep(lambda _names: {}, NOW) == 0


def test_an_archive_of_no_versions_keeps_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", 0, 1000)

    assert archive.keep(spooled(tmp_path, "bytes")) is None
    assert archive.where(digest("bytes"), None) is Kept.NOWHERE
    assert not (tmp_path / "archive").exists()


def test_half_written_files_of_the_dead_are_removed(archive: Archive, tmp_path: Path) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    (tmp_path / "archive" / ".new-dead").write_text("half")

    archive.sweep(lambda _names: {digest("bytes").sha1: True}, NOW)

    assert not (tmp_path / "archive" / ".new-dead").exists()


def test_keeping_what_is_online_too_does_not_wait_for_the_disk(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr("os.fsync", waits.append)
    assert archive.keep(spooled(tmp_path, "online"), wait_for_disk=False) is None
    assert waits == []
    assert archive.keep(spooled(tmp_path, "only copy")) is None
    assert len(waits) == 2  # the file and its name
