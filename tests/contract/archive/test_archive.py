"""Kept files, in a folder and in a bucket: whole or not there, below a ceiling, gone only when
nothing claims them."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.disk.archive import SWEEP_EVERY, UNKNOWN_FOR
from syncd.adapters.s3.archive import YOUNG
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest
from syncd.core.ports import Archive
from syncd.core.records import Kept
from tests.support.archives import Place, spooled
from tests.support.builders import digest

pytestmark = pytest.mark.s3

LATER = datetime.now(UTC) + 2 * YOUNG  # when nothing that a test keeps is young any more
MINUTES = 600.0


@pytest.fixture
def archive(place: Place) -> Archive:
    return place.open(2, 1000)


def test_a_kept_file_is_had_again_by_whoever_asks(
    archive: Archive, place: Place, tmp_path: Path
) -> None:
    file = spooled(tmp_path, "bytes")
    assert archive.keep(file) is None
    file.path.unlink()

    for one in (archive, place.open(2, 1000)):
        with one.fetch(digest("bytes")) as kept:
            assert kept.path.read_text() == "bytes"
            assert kept.digest == digest("bytes")
            assert kept.version_id is None
        assert one.where(digest("bytes"), None) is Kept.ARCHIVE


def test_an_empty_file_is_kept_too(archive: Archive, tmp_path: Path) -> None:
    assert archive.keep(spooled(tmp_path, "")) is None
    with archive.fetch(digest("")) as kept:
        assert kept.path.read_bytes() == b""


def test_other_bytes_under_a_kept_name_are_never_given_out(
    archive: Archive, place: Place, tmp_path: Path
) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    place.put(digest("bytes").sha1, b"other")

    with pytest.raises(SpoolError) as caught, archive.fetch(digest("bytes")):
        pass
    assert caught.value.reason.code in {"archive_damaged", "archive_object_damaged"}


def test_a_file_that_went_is_said(archive: Archive) -> None:
    with pytest.raises(SpoolError) as caught, archive.fetch(digest("bytes")):
        pass
    assert caught.value.reason.code == "archive_missing"


def test_what_goes_wrong_with_a_file_that_was_had_again_is_told_as_it_is(
    archive: Archive, tmp_path: Path
) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    with pytest.raises(ZeroDivisionError), archive.fetch(digest("bytes")):
        raise ZeroDivisionError


@pytest.mark.parametrize(("size", "code"), [(1000, None), (1001, "archive_ceiling")])
def test_the_ceiling_is_held_to_the_byte(archive: Archive, size: int, code: str | None) -> None:
    reason = archive.room_for(size)
    assert (reason.code if reason else None) == code


def test_what_is_kept_counts_against_the_ceiling(archive: Archive, tmp_path: Path) -> None:
    archive.keep(spooled(tmp_path, "x" * 600))

    reason = archive.keep(spooled(tmp_path, "y" * 401))

    assert reason is not None
    assert dict(reason.facts) == {"size": 401, "used": 600, "limit": 1000}
    assert archive.where(digest("y" * 401), None) is Kept.NOWHERE
    assert archive.keep(spooled(tmp_path, "y" * 400)) is None


def test_the_same_bytes_are_kept_once_also_when_the_archive_is_full(
    archive: Archive, place: Place, tmp_path: Path
) -> None:
    file = spooled(tmp_path, "x" * 1000)
    assert archive.keep(file) is None
    assert archive.keep(file) is None
    assert place.open(2, 1000).keep(file) is None


def test_an_archive_of_no_versions_keeps_nothing(place: Place, tmp_path: Path) -> None:
    archive = place.open(0, 1000)

    assert archive.keep(spooled(tmp_path, "bytes")) is None
    assert archive.room_for(10**12) is None
    assert archive.where(digest("bytes"), None) is Kept.NOWHERE
    assert place.names() == set()


def test_the_source_keeps_what_has_a_version(archive: Archive) -> None:
    assert archive.where(digest("bytes"), "v1") is Kept.SOURCE


def test_a_size_that_differs_is_not_kept(archive: Archive, tmp_path: Path) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    assert archive.where(Digest(digest("bytes").sha1, 3), None) is Kept.NOWHERE


def test_a_file_goes_when_nothing_claims_it_and_stays_while_something_does(
    archive: Archive, tmp_path: Path
) -> None:
    for word in ("claimed", "let go", "unknown"):
        archive.keep(spooled(tmp_path, word))
    claims = {digest("claimed").sha1: True, digest("let go").sha1: False}

    assert archive.sweep(lambda _names: claims, LATER) == 1

    found = {word: archive.where(digest(word), None) for word in ("claimed", "let go", "unknown")}
    assert found == {"claimed": Kept.ARCHIVE, "let go": Kept.NOWHERE, "unknown": Kept.ARCHIVE}


@pytest.mark.parametrize(
    ("age", "swept"), [(UNKNOWN_FOR - timedelta(hours=1), 0), (UNKNOWN_FOR * 1.01, 1)]
)
def test_a_file_that_the_ledger_does_not_know_goes_after_a_month(
    archive: Archive, tmp_path: Path, age: timedelta, swept: int
) -> None:
    archive.keep(spooled(tmp_path, "unknown"))

    assert archive.sweep(lambda _names: {}, datetime.now(UTC) + age) == swept


def test_what_has_another_name_is_somebody_elses(
    archive: Archive, place: Place, tmp_path: Path
) -> None:
    archive.keep(spooled(tmp_path, "bytes"))
    others = {"notes.txt", digest("x").sha1.upper(), f"{digest('x').sha1}.csv"}
    for name in others:
        place.put(name, b"x" * 2000)

    assert archive.sweep(lambda names: dict.fromkeys(names, False), LATER + UNKNOWN_FOR) == 1
    assert others <= place.names()
    assert archive.keep(spooled(tmp_path, "more")) is None  # nor do they count


def test_what_was_let_go_goes_alone_until_the_next_day(archive: Archive, tmp_path: Path) -> None:
    """Else each publication would look at the whole archive."""
    for word in ("one", "two", "three"):
        assert archive.keep(spooled(tmp_path, word)) is None
    asked: list[set[str]] = []

    def claims(of: Collection[str]) -> dict[str, bool]:
        asked.append(set(of))
        return {digest(word).sha1: word == "three" for word in ("one", "two", "three")}

    one, two = digest("one"), digest("two")
    assert archive.sweep(lambda _of: dict.fromkeys((one.sha1, two.sha1), True), LATER) == 0
    assert archive.sweep(claims, LATER, only={one.sha1, digest("three").sha1}) == 1
    assert asked == [{one.sha1, digest("three").sha1}]
    assert archive.where(two, None) is Kept.ARCHIVE
    assert archive.sweep(claims, LATER + SWEEP_EVERY, only={one.sha1}) == 1
    assert archive.where(two, None) is Kept.NOWHERE


def test_a_person_removes_what_nothing_claims_at_once(archive: Archive, tmp_path: Path) -> None:
    gone, claimed = digest("gone"), digest("claimed")
    for word in ("gone", "claimed"):
        archive.keep(spooled(tmp_path, word))

    known = {gone.sha1: False, claimed.sha1: True}
    archive.erase([gone, claimed], lambda _names: known, datetime.now(UTC))

    assert archive.where(gone, None) is Kept.NOWHERE
    assert archive.where(claimed, None) is Kept.ARCHIVE
    archive.erase([gone], lambda _names: known, datetime.now(UTC))  # once more does no harm


def test_the_ceiling_counts_what_others_kept_and_removed(place: Place, tmp_path: Path) -> None:
    size = len(b"12345")
    ours, others = (place.open(2, 2 * size) for _ in range(2))
    assert ours.keep(spooled(tmp_path, "12345")) is None
    assert others.keep(spooled(tmp_path, "abcde")) is None
    place.pass_time(MINUTES)
    full = ours.keep(spooled(tmp_path, "third"))
    assert full is not None
    assert full.code == "archive_ceiling"
    gone = digest("abcde").sha1
    assert others.sweep(lambda _of: {gone: False, digest("12345").sha1: True}, LATER) == 1
    assert ours.keep(spooled(tmp_path, "third")) is None
    assert ours.sweep(lambda _names: {}, LATER, only=set()) == 0
    more = ours.keep(spooled(tmp_path, "forth"))
    assert more is not None
    assert ours.sweep(lambda _of: {digest("third").sha1: False}, LATER, only={digest("third").sha1})
    assert ours.keep(spooled(tmp_path, "forth")) is None


def test_several_may_keep_the_same_bytes_at_once(place: Place, tmp_path: Path) -> None:
    archives = [place.open(2, 1000) for _ in range(4)]
    files = [spooled(tmp_path / str(number), "bytes") for number in range(4)]

    with ThreadPoolExecutor(4) as pool:
        troubles = list(pool.map(lambda one, file: one.keep(file), archives, files))

    assert troubles == [None] * 4
    assert digest("bytes").sha1 in place.names()
    for one in archives:
        with one.fetch(digest("bytes")) as kept:
            assert kept.path.read_text() == "bytes"
