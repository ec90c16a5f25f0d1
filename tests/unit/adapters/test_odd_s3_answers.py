"""Whatever an S3 server answers: one of our errors with a sentence, or exactly the object."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from syncd.adapters.s3 import answers
from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.source import S3Source
from syncd.core.errors import SourceError
from syncd.core.objects import Fingerprint, Location, Version
from syncd.text import finding
from tests.support.clients import s3_source, versions_of
from tests.support.examples import examples
from tests.support.network.misbehaving import Misbehaving, misbehaving

# botocore leaves the connection of an answer whose head it cannot read to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

BODY = b"id\n1\n"
VERSION = Version("a.csv", Fingerprint('"e"', len(BODY), datetime(2026, 1, 1, tzinfo=UTC)))
LATER = 10_000.0  # seconds: a server that failed is asked again

ROOT = "ListBucketResult"
ENTRY = {
    "Key": "a.csv",
    "LastModified": "2026-01-01T00:00:00Z",
    "ETag": "&quot;e&quot;",
    "Size": "5",
}
PAGE = {
    "Name": "depot",
    "Prefix": "",
    "MaxKeys": "1000",
    "KeyCount": "1",
    "IsTruncated": "false",
    "EncodingType": "url",
    "Delimiter": "",
}
ODD = (
    *("", "0", "-1", "5.0", "1e400", "9" * 30, "9" * 5000, "nan", "inf", " 5 ", "é", "’"),
    *("%00", "%ED%A0%80", "a%0Ab%1B%5B31m", "&#x10FFFF;", "true", "True", "None", "\u2028"),
    *("2026-13-45", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "Mon, 99 Foo 2026"),
    *("2026-01-01T00:00:00+99:99", "99999999999999999999", "<a/>", "<Key>x</Key>", "<!-- -->"),
)


def listing(**changed: str) -> bytes:
    entry = "".join(f"<{n}>{changed.get(n, v)}</{n}>" for n, v in ENTRY.items())
    page = "".join(f"<{n}>{changed.get(n, v)}</{n}>" for n, v in PAGE.items())
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    return f"<{ROOT} {space}>{page}<Contents>{entry}</Contents></{ROOT}>".encode()


GOOD = listing()
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n",
    "JSON": b'{"IsTruncated": false}',
    "a web page": b"<!doctype html><html><p>Connexion</html>",
    "half of it": GOOD[: len(GOOD) // 2],
    "all but its end": GOOD[:-1],
    "twice": GOOD + GOOD,
    "no UTF-8": GOOD.replace(b"a.csv", b"\xff\xe9"),
    "a byte of zero": GOOD.replace(b"a.csv", b"a\x00"),
    "another root": GOOD.replace(ROOT.encode(), b"ListAllMyBucketsResult"),
    "a root of its own": b"<ListBucketResult/>",
    "an entity": b'<!DOCTYPE a [<!ENTITY x "y">]><ListBucketResult>&x;</ListBucketResult>',
    "deep": b"<ListBucketResult>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</ListBucketResult>",
    "entries of nothing": GOOD.replace(b"</Contents>", b"</Contents><Contents/>"),
    "entries of words": GOOD.replace(b"</Contents>", b"</Contents><Contents>x</Contents>"),
    "entries in entries": GOOD.replace(
        b"<Contents>", b"<Contents><Contents><Key>x</Key></Contents>"
    ),
    "a key twice in an entry": GOOD.replace(b"<Key>", b"<Key>z.csv</Key><Key>"),
    "a size twice in an entry": GOOD.replace(b"<Size>", b"<Size>9</Size><Size>"),
    "one key in two entries": GOOD.replace(
        b"</ListB", b"<Contents><Key>a.csv</Key><Size>9</Size></Contents></ListB"
    ),
    "folders of nothing": GOOD.replace(b"<Contents>", b"<CommonPrefixes/><Contents>"),
    "folders of words": GOOD.replace(
        b"<Contents>", b"<CommonPrefixes>x</CommonPrefixes><Contents>"
    ),
    "an empty prefix": GOOD.replace(b"<Prefix></Prefix>", b"<Prefix/>"),
    "two prefixes": GOOD.replace(b"<Prefix>", b"<Prefix>x</Prefix><Prefix>"),
    "more, without a token": GOOD.replace(b"false", b"true"),
    "more, with an odd token": GOOD.replace(
        b"false</IsTruncated>",
        b"true</IsTruncated><NextContinuationToken><a/></NextContinuationToken>",
    ),
    **{f"no {n}": GOOD.replace(f"<{n}>{v}</{n}>".encode(), b"") for n, v in (ENTRY | PAGE).items()},
    **{f"{n} twice": GOOD.replace(f"<{n}>".encode(), f"<{n}>1</{n}><{n}>".encode()) for n in PAGE},
    **{f"{n} within {n}": listing(**{n: f"<{n}>1</{n}>"}) for n in ENTRY | PAGE},
}
ERRORS: dict[str, bytes] = {
    "nothing": b"",
    "no end": b"<Error><Code>",
    "no UTF-8": b"<Error><Code>\xff</Code></Error>",
    "a web page": b"<html><h1>403</h1></html>",
    "an empty code": b"<Error><Code/></Error>",
    "a code within a code": b"<Error><Code><Code>x</Code></Code></Error>",
    "two codes": b"<Error><Code>AccessDenied</Code><Code>NoSuchKey</Code></Error>",
    "two messages": b"<Error><Code>x</Code><Message>a</Message><Message>b</Message></Error>",
    "a message of elements": b"<Error><Code>x</Code><Message><a/></Message></Error>",
    "two errors": b"<Errors><Error><Code>x</Code></Error><Error/></Errors>",
    "a deep one": b"<Error>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</Error>",
    "a long one": b"<Error><Code>" + b"x" * 100_000 + b"</Code></Error>",
    "another region": b"<Error><Code>PermanentRedirect</Code><Region>..</Region></Error>",
    "a region of odd letters": (
        b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>\xc3\xa9 x</Region></Error>"
    ),
    "another server": (
        b"<Error><Code>TemporaryRedirect</Code><Endpoint>http://127.0.0.1:1</Endpoint></Error>"
    ),
}
STATUSES = (
    200,
    204,
    206,
    301,
    304,
    307,
    400,
    401,
    403,
    404,
    405,
    409,
    410,
    412,
    416,
    429,
    500,
    503,
)
HEADERS: dict[str, tuple[str, ...]] = {
    "ETag": ("", "e", '"f"', 'W/"e"', "\xe9", '"e", "e"'),
    "Content-Length": ("", "-1", "x", "4", "6", "5, 5", "9" * 5000, "0x5", "\xb2"),
    "Last-Modified": ("", "Thu, 99 Jan 2026", "0", "Mon, 01 Jan 0001 00:00:00 +2359", "nan"),
    "Date": ("", "Fri, 31 Dec 9999 23:59:59 -2359", "x"),
    "Content-Range": ("bytes 0-4/5", "bytes */5", "x"),
    "Content-Encoding": ("gzip", "aws-chunked", "x"),
    "Transfer-Encoding": ("chunked", "x"),
    "Expires": ("0", "-1", "x"),
    "Retry-After": ("", "-5", "1e9", "soon"),
    "Location": ("http://[", "//", "http://127.0.0.1:1/"),
    "x-amz-version-id": ("", "null", "\xe9", "x" * 5000),
    "x-amz-missing-meta": ("x", "-1"),
    "x-amz-mp-parts-count": ("x", "1e9"),
    "x-amz-delete-marker": ("true", "x"),
    "x-amz-bucket-region": ("..", "\xe9", "x" * 300),
    "x-amz-object-lock-retain-until-date": ("x",),
    "x-amz-restore": ("x",),
    "No colon": (),
}


class Server:
    """One client, and a server that answers all of its requests alike."""

    def __init__(self, misbehaving: Misbehaving) -> None:
        self._server = misbehaving
        self._seconds = 0.0
        self.source: S3Source = s3_source(
            Location(misbehaving.url, "depot"),
            addressing="path",
            credentials=Credentials(access_key_id="id", secret_access_key="secret"),
            read_timeout=5,
            wait=lambda _: None,
            attempts=1,
            monotonic=lambda: self._seconds,
        )

    def answers(
        self, body: bytes, status: int = 200, headers: Mapping[str, str | None] | None = None
    ) -> None:
        """`headers`: beside the usual ones, or None in their place."""
        told: dict[str, str | None] = {"ETag": '"e"', "Content-Length": str(len(body))}
        told |= {"Connection": "close", **(headers or {})}
        lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
        head = "\r\n".join([f"HTTP/1.1 {status} Status", *lines, "", ""]).encode("latin-1")
        self._server.answer = lambda: [head + body]
        self._seconds += LATER

    def listed(self) -> list[Version] | None:
        """What is listed, each way alike; None where that is refused."""
        found: list[Version] | None = None
        for recursive in (True, False):
            self._seconds += LATER
            try:
                found = list(versions_of(self.source, "", recursive=recursive))
            except SourceError as error:
                worded(error)
                found = None
        for one in (self.source.stat, self.source.peek):
            self._seconds += LATER
            try:
                one("a.csv")
            except SourceError as error:
                worded(error)
        return found

    def read(self) -> bytes | None:
        """None where it is refused."""
        try:
            with self.source.open(VERSION) as opened:
                return b"".join(opened.chunks)
        except SourceError as error:
            worded(error)
            return None


def worded(error: SourceError) -> None:
    said = finding(error.reason)
    assert not said.startswith(error.reason.code), said
    said.encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with misbehaving() as found:
        made = Server(found)
        yield made
        made.source.close()
        gc.collect()


def test_the_answers_that_are_made_odd_here_are_good_ones(server: Server) -> None:
    server.answers(GOOD)
    assert server.listed() == [VERSION]
    server.answers(BODY)
    assert server.read() == BODY


@pytest.mark.parametrize("what", BODIES)
def test_a_listing_that_is_none_is_refused_or_read_as_it_stands(server: Server, what: str) -> None:
    server.answers(BODIES[what])

    found = server.listed()

    for version in found or ():
        assert version.key
        assert version.fingerprint.size >= 0


@pytest.mark.parametrize("field", [*ENTRY, *PAGE])
def test_a_value_of_a_listing_is_odd(server: Server, field: str) -> None:
    for odd in random.Random(field).sample(ODD, min(len(ODD), examples(len(ODD)))):
        server.answers(listing(**{field: odd}))
        for version in server.listed() or ():
            assert 0 <= version.fingerprint.size < 2**63, odd
            assert version.fingerprint.modified.tzinfo, odd


@pytest.mark.parametrize("what", ["more, without a token", "no IsTruncated", "another root"])
def test_a_listing_that_may_go_on_is_never_taken_for_a_whole_one(server: Server, what: str) -> None:
    server.answers(BODIES[what])
    assert server.listed() is None


@pytest.mark.parametrize("field", ENTRY)
def test_an_object_of_which_something_is_not_said_is_no_object(server: Server, field: str) -> None:
    server.answers(BODIES[f"no {field}"])
    assert server.listed() is None


def test_an_emptied_folder_without_etag_is_no_object_and_hides_none(server: Server) -> None:
    folder = "<Contents><Key>a/</Key><LastModified>2026-01-01T00:00:00Z</LastModified>"
    for etag in ("", "<ETag/>", "<ETag>&quot;&quot;</ETag>"):
        entry = f"{folder}{etag}<Size>0</Size></Contents><Contents>"
        server.answers(GOOD.replace(b"<Contents>", entry.encode()))
        assert server.listed() == [VERSION]


@pytest.mark.parametrize("size", ["-1", "9" * 30, "5.0", ""])
def test_a_size_that_nothing_can_have_is_none(server: Server, size: str) -> None:
    server.answers(listing(Size=size))
    assert server.listed() is None


@pytest.mark.parametrize("what", ERRORS)
def test_an_error_is_odd(server: Server, what: str) -> None:
    for status in random.Random(what).sample(STATUSES, min(len(STATUSES), examples(18) // 3)):
        server.answers(ERRORS[what], status)
        assert server.listed() is None or status in {200, 206}
        server.answers(ERRORS[what], status)
        assert server.read() is None


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_is_odd(server: Server, header: str) -> None:
    for value in (*HEADERS[header], None):
        server.answers(BODY, headers={header: value})
        assert server.read() in {BODY, None}, value
        server.answers(GOOD, headers={header: value})
        assert server.listed() in ([VERSION], None), value


@pytest.mark.parametrize("body", [b"", b"id", b"id\n1\n2\n", b"ID\n1", GOOD])
def test_other_bytes_than_were_listed_are_not_read(server: Server, body: bytes) -> None:
    server.answers(body)
    assert server.read() is None


def test_an_answer_that_does_not_say_which_version_it_is_is_not_read(server: Server) -> None:
    server.answers(BODY, headers={"ETag": None})
    assert server.read() is None
    server.answers(BODY, headers={"Content-Length": None})
    assert server.read() is None


@pytest.mark.parametrize("text", ["", "bytes */5", f"bytes 0-4/{'9' * 5000}", "bytes \u0660-4/5"])
def test_a_range_that_nothing_can_have_is_none(text: str) -> None:
    assert answers.content_range(text) == (-1, None)
