"""Every answer has a ceiling: of bytes, of seconds, of values (`syncd.adapters.net.ceilings`)."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.net import ceilings
from syncd.adapters.net.ceilings import Budget, TooLarge, TooSlow
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.portal import HttpPortal
from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.public_bucket import S3PublicBucket
from syncd.adapters.s3.source import S3Source
from syncd.core.errors import AnswerLost, PortalError, SourceError, SourceUnreachable
from syncd.core.objects import Digest, Fingerprint, Location, Version
from syncd.core.ports import SpooledFile
from syncd.text import sentence
from tests.support.clients import http_portal, s3_source, versions_of
from tests.support.network import misbehaving as bad
from tests.support.network.misbehaving import Misbehaving, misbehaving

ID = "5d2c4f6e8b4c4110c5a1b2c3"
HASTE = 1500  # the ceilings' seconds pass so many times faster here: five minutes in 0.2 s
BOMB = gzip.compress(b"0" * 100_000_000, 1)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)

LARGE: dict[str, Callable[[Misbehaving], Iterable[bytes]]] = {
    "a body without end": lambda _: bad.endless(),
    "300 MB": lambda _: bad.announced(300_000_000),
}
SLOW: dict[str, Callable[[Misbehaving], Iterable[bytes]]] = {
    "a dripped body": lambda server: bad.dripped(server.stopped),
    "a dripped head": lambda server: bad.dripped_head(server.stopped),
    "dripped 100 Continue": lambda server: bad.dripped_continue(server.stopped),
}


class Counted:
    """A transfer that nobody looks at."""

    def advance(self, count: int) -> None:
        pass

    def restart(self) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with misbehaving() as found:
        yield found


class Stopwatch:
    """Stands still, so that only the size counts, until `hurry`."""

    def __init__(self) -> None:
        self.speed = 0

    def hurry(self) -> None:
        self.speed = HASTE

    def __call__(self) -> float:
        return time.monotonic() * self.speed


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def portal(server: Misbehaving, watch: Stopwatch) -> Iterator[HttpPortal]:
    with http_portal(
        server.url, "key", wait=lambda _: None, stopwatch=watch, read_timeout=10
    ) as found:
        yield found


@pytest.fixture
def source(server: Misbehaving, watch: Stopwatch) -> Iterator[S3Source]:
    found = s3_source(
        Location(server.url, "depot"),
        addressing="path",
        credentials=Credentials(access_key_id="id", secret_access_key="secret"),
        read_timeout=10,
        wait=lambda _: None,
        stopwatch=watch,
    )
    yield found
    found.close()


def spooled(folder: Path) -> SpooledFile:
    path = folder / "a.csv"
    path.write_bytes(b"id\n1\n")
    return SpooledFile(path, Digest("0" * 40, 5))


def asked_of(portal: HttpPortal, folder: Path) -> dict[str, Callable[[], Any]]:
    return {
        "dataset": lambda: portal.describe(ID),
        "resource": lambda: portal.resource(ID, "r"),
        "title": lambda: portal.retitle(ID, "r", "T"),
        "upload": lambda: portal.replace(ID, "r", spooled(folder), "a.csv", Counted()),
        "organization": lambda: portal.datasets_of("musees"),
        "topic": lambda: portal.topic_datasets("t"),
        "account": portal.whoami,
    }


KINDS = ("dataset", "resource", "title", "upload", "organization", "topic", "account")


def refused(call: Callable[[], Any]) -> PortalError | SourceError:
    with pytest.raises((PortalError, SourceError)) as caught:
        call()
    assert not sentence(caught.value.reason).startswith("{")
    return caught.value


# -- the portal --------------------------------------------------------------------------------


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("course", LARGE)
def test_an_answer_of_the_portal_without_end_is_given_up(
    portal: HttpPortal, server: Misbehaving, tmp_path: Path, what: str, course: str
) -> None:
    server.answer = lambda: LARGE[course](server)

    error = refused(asked_of(portal, tmp_path)[what])

    assert isinstance(error, AnswerLost)
    assert error.reason.code == "portal_answer_large"
    assert error.reason.facts["what"] == what
    assert server.asked == 1  # another one would be no better


def test_a_head_without_end_is_no_answer(portal: HttpPortal, server: Misbehaving) -> None:
    server.answer = bad.endless_head

    assert isinstance(refused(portal.whoami), AnswerLost)


def test_100_continue_without_end_is_given_up(
    portal: HttpPortal, source: S3Source, server: Misbehaving
) -> None:
    server.answer = bad.endless_continue
    version = Version("a.csv", Fingerprint('"e"', 5, WHEN))

    def read() -> None:
        with source.open(version):
            pass

    for call in (portal.whoami, lambda: portal.describe(ID)):
        assert refused(call).reason.code == "portal_answer_large"
    for call in (lambda: source.stat("a.csv"), read):
        assert refused(call).reason.code == "s3_answer_large"
    assert server.asked == 4


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("course", SLOW)
def test_an_answer_of_the_portal_that_drips_is_given_up(
    portal: HttpPortal,
    server: Misbehaving,
    watch: Stopwatch,
    tmp_path: Path,
    what: str,
    course: str,
) -> None:
    watch.hurry()
    server.answer = lambda: SLOW[course](server)

    error = refused(asked_of(portal, tmp_path)[what])

    assert isinstance(error, AnswerLost)
    assert error.reason.code == "portal_answer_slow"
    assert server.asked == 1


def test_an_answer_that_unfolds_is_not_unfolded_to_its_end(
    portal: HttpPortal, server: Misbehaving
) -> None:
    server.answer = lambda: bad.sized(BOMB, b"Content-Encoding: gzip")

    assert refused(lambda: portal.describe(ID)).reason.code == "portal_answer_large"


@pytest.mark.parametrize("coding", [b"gzip, gzip", b"br", b"x"])
def test_an_answer_that_is_packed_otherwise_than_was_asked_for_is_no_answer(
    portal: HttpPortal, server: Misbehaving, coding: bytes
) -> None:
    server.answer = lambda: bad.sized(gzip.compress(BOMB), b"Content-Encoding: " + coding)

    assert refused(lambda: portal.describe(ID)).reason.code == "portal_answer_lost"


@pytest.mark.parametrize("cut", [0, 8, 30])
def test_a_packed_answer_is_read_when_it_is_whole_and_only_then(
    portal: HttpPortal, server: Misbehaving, cut: int
) -> None:
    account = json.dumps({"id": "u", "first_name": "Léa", "last_name": "x" * 5000}).encode()
    packed = gzip.compress(account)
    server.answer = lambda: bad.sized(
        packed[: len(packed) - cut], b"Content-Encoding: gzip", b"Connection: close"
    )

    if cut:
        assert refused(portal.whoami).reason.code == "portal_answer_lost"
    else:
        assert portal.whoami().id == "u"


@pytest.mark.parametrize(
    "body",
    [b"[" * 1_000_000, b'{"a":' * 400_000, b"[" + b"{}," * 1_500_000 + b"{}]"],
    ids=["deep", "deep objects", "of many values"],
)
@pytest.mark.parametrize("what", KINDS)
def test_json_that_would_fill_the_memory_is_no_answer(
    portal: HttpPortal, server: Misbehaving, tmp_path: Path, what: str, body: bytes
) -> None:
    server.answer = lambda: bad.sized(body, b"Connection: close")

    code = refused(asked_of(portal, tmp_path)[what]).reason.code

    assert code in {"portal_not_udata", "portal_garbled", "portal_answer_large"}


@pytest.mark.parametrize("status", [b"400 Bad", b"503 Down"])
def test_a_refusal_may_be_no_larger_than_an_answer(
    portal: HttpPortal, server: Misbehaving, status: bytes
) -> None:
    endless = bad.endless()
    server.answer = lambda: (piece.replace(b"200 OK", status) for piece in endless)

    assert refused(portal.whoami).reason.code == "portal_answer_large"


@pytest.mark.parametrize("course", SLOW)
def test_a_download_that_drips_is_given_up(
    portal: HttpPortal, server: Misbehaving, watch: Stopwatch, course: str
) -> None:
    watch.hurry()
    server.answer = lambda: SLOW[course](server)

    def read() -> None:
        with portal.download(f"{server.url}/file") as found:
            for _ in found.chunks:
                pass

    assert refused(read).reason.code == "portal_answer_slow"


def test_a_refused_download_is_not_read_without_end(
    portal: HttpPortal, server: Misbehaving
) -> None:
    endless = bad.endless()
    server.answer = lambda: (piece.replace(b"200 OK", b"404 No") for piece in endless)

    def read() -> None:
        with portal.download(f"{server.url}/file"):
            pass

    assert refused(read).reason.code == "portal_answer_large"


# -- S3 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("course", LARGE)
def test_a_listing_without_end_is_given_up(
    source: S3Source, server: Misbehaving, course: str
) -> None:
    server.answer = lambda: LARGE[course](server)

    error = refused(lambda: list(versions_of(source, "", recursive=True)))

    assert isinstance(error, SourceUnreachable)
    assert error.reason.code == "s3_answer_large"
    assert server.asked == 1


@pytest.fixture
def written(server: Misbehaving, watch: Stopwatch) -> Iterator[S3PublicBucket]:
    """A bucket that syncd writes into."""
    found = S3PublicBucket(
        Location(server.url, "public"),
        NetworkOptions(read_timeout=10, wait=lambda _: None, stopwatch=watch),
        addressing="path",
        credentials=Credentials(access_key_id="id", secret_access_key="secret"),
    )
    yield found
    found.close()


def writing(bucket: S3PublicBucket, folder: Path) -> dict[str, Callable[[], Any]]:
    path = folder / "a.csv"
    path.write_bytes(b"id\n1\n")
    digest = Digest(hashlib.sha1(b"id\n1\n").hexdigest(), 5)
    return {
        "publish": lambda: bucket.publish(SpooledFile(path, digest), "a.csv"),
        "remove": lambda: bucket.remove("a.csv", every_version=True),
        "abandon": lambda: bucket.abandon("", lambda _: True, WHEN),
    }


@pytest.mark.parametrize("what", ["publish", "remove", "abandon"])
@pytest.mark.parametrize("course", [*LARGE, *SLOW])
def test_an_answer_to_what_is_written_has_a_ceiling_too(
    written: S3PublicBucket,
    server: Misbehaving,
    watch: Stopwatch,
    tmp_path: Path,
    what: str,
    course: str,
) -> None:
    if course in SLOW:
        watch.hurry()
    server.answer = lambda: (LARGE | SLOW)[course](server)

    error = refused(writing(written, tmp_path)[what])

    assert error.reason.code == ("s3_answer_slow" if course in SLOW else "s3_answer_large")
    assert server.asked <= 1  # another one would be no better


@pytest.mark.parametrize("course", SLOW)
def test_a_listing_that_drips_is_given_up(
    source: S3Source, server: Misbehaving, watch: Stopwatch, course: str
) -> None:
    watch.hurry()
    server.answer = lambda: SLOW[course](server)

    assert (
        refused(lambda: list(versions_of(source, "", recursive=True))).reason.code
        == "s3_answer_slow"
    )
    assert server.asked == 1


@pytest.mark.parametrize("course", ["dripped head", "dripped body"])
def test_an_object_that_drips_is_given_up(
    source: S3Source, server: Misbehaving, watch: Stopwatch, course: str
) -> None:
    watch.hurry()

    def answer() -> Iterator[bytes]:
        if course == "dripped head":
            yield from bad.dripped_head(server.stopped)
            return
        for at, piece in enumerate(bad.dripped(server.stopped)):
            yield piece if at else piece.replace(b"\r\n\r\n", b'\r\nETag: "e"\r\n\r\n')

    server.answer = answer
    version = Version("a.csv", Fingerprint('"e"', 1_000_000, WHEN))

    def read() -> None:
        with source.open(version) as found:
            for _ in found.chunks:
                pass

    assert refused(read).reason.code == "s3_answer_slow"


def test_a_listing_of_pages_without_end_is_given_up(
    source: S3Source, server: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.adapters.s3.source.MOST_PAGES", 20)

    def page() -> Iterator[bytes]:
        token = f"<NextContinuationToken>{server.asked}</NextContinuationToken>"
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>true</IsTruncated>{token}</ListBucketResult>"
        )
        return bad.sized(body.encode(), b"Connection: close")

    server.answer = page

    error = refused(lambda: list(versions_of(source, "", recursive=True)))

    assert error.reason.code == "s3_listing_broken"
    assert server.asked == 20


# -- the budget itself -------------------------------------------------------------------------


def test_a_budget_ends_with_its_seconds_and_grows_with_a_file() -> None:
    now = [0.0]
    budget = Budget(ceilings.Ceiling(10, 60), lambda: now[0], moved=ceilings.SLOWEST * 40)
    assert budget.wait_at_most(30) == 30
    now[0] = 90
    assert budget.wait_at_most(30) == 10
    budget.allow(ceilings.SLOWEST * 5)
    assert budget.wait_at_most(None) == 15
    now[0] = 105
    with pytest.raises(TooSlow):
        budget.wait_at_most(None)
    assert budget.exceeded == "seconds"


def test_a_head_has_a_ceiling_of_its_own() -> None:
    budget = Budget(ceilings.of("object"))
    budget.read(ceilings.HEAD)
    budget.await_body()
    budget.read(ceilings.HEAD)
    budget.await_head()
    with pytest.raises(TooLarge):
        budget.read(ceilings.HEAD + 1)


def test_a_budget_ends_with_its_bytes() -> None:
    budget = Budget(ceilings.Ceiling(10, 60))
    budget.unfolded(10)
    with pytest.raises(TooLarge):
        budget.unfolded(11)
    assert budget.exceeded == "size"


def test_the_budget_of_one_thread_is_none_of_another() -> None:
    seen: list[Budget | None] = []
    with Budget(ceilings.of("dataset")).active():
        thread = threading.Thread(target=lambda: seen.append(ceilings.active()))
        thread.start()
        thread.join()
        assert ceilings.active() is not None
    assert seen == [None]
    assert ceilings.active() is None


def test_a_dataset_of_five_thousand_resources_is_no_heavy_answer() -> None:
    one = {f"field{n}": "une description, avec des virgules" for n in range(60)}

    assert not ceilings.is_heavy(json.dumps([one] * 5000).encode())
