"""Which part of the way to the portal or to S3 failed: each has its own code, and what a person
must mend is not tried again within seconds."""

from __future__ import annotations

import errno
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from syncd.adapters.net.connect_errors import causes, in_short
from syncd.adapters.net.route import Route
from syncd.adapters.s3.credentials import Credentials
from syncd.core.errors import PortalError, PortalUnreachable, SourceError, SourceUnreachable
from syncd.core.objects import Location
from syncd.text import sentence
from tests.support.clients import http_portal, s3_source
from tests.support.network.proxy import PASSWORD, USER, Proxy, basic
from tests.support.network.tls import Authority, Front

LISTING = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name>'
    b"<IsTruncated>false</IsTruncated></ListBucketResult>"
)


class Handler(http.server.BaseHTTPRequestHandler):
    """Enough of a portal and of a bucket."""

    def do_GET(self) -> None:
        body = json.dumps({"id": "1"}).encode() if "/api/" in self.path else LISTING
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def behind() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def closed() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


class Asker:
    """Asks one of the two for something small; counts the pauses before other tries."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.waited: list[float] = []
        self.reachable: bool | None = None

    def code(self, name: str) -> str:
        return f"{'portal' if self.kind == 'portal' else 's3'}_{name}"

    def ask(self, url: str, **options: Any) -> PortalError | SourceError | None:
        if self.kind == "portal":
            with http_portal(url, "k3y-0123456789", wait=self.waited.append, **options) as portal:
                return self._caught(portal.whoami, lambda: portal.usage.reachable)
        source = s3_source(
            Location(url, "b"), credentials=Credentials("id", "s3cret-0123456"), **options
        )
        try:
            return self._caught(lambda: source.peek(""), lambda: source.usage.reachable)
        finally:
            source.close()

    def _caught(
        self, ask: Callable[[], object], reachable: Callable[[], bool | None]
    ) -> PortalError | SourceError | None:
        assert reachable() is None
        found: PortalError | SourceError | None = None
        try:
            ask()
        except (PortalError, SourceError) as error:
            found = error
        self.reachable = reachable()
        if found is not None:
            assert isinstance(found, PortalUnreachable | SourceUnreachable)
            assert "?" not in sentence(found.reason)  # every figure was given
            assert not any(secret in str(found) for secret in (PASSWORD, basic()))
        return found

    def refused(self, url: str, **options: Any) -> str:
        error = self.ask(url, **options)
        assert error is not None
        assert self.reachable is False
        return error.reason.code


@pytest.fixture(params=["portal", "s3"])
def asker(request: pytest.FixtureRequest) -> Asker:
    return Asker(request.param)


def test_what_a_server_repeats_is_shown_without_the_proxys_password_and_the_key() -> None:
    proxy = Proxy()
    known = Route.to("portal.example", proxy.url(), "k3y-0123456789")
    proxy.close()
    said = [proxy.url(), PASSWORD, quote(PASSWORD, safe=""), basic(), "k3y-0123456789"]
    assert [known.without_secrets(f"«{one}»") for one in said] == ["«***»"] * len(said)
    assert (known.host, known.via) == ("portal.example", proxy.address)


@pytest.mark.parametrize(
    ("proxy", "address"),
    [
        ("http://proxy.example", "proxy.example:80"),
        ("https://proxy.example", "proxy.example:443"),
        ("http://u:p@[::1]:3128", "[::1]:3128"),
        ("http://token-only@proxy.example:8080", "proxy.example:8080"),
    ],
)
def test_a_proxy_is_named_by_host_and_port(proxy: str, address: str) -> None:
    known = Route.to("portal.example", proxy, "k3y-0123456789")
    source = s3_source(
        Location("https://s3.example", "b"), credentials=Credentials("i", "s"), proxy=proxy
    )
    assert (known.via, source.usage.via) == (address, address)
    assert "token-only" not in known.without_secrets(f"from {proxy}")
    source.close()


def test_trouble_that_was_being_handled_is_not_taken_for_the_cause() -> None:
    def again() -> None:
        try:
            raise ssl.SSLError("an earlier story")
        except ssl.SSLError as earlier:
            raise PortalUnreachable("portal_tls") from earlier

    def refuse() -> None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    def handle() -> None:
        try:
            again()
        except PortalUnreachable:
            refuse()

    with pytest.raises(ConnectionRefusedError) as caught:
        handle()
    found = causes(caught.value)
    assert found == (caught.value,)
    assert in_short(found) == "Connection refused"


# -- certificates ------------------------------------------------------------------------------


def test_a_private_authority_is_trusted_when_it_is_named(
    asker: Asker, authority: Authority, behind: str
) -> None:
    with Front(behind, authority.context()) as front:
        assert asker.ask(front.url, ca_bundle=authority.bundle) is None
        assert asker.reachable is True


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize(
    ("names", "expired", "known", "code"),
    [
        ((), False, False, "ca_unknown"),
        (("autre.example.org",), False, True, "certificate_name"),
        (("10.1.2.3",), False, True, "certificate_name"),
        ((), True, True, "certificate_expired"),
    ],
)
def test_each_flaw_of_a_certificate_has_its_code_and_is_not_tried_again(
    asker: Asker,
    authority: Authority,
    behind: str,
    names: tuple[str, ...],
    expired: bool,
    known: bool,
    code: str,
    proxied: bool,
) -> None:
    options: dict[str, Any] = {"ca_bundle": authority.bundle if known else None}
    with Front(behind, authority.context(*names, expired=expired)) as front, Proxy() as proxy:
        if proxied:
            options["proxy"] = proxy.url()
        assert asker.refused(front.url, **options) == asker.code(code)
        assert (front.tried, asker.waited) == (1, [])


def test_a_server_without_tls_is_told_from_a_bad_certificate(asker: Asker, behind: str) -> None:
    assert asker.refused(f"https://{behind}") == asker.code("tls")


# -- hosts -------------------------------------------------------------------------------------


def test_a_dead_host_is_said_in_short(asker: Asker, closed: str) -> None:
    error = asker.ask(f"https://{closed}")
    assert error is not None
    assert error.reason.code == asker.code("unreachable")
    assert error.reason.facts["detail"] == "Connection refused"


def test_an_unknown_name_is_told_from_a_dead_host(asker: Asker) -> None:
    assert asker.refused("https://nowhere.invalid") == asker.code("unknown_host")


# -- proxies -----------------------------------------------------------------------------------


def test_a_proxy_with_the_right_password_lets_through(
    asker: Asker, authority: Authority, behind: str
) -> None:
    with Front(behind, authority.context()) as front, Proxy() as proxy:
        assert asker.ask(front.url, ca_bundle=authority.bundle, proxy=proxy.url()) is None
        assert proxy.connects == [f"127.0.0.1:{front.port}"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_wrong_password_of_the_proxy_is_told_from_a_wrong_key(
    asker: Asker, closed: str, scheme: str
) -> None:
    """Towards a server without TLS the proxy answers the request itself, without a tunnel."""
    with Proxy() as proxy:
        error = asker.ask(f"{scheme}://{closed}", proxy=proxy.url("wrong"))
        assert error is not None
        assert error.reason.code == asker.code("proxy_password")
        assert error.reason.facts["proxy"] == proxy.address
        assert (proxy.refused, asker.waited) == (1, [])


@pytest.mark.parametrize(
    ("answer", "code", "tries"),
    [
        (403, "proxy_denied", {1}),
        (502, "proxy_no_route", {3, 4}),
        (504, "proxy_no_route", {3, 4}),
        (418, "proxy", {3, 4}),
    ],
)
def test_what_a_proxy_answers_in_the_hosts_place_has_its_code(
    asker: Asker, answer: int, code: str, tries: set[int], closed: str
) -> None:
    with Proxy(answer=answer) as proxy:
        assert asker.refused(f"https://{closed}", proxy=proxy.url()) == asker.code(code)
        assert len(proxy.connects) in tries


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named_without_its_user(asker: Asker, closed: str, scheme: str) -> None:
    proxy = f"http://{USER}:geheim-0123@{closed}"
    error = asker.ask(f"{scheme}://127.0.0.1:9", proxy=proxy)
    assert error is not None
    assert error.reason.code == asker.code("proxy_down")
    assert (error.reason.facts["proxy"], error.reason.facts["detail"]) == (
        closed,
        "Connection refused",
    )
    assert not any(word in sentence(error.reason) for word in (USER, "geheim"))


@contextmanager
def hanging_up() -> Iterator[str]:
    """A proxy that closes every connection once it was spoken to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_a_proxy_that_hangs_up_is_to_blame_itself(asker: Asker) -> None:
    with hanging_up() as proxy:
        code = asker.refused("https://127.0.0.1:9", proxy=f"http://{proxy}")
    # Not every urllib3 tells that it was the tunnel that failed.
    allowed = {"portal": {"proxy_down"}, "s3": {"proxy_down", "unreachable"}}
    assert code in {asker.code(name) for name in allowed[asker.kind]}


def test_a_proxy_reached_by_https_shows_a_certificate_too(
    asker: Asker, authority: Authority, behind: str, tmp_path: Path
) -> None:
    with Front(behind, authority.context()) as front, Proxy() as proxy:
        with Front(proxy.address, authority.context()) as gate:
            url = proxy.url().replace(f"http://{USER}", f"https://{USER}")
            url = url.replace(proxy.address, f"127.0.0.1:{gate.port}")
            assert asker.ask(front.url, ca_bundle=authority.bundle, proxy=url) is None
            assert proxy.connects == [f"127.0.0.1:{front.port}"]
        stranger = Authority(tmp_path)
        with Front(proxy.address, stranger.context()) as gate:
            error = asker.ask(
                front.url, ca_bundle=authority.bundle, proxy=f"https://127.0.0.1:{gate.port}"
            )
            assert error is not None
            assert f"127.0.0.1:{gate.port}" in sentence(error.reason)
            assert gate.tried == 1
