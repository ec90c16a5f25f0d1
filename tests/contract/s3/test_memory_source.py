"""The bucket in memory of `tests/cycle`, held to what `S3Source` does on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from syncd.core.errors import ObjectChanged, ObjectMissing
from syncd.core.objects import Version
from syncd.core.ports import ObjectSource
from tests.support.clients import versions_of
from tests.support.memory_source import MemorySource
from tests.support.s3_servers import fresh_bucket

KEYS = ["a/b/c.csv", "a/b.csv", "a/été 1.csv", "a.csv", "ab/c.csv", "z.csv"]


class Filled:
    """A source, and the hands of those who fill its bucket."""

    def __init__(
        self, source: ObjectSource, put: Callable[[str, bytes], Any], delete: Callable[[str], None]
    ) -> None:
        self.source, self.put, self.delete = source, put, delete


@pytest.fixture(params=["memory", pytest.param("moto", marks=pytest.mark.s3)])
def bucket(request: pytest.FixtureRequest) -> Iterator[Filled]:
    if request.param == "memory":
        memory = MemorySource()
        yield Filled(memory, memory.put, memory.delete)
        return
    real = fresh_bucket(request.getfixturevalue("moto_server"))
    source = real.source()
    yield Filled(source, real.put, real.delete)
    source.close()


def listed(bucket: Filled, prefix: str, *, recursive: bool) -> list[str]:
    return sorted(v.key for v in versions_of(bucket.source, prefix, recursive=recursive))


def read(source: ObjectSource, version: Version) -> bytes:
    with source.open(version) as opened:
        content = b"".join(opened.chunks)
        assert opened.size == len(content)
        return content


def only(bucket: Filled, key: str) -> Version:
    version = bucket.source.stat(key)
    assert version is not None
    return version


@pytest.mark.parametrize(
    ("prefix", "recursive", "expected"),
    [
        ("", True, KEYS),
        ("", False, ["a.csv", "z.csv"]),
        ("a/", True, ["a/b/c.csv", "a/b.csv", "a/été 1.csv"]),
        ("a/", False, ["a/b.csv", "a/été 1.csv"]),
        ("a", False, ["a.csv"]),
        ("a", True, ["a/b/c.csv", "a/b.csv", "a/été 1.csv", "a.csv", "ab/c.csv"]),
        ("a/b", False, ["a/b.csv"]),
        ("none/", True, []),
        ("none/", False, []),
    ],
)
def test_a_listing_shows_what_lies_under_its_prefix(
    bucket: Filled, prefix: str, recursive: bool, expected: list[str]
) -> None:
    for key in KEYS:
        bucket.put(key, b"x")
    assert listed(bucket, prefix, recursive=recursive) == sorted(expected)


def test_an_empty_bucket_lists_as_empty(bucket: Filled) -> None:
    assert listed(bucket, "", recursive=True) == []


def test_a_listing_says_size_and_instant(bucket: Filled) -> None:
    bucket.put("a.csv", b"12345")
    (version,) = versions_of(bucket.source, "", recursive=True)
    assert version.fingerprint.size == 5
    assert version.fingerprint.modified.microsecond == 0
    assert version.fingerprint.modified.utcoffset() is not None
    assert version.fingerprint.etag


def test_stat_is_what_the_listing_said(bucket: Filled) -> None:
    bucket.put("a/b.csv", b"1")
    assert [only(bucket, "a/b.csv")] == list(versions_of(bucket.source, "a/", recursive=False))


@pytest.mark.parametrize("key", ["a/", "a", "a/b.cs", "a/b.csv2", "none"])
def test_stat_of_anything_but_the_key_itself_is_none(bucket: Filled, key: str) -> None:
    bucket.put("a/b.csv", b"1")
    assert bucket.source.stat(key) is None


@pytest.mark.parametrize("content", [b"", b"1", b"x" * 3_000_000])
def test_an_object_is_read_whole(bucket: Filled, content: bytes) -> None:
    bucket.put("a.csv", content)
    assert read(bucket.source, only(bucket, "a.csv")) == content


def test_other_bytes_have_another_fingerprint_and_the_same_bytes_the_same_tag(
    bucket: Filled,
) -> None:
    bucket.put("a.csv", b"1")
    first = only(bucket, "a.csv").fingerprint
    bucket.put("a.csv", b"2")
    second = only(bucket, "a.csv").fingerprint
    bucket.put("a.csv", b"1")
    third = only(bucket, "a.csv").fingerprint
    assert first.etag != second.etag
    assert first.etag == third.etag
    assert first.modified <= second.modified <= third.modified


def test_an_object_overwritten_since_its_listing_is_not_read(bucket: Filled) -> None:
    bucket.put("a.csv", b"1")
    version = only(bucket, "a.csv")
    bucket.put("a.csv", b"2")
    with pytest.raises(ObjectChanged) as caught:
        read(bucket.source, version)
    assert caught.value.reason.code == "s3_object_changed"
    assert caught.value.reason.facts["key"] == "a.csv"


def test_an_object_deleted_since_its_listing_is_missing(bucket: Filled) -> None:
    bucket.put("a.csv", b"1")
    version = only(bucket, "a.csv")
    bucket.delete("a.csv")
    assert bucket.source.stat("a.csv") is None
    with pytest.raises(ObjectMissing) as caught:
        read(bucket.source, version)
    assert caught.value.reason.code == "s3_object_missing"


def test_an_object_deposited_again_with_the_same_bytes_may_be_read_as_listed(
    bucket: Filled,
) -> None:
    bucket.put("a.csv", b"1")
    version = only(bucket, "a.csv")
    bucket.put("a.csv", b"1")
    assert read(bucket.source, version) == b"1"
