"""A file is read while it is written: the same is found, and it makes way for others."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.adapters.reader.client import ReaderProcess
from syncd.adapters.reader.growing import GrowingFile
from syncd.core.ports import SpooledFile
from syncd.guards.content.reading import profile_of
from syncd.guards.profile import Profile
from tests.support.builders import digest
from tests.support.corpus import Sample, corpus
from tests.support.shared_reader import looked_into, nothing, read_here

ROWS = b"id,nom\n" + b"".join(b"%d,Mus\xc3\xa9e\n" % n for n in range(50_000))
SAMPLES = [sample for sample in corpus() if not sample.is_large]


@pytest.fixture
def reader() -> Iterator[ReaderProcess]:
    own = ReaderProcess()
    yield own
    own.close()


def spooled(path: Path) -> SpooledFile:
    return SpooledFile(path, digest("any", path.stat().st_size))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.label)
def test_a_file_that_grows_is_found_to_be_what_it_is_in_the_end(
    tmp_path: Path, sample: Sample
) -> None:
    whole, growing = tmp_path / "whole", tmp_path / "growing"
    whole.write_bytes(sample.content)
    end, told = os.pipe()
    writer = os.open(growing, os.O_CREAT | os.O_WRONLY)

    def write() -> None:
        step = max(len(sample.content) // 7, 1)
        for at in range(0, len(sample.content), step):
            os.write(writer, sample.content[at : at + step])
        os.write(told, b".")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with GrowingFile(os.open(growing, os.O_RDONLY), end, nothing) as file:
            assert profile_of(file, sample.name) == read_here(whole, sample.name)
    finally:
        thread.join()
        for descriptor in (end, told, writer):
            os.close(descriptor)


def test_who_reads_a_file_that_is_never_whole_ends(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"id\n")
    end, told = os.pipe()
    os.close(told)
    with (
        GrowingFile(os.open(tmp_path / "a", os.O_RDONLY), end, nothing) as file,
        pytest.raises(SystemExit),
    ):
        file.read(10)
    os.close(end)


def test_what_was_read_ahead_is_what_would_be_read_at_once(
    tmp_path: Path, reader: ReaderProcess
) -> None:
    path = tmp_path / "spooled"
    opened: list[str] = []
    with path.open("wb", buffering=0) as file:
        following = reader.follow(path, "a.csv", len(ROWS))
        assert following is not None
        file.write(ROWS[:300_001])
        file.write(ROWS[300_001:])
    process = reader._running
    found = reader.read(spooled(path), "a.csv", lambda: opened.append("a"), following=following)
    following.end()
    assert Profile.from_json(found) == looked_into(path, "a.csv", reader)
    assert (opened, reader._running) == (["a"], process)


def test_a_file_that_is_still_written_makes_way_for_one_that_is_whole(
    tmp_path: Path, reader: ReaderProcess
) -> None:
    path, other = tmp_path / "spooled", tmp_path / "other"
    path.write_bytes(ROWS)
    other.write_bytes(b"id\n1\n")
    following = reader.follow(path, "a.csv", len(ROWS))
    assert following is not None
    assert reader.follow(path, "b.csv", len(ROWS)) is None
    assert looked_into(other, "b.csv", reader).rows == 1
    found = Profile.from_json(reader.read(spooled(path), "a.csv", nothing, following=following))
    assert found is not None
    assert found.rows == 50_000


def test_a_reading_that_is_given_up_leaves_the_turn_and_no_descriptor(
    tmp_path: Path, reader: ReaderProcess
) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(ROWS)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        following = reader.follow(path, "a.csv", len(ROWS))
        assert following is not None
        following.end()
        following.end()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert looked_into(path, "a.csv", reader).rows == 50_000


def test_what_cannot_be_begun_is_not_followed(tmp_path: Path, reader: ReaderProcess) -> None:
    assert reader.follow(tmp_path / "none", "a.csv", 1) is None
    (tmp_path / "a").write_bytes(b"id\n1\n")
    assert looked_into(tmp_path / "a", "a.csv", reader).rows == 1
