"""One process that looks into files, for all tests of a run: each start takes a while."""

from __future__ import annotations

import atexit
from pathlib import Path

from syncd.adapters.reader.client import ReaderProcess
from syncd.core.ports import SpooledFile
from syncd.guards.content.reading import profile_of
from syncd.guards.profile import Profile
from tests.support.builders import digest

READER = ReaderProcess()
atexit.register(READER.close)


def nothing() -> None:
    """Nobody notes that a file is opened."""


def looked_into(path: Path, name: str, reader: ReaderProcess = READER) -> Profile:
    """As syncd does it: in the process that has limits."""
    file = SpooledFile(path, digest("any", path.stat().st_size))
    found = Profile.from_json(reader.read(file, name, nothing))
    assert found is not None
    return found


def read_here(path: Path, name: str) -> Profile:
    """The same, in this process: quicker, and where it can be followed."""
    with path.open("rb", buffering=0) as file:
        return profile_of(file, name)
