"""The spool: bytes to disk in one pass, below a ceiling, and nothing left behind."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import tracemalloc
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.disk.spool import Sha1, Spool
from syncd.core.errors import ObjectChanged, SourceUnreachable, SpoolError
from syncd.core.objects import Digest, Fingerprint, Location, ObjectPage, Version
from syncd.core.ports import ObjectSource, OpenObject, Transfer
from syncd.core.reasons import because

MIB = 1024 * 1024
WHEN = datetime(2025, 3, 1, tzinfo=UTC)


def a_cut(size: int) -> SourceUnreachable:
    return SourceUnreachable("s3_cut", detail=f"{size}")


@dataclass
class Memory:
    """A source that makes its bytes up; `trouble` is raised after the last chunk."""

    chunks: Callable[[], Iterator[bytes]]
    trouble: Exception | None = None
    opened: int = 0

    @property
    def location(self) -> Location:
        return Location("http://s3.example.invalid", "depot")

    def pages(self, prefix: str, *, recursive: bool) -> Iterator[ObjectPage]:
        raise NotImplementedError

    def stat(self, key: str) -> Version | None:
        raise NotImplementedError

    @contextmanager
    def open(self, version: Version) -> Iterator[OpenObject]:
        self.opened += 1
        yield OpenObject(version.fingerprint.size, "v7", self._all(), a_cut)

    def _all(self) -> Iterator[bytes]:
        yield from self.chunks()
        if self.trouble:
            raise self.trouble


@dataclass
class Counted:
    counts: list[int] = field(default_factory=list)

    def advance(self, count: int) -> None:
        self.counts.append(count)

    def restart(self) -> None:
        self.counts.clear()


def holding(*chunks: bytes, trouble: Exception | None = None) -> Memory:
    return Memory(lambda: iter(chunks), trouble)


def version(size: int) -> Version:
    return Version("a.csv", Fingerprint('"e"', size, WHEN))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(folder, limit=10 * MIB)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_fakes_fulfil_the_ports() -> None:
    source: ObjectSource = holding()
    transfer: Transfer = Counted()
    assert source.location.bucket == "depot"
    transfer.restart()


def test_a_fetched_file_holds_the_bytes_with_their_digest(spool: Spool) -> None:
    transfer = Counted()
    with spool.fetch(holding(b"abc", b"de"), version(5), transfer) as file:
        assert file.path.read_bytes() == b"abcde"
        assert file.digest == Digest(hashlib.sha1(b"abcde").hexdigest(), 5)
        assert file.version_id == "v7"
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert transfer.counts == [3, 2]


def test_the_file_is_gone_when_the_block_is_left(spool: Spool, folder: Path) -> None:
    with spool.fetch(holding(b"abc"), version(3), Counted()):
        assert len(left_in(folder)) == 1
    assert left_in(folder) == []


def test_the_file_is_gone_when_the_block_fails(spool: Spool, folder: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        spool.fetch(holding(b"abc"), version(3), Counted()),
    ):
        raise KeyboardInterrupt
    assert left_in(folder) == []


def test_the_file_is_gone_when_the_source_fails(spool: Spool, folder: Path) -> None:
    source = holding(b"abc", trouble=ObjectChanged("s3_object_changed", key="a.csv"))
    with pytest.raises(ObjectChanged), spool.fetch(source, version(5), Counted()):
        pass
    assert left_in(folder) == []


def test_a_caller_may_take_the_file_away(spool: Spool, folder: Path, tmp_path: Path) -> None:
    with spool.fetch(holding(b"abc"), version(3), Counted()) as file:
        file.path.rename(tmp_path / "taken")
    assert left_in(folder) == []


@pytest.mark.parametrize("chunks", [(b"ab",), (b"ab", b"cdef"), ()])
def test_other_than_the_listed_size_is_a_cut(spool: Spool, chunks: tuple[bytes, ...]) -> None:
    with (
        pytest.raises(SourceUnreachable) as caught,
        spool.fetch(holding(*chunks), version(3), Counted()),
    ):
        pass
    assert caught.value.reason == because("s3_cut", detail=f"{len(b''.join(chunks))}")


def test_an_object_above_the_ceiling_is_not_even_opened(folder: Path) -> None:
    source = holding(b"abcd")
    with (
        pytest.raises(SpoolError) as caught,
        Spool(folder, limit=3).fetch(source, version(4), Counted()),
    ):
        pass
    assert caught.value.reason.code == "spool_ceiling"
    assert dict(caught.value.reason.facts) == {"key": "a.csv", "size": 4, "limit": 3}
    assert source.opened == 0


def test_an_object_as_large_as_the_ceiling_passes(folder: Path) -> None:
    with Spool(folder, limit=4).fetch(holding(b"abcd"), version(4), Counted()) as file:
        assert file.digest.size == 4


def test_a_source_that_gives_more_than_it_said_stops_at_the_ceiling(folder: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 10

    with (
        pytest.raises(SpoolError) as caught,
        Spool(folder, limit=95).fetch(Memory(endless), version(4), Counted()),
    ):
        pass
    assert caught.value.reason.code == "spool_ceiling"
    assert left_in(folder) == []


def test_too_little_free_space_is_told_before_reading(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 8, 2))
    source = holding(b"abc")
    with pytest.raises(SpoolError) as caught, spool.fetch(source, version(3), Counted()):
        pass
    assert caught.value.reason.code == "spool_full"
    assert (caught.value.reason.facts["needed"], caught.value.reason.facts["free"]) == (3, 2)
    assert source.opened == 0


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "spool_full"),
        (errno.EDQUOT, "spool_full"),
        (errno.EIO, "spool_disk"),
    ],
    ids=errno.errorcode.get,
)
def test_a_disk_that_fails_in_the_middle_is_one_clear_error(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    write = os.write

    def fail(descriptor: int, data: bytes) -> int:
        if bytes(data).startswith(b"second"):
            raise OSError(number, os.strerror(number))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", fail)
    with (
        pytest.raises(SpoolError) as caught,
        spool.fetch(holding(b"first", b"second"), version(11), Counted()),
    ):
        pass
    monkeypatch.undo()
    assert caught.value.reason.code == code
    assert caught.value.reason.facts["folder"] == str(folder)
    assert left_in(folder) == []


def test_a_really_full_disk_is_told_in_our_words(tmp_path: Path) -> None:
    """Every write to /dev/full fails with ENOSPC: a disk that is full on Linux's word."""

    class Full(Spool):
        def _claim(self) -> tuple[Path, int]:
            return tmp_path / "nowhere", os.open("/dev/full", os.O_RDWR)

    with (
        pytest.raises(SpoolError) as caught,
        Full(tmp_path, limit=MIB).fetch(holding(b"abc"), version(3), Counted()),
    ):
        pass
    assert caught.value.reason.code == "spool_full"


def test_a_partial_write_is_continued(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    with spool.fetch(holding(b"abcdefg"), version(7), Counted()) as file:
        assert file.path.read_bytes() == b"abcdefg"


def test_a_folder_that_cannot_be_made_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = Spool(tmp_path / "file" / "spool", limit=MIB)
    with pytest.raises(SpoolError) as caught, spool.fetch(holding(b"a"), version(1), Counted()):
        pass
    assert caught.value.reason.code == "spool_disk"


def test_a_digest_is_the_same_and_leaves_no_file(spool: Spool, folder: Path) -> None:
    transfer = Counted()
    found = spool.digest(holding(b"abc", b"de"), version(5), transfer)
    assert found == Digest(hashlib.sha1(b"abcde").hexdigest(), 5)
    assert transfer.counts == [3, 2]
    assert left_in(folder) == []


def test_a_digest_obeys_the_same_ceiling(folder: Path) -> None:
    with pytest.raises(SpoolError):
        Spool(folder, limit=3).digest(holding(b"abcd"), version(4), Counted())


def test_memory_stays_flat(folder: Path) -> None:
    def many() -> Iterator[bytes]:
        for _ in range(64):
            yield bytes(MIB)

    tracemalloc.start()
    try:
        with Spool(folder, limit=64 * MIB).fetch(Memory(many), version(64 * MIB), Counted()):
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


CHILD = """
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from syncd.core.objects import Fingerprint, Location, Version
from syncd.core.ports import OpenObject
from syncd.adapters.disk.spool import Sha1, Spool

class Source:
    location = Location("http://s3.example.invalid", "depot")
    @contextmanager
    def open(self, version):
        yield OpenObject(3, None, iter([b"abc"]), ValueError)

class Transfer:
    def advance(self, count): pass

version = Version("a.csv", Fingerprint("e", 3, datetime(2025, 3, 1, tzinfo=UTC)))
with Spool(Path(sys.argv[1]), 10).fetch(Source(), version, Transfer()) as file:
    print(file.path, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_syncd(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            yield child, Path(child.stdout.readline().strip())
        finally:
            child.kill()


def test_a_sweep_leaves_the_files_of_another_living_syncd_and_removes_those_of_a_dead_one(
    spool: Spool, folder: Path
) -> None:
    with another_syncd(folder) as (child, path):
        assert spool.sweep() == 0
        assert path.read_bytes() == b"abc"
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert path.exists()
        assert spool.sweep() == 1
        assert not path.exists()


def test_a_sweep_leaves_the_files_in_use_in_this_process(spool: Spool) -> None:
    with spool.fetch(holding(b"abc"), version(3), Counted()) as file:
        assert spool.sweep() == 0
        assert file.path.exists()


def test_a_sweep_leaves_what_is_not_the_spool_s(spool: Spool, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert spool.sweep() == 0
    assert left_in(folder) == ["notes.txt"]


def test_a_sweep_of_a_folder_that_does_not_exist_is_nothing(spool: Spool) -> None:
    assert spool.sweep() == 0


def test_a_sweep_at_the_very_moment_of_creation_takes_no_file_away(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the creation of a file and its lock, another syncd sweeps."""
    create, sweeps = os.open, []

    def create_then_sweep(path: Path, flags: int, mode: int = 0o777) -> int:
        descriptor = create(path, flags, mode)
        if flags & os.O_CREAT and not sweeps:
            sweeps.append(None)
            sweeps.append(spool.sweep())
        return descriptor

    monkeypatch.setattr(os, "open", create_then_sweep)
    with spool.fetch(holding(b"abc"), version(3), Counted()) as file:
        assert file.path.read_bytes() == b"abc"
    assert sweeps == [None, 1]


# -- sha1: the same digest as in one go, and no thread left behind ------------------------------


def threads() -> int:
    return sum(thread.name == "sha1" for thread in threading.enumerate())


@given(st.lists(st.binary(max_size=5000), max_size=20))
def test_the_digest_is_that_of_the_whole(chunks: list[bytes]) -> None:
    with Sha1() as sha1:
        for chunk in chunks:
            sha1.update(chunk)
        found = sha1.hexdigest()
    assert found == hashlib.sha1(b"".join(chunks)).hexdigest()
    assert threads() == 0


def test_one_chunk_needs_no_thread() -> None:
    with Sha1() as sha1:
        sha1.update(b"x" * 5000)
        assert threads() == 0


def interrupted() -> None:
    with Sha1() as sha1:
        for _ in range(3):
            sha1.update(b"x" * 5000)
        raise KeyError


def test_trouble_leaves_no_thread() -> None:
    with pytest.raises(KeyError):
        interrupted()
    assert threads() == 0
