"""What is syncd's own in its state folder: for backups, and for what one of them replaces."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from syncd.adapters.disk.file_lock import wait_for_lock

ARCHIVE, SCHEMAS = "archive", "schemas"
LAST_GOOD = "manifest.last-good.yaml"  # the service's copy of its manifest
_ASIDE, _DRAFT = "before-restore-", ".backup-"
_BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite's own files of one database


@contextmanager
def staging(state_dir: Path) -> Iterator[Path]:
    """A private folder in the state folder, gone at the end. Those of the killed go, too; of the
    living one waits for the other. `OSError`."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(state_dir, os.O_RDONLY | os.O_CLOEXEC)
    try:
        wait_for_lock(descriptor)
        for left in state_dir.glob(f"{_DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=state_dir))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def schemas(state_dir: Path) -> list[Path]:
    """The files of the frozen schemas."""
    folder = state_dir / SCHEMAS
    return sorted(path for path in folder.glob("*.json") if path.is_file())


def remembered(state_dir: Path, ledger: Path) -> list[Path]:
    """What a restored state would take the place of. What is only in transit is not among it."""
    own = [state_dir / ARCHIVE, state_dir / SCHEMAS]
    found = [folder for folder in own if folder.is_dir() and any(folder.glob("[!.]*"))]
    files = [ledger.with_name(ledger.name + end) for end in _BESIDE]
    return [*found, *(path for path in (state_dir / LAST_GOOD, *files) if path.exists())]


def moved_aside(state_dir: Path, ledger: Path, now: datetime) -> Path:
    """The new folder in which all of that is now, the ledger last. `OSError`.

    It lies in the state folder, which may be another file system's root.
    """
    aside = state_dir / f"{_ASIDE}{now:%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for path in remembered(state_dir, ledger):
        shutil.move(path, aside / path.name)  # a ledger may be on another disk
    return aside


def put_in_place(staged: Path, state_dir: Path, ledger: Path, name: str) -> None:
    """What was staged, the ledger, `name`, last: until then there is none. `OSError`."""
    for folder in (ARCHIVE, SCHEMAS):
        if (staged / folder).is_dir():
            new = state_dir / folder
            shutil.copytree(staged / folder, new, dirs_exist_ok=True, copy_function=os.replace)
    ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = ledger.with_name(f".{ledger.name}.restored")
    shutil.move(staged / name, draft)
    draft.replace(ledger)
    descriptor = os.open(ledger.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
