"""What only an archive in a bucket meets: parts, versions, other keepers, a server in trouble."""

from __future__ import annotations

import tracemalloc
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.s3 import archive_bucket, backups
from syncd.adapters.s3.archive import YOUNG, BucketArchive
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest
from syncd.core.ports import SpooledFile
from syncd.core.records import Kept
from syncd.text import sentence
from tests.support.archives import PREFIX, bucket_archive, spooled
from tests.support.builders import digest
from tests.support.s3_servers import PART, Bucket, Server, fresh_bucket

pytestmark = pytest.mark.s3

LARGE = "0123456789abcdef" * (PART // 16 * 2) + "the rest"


@pytest.fixture
def archive(s3: Bucket, tmp_path: Path) -> Iterator[BucketArchive]:
    opened = bucket_archive(s3, tmp_path / "fetched")
    yield opened
    opened.close()


@pytest.fixture
def versioned(moto_server: Server) -> Bucket:
    bucket = fresh_bucket(moto_server)
    bucket.client.put_bucket_versioning(
        Bucket=bucket.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return bucket


def versions(bucket: Bucket) -> int:
    listed = bucket.client.list_object_versions(Bucket=bucket.bucket)
    return len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))


def uploads(bucket: Bucket) -> list[str]:
    listed = bucket.client.list_multipart_uploads(Bucket=bucket.bucket)
    return [one["Key"] for one in listed.get("Uploads", [])]


def none_claimed(names: Collection[str]) -> Mapping[str, bool]:
    return dict.fromkeys(names, False)


# -- bytes -------------------------------------------------------------------------------------


def test_a_large_file_goes_in_parts(
    archive: BucketArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "PART", PART)
    file = spooled(tmp_path, LARGE)
    assert archive.keep(file) is None
    with archive.fetch(file.digest) as kept:
        assert kept.digest == file.digest


def test_a_large_file_takes_no_more_memory_than_a_few_parts(
    tmp_path: Path, seaweed_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "PART", PART)
    file = spooled(tmp_path, LARGE * 2)
    archive = bucket_archive(seaweed_bucket, tmp_path / "fetched")  # moto is in this process
    tracemalloc.start()
    try:
        assert archive.keep(file) is None
        with archive.fetch(file.digest) as kept:
            assert kept.digest == file.digest
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        archive.close()
    assert peak < 3 * PART < file.digest.size


@pytest.mark.parametrize("word", ["bytes", LARGE], ids=["one request", "parts"])
def test_bytes_that_changed_on_the_disk_are_not_kept(
    archive: BucketArchive,
    s3: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
) -> None:
    monkeypatch.setattr(backups, "PART", PART)
    file = spooled(tmp_path, word)
    file.path.write_text(word.replace("b", "B", 1))

    trouble = archive.keep(file)

    assert trouble is not None
    assert trouble.code == "archive_other_bytes"
    assert "Contents" not in s3.client.list_objects_v2(Bucket=s3.bucket)
    assert uploads(s3) == []


@pytest.mark.parametrize("word", ["bytes", LARGE], ids=["one request", "parts"])
def test_bytes_that_changed_on_the_way_are_refused_by_the_server(
    seaweed_bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr(backups, "PART", PART)
    monkeypatch.setattr(archive_bucket, "_md5", lambda _body: "1B2M2Y8AsgTpgAmY7PhCfg==")
    archive = bucket_archive(seaweed_bucket, tmp_path / "fetched")

    trouble = archive.keep(spooled(tmp_path, word))
    archive.close()

    assert trouble is not None
    assert trouble.code == "archive_bucket_away"
    assert "Contents" not in seaweed_bucket.client.list_objects_v2(Bucket=seaweed_bucket.bucket)
    assert uploads(seaweed_bucket) == []


def test_an_upload_of_the_dead_is_ended_after_a_day_and_nobody_elses(
    seaweed_bucket: Bucket, tmp_path: Path
) -> None:
    s3 = seaweed_bucket  # in moto every upload has begun in 2010
    archive = bucket_archive(s3, tmp_path / "fetched")
    dead, others = f"{PREFIX}{digest('dead').sha1}", f"{PREFIX}report.csv"
    for key in (dead, others):
        s3.client.create_multipart_upload(Bucket=s3.bucket, Key=key)
    now = datetime.now(UTC)

    archive.sweep(none_claimed, now)
    assert sorted(uploads(s3)) == sorted([dead, others])
    archive.sweep(none_claimed, now + timedelta(hours=25))
    assert uploads(s3) == [others]
    archive.close()


# -- other keepers -----------------------------------------------------------------------------


def test_what_somebody_kept_just_now_stays(archive: BucketArchive, tmp_path: Path) -> None:
    """Their publication may not be in the ledger yet."""
    archive.keep(spooled(tmp_path, "bytes"))
    now, only = datetime.now(UTC) + YOUNG * 0.9, {digest("bytes").sha1}

    assert archive.sweep(none_claimed, now) == 0
    assert archive.sweep(none_claimed, now, only=only) == 0  # alone, as after a publication
    assert archive.where(digest("bytes"), None) is Kept.ARCHIVE
    assert archive.sweep(none_claimed, now + YOUNG * 1.1, only=only) == 1


def test_old_bytes_that_are_kept_once_more_are_new(versioned: Bucket, tmp_path: Path) -> None:
    """Else another one's sweep could take them from a publication that relies on them."""
    file = spooled(tmp_path, "bytes")
    for ahead, stored in ((timedelta(), 1), (YOUNG / 4, 1), (YOUNG * 0.8, 2)):
        archive = bucket_archive(versioned, tmp_path / "fetched", ahead=ahead)
        assert archive.keep(file) is None
        assert versions(versioned) == stored
        archive.close()


def test_bytes_kept_between_a_sweeps_listing_and_its_removal_stay(
    s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = bucket_archive(s3, tmp_path / "fetched")
    archive.keep(spooled(tmp_path, "bytes"))
    later = datetime.now(UTC) + 2 * YOUNG
    real = archive._find

    def renewed(sha1: str) -> object:
        found = real(sha1)
        assert found is not None
        return replace(found, fingerprint=replace(found.fingerprint, modified=later - YOUNG * 0.9))

    monkeypatch.setattr(archive, "_find", renewed)
    assert archive.sweep(none_claimed, later) == 0
    monkeypatch.undo()
    assert archive.sweep(none_claimed, later, only={digest("bytes").sha1}) == 1
    archive.close()


# -- a bucket with versions --------------------------------------------------------------------


def test_a_version_of_the_archive_is_none_of_the_source(versioned: Bucket, tmp_path: Path) -> None:
    archive = bucket_archive(versioned, tmp_path / "fetched")
    archive.keep(spooled(tmp_path, "bytes"))
    with archive.fetch(digest("bytes")) as kept:
        assert kept.version_id is None
    archive.close()


def test_what_a_person_removes_leaves_no_version_behind(versioned: Bucket, tmp_path: Path) -> None:
    archive = bucket_archive(versioned, tmp_path / "fetched")
    other = digest("bytes").sha1 + "0"
    versioned.put(f"{PREFIX}{other}", b"somebody else's, whose name begins alike")
    archive.keep(spooled(tmp_path, "bytes"))
    versioned.put(f"{PREFIX}{digest('bytes').sha1}", b"bytes")
    assert versions(versioned) == 3

    archive.erase([digest("bytes")], none_claimed, datetime.now(UTC))

    assert versions(versioned) == 1
    archive.close()


# -- trying it out -----------------------------------------------------------------------------


def test_a_trial_leaves_nothing(archive: BucketArchive, s3: Bucket, tmp_path: Path) -> None:
    assert archive.probe() is None
    assert "Contents" not in s3.client.list_objects_v2(Bucket=s3.bucket)
    # SeaweedFS lists a folder that was emptied.
    assert archive.names() == frozenset()
    assert archive.keep(spooled(tmp_path, "bytes")) is None


# -- trouble -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("missing", "archive_bucket_missing"),
        ("refused", "archive_bucket_denied"),
        ("down", "archive_bucket_away"),
    ],
)
def test_a_bucket_in_trouble_is_a_reason_and_no_error(
    seaweed: Server, seaweed_bucket: Bucket, tmp_path: Path, kind: str, code: str
) -> None:
    troubled = {
        "missing": replace(seaweed_bucket, bucket="nowhere"),
        "refused": replace(seaweed_bucket, server=replace(seaweed, secret_key="another")),
        "down": replace(seaweed_bucket, server=replace(seaweed, endpoint="http://127.0.0.1:9")),
    }[kind]
    with ExitStack() as stack:

        def opened() -> BucketArchive:  # each meets the server for the first time
            one = bucket_archive(troubled, tmp_path / "fetched")
            stack.callback(one.close)
            return one

        reasons = [
            opened().keep(spooled(tmp_path, "bytes")),
            opened().room_for(1),
            opened().probe(),
        ]
        for attempt in (
            lambda: opened().fetch(digest("bytes")).__enter__(),
            lambda: opened().erase([digest("bytes")], none_claimed, datetime.now(UTC)),
            lambda: opened().names(),
        ):
            with pytest.raises(SpoolError) as caught:
                attempt()
            reasons.append(caught.value.reason)
        assert opened().where(digest("bytes"), None) is Kept.NOWHERE
        assert opened().sweep(none_claimed, datetime.now(UTC)) == 0
    for reason in reasons:
        assert reason is not None
        assert reason.code == code
        assert troubled.bucket in sentence(reason)
        assert "SYNCD_ARCHIVE" in sentence(reason)


def test_a_server_that_is_down_is_not_asked_for_each_file(
    seaweed: Server, seaweed_bucket: Bucket, tmp_path: Path
) -> None:
    """Each publication would wait for it."""
    down = replace(seaweed_bucket, server=replace(seaweed, endpoint="http://127.0.0.1:9"))
    archive = bucket_archive(down, tmp_path / "fetched")
    files = [SpooledFile(tmp_path / str(n), Digest(f"{n:040x}", 1)) for n in range(3)]

    troubles = [archive.keep(file) for file in files]

    assert [trouble.code for trouble in troubles if trouble] == ["archive_bucket_away"] * 3
    assert archive._bucket._server.refusal() is not None
    archive.close()
