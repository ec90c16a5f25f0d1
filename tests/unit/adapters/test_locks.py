"""Locks in files: what becomes of the files."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.disk.locks import FileLocks
from syncd.adapters.locks import DatasetLocks
from syncd.core.errors import SpoolError
from tests.support.waiting_clock import Clock

PORTAL = "https://demo.data.gouv.fr"
DATASET = "5d2c4f6e8b4c4110c5a1b2c3"


def _locks(folder: Path) -> DatasetLocks:
    clock = Clock()
    return DatasetLocks(FileLocks(folder), clock=clock, wait=clock.wait)


@pytest.fixture
def locks(tmp_path: Path) -> DatasetLocks:
    return _locks(tmp_path / "locks")


def test_the_file_of_a_lock_is_never_deleted(locks: DatasetLocks, tmp_path: Path) -> None:
    with locks.hold(PORTAL, DATASET, 0):
        [path] = (tmp_path / "locks").iterdir()
        inode = path.stat().st_ino
    with locks.hold(PORTAL, DATASET, 0):
        assert path.stat().st_ino == inode
    assert path.exists()


def test_a_folder_that_cannot_be_used_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    locks = _locks(tmp_path / "file" / "locks")
    with pytest.raises(SpoolError) as caught, locks.hold(PORTAL, DATASET, 0):
        pass
    assert caught.value.reason.code == "lock_folder"


def test_a_state_folder_that_a_command_s_lock_makes_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "locks"
    with _locks(folder).hold(PORTAL, DATASET, 0):
        pass
    assert [one.stat().st_mode & 0o777 for one in (folder, folder.parent)] == [0o700, 0o700]


def test_a_state_folder_that_is_there_stays_as_open_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with _locks(tmp_path / "locks").hold(PORTAL, DATASET, 0):
        pass
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_all_of_them_are_let_go_at_the_end(locks: DatasetLocks, tmp_path: Path) -> None:
    with locks.hold_free(PORTAL, ["a", "b"]):
        pass
    with locks.hold(PORTAL, "a", 0), locks.hold(PORTAL, "b", 0):
        pass
    assert [path.stat().st_size for path in (tmp_path / "locks").iterdir()] == [0, 0]


def test_where_one_cannot_be_had_the_others_are_let_go(
    locks: DatasetLocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def full(*given: Any, **named: Any) -> int:
        full.times += 1  # type: ignore[attr-defined]  # counts its calls
        if full.times > 2:  # type: ignore[attr-defined]
            raise OSError(errno.EMFILE, "Too many open files")
        return opened(*given, **named)

    full.times = 0  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", full)
        with pytest.raises(SpoolError), locks.hold_free(PORTAL, ["a", "b", "c"]):
            pass
    with locks.hold(PORTAL, "a", 0):
        pass
