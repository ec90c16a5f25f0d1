"""Kept files: whole or not there, below a ceiling, gone only when nothing claims them."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections import namedtuple
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.disk.archive import SWEEP_EVERY, UNKNOWN_FOR, Archive
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest
from syncd.core.ports import SpooledFile
from syncd.core.records import Kept
from tests.support.builders import digest

NOW = datetime.now(UTC)


def spooled(folder: Path, word: str) -> SpooledFile:
    folder.mkdir(exist_ok=True)
    path = folder / f"spooled-{digest(word).sha1}"
    path.write_text(word)
    return SpooledFile(path, digest(word))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive", 2, 1000)


def test_a_kept_file_is_had_again_when_the_spool_has_let_go_of_it(
    archive: Archive, tmp_path: Path
) -> None:
    file = spooled(tmp_path, "bytes")
    assert archive.keep(file) is None
    file.path.unlink()

    with archive.fetch(digest("bytes")) as kept:
        assert kept.path.read_text() == "bytes"
        assert kept.digest == digest("bytes")
    assert archive.where(digest("bytes"), None) is Kept.ARCHIVE


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


def test_other_bytes_under_a_kept_name_are_never_given_out(
    archive: Archive, tmp_path: Path
) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    (tmp_path / "archive" / digest("bytes").sha1).write_text("other")

    with pytest.raises(SpoolError) as caught, archive.fetch(digest("bytes")):
        pass
    assert caught.value.reason.code == "archive_damaged"


def test_a_file_that_went_is_said(archive: Archive) -> None:
    with pytest.raises(SpoolError) as caught, archive.fetch(digest("bytes")):
        pass
    assert caught.value.reason.code == "archive_missing"


@pytest.mark.parametrize(("size", "code"), [(1000, None), (1001, "archive_ceiling")])
def test_the_ceiling_is_held_to_the_byte(archive: Archive, size: int, code: str | None) -> None:
    reason = archive.room_for(size)
    assert (reason.code if reason else None) == code


def test_what_is_kept_counts_against_the_ceiling(archive: Archive, tmp_path: Path) -> None:
    archive.keep(spooled(tmp_path, "x" * 600))

    reason = archive.keep(spooled(tmp_path, "y" * 401))

    assert reason is not None
    assert dict(reason.facts) == {"size": 401, "used": 600, "limit": 1000}
    assert archive.where(digest("y" * 401), None) is Kept.NOWHERE
    assert archive.keep(spooled(tmp_path, "y" * 400)) is None


def test_the_same_bytes_are_kept_once_also_when_the_archive_is_full(
    archive: Archive, tmp_path: Path
) -> None:
    file = spooled(tmp_path, "x" * 1000)
    assert archive.keep(file) is None
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


def test_the_bucket_keeps_what_has_a_version(archive: Archive) -> None:
    assert archive.where(digest("bytes"), "v1") is Kept.SOURCE


def test_a_file_goes_when_nothing_claims_it_and_stays_while_something_does(
    archive: Archive, tmp_path: Path
) -> None:
    for word in ("claimed", "let go", "unknown"):
        archive.keep(spooled(tmp_path, word))
    claims = {digest("claimed").sha1: True, digest("let go").sha1: False}

    assert archive.sweep(lambda _names: claims, NOW) == 1

    found = {word: archive.where(digest(word), None) for word in ("claimed", "let go", "unknown")}
    assert found == {"claimed": Kept.ARCHIVE, "let go": Kept.NOWHERE, "unknown": Kept.ARCHIVE}


@pytest.mark.parametrize(("age", "swept"), [(UNKNOWN_FOR, 0), (UNKNOWN_FOR * 1.01, 1)])
def test_a_file_that_the_ledger_does_not_know_goes_after_a_month(
    archive: Archive, tmp_path: Path, age: timedelta, swept: int
) -> None:
    archive.keep(spooled(tmp_path, "unknown"))
    path = tmp_path / "archive" / digest("unknown").sha1
    when = (NOW - age).timestamp() + 1
    os.utime(path, (when, when))

    assert archive.sweep(lambda _names: {}, NOW) == swept


def test_half_written_files_of_the_dead_are_removed(archive: Archive, tmp_path: Path) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    (tmp_path / "archive" / ".new-dead").write_text("half")

    archive.sweep(lambda _names: {digest("bytes").sha1: True}, NOW)

    assert not (tmp_path / "archive" / ".new-dead").exists()


def test_a_size_that_differs_is_not_kept(archive: Archive) -> None:
    assert archive.where(Digest("0" * 40, 3), None) is Kept.NOWHERE


def test_what_was_let_go_goes_alone_until_the_next_day(archive: Archive, tmp_path: Path) -> None:
    """Else each publication would look at the whole archive."""
    for word in ("one", "two", "three"):
        assert archive.keep(spooled(tmp_path, word)) is None
    asked: list[set[str]] = []

    def claims(of: Collection[str]) -> dict[str, bool]:
        asked.append(set(of))
        return {digest(word).sha1: word == "three" for word in ("one", "two", "three")}

    one, two = digest("one"), digest("two")
    assert archive.sweep(lambda _of: dict.fromkeys((one.sha1, two.sha1), True), NOW) == 0
    assert archive.sweep(claims, NOW, only={one.sha1, digest("three").sha1}) == 1
    assert asked == [{one.sha1, digest("three").sha1}]
    assert archive.where(two, None) is Kept.ARCHIVE
    assert archive.sweep(claims, NOW + SWEEP_EVERY, only={one.sha1}) == 1
    assert archive.where(two, None) is Kept.NOWHERE


def test_keeping_what_is_online_too_does_not_wait_for_the_disk(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr("os.fsync", waits.append)
    assert archive.keep(spooled(tmp_path, "online"), wait_for_disk=False) is None
    assert waits == []
    assert archive.keep(spooled(tmp_path, "only copy")) is None
    assert len(waits) == 2  # the file and its name


def test_the_ceiling_counts_what_others_kept_and_removed(tmp_path: Path) -> None:
    size = len(b"12345")
    ours, others = (Archive(tmp_path / "archive", 2, 2 * size) for _ in range(2))
    assert ours.keep(spooled(tmp_path, "12345")) is None
    assert others.keep(spooled(tmp_path, "abcde")) is None
    full = ours.keep(spooled(tmp_path, "third"))
    assert full is not None
    assert full.code == "archive_ceiling"
    gone = digest("abcde").sha1
    assert others.sweep(lambda _of: {gone: False, digest("12345").sha1: True}, NOW) == 1
    assert ours.keep(spooled(tmp_path, "third")) is None
    assert ours.sweep(lambda _names: {}, NOW, only=set()) == 0
    more = ours.keep(spooled(tmp_path, "forth"))
    assert more is not None
    assert ours.sweep(lambda _of: {digest("third").sha1: False}, NOW, only={digest("third").sha1})
    assert ours.keep(spooled(tmp_path, "forth")) is None
