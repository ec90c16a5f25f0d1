"""Nobody is led to a server that is not meant: by a redirection, by a name, by an odd spelling."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import httpx
import pytest

from syncd.adapters.net import limited_http
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.portal.connection import Connection
from syncd.adapters.s3.credentials import Credentials
from syncd.core import errors, hosts
from syncd.core.objects import Location
from syncd.core.reasons import Reason
from syncd.text import sentence
from tests.support.clients import http_portal, s3_source, versions_of
from tests.support.network.by_name import ByName


@dataclass
class Server:
    """Sends on where `onward` says, or answers with a file."""

    host: str = "127.0.0.1"
    port: int = 0
    onward: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def do_GET(self) -> None:
            server.asked.append(self.path)
            onward = server.onward.get(self.path)
            self.send_response(302 if onward else 200)
            if onward:
                self.send_header("Location", onward)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"file")

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer((server.host, 0), Handler)
    server.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join(10)
        listening.server_close()


@pytest.fixture
def portal() -> Iterator[Server]:
    with serving(Server()) as found:
        yield found


@pytest.fixture
def other() -> Iterator[Server]:
    with serving(Server()) as found:
        yield found


def got(base: str, url: str, storage: str = "", proxy: str | None = None) -> bytes | Reason:
    with http_portal(base, "key", proxy=proxy, wait=lambda _: None) as client:
        try:
            with client.download(url, storage) as download:
                return b"".join(download.chunks)
        except errors.PortalError as error:
            found = error.reason
    sentence(found)  # with all that it needs
    return found


# -- redirections --------------------------------------------------------------------------------


def test_a_file_is_followed_to_where_the_portal_says_that_it_lies(
    portal: Server, other: Server
) -> None:
    portal.onward = {"/r/1": f"{other.url}/s/1.csv"}
    assert got(portal.url, f"{portal.url}/r/1", f"{other.url}/elsewhere.csv") == b"file"
    assert other.asked == ["/s/1.csv"]


def test_a_file_is_followed_on_the_portal_itself(portal: Server) -> None:
    portal.onward = {"/r/1": "/s/1.csv", "/s/1.csv": f"{portal.url}/t/1.csv"}
    assert got(portal.url, f"{portal.url}/r/1") == b"file"


@pytest.mark.parametrize("hops", [1, 2])
def test_no_other_server_is_asked_wherever_a_redirection_leads(
    portal: Server, other: Server, hops: int
) -> None:
    way = ["/r/1", "/r/2"][:hops]
    portal.onward = dict(zip(way, [*way[1:], f"{other.url}/x"], strict=True))
    found = got(portal.url, f"{portal.url}/r/1", f"{portal.url}/s/1.csv")
    assert isinstance(found, Reason)
    assert (found.code, found.facts["where"]) == ("portal_elsewhere", "127.0.0.1")
    assert other.connections == 0


def test_another_port_of_the_portals_machine_is_another_server(
    portal: Server, other: Server
) -> None:
    assert isinstance(got(portal.url, f"{portal.url}/r/1"), bytes)
    portal.onward = {"/r/1": f"http://127.0.0.1:{other.port}/x"}
    assert isinstance(got(portal.url, f"{portal.url}/r/1"), Reason)
    assert other.connections == 0


@pytest.mark.parametrize(
    "onward",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "//", "http://169.254.169.254/", "x:"],
)
def test_an_odd_redirection_is_an_error_with_a_sentence(portal: Server, onward: str) -> None:
    portal.onward = {"/r/1": onward}
    assert isinstance(got(portal.url, f"{portal.url}/r/1"), Reason)


def test_redirections_without_end_are_an_error_with_a_sentence(portal: Server) -> None:
    portal.onward = {"/r/1": "/r/1"}
    assert isinstance(got(portal.url, f"{portal.url}/r/1"), Reason)
    assert len(portal.asked) == 4


@pytest.mark.parametrize(
    "near",
    [
        *("127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]", "10.0.0.1"),
        *("169.254.169.254", "metadata.google.internal", "[fe80::1]", "[fd00:ec2::254]"),
    ],
)
def test_a_portal_of_the_internet_leads_nobody_into_our_own_network(
    portal: Server, near: str
) -> None:
    """Through a proxy, which does as it is told."""
    storage = f"http://{near}:{portal.port}/x"
    portal.onward = {"/r/1": storage}
    places = {"portal.example": portal.place, storage.split("/")[2]: portal.place}
    with ByName(places) as proxy:
        found = got("http://portal.example", "http://portal.example/r/1", storage, proxy.url)
        assert isinstance(found, Reason)
        assert found.code == "portal_address"
        found = got("http://portal.example", storage, "", proxy.url)
        assert isinstance(found, Reason)
    assert portal.asked == ["/r/1"]


# -- names ---------------------------------------------------------------------------------------


def test_a_portals_own_address_says_which_addresses_its_files_may_have() -> None:
    connection = Connection("https://portal.example", "key", NetworkOptions(), at_once=1)
    try:
        assert not connection._allows_files("static.example", "10.0.0.1")
        assert connection._allows_files("static.example", "8.8.8.8")
        assert connection._allows("portal.example", "8.8.4.4")
        assert not connection._allows_files("static.example", "127.0.0.1")
        assert not connection._allows_files("static.example", "::ffff:192.168.0.1")
        assert connection._allows("portal.example", "10.9.9.9")
        assert connection._allows_files("static.example", "10.0.0.1")
        assert not connection._allows_files("static.example", "169.254.169.254")
        assert not connection._allows("portal.example", "fe80::1%eth0")
    finally:
        connection.close()


@pytest.fixture
def nobodys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server at an address that counts as link-local here: no test may have a real one."""
    networks = (*hosts._LINK_LOCAL_AND_METADATA, ip_network("127.0.0.77/32"))
    monkeypatch.setattr(hosts, "_LINK_LOCAL_AND_METADATA", networks)
    with serving(Server("127.0.0.77")) as found:
        yield found


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that stands for that address, as a resolver of somebody else's may say."""
    real = socket.getaddrinfo

    def resolve(host: str | None, *arguments: object, **options: object) -> object:
        given = "127.0.0.77" if host == "depot.example.fr" else host
        return real(given, *arguments, **options)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return "depot.example.fr"


def test_a_bucket_whose_name_leads_to_nobodys_address_is_sent_nothing(
    nobodys: Server, named: str
) -> None:
    pauses: list[float] = []
    source = s3_source(
        Location(f"http://{named}:{nobodys.port}", "depot"),
        addressing="path",
        credentials=Credentials(access_key_id="id", secret_access_key="secret"),
        wait=pauses.append,
    )
    with pytest.raises(errors.SourceUnreachable) as caught:
        list(versions_of(source, "", recursive=True))
    source.close()
    assert caught.value.reason.code == "s3_address"
    assert caught.value.reason.facts["detail"] == "link-local address"
    assert (nobodys.asked, pauses) == ([], [])


def test_a_portal_whose_name_leads_to_nobodys_address_is_sent_nothing(
    nobodys: Server, named: str
) -> None:
    pauses: list[float] = []
    with (
        http_portal(f"http://{named}:{nobodys.port}", "key", wait=pauses.append) as portal,
        pytest.raises(errors.PortalUnreachable) as caught,
    ):
        portal.whoami()
    assert caught.value.reason.code == "portal_address"
    assert (nobodys.asked, pauses) == ([], [])


def test_a_heartbeats_name_that_leads_to_nobodys_address_is_sent_nothing(
    nobodys: Server, named: str
) -> None:
    with (
        httpx.Client(transport=limited_http.Transport(trust_env=False)) as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.get(f"http://{named}:{nobodys.port}/ping")
    assert nobodys.asked == []


def test_a_proxy_whose_name_leads_to_nobodys_address_is_sent_nothing(
    nobodys: Server, named: str
) -> None:
    proxy = f"http://user:s3cret@{named}:{nobodys.port}"
    with (
        http_portal("http://portal.example", "key", proxy=proxy, wait=lambda _: None) as portal,
        pytest.raises(errors.PortalUnreachable) as of_portal,
    ):
        portal.whoami()
    source = s3_source(
        Location("https://s3.example", "depot"),
        credentials=Credentials(access_key_id="id", secret_access_key="secret"),
        proxy=proxy,
        wait=lambda _: None,
    )
    with pytest.raises(errors.SourceUnreachable) as of_source:
        list(versions_of(source, "", recursive=True))
    source.close()
    for caught in (of_portal, of_source):
        assert "link-local address" in sentence(caught.value.reason)
        assert "s3cret" not in sentence(caught.value.reason)
    assert nobodys.connections > 0
    assert nobodys.asked == []


def test_behind_a_proxy_only_the_proxy_can_know_the_address(portal: Server) -> None:
    with (
        ByName({"portal.example": portal.place}) as proxy,
        httpx.Client(
            transport=limited_http.Transport(allows=lambda *_: False, proxy=proxy.url)
        ) as client,
    ):
        assert client.get("http://portal.example/x").content == b"file"
