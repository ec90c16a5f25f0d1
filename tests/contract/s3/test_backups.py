"""A bucket that takes backups, against two real S3 servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.s3 import backups
from syncd.adapters.s3.backups import BackupBucket
from syncd.core.errors import SourceError
from tests.support.s3_servers import ODD_KEYS, PART, Bucket

pytestmark = pytest.mark.s3


@pytest.fixture
def bucket(s3: Bucket) -> Iterator[BackupBucket]:
    opened = BackupBucket(
        s3.location, NetworkOptions(), addressing="path", credentials=s3.credentials
    )
    yield opened
    opened.close()


def read(bucket: BackupBucket, key: str) -> bytes:
    version = bucket.stat(key)
    assert version is not None
    with bucket.open(version) as found:
        return b"".join(found.chunks)


def test_a_file_is_stored_whole_under_any_key(bucket: BackupBucket, tmp_path: Path) -> None:
    path = tmp_path / "syncd.tar"
    for number, key in enumerate(["backups/syncd.tar", *ODD_KEYS]):
        path.write_bytes(b"content %d" % number)
        bucket.put(path, key)
        assert read(bucket, key) == path.read_bytes()
    bucket.put(path, "backups/syncd.tar")  # again: the new one takes its place
    assert read(bucket, "backups/syncd.tar") == path.read_bytes()


def test_a_large_file_goes_in_parts(
    bucket: BackupBucket, s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "PART", PART)
    path = tmp_path / "syncd.tar"
    path.write_bytes(bytes(range(256)) * (PART // 256 * 2) + b"the rest")
    bucket.put(path, "syncd.tar")
    assert read(bucket, "syncd.tar") == path.read_bytes()
    left = s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", [])
    assert left == []


def test_a_part_that_fails_leaves_nothing(
    bucket: BackupBucket, s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "PART", PART)
    path = tmp_path / "syncd.tar"
    path.write_bytes(b"x" * (PART + 1))

    def cut(**_: object) -> object:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(bucket._client, "upload_part", cut)
    with pytest.raises(SourceError):
        bucket.put(path, "syncd.tar")
    assert "Contents" not in s3.client.list_objects_v2(Bucket=s3.bucket)
    assert s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", []) == []
