"""The archive in each of its two places, for the tests that hold both to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.disk.archive import Archive as ArchiveFolder
from syncd.adapters.disk.spool import Spool
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.s3.archive import BucketArchive
from syncd.adapters.s3.archive_bucket import ArchiveBucket
from syncd.core.ports import Archive, SpooledFile
from tests.support.builders import digest
from tests.support.s3_servers import Bucket, fresh_bucket

PREFIX = "syncd/archive/"


def spooled(folder: Path, word: str) -> SpooledFile:
    folder.mkdir(exist_ok=True)
    path = folder / f"spooled-{digest(word).sha1}"
    path.write_text(word)
    return SpooledFile(path, digest(word))


@dataclass
class Place:
    """One place, of which any number of processes may have an archive."""

    open: Callable[[int, int], Archive]  # versions, limit
    put: Callable[[str, bytes], None]  # under a name, as somebody else does
    names: Callable[[], set[str]]
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def pass_time(self, seconds: float) -> None:
        """For what is counted anew at times."""
        self.seconds[0] += seconds


def folder_place(folder: Path) -> Place:
    def put(name: str, body: bytes) -> None:
        (folder / name).write_bytes(body)

    return Place(
        lambda versions, limit: ArchiveFolder(folder, versions, limit),
        put,
        lambda: {path.name for path in folder.glob("*")} if folder.is_dir() else set(),
    )


def bucket_archive(
    s3: Bucket,
    spool: Path,
    versions: int = 2,
    limit: int = 10**9,
    *,
    seconds: Sequence[float] = (0.0,),
    ahead: timedelta = timedelta(),
) -> BucketArchive:
    """`ahead`: of this machine's clock, its own time is."""
    bucket = ArchiveBucket(
        s3.location,
        NetworkOptions(connect_timeout=5, read_timeout=30),
        addressing="path",
        credentials=s3.credentials,
        attempts=1,
    )
    return BucketArchive(
        bucket,
        PREFIX,
        Spool(spool, 10**9),
        versions,
        limit,
        now=lambda: datetime.now(UTC) + ahead,
        monotonic=lambda: seconds[0],
    )


def bucket_place(s3: Bucket, spool: Path, stack: ExitStack) -> Place:
    seconds = [0.0]

    def opened(versions: int, limit: int) -> Archive:
        archive = bucket_archive(s3, spool, versions, limit, seconds=seconds)
        stack.callback(archive.close)
        return archive

    def names() -> set[str]:
        listed = s3.client.list_objects_v2(Bucket=s3.bucket).get("Contents", [])
        return {one["Key"].removeprefix(PREFIX) for one in listed}

    return Place(
        opened, lambda name, body: [s3.put(f"{PREFIX}{name}", body)].clear(), names, seconds
    )


@pytest.fixture(params=["folder", "seaweed", "moto"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        yield folder_place(tmp_path / "archive")
        return
    fixture = {"seaweed": "seaweed", "moto": "moto_server"}[request.param]
    with ExitStack() as stack:
        s3 = fresh_bucket(request.getfixturevalue(fixture))
        yield bucket_place(s3, tmp_path / "fetched", stack)
