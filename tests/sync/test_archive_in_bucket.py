"""Kept files in a bucket: another machine finds them, and a bucket in trouble stops nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.actions.backup import State, backup, place
from syncd.actions.restore import restore
from syncd.adapters.s3.archive import BucketArchive
from syncd.core.errors import SpoolError
from syncd.core.records import Cause, Kept, Outcome
from syncd.sync import retention
from tests.support.archives import bucket_archive
from tests.support.s3_servers import Bucket
from tests.support.sync_harness import House

pytestmark = pytest.mark.s3

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 100
BAD = b"id\n" + b"2\n" * 120

Machine = Callable[[Bucket], BucketArchive]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """The archive as one more machine has it."""
    with ExitStack() as stack:

        def opened(s3: Bucket) -> BucketArchive:
            one = bucket_archive(s3, tmp_path / "fetched")
            stack.callback(one.close)
            return one

        yield opened


def down(s3: Bucket) -> Bucket:
    return replace(s3, server=replace(s3.server, endpoint="http://127.0.0.1:9"))


def published_twice(house: House) -> str:
    resource = house.resource("Liste", content=OLD)
    house.target(resource, "a.csv")
    for content in (GOOD, BAD):
        house.pass_time(60)
        house.bucket.put("a.csv", content)
        assert house.sync_one().outcome is Outcome.REPLACED
    return resource


def kept(house: House) -> list[Kept]:
    with house.adapters(read_only=True) as adapters:
        return [line.kept for line in adapters.ledger.history(house.url)]


def test_another_machine_goes_back_with_bytes_that_it_never_had(
    house: House, s3: Bucket, machine: Machine
) -> None:
    house.archive = machine(s3)
    resource = published_twice(house)
    assert not (house.state / "archive").exists()
    assert kept(house) == [Kept.ARCHIVE] * 3  # the one from before syncd, too

    first, house.state = house.state, house.folder / "second machine"
    house.state.mkdir()
    shutil.copy(first / "ledger.sqlite", house.state)  # the ledger is shared; the folder is not
    shutil.rmtree(first)
    house.archive = machine(s3)

    assert house.undo(resource).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD
    assert house.undo(resource).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == OLD


def test_a_bucket_that_is_down_stops_no_publication_and_is_said(
    house: House, moto_bucket: Bucket, machine: Machine
) -> None:
    house.archive = machine(down(moto_bucket))
    resource = house.resource("Liste", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", GOOD)

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert "archive_bucket_away" in {warning.code for warning in result.warnings}
    assert house.bytes_online(resource) == GOOD
    assert set(kept(house)) == {Kept.NOWHERE}


def test_going_back_while_the_bucket_is_down_changes_nothing(
    house: House, moto_bucket: Bucket, machine: Machine
) -> None:
    house.archive = machine(moto_bucket)
    resource = published_twice(house)
    house.archive = machine(down(moto_bucket))

    result = house.undo(resource)

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "archive_bucket_away")
    assert house.bytes_online(resource) == BAD


def test_a_purge_removes_from_the_bucket_or_says_that_it_did_not(
    house: House, moto_bucket: Bucket, machine: Machine
) -> None:
    house.archive = there = machine(moto_bucket)
    published_twice(house)
    (row,) = house.rows()
    assert len(there.names()) == 3

    house.archive = machine(down(moto_bucket))
    with house.adapters() as adapters, pytest.raises(SpoolError):
        retention.purge(row.binding, adapters, Cause("purge", "Léa"))
    house.archive = there
    assert len(there.names()) == 3

    house.pass_time(3 * 3600)  # the ledger has let go of them: a later sweep does it
    with house.adapters() as adapters:
        assert there.sweep(adapters.ledger.claims, adapters.clock()) == 3
    assert there.names() == frozenset()


def test_a_purge_leaves_nothing_in_the_bucket(
    house: House, moto_bucket: Bucket, machine: Machine
) -> None:
    house.archive = there = machine(moto_bucket)
    published_twice(house)
    (row,) = house.rows()
    with house.adapters() as adapters:
        assert retention.purge(row.binding, adapters, Cause("purge", "Léa")) == 3
    assert there.names() == frozenset()


@pytest.mark.parametrize("trouble", ["", "one gone", "down"])
def test_a_backup_leaves_the_bucket_alone_and_a_restore_looks_what_it_has(
    house: House, moto_bucket: Bucket, machine: Machine, trouble: str
) -> None:
    house.archive = there = machine(moto_bucket)
    resource = published_twice(house)
    state = State(house.state, house.state / "ledger.sqlite")
    to = place(str(house.folder / "syncd.tar"))
    made = backup(state, to, None, None, house.now(), with_files=True, overwrite=False)
    assert (made.files, made.about.with_files) == (0, False)
    shutil.rmtree(house.state)
    if trouble == "one gone":
        (gone, *_) = sorted(there.names())
        moto_bucket.delete(f"syncd/archive/{gone}")

    asked = machine(down(moto_bucket)) if trouble == "down" else there
    done = restore(state, to, None, house.now(), move_aside=False, by="Léa", note="", archive=asked)

    assert done.lost == (1 if trouble == "one gone" else 0)
    assert (done.unasked is not None) == (trouble == "down")
    if trouble != "one gone":
        assert house.undo(resource).outcome is Outcome.PINNED
        assert house.bytes_online(resource) == GOOD
