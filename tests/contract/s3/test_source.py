"""What `S3Source` promises, held against two real S3 servers."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.source import S3Source
from syncd.core.errors import (
    BucketMissing,
    ObjectChanged,
    ObjectMissing,
    SourceDenied,
    SourceError,
    SourceUnreachable,
)
from syncd.core.objects import Location, Version
from syncd.core.ports import ObjectSource
from tests.support.clients import versions_of
from tests.support.s3_servers import ODD_KEYS, PART, Bucket, Server, fresh_bucket

pytestmark = pytest.mark.s3


def read(source: S3Source, version: Version) -> bytes:
    with source.open(version) as opened:
        return b"".join(opened.chunks)


def only(source: S3Source, key: str) -> Version:
    version = source.stat(key)
    assert version is not None
    return version


@pytest.fixture
def source(s3: Bucket) -> Iterator[S3Source]:
    source = s3.source()
    yield source
    source.close()


def test_it_fulfils_the_port(s3: Bucket, source: S3Source) -> None:
    port: ObjectSource = source
    assert port.location == s3.location


@pytest.fixture(scope="session")
def crowded(seaweed: Server, moto_server: Server) -> dict[str, Bucket]:
    """1 050 objects: more than the 1 000 keys that a server gives in one page."""
    buckets = {server.name: fresh_bucket(server) for server in (seaweed, moto_server)}
    for bucket in buckets.values():
        keys = [f"many/{n:04}.csv" for n in range(1020)] + [f"many/sub/{n}.csv" for n in range(30)]
        bucket.put_many(keys, b"x")
    return buckets


@pytest.mark.parametrize("name", ["seaweed", "moto"])
def test_a_listing_of_several_pages_is_complete(crowded: dict[str, Bucket], name: str) -> None:
    found = [v.key for v in versions_of(crowded[name].source(), "many/", recursive=True)]
    assert len(found) == len(set(found)) == 1050


@pytest.mark.parametrize("recursive", [True, False])
def test_a_folder_that_was_emptied_spoils_no_listing(
    s3: Bucket, source: S3Source, recursive: bool
) -> None:
    """SeaweedFS lists it as an object without an ETag."""
    s3.put("depot/a.csv", b"a")
    s3.put("depot/archives/b.csv", b"b")
    for key in ("depot/archives/b.csv", "depot/a.csv"):
        s3.client.delete_object(Bucket=s3.bucket, Key=key)
    for prefix in ("", "depot/", "depot/archives/"):
        found = versions_of(source, prefix, recursive=recursive)
        assert [one.key for one in found if not one.key.endswith("/")] == []
        assert source.peek(prefix) is None
    assert source.stat("depot/archives") is None


@pytest.mark.parametrize("name", ["seaweed", "moto"])
def test_a_flat_listing_of_several_pages_leaves_out_subfolders(
    crowded: dict[str, Bucket], name: str
) -> None:
    found = [v.key for v in versions_of(crowded[name].source(), "many/", recursive=False)]
    assert sorted(found) == [f"many/{n:04}.csv" for n in range(1020)]


def test_a_prefix_need_not_end_at_a_slash(s3: Bucket, source: S3Source) -> None:
    for key in ("a/liste_1.csv", "a/liste_2.csv", "a/autre.csv", "a/liste/x.csv"):
        s3.put(key, b"x")
    flat = {v.key for v in versions_of(source, "a/liste", recursive=False)}
    deep = {v.key for v in versions_of(source, "a/liste", recursive=True)}
    assert flat == {"a/liste_1.csv", "a/liste_2.csv"}
    assert deep == flat | {"a/liste/x.csv"}


def test_an_empty_bucket_lists_as_empty(source: S3Source) -> None:
    assert list(versions_of(source, "", recursive=True)) == []


def test_odd_keys_are_listed_and_read_under_their_own_names(s3: Bucket, source: S3Source) -> None:
    for key in ODD_KEYS:
        s3.put(key, key.encode())
    listed = {version.key: version for version in versions_of(source, "", recursive=True)}
    assert sorted(listed) == sorted(ODD_KEYS)
    for key in ODD_KEYS:
        assert source.stat(key) == listed[key]
        assert read(source, listed[key]) == key.encode()


def test_a_backslash_is_an_ordinary_character(moto_server: Server) -> None:
    """On moto only: SeaweedFS 4.48 stores it as a slash."""
    bucket = fresh_bucket(moto_server)
    bucket.put("back\\slash.csv", b"x")
    assert only(bucket.source(), "back\\slash.csv").key == "back\\slash.csv"


def test_the_longest_key_has_1024_bytes(s3: Bucket, source: S3Source) -> None:
    key = "/".join(["é" * 100] * 5) + "/" + "z" * 19
    assert len(key.encode()) == 1024
    s3.put(key, b"x")
    assert [v.key for v in versions_of(source, "", recursive=True)] == [key]
    assert read(source, only(source, key)) == b"x"


def test_a_fingerprint_holds_etag_size_and_second(s3: Bucket, source: S3Source) -> None:
    etag = s3.put("a.csv", b"12345")
    [version] = versions_of(source, "", recursive=True)
    found = version.fingerprint
    assert found.etag == etag
    assert found.etag.startswith('"')
    assert found.size == 5
    assert found.modified.utcoffset() == timedelta(0)
    assert found.modified.microsecond == 0
    assert abs(datetime.now(UTC) - found.modified) < timedelta(minutes=5)


def test_stat_of_a_missing_key_is_none(s3: Bucket, source: S3Source) -> None:
    s3.put("a.csv.bak", b"x")
    assert source.stat("a.csv") is None


def test_stat_finds_the_exact_key_among_longer_ones(s3: Bucket, source: S3Source) -> None:
    for key in ("a.csv.bak", "a.csv", "a.csv-1", "a.csv0", "a.csv.1"):
        s3.put(key, key.encode())
    assert only(source, "a.csv").fingerprint.size == len("a.csv")


def test_a_file_of_several_chunks_arrives_whole(s3: Bucket, source: S3Source) -> None:
    body = bytes(range(256)) * 9_001
    s3.put("big.bin", body)
    version = only(source, "big.bin")
    with source.open(version) as opened:
        assert opened.size == len(body)
        chunks = list(opened.chunks)
    assert b"".join(chunks) == body
    assert max(map(len, chunks)) <= 1024 * 1024
    assert len(chunks) > 1


def test_an_empty_object_reads_as_no_bytes(s3: Bucket, source: S3Source) -> None:
    s3.put("empty.csv", b"")
    assert read(source, only(source, "empty.csv")) == b""


def test_compressed_objects_are_read_as_stored(s3: Bucket, source: S3Source) -> None:
    body = gzip.compress(b"a;b\n1;2\n")
    s3.client.put_object(Bucket=s3.bucket, Key="a.csv", Body=body, ContentEncoding="gzip")
    assert read(source, only(source, "a.csv")) == body


def test_an_object_overwritten_after_the_listing_is_seen(s3: Bucket, source: S3Source) -> None:
    s3.put("a.csv", b"first")
    version = only(source, "a.csv")
    s3.put("a.csv", b"later")
    with pytest.raises(ObjectChanged) as caught, source.open(version):
        pass
    assert caught.value.reason.facts["key"] == "a.csv"


def test_a_size_that_was_not_listed_is_a_change(s3: Bucket, source: S3Source) -> None:
    s3.put("a.csv", b"first")
    version = only(source, "a.csv")
    lied = replace(version, fingerprint=replace(version.fingerprint, size=4))
    with pytest.raises(ObjectChanged), source.open(lied):
        pass


def test_an_object_deleted_after_the_listing_is_missing(s3: Bucket, source: S3Source) -> None:
    s3.put("a.csv", b"first")
    version = only(source, "a.csv")
    s3.delete("a.csv")
    with pytest.raises(ObjectMissing) as caught, source.open(version):
        pass
    assert caught.value.reason.code == "s3_object_missing"


def test_a_multipart_etag_is_taken_as_it_is(s3: Bucket, source: S3Source) -> None:
    body = b"m" * (PART + 3)
    s3.put_multipart("big.bin", body)
    version = only(source, "big.bin")
    assert version.fingerprint.etag.rstrip('"').endswith("-2")
    assert read(source, version) == body


def test_a_bucket_without_versions_gives_no_version_id(s3: Bucket, source: S3Source) -> None:
    s3.put("a.csv", b"x")
    with source.open(only(source, "a.csv")) as opened:
        assert opened.version_id is None


def test_a_versioned_bucket_gives_the_version_id_of_what_was_read(
    s3: Bucket, source: S3Source
) -> None:
    s3.client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled"})
    stored = s3.client.put_object(Bucket=s3.bucket, Key="a.csv", Body=b"x")
    with source.open(only(source, "a.csv")) as opened:
        assert opened.version_id == stored["VersionId"]


def test_a_version_is_read_by_its_id_when_a_newer_one_or_a_deletion_hides_it(
    s3: Bucket, source: S3Source
) -> None:
    s3.client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled"})
    old_id = s3.client.put_object(Bucket=s3.bucket, Key="a.csv", Body=b"old")["VersionId"]
    old = replace(only(source, "a.csv"), id=old_id)
    s3.client.put_object(Bucket=s3.bucket, Key="a.csv", Body=b"newer")
    assert read(source, old) == b"old"
    s3.client.delete_object(Bucket=s3.bucket, Key="a.csv")
    assert read(source, old) == b"old"

    other = replace(old, fingerprint=replace(old.fingerprint, etag='"another"'))
    with pytest.raises(ObjectChanged):
        read(source, other)


def test_a_version_that_was_deleted_is_missing(s3: Bucket, source: S3Source) -> None:
    s3.client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.client.put_object(Bucket=s3.bucket, Key="a.csv", Body=b"old")["VersionId"]
    old = replace(only(source, "a.csv"), id=first)
    s3.client.put_object(Bucket=s3.bucket, Key="a.csv", Body=b"newer")
    s3.client.delete_object(Bucket=s3.bucket, Key="a.csv", VersionId=first)

    with pytest.raises(ObjectMissing):
        read(source, old)


def test_an_unknown_bucket_is_named(s3: Bucket) -> None:
    source = s3.source(location=Location(s3.endpoint, "not-there"))
    with pytest.raises(BucketMissing) as caught:
        list(versions_of(source, "", recursive=True))
    facts = caught.value.reason.facts
    assert caught.value.reason.code == "s3_bucket_missing"
    assert (facts["bucket"], facts["endpoint"]) == ("not-there", s3.endpoint)


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (lambda s: Credentials(s.access_key, "wrong-secret-value"), "s3_bad_signature"),
        (lambda _: Credentials("nobody", "wrong-secret-value"), "s3_unknown_key"),
    ],
    ids=["wrong secret", "unknown key"],
)
def test_a_refused_key_is_told_by_its_own_code(
    seaweed_bucket: Bucket, credentials: object, code: str
) -> None:
    source = seaweed_bucket.source(credentials=credentials(seaweed_bucket))  # type: ignore[operator]  # a lambda
    with pytest.raises(SourceDenied) as caught:
        list(versions_of(source, "", recursive=True))
    assert caught.value.reason.code == code
    assert caught.value.reason.facts["detail"]
    assert "wrong-secret-value" not in str(caught.value) + repr(caught.value.reason)


def test_a_closed_port_is_unreachable(seaweed_bucket: Bucket) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        source = seaweed_bucket.source(location=Location(endpoint, "b"))
        with pytest.raises(SourceUnreachable) as caught:
            list(versions_of(source, "", recursive=True))
    assert caught.value.reason.code == "s3_unreachable"
    assert caught.value.reason.facts["endpoint"] == endpoint


def test_the_environment_cannot_redirect_or_break_a_source_with_its_own_key(
    s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("a.csv", b"x")
    for name, value in {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "AWS_PROFILE": "not-there",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_CA_BUNDLE": "/nonexistent",
        "REQUESTS_CA_BUNDLE": "/nonexistent",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "other",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "NO_PROXY": "",
        "no_proxy": "",
    }.items():
        monkeypatch.setenv(name, value)
    assert [v.key for v in versions_of(s3.source(), "", recursive=True)] == ["a.csv"]


def test_without_credentials_the_usual_chain_is_asked(
    seaweed_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seaweed_bucket.put("a.csv", b"x")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweed_bucket.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweed_bucket.secret_key)
    assert seaweed_bucket.source(credentials=None).stat("a.csv") is not None


def test_no_error_carries_the_secret(seaweed_bucket: Bucket) -> None:
    source = seaweed_bucket.source(location=Location(seaweed_bucket.endpoint, "missing-bucket"))
    with pytest.raises(SourceError) as caught:
        source.stat("a.csv")
    assert seaweed_bucket.secret_key not in f"{caught.value!r} {caught.value.reason!r}"
