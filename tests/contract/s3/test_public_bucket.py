"""A bucket of copies: written whole, with a type for browsers, and never doubted afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.s3 import backups
from syncd.adapters.s3.public_bucket import S3PublicBucket
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest
from syncd.core.ports import SpooledFile
from tests.support.s3_servers import Bucket

KEY = "5d2c/musées/tous les-0123456789ab.csv.gz"


@pytest.fixture
def opened(s3: Bucket) -> S3PublicBucket:
    return S3PublicBucket(s3.location, NetworkOptions(), credentials=s3.credentials, attempts=1)


def file_of(folder: Path, body: bytes) -> SpooledFile:
    path = folder / "file"
    path.write_bytes(body)
    return SpooledFile(path, Digest(hashlib.sha1(body).hexdigest(), len(body)))


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_copy_is_there_with_its_type_until_it_is_removed(
    opened: S3PublicBucket,
    s3: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_parts: bool,
) -> None:
    body = b"id\n1\n" * (2**20 + 1)
    if in_parts:
        monkeypatch.setattr(backups, "PART", 5 * 2**20)
    file = file_of(tmp_path, body)
    for key, kind in ((KEY, "application/gzip"), ("a.csv", "text/csv")):
        opened.publish(file, key)
        found = s3.client.get_object(Bucket=s3.bucket, Key=key)
        assert (found["ContentType"], found["Body"].read() == body) == (kind, True)
        version = opened.stat(key)
        assert version is not None
        assert version.fingerprint.size == len(body)
        opened.remove(key)
        assert opened.stat(key) is None


def test_a_file_that_changed_on_its_way_is_no_copy(opened: S3PublicBucket, tmp_path: Path) -> None:
    file = file_of(tmp_path, b"id\n1\n")
    file.path.write_bytes(b"id\n2\n")
    with pytest.raises(SpoolError):
        opened.publish(file, KEY)
    assert opened.stat(KEY) is None


def test_what_is_tried_out_is_gone_afterwards(opened: S3PublicBucket, s3: Bucket) -> None:
    with opened.trial("syncd-check.txt", b"x"):
        assert s3.client.get_object(Bucket=s3.bucket, Key="syncd-check.txt")["Body"].read() == b"x"
    assert opened.stat("syncd-check.txt") is None
