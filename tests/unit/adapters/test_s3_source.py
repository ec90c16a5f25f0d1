"""`S3Source` against servers that misbehave: a scripted HTTP server on loopback."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from syncd.adapters.net.circuit_breaker import PAUSE
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.s3.backups import BackupBucket
from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.public_bucket import S3PublicBucket
from syncd.adapters.s3.source import S3Source
from syncd.core.errors import (
    BucketMissing,
    ObjectChanged,
    ObjectMissing,
    SourceDenied,
    SourceError,
    SourceUnreachable,
)
from syncd.core.objects import Digest, Fingerprint, Location, Version
from syncd.core.ports import SpooledFile
from syncd.text import sentence
from tests.support.clients import s3_source, versions_of

SECRET = "very-secret-value-42"
WHEN = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass
class Request:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None  # a Content-Length that is not the body's
    cut_without_answer: bool = False


@dataclass
class Scripted:
    """Gives the prepared answers in order, then the last one again; keeps what it was asked."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)

    def source(self, **overrides: Any) -> S3Source:
        settings: dict[str, Any] = {
            "location": Location(self.url, "depot"),
            "credentials": Credentials("key-id", SECRET),
            "connect_timeout": 2.0,
            "read_timeout": 5.0,
            "attempts": 1,
        }
        return s3_source(**{**settings, **overrides})


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    script = Scripted("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            script.requests.append(
                Request(parts.path, parse_qs(parts.query), dict(self.headers.items()))
            )
            at = min(len(script.requests), len(script.answers)) - 1
            self.give(script.answers[at] if script.answers else Answer(404))

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        do_DELETE = do_GET  # noqa: N815 - http.server's name

        def give(self, answer: Answer) -> None:
            self.close_connection = True
            if answer.cut_without_answer:
                return
            self.send_response(answer.status)
            length = len(answer.body) if answer.announced is None else answer.announced
            if length >= 0:
                self.send_header("Content-Length", str(length))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.announced is not None and length > len(answer.body):
                self.wfile.flush()
                if answer.headers.get("X-Hang"):
                    script.hang.wait(20)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - stdlib's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are expected
    scheme = "https" if context else "http"
    script.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        script.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as script:
        yield script


def entry(key: str, modified: str = "2025-03-01T12:00:00.000Z", etag: str = '"e"') -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>{modified}</LastModified>"
        f"<ETag>{etag.replace(chr(34), '&quot;')}</ETag><Size>3</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def page(*entries: str, truncated: bool = False, token: str = "") -> Answer:
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return Answer(
        body=(
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            "<Name>depot</Name><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{more}{''.join(entries)}"
            "</ListBucketResult>"
        ).encode()
    )


def refusal(status: int, code: str, message: str = "the server's words") -> Answer:
    return Answer(
        status,
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(),
        {"Content-Type": "application/xml"},
    )


def keys(source: S3Source, prefix: str = "", *, recursive: bool = True) -> list[str]:
    return [version.key for version in versions_of(source, prefix, recursive=recursive)]


def listing_error(source: S3Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        keys(source)
    return caught.value


# -- listings --------------------------------------------------------------------------------------


def test_pages_are_followed_by_their_tokens(server: Scripted) -> None:
    server.answers = [
        page(entry("a"), truncated=True, token="t+1/="),
        page(entry("b"), truncated=True, token="t2"),
        page(entry("c")),
    ]
    assert keys(server.source(), "p/") == ["a", "b", "c"]
    assert [r.query.get("continuation-token") for r in server.requests] == [
        None,
        ["t+1/="],
        ["t2"],
    ]
    assert {tuple(r.query["prefix"]) for r in server.requests} == {("p/",)}


def test_a_page_may_be_empty_in_the_middle(server: Scripted) -> None:
    server.answers = [page(entry("a"), truncated=True, token="1"), page(truncated=True, token="2")]
    server.answers.append(page(entry("b")))
    assert keys(server.source()) == ["a", "b"]


BROKEN_SECOND_PAGES = {
    "500": (Answer(500), "s3_server_error"),
    "503": (refusal(503, "SlowDown"), "s3_busy"),
    "403": (refusal(403, "AccessDenied"), "s3_access_denied"),
    "garbage": (Answer(body=b"<ListBucketResult><Cont"), "s3_listing_broken"),
    "not XML": (Answer(body=b"OK"), "s3_listing_broken"),
    "empty": (Answer(body=b""), "s3_listing_broken"),
    "a web page": (Answer(body=b"<html><body>Log in</body></html>"), "s3_listing_broken"),
    "an error with status 200": (
        Answer(body=b"<Error><Code>InternalError</Code></Error>"),
        "s3_listing_broken",
    ),
    "cut": (Answer(body=page(entry("b")).body[:-30], announced=10_000), "s3_listing_broken"),
    "closed": (Answer(cut_without_answer=True), "s3_unreachable"),
    "no token": (page(entry("b"), truncated=True), "s3_listing_broken"),
    "the same token": (page(entry("b"), truncated=True, token="1"), "s3_listing_broken"),
    "a bad date": (page(entry("b", modified="yesterday")), "s3_listing_broken"),
    "a bad encoding": (page(entry("%ZZ%", modified="")), "s3_listing_broken"),
}


@pytest.mark.parametrize(
    ("second", "code"), BROKEN_SECOND_PAGES.values(), ids=BROKEN_SECOND_PAGES.keys()
)
def test_a_listing_that_breaks_half_way_is_an_error_and_not_an_end(
    server: Scripted, second: Answer, code: str
) -> None:
    server.answers = [page(entry("a"), truncated=True, token="1"), second]
    error = listing_error(server.source())
    assert error.reason.code == code
    assert error.reason.facts["bucket"] == "depot"
    assert error.reason.facts["prefix"] == ""


def test_an_entry_without_etag_breaks_the_listing(server: Scripted) -> None:
    server.answers = [page(entry("a").replace("<ETag>&quot;e&quot;</ETag>", ""))]
    assert listing_error(server.source()).reason.code == "s3_listing_broken"


def test_an_unreadable_stat_is_an_error_and_not_a_missing_object(server: Scripted) -> None:
    server.answers = [Answer(body=b"")]
    with pytest.raises(SourceUnreachable):
        server.source().stat("a")


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01T12:00:00Z",
        "2025-03-01T12:00:00.000Z",
        "2025-03-01T12:00:00.999Z",
        "2025-03-01T12:00:00.123456789Z",
        "2025-03-01T13:00:00+01:00",
        "2025-03-01T12:00:00",
        "Sat, 01 Mar 2025 12:00:00 GMT",
    ],
)
def test_every_form_of_date_is_cut_to_the_second_in_utc(server: Scripted, text: str) -> None:
    server.answers = [page(entry("a", modified=text))]
    [version] = versions_of(server.source(), "", recursive=True)
    assert version.fingerprint.modified == WHEN
    assert version.fingerprint.modified.utcoffset() == timedelta(0)


def test_encoded_keys_are_decoded_once(server: Scripted) -> None:
    server.answers = [page(entry("a+b%2Bc%2541%C3%A9"))]
    assert keys(server.source()) == ["a b+c%41é"]


def test_a_gateway_that_ignores_the_delimiter_changes_nothing(server: Scripted) -> None:
    server.answers = [page(entry("p/a"), entry("p/"), entry("p/sub/b"))]
    assert keys(server.source(), "p/", recursive=False) == ["p/a", "p/"]
    assert server.requests[0].query["delimiter"] == ["/"]


# -- refusals --------------------------------------------------------------------------------------

REFUSALS: dict[str, tuple[Answer, type[SourceError], str]] = {
    "NoSuchBucket": (refusal(404, "NoSuchBucket"), BucketMissing, "s3_bucket_missing"),
    "AccessDenied": (refusal(403, "AccessDenied"), SourceDenied, "s3_access_denied"),
    "SignatureDoesNotMatch": (
        refusal(403, "SignatureDoesNotMatch"),
        SourceDenied,
        "s3_bad_signature",
    ),
    "InvalidAccessKeyId": (refusal(403, "InvalidAccessKeyId"), SourceDenied, "s3_unknown_key"),
    "ExpiredToken": (refusal(400, "ExpiredToken"), SourceDenied, "s3_expired_key"),
    "RequestTimeTooSkewed": (refusal(403, "RequestTimeTooSkewed"), SourceDenied, "s3_clock"),
    "region": (refusal(400, "AuthorizationHeaderMalformed"), SourceDenied, "s3_region"),
    "bare 403": (Answer(403), SourceDenied, "s3_access_denied"),
    "SlowDown": (refusal(503, "SlowDown"), SourceUnreachable, "s3_busy"),
    "429": (refusal(429, "TooManyRequests"), SourceUnreachable, "s3_busy"),
    "InternalError": (refusal(500, "InternalError"), SourceUnreachable, "s3_server_error"),
    "web server's 404": (Answer(404, b"<html>nginx</html>"), SourceUnreachable, "s3_refused"),
    "odd 400": (refusal(400, "InvalidRequest"), SourceUnreachable, "s3_refused"),
}


@pytest.mark.parametrize(("answer", "kind", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_each_refusal_has_its_own_error(
    server: Scripted, answer: Answer, kind: type[SourceError], code: str
) -> None:
    server.answers = [answer]
    error = listing_error(server.source())
    assert type(error) is kind
    assert error.reason.code == code
    assert error.reason.facts["endpoint"] == server.url
    assert error.reason.facts["status"] == answer.status


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403),
        Answer(500),
        Answer(418, b"<Error><Code></Code><Message> </Message></Error>"),
        refusal(403, "AccessDenied", ""),
        refusal(400, "", ""),
        Answer(599),
    ],
)
def test_a_refusal_without_a_word_quotes_no_nothing(server: Scripted, answer: Answer) -> None:
    server.answers = [answer]
    said = sentence(listing_error(server.source()).reason)
    assert "“”" not in said
    assert " :" not in said


def test_the_server_s_own_words_are_kept_without_our_secret(server: Scripted) -> None:
    server.answers = [refusal(403, "AccessDenied", f"no rights for {SECRET} here")]
    error = listing_error(server.source())
    assert error.reason.facts["detail"] == "no rights for *** here"
    assert SECRET not in str(error)


def test_a_short_trouble_is_tried_again(server: Scripted) -> None:
    server.answers = [Answer(500), page(entry("a"))]
    assert keys(server.source(attempts=2)) == ["a"]


@pytest.mark.parametrize(
    "body",
    [b"<Error><Code>InternalError</Code></Error>", page(entry("a")).body[:-30]],
    ids=["an error with status 200", "half a page"],
)
def test_what_is_no_whole_listing_is_tried_again(server: Scripted, body: bytes) -> None:
    server.answers = [Answer(body=body), page(entry("a"))]
    assert keys(server.source(attempts=2)) == ["a"]


def test_a_whole_listing_is_read_once(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    parser = ElementTree.XMLParser
    monkeypatch.setattr(ElementTree, "XMLParser", lambda **how: read.append(None) or parser(**how))
    server.answers = [page(entry("a"))]
    assert keys(server.source()) == ["a"]
    assert len(read) == 1


def test_a_lasting_trouble_is_not_tried_for_ever(server: Scripted) -> None:
    server.answers = [Answer(500)]
    listing_error(server.source(attempts=2))
    assert len(server.requests) == 2


def test_an_unknown_host_is_told_apart(server: Scripted) -> None:
    source = server.source(location=Location("http://no-such-host.invalid", "depot"))
    assert listing_error(source).reason.code == "s3_unknown_host"


def test_a_silent_server_times_out(server: Scripted) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        source = server.source(location=Location(endpoint, "depot"), read_timeout=0.2)
        error = listing_error(source)
    assert type(error) is SourceUnreachable
    assert error.reason.code == "s3_timeout"


def test_a_bad_endpoint_is_our_error(server: Scripted) -> None:
    with pytest.raises(SourceError):
        server.source(location=Location("not an address", "depot"))


def test_a_missing_ca_bundle_is_named(server: Scripted, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable) as caught:
        server.source(ca_bundle=tmp_path / "missing.pem")
    assert caught.value.reason.code == "s3_ca_bundle"


def test_no_credentials_anywhere_is_told_without_a_request(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    error = listing_error(server.source(credentials=None))
    assert type(error) is SourceDenied
    assert error.reason.code == "s3_no_credentials"
    assert server.requests == []


def test_credentials_hide_their_secrets() -> None:
    shown = repr(Credentials("key-id", SECRET, "session-token"))
    assert "key-id" in shown
    assert SECRET not in shown
    assert "session-token" not in shown


# -- reads -----------------------------------------------------------------------------------------

VERSION = Version("dir/a b.csv", Fingerprint('"e"', 3, WHEN))


def read(source: S3Source, version: Version = VERSION) -> bytes:
    with source.open(version) as opened:
        return b"".join(opened.chunks)


def test_a_read_is_pinned_to_the_listed_etag(server: Scripted) -> None:
    server.answers = [Answer(body=b"abc", headers={"ETag": '"e"'})]
    assert read(server.source()) == b"abc"
    assert server.requests[0].headers["If-Match"] == '"e"'
    assert server.requests[0].path == "/depot/dir/a%20b.csv"


def test_a_server_that_lists_etags_without_quotes_is_read_too(server: Scripted) -> None:
    server.answers = [page(entry("a.csv", etag="e")), Answer(body=b"abc", headers={"ETag": '"e"'})]
    source = server.source()
    version = source.stat("a.csv")
    assert version is not None
    assert version.fingerprint.etag == "e"
    assert read(source, version) == b"abc"
    assert server.requests[1].headers["If-Match"] == '"e"'


def test_a_server_that_ignores_if_match_is_found_out(server: Scripted) -> None:
    server.answers = [Answer(body=b"xyz", headers={"ETag": '"other"'})]
    with pytest.raises(ObjectChanged):
        read(server.source())


def test_an_answer_of_another_size_is_a_change(server: Scripted) -> None:
    server.answers = [Answer(body=b"abcd", headers={"ETag": '"e"'})]
    with pytest.raises(ObjectChanged):
        read(server.source())


def test_a_precondition_that_fails_is_a_change(server: Scripted) -> None:
    server.answers = [refusal(412, "PreconditionFailed")]
    with pytest.raises(ObjectChanged):
        read(server.source())


def test_a_key_that_is_gone_is_missing(server: Scripted) -> None:
    server.answers = [refusal(404, "NoSuchKey")]
    with pytest.raises(ObjectMissing) as caught:
        read(server.source())
    assert caught.value.reason.facts["key"] == "dir/a b.csv"


def test_a_bucket_that_is_gone_is_not_a_missing_object(server: Scripted) -> None:
    server.answers = [refusal(404, "NoSuchBucket")]
    with pytest.raises(BucketMissing):
        read(server.source())


def test_an_object_in_cold_storage_is_told_apart(server: Scripted) -> None:
    server.answers = [refusal(403, "InvalidObjectState")]
    with pytest.raises(SourceDenied) as caught:
        read(server.source())
    assert caught.value.reason.code == "s3_archived"


def test_a_body_that_ends_early_is_a_cut(server: Scripted) -> None:
    server.answers = [Answer(body=b"ab", headers={"ETag": '"e"'}, announced=3)]
    with pytest.raises(SourceUnreachable) as caught:
        read(server.source())
    assert caught.value.reason.code == "s3_cut"
    assert caught.value.reason.facts["key"] == "dir/a b.csv"


def test_a_body_that_stalls_times_out(server: Scripted) -> None:
    server.answers = [Answer(body=b"ab", headers={"ETag": '"e"', "X-Hang": "1"}, announced=3)]
    with pytest.raises(SourceUnreachable) as caught:
        read(server.source(read_timeout=0.2))
    assert caught.value.reason.code == "s3_timeout"


def whole(body: bytes = b"abc", announced: int | None = None, etag: str = '"e"') -> Answer:
    return Answer(body=body, headers={"ETag": etag}, announced=announced)


def part(body: bytes, about: str, announced: int | None = None, etag: str = '"e"') -> Answer:
    """206 with this Content-Range."""
    return Answer(206, body, {"ETag": etag, "Content-Range": about}, announced)


def test_a_cut_body_is_continued_by_a_pinned_range(server: Scripted) -> None:
    server.answers = [whole(b"a", 3), part(b"b", "bytes 1-2/3", 2), part(b"c", "bytes 2-2/3")]
    pauses: list[float] = []
    assert read(server.source(attempts=3, wait=pauses.append)) == b"abc"
    asked = [(r.headers.get("Range"), r.headers["If-Match"]) for r in server.requests]
    assert asked == [(None, '"e"'), ("bytes=1-", '"e"'), ("bytes=2-", '"e"')]
    assert pauses[0] == 0  # the first cut costs no time


def test_a_body_of_which_nothing_came_is_asked_for_again_as_a_whole(server: Scripted) -> None:
    server.answers = [whole(b"", 3), whole()]
    assert read(server.source(attempts=2)) == b"abc"
    assert "Range" not in server.requests[1].headers


def test_a_server_that_ignores_the_range_gives_no_byte_twice(server: Scripted) -> None:
    server.answers = [whole(b"ab", 3), whole()]
    assert read(server.source(attempts=2)) == b"abc"


def test_a_server_that_gives_a_smaller_range_is_asked_for_the_rest(server: Scripted) -> None:
    server.answers = [whole(b"a", 3), part(b"b", "bytes 1-1/3"), part(b"c", "bytes 2-2/3")]
    assert read(server.source(attempts=3, wait=lambda _: None)) == b"abc"


CHANGED_MEANWHILE = {
    "412": refusal(412, "PreconditionFailed"),
    "416": refusal(416, "InvalidRange"),
    "another ETag": part(b"c", "bytes 2-2/3", etag='"other"'),
    "another size": part(b"cd", "bytes 2-3/4"),
    "no word of the size": part(b"c", "bytes 2-2/*"),
    "another ETag, whole": whole(b"xyz", etag='"other"'),
    "another size, whole": whole(b"abcd"),
}


@pytest.mark.parametrize("second", CHANGED_MEANWHILE.values(), ids=CHANGED_MEANWHILE.keys())
def test_what_changed_meanwhile_is_not_put_together(server: Scripted, second: Answer) -> None:
    server.answers = [whole(b"ab", 3), second]
    with pytest.raises(ObjectChanged) as caught:
        read(server.source(attempts=2))
    assert caught.value.reason.facts["key"] == VERSION.key


def test_what_is_deleted_meanwhile_is_missing(server: Scripted) -> None:
    server.answers = [whole(b"ab", 3), refusal(404, "NoSuchKey")]
    with pytest.raises(ObjectMissing):
        read(server.source(attempts=2))


def test_another_range_than_asked_for_is_never_taken(server: Scripted) -> None:
    server.answers = [whole(b"ab", 3), part(b"bc", "bytes 1-2/3")]
    with pytest.raises(SourceUnreachable) as caught:
        read(server.source(attempts=3, wait=lambda _: None))
    assert caught.value.reason.code == "s3_cut"


def test_cuts_without_progress_are_not_endured_for_ever(server: Scripted) -> None:
    server.answers = [whole(b"a", 3), part(b"", "bytes 1-2/3", 2)]
    pauses: list[float] = []
    with pytest.raises(SourceUnreachable) as caught:
        read(server.source(attempts=4, wait=pauses.append))
    assert caught.value.reason.code == "s3_cut"
    assert len(server.requests) == 4
    assert len(pauses) == 3
    assert all(pause <= 2**n for n, pause in enumerate(pauses))


def test_cuts_far_apart_do_not_add_up(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a progress of two bytes counting as far, four cuts pass where two tries are allowed."""
    monkeypatch.setattr("syncd.adapters.s3.source._WORTH_A_CUT", 2)
    body = b"abcdefghij"
    server.answers = [whole(body[:2], 10)]
    server.answers += [part(body[n : n + 2], f"bytes {n}-9/10", 10 - n) for n in (2, 4, 6, 8)]
    version = Version("a", Fingerprint('"e"', 10, WHEN))
    assert read(server.source(attempts=2), version) == body


def test_the_version_id_is_kept_and_the_word_null_is_none(server: Scripted) -> None:
    answers = {"v1": "v1", "null": None}
    for given, kept in answers.items():
        server.answers = [Answer(body=b"abc", headers={"ETag": '"e"', "x-amz-version-id": given})]
        server.requests.clear()
        with server.source().open(VERSION) as opened:
            assert opened.version_id == kept


def test_the_reader_s_own_errors_pass_through(server: Scripted) -> None:
    server.answers = [Answer(body=b"abc", headers={"ETag": '"e"'})]
    with pytest.raises(OSError, match="disk"), server.source().open(VERSION):
        raise OSError("disk")


# -- a server that fails is left alone -------------------------------------------------------------


def failure(ask: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        ask()
    return caught.value


def test_a_server_that_fails_three_times_in_a_row_is_left_alone_and_probed(
    server: Scripted,
) -> None:
    seconds = [0.0]
    source = server.source(attempts=1, monotonic=lambda: seconds[0])
    server.answers = [refusal(500, "InternalError")]
    for _ in range(3):
        assert failure(lambda: read(source)).reason.code == "s3_server_error"
    for _ in range(500):
        error = failure(lambda: read(source))
        assert (error.reason.code, error.already_reported) == ("s3_left_alone", True)
        assert "key" not in error.reason.facts  # it was about other objects
    assert failure(lambda: keys(source)).already_reported
    assert len(server.requests) == 3

    seconds[0] += PAUSE
    assert [failure(lambda: read(source)).already_reported for _ in range(2)] == [False, True]
    assert len(server.requests) == 4

    server.answers = [*server.answers * 4, whole(), page(entry("a"))]
    seconds[0] += PAUSE
    assert read(source) == b"abc"
    assert keys(source) == ["a"]


def test_one_object_that_cannot_be_read_leaves_the_others_alone(server: Scripted) -> None:
    source = server.source(attempts=2, wait=lambda _: None)
    server.answers = [whole(b"a", 3)]
    for _ in range(4):
        assert failure(lambda: read(source)).reason.code == "s3_cut"
    server.answers = [whole()]
    assert read(source) == b"abc"


def test_requests_that_are_made_again_are_counted(server: Scripted) -> None:
    retries: list[None] = []
    source = server.source(attempts=3, wait=lambda _: None, on_retry=lambda: retries.append(None))
    server.answers = [refusal(503, "SlowDown"), refusal(500, "InternalError"), page(entry("a"))]
    assert keys(source) == ["a"]
    assert len(retries) == 2
    server.answers += [whole(b"a", 3), part(b"bc", "bytes 1-2/3", 2)]
    assert read(source) == b"abc"
    assert len(retries) == 3


# -- addresses, proxies, TLS -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("addressing", "host", "path"),
    [
        ("auto", "s3.example.invalid", "/depot"),
        ("path", "s3.example.invalid", "/depot"),
        ("virtual", "depot.s3.example.invalid", "/"),
    ],
)
def test_the_bucket_goes_into_the_path_or_into_the_host_and_a_given_proxy_is_used(
    server: Scripted, addressing: str, host: str, path: str
) -> None:
    """Names below `.invalid` resolve nowhere, so the scripted server plays the proxy."""
    server.answers = [page(entry("a"))]
    source = server.source(
        location=Location("http://s3.example.invalid", "depot"),
        addressing=addressing,
        proxy=server.url,
    )
    assert keys(source) == ["a"]
    assert server.requests[0].headers["Host"] == host
    assert server.requests[0].path == path


def test_an_unreachable_proxy_does_not_show_its_password(server: Scripted) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = f"http://user:p%40ss-word@127.0.0.1:{taken.getsockname()[1]}"
        error = listing_error(server.source(proxy=proxy))
    assert error.reason.code == "s3_proxy_down"
    assert "p%40ss-word" not in str(error)
    assert "p@ss-word" not in str(error)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], tuple[Path, Path]]:
    """A private certificate for 127.0.0.1: its own authority, as (certificate, key) files."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AC interne")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "ca.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return lambda: paths


def test_a_private_authority_is_trusted_when_its_bundle_is_given_and_only_then(
    authority: Callable[[], tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(context) as server:
        server.answers = [page(entry("a"))]
        assert listing_error(server.source()).reason.code == "s3_ca_unknown"
        assert keys(server.source(ca_bundle=certificate)) == ["a"]


def test_tls_spoken_to_a_plain_server_is_a_tls_error(server: Scripted) -> None:
    location = Location(server.url.replace("http:", "https:"), "depot")
    assert listing_error(server.source(location=location)).reason.code == "s3_tls"


# -- what is written ---------------------------------------------------------------------------


def test_a_key_that_may_read_and_not_write_is_told_which_right_it_lacks(
    server: Scripted, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    file = SpooledFile(path, Digest(hashlib.sha1(b"x").hexdigest(), 1))
    bucket = S3PublicBucket(
        Location(server.url, "depot"),
        NetworkOptions(),
        addressing="path",
        credentials=Credentials("key-id", SECRET),
        attempts=1,
    )
    for act in (lambda: bucket.publish(file, "a.csv"), lambda: bucket.remove("a.csv")):
        server.answers = [refusal(403, "AccessDenied")]
        with pytest.raises(SourceDenied, match="s3_write_denied"):
            act()
    server.answers = [refusal(403, "AccessDenied")]
    with pytest.raises(SourceDenied, match="s3_access_denied"):
        bucket.stat("a.csv")
    bucket.close()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(403, "AccessDenied"), "backup_denied"),
        (refusal(403, "SignatureDoesNotMatch"), "s3_bad_signature"),
        (refusal(404, "NoSuchBucket"), "s3_bucket_missing"),
        (Answer(500), "s3_server_error"),
        (Answer(cut_without_answer=True), "s3_unreachable"),
    ],
)
def test_a_backup_that_is_not_taken_says_why(
    server: Scripted, tmp_path: Path, answer: Answer, code: str
) -> None:
    """Reading and listing is all that a key of syncd's may otherwise do."""
    server.answers = [answer]
    path = tmp_path / "syncd.tar"
    path.write_bytes(b"x")
    bucket = BackupBucket(
        Location(server.url, "depot"),
        NetworkOptions(connect_timeout=2.0, read_timeout=5.0),
        addressing="path",
        credentials=Credentials("key-id", SECRET),
        attempts=1,
    )
    with pytest.raises(SourceError) as caught:
        bucket.put(path, "backups/syncd.tar")
    assert caught.value.reason.code == code
    assert SECRET not in sentence(caught.value.reason)
    bucket.close()
