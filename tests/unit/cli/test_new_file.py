"""A file that the operator named is whole or not there, and nobody else's is lost."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO

import pytest

from syncd.cli.output import new_file
from syncd.core.errors import UsageError


def words(into: IO[bytes]) -> None:
    into.write(b"neuf")


def test_it_is_written_for_its_owner_alone_and_nothing_lies_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    new_file.save(path, words, overwrite=False, mode=0o600)

    assert path.read_bytes() == b"neuf"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"vieux")

    with pytest.raises(UsageError, match="init_exists"):
        new_file.expect_room(path, overwrite=False)
    with pytest.raises(UsageError, match="init_exists"):
        new_file.save(path, words, overwrite=False, mode=0o600)
    assert path.read_bytes() == b"vieux"
    new_file.expect_room(path, overwrite=True)
    new_file.save(path, words, overwrite=True, mode=0o600)
    assert path.read_bytes() == b"neuf"


def test_a_full_disk_is_one_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def full(into: IO[bytes]) -> None:
        into.write(b"a half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(UsageError, match="No space left on device"):
        new_file.save(tmp_path / "a.csv", full, overwrite=True, mode=0o600)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_it_belongs_to_whom_it_is_said_to(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    new_file.save(path, words, overwrite=True, mode=0o640, owner=(10001, 10002))

    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (10001, 10002, 0o640)


def test_it_is_on_disk_before_it_takes_the_place_of_the_former(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a manifest is the old one or the new one, never an empty one."""
    path = tmp_path / "manifest.yaml"
    path.write_bytes(b"former")
    synced: list[bytes] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        assert path.read_bytes() == b"former"
        synced.append(Path(f"/proc/self/fd/{descriptor}").read_bytes())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    new_file.save(path, words, overwrite=True, mode=0o640)

    assert synced == [path.read_bytes()]
