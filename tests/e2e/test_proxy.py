"""Behind a ministry's network: the portal through a proxy with a password, S3 directly, and a
private authority for both."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from syncd.simulator import Simulator
from tests.support.cli_harness import Done, Office
from tests.support.network.proxy import PASSWORD, Proxy, basic
from tests.support.network.tls import Authority, Front
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket, Server

WRONG = "wr0ng-p4ssw0rd"


class Branch(Office):
    """Its source may have more options."""

    source_options = ""

    @property
    def text(self) -> str:
        return super().text.replace("addressing: path", f"addressing: path{self.source_options}")


class Ministry:
    """An office whose portal and bucket speak TLS only, by certificates of its own authority."""

    def __init__(self, office: Branch, authority: Authority, portal: Front, s3: Front) -> None:
        self.office = office
        self.authority = authority
        self.portal = portal
        self.s3 = s3

    def settings(self, proxy: str) -> None:
        self.office.settings |= {
            "SYNCD_PROXY": proxy,
            "SYNCD_CA_BUNDLE": str(self.authority.bundle),
            "SYNCD_LOG_LEVEL": "debug",
        }


def fronted(bucket: Bucket, url: str) -> Bucket:
    server = Server("front", url, bucket.access_key, bucket.secret_key)
    return Bucket(server, bucket.bucket, bucket.client)


@pytest.fixture
def ministry(simulator: Simulator, seaweed_bucket: Bucket, tmp_path: Path) -> Iterator[Ministry]:
    authority = Authority(tmp_path)
    with (
        PortalServer("simulator", simulator.facts()) as portal,
        Front(urlsplit(simulator.url).netloc, authority.context()) as portal_front,
        Front(urlsplit(seaweed_bucket.endpoint).netloc, authority.context()) as s3_front,
    ):
        office = Branch(
            portal,
            fronted(seaweed_bucket, s3_front.url),
            tmp_path,
            url=portal_front.url,
            simulator=simulator,
        )
        yield Ministry(office, authority, portal_front, s3_front)


def secrets() -> list[str]:
    return [
        PASSWORD,
        quote(PASSWORD, safe=""),
        basic(),
        WRONG,
        basic(WRONG),
        # What stays of it inside of other base64 texts.
        basic()[12:-4],
    ]


def said_nothing_secret(ministry: Ministry, *ends: Done) -> None:
    kept = [file for file in ministry.office.state.rglob("*") if file.is_file()]
    texts = [done.all for done in ends] + [file.read_bytes().decode("latin-1") for file in kept]
    assert [one for one in secrets() for text in texts if one in text] == []


def says_once(done: Done, words: str) -> None:
    assert "Traceback" not in done.all, done.all
    said = "\n".join([*done.out.splitlines(), *done.said])  # the log apart
    assert said.count(words) == 1, done.all


def test_the_portal_is_reached_through_the_proxy_and_s3_directly(ministry: Ministry) -> None:
    office = ministry.office
    resource = office.target("Un", "a.csv", b"id\n1\n" * 100_000)
    with Proxy() as proxy:
        ministry.settings(proxy.url())
        # The machine's own variables, which point nowhere, are not asked.
        nowhere = "http://127.0.0.1:9"
        office.settings |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"), nowhere)
        office.settings |= {"AWS_CA_BUNDLE": "/nonexistent", "SSL_CERT_FILE": "/nonexistent"}

        checked = office.run("check", "--online")
        synced = office.sync()
        again = office.sync()

    assert (checked.code, synced.code, again.code) == (0, 0, 0), synced
    assert synced.outcomes == {"a.csv": "replaced"}
    assert again.outcomes == {"a.csv": "unchanged"}
    assert office.permanent_link(resource) == b"id\n1\n" * 100_000
    assert set(proxy.connects) == {f"127.0.0.1:{ministry.portal.port}"}
    assert proxy.refused == 0
    # The simulator gives its files' addresses without TLS: the old file is read by the proxy too.
    assert all("/s/resources/" in asked for asked in proxy.others)
    assert ministry.s3.tried > 0
    says_once(checked, f"leads through the proxy {proxy.address}.")
    says_once(checked, f"The way to 127.0.0.1:{ministry.s3.port} is direct")
    said_nothing_secret(ministry, checked, synced, again)
    sent = [event["event"] for event in synced.events if event["event"] == "upload.sent"]
    assert len(sent) == 1  # the CONNECT was not taken for it


def test_a_source_may_ask_for_the_proxy(ministry: Ministry) -> None:
    office = ministry.office
    office.source_options = ", use_proxy: true"
    office.target("Un", "a.csv", b"id\n1\n")
    with Proxy() as proxy:
        ministry.settings(proxy.url())

        synced = office.sync()

    assert synced.outcomes == {"a.csv": "replaced"}, synced
    ports = {ministry.portal.port, ministry.s3.port}
    assert set(proxy.connects) == {f"127.0.0.1:{port}" for port in ports}
    said_nothing_secret(ministry, synced)


# -- what goes wrong on the way ----------------------------------------------------------------


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody serves, and nobody takes during the test."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def wrong_password(ministry: Ministry, proxy: Proxy, _port: int) -> str:
    ministry.settings(proxy.url(WRONG))
    return f"The proxy {proxy.address} refused the user name or password of SYNCD_PROXY"


def dead_proxy(ministry: Ministry, proxy: Proxy, port: int) -> str:
    ministry.settings(proxy.url().replace(proxy.address, f"127.0.0.1:{port}"))
    return (
        "The proxy on the way to 127.0.0.1 cannot be reached "
        f"(127.0.0.1:{port}: Connection refused)"
    )


def denied_host(ministry: Ministry, proxy: Proxy, _port: int) -> str:
    ministry.settings(proxy.url())
    proxy.denied = ["127.0.0.1"]
    return f"The proxy {proxy.address} does not let syncd through to 127.0.0.1 (status 403)"


def dead_portal(ministry: Ministry, proxy: Proxy, port: int) -> str:
    ministry.settings(proxy.url())
    ministry.office.url = f"https://127.0.0.1:{port}"
    return f"The proxy {proxy.address} found no way to 127.0.0.1 (status 502)"


def dead_s3(ministry: Ministry, proxy: Proxy, port: int) -> str:
    ministry.settings(proxy.url())
    endpoint = f"https://127.0.0.1:{port}"
    ministry.office.bucket = fronted(ministry.office.bucket, endpoint)
    return f"{endpoint} cannot be reached (Connection refused)"


@pytest.mark.parametrize("command", ["sync", "check"])
@pytest.mark.parametrize(
    "break_it", [wrong_password, dead_proxy, denied_host, dead_portal, dead_s3]
)
def test_each_trouble_on_the_way_is_said_once_and_ends_with_1(
    ministry: Ministry,
    closed_port: int,
    break_it: Callable[[Ministry, Proxy, int], str],
    command: str,
) -> None:
    office = ministry.office
    office.target("Un", "a.csv", b"id\n1\n")
    office.target("Deux", "b.csv", b"id\n2\n", dataset=office.portal.new_dataset())
    with Proxy() as proxy:
        words = break_it(ministry, proxy, closed_port)

        done = office.run("sync") if command == "sync" else office.run("check", "--online")

    assert done.code == 1
    says_once(done, words)
    assert office.uploads() == 0
    said_nothing_secret(ministry, done)
    if break_it in {wrong_password, denied_host}:
        # Neither dataset tries again; the one that comes later may know from the other.
        assert 1 <= proxy.refused + len(proxy.connects) <= 1 + (command == "sync")


def test_an_unknown_authority_is_named_for_the_portal_and_for_s3(ministry: Ministry) -> None:
    office = ministry.office
    office.target("Un", "a.csv", b"id\n1\n")
    with Proxy() as proxy:
        ministry.settings(proxy.url())
        del office.settings["SYNCD_CA_BUNDLE"]

        done = office.run("check", "--online")

    assert done.code == 1
    unknown = "is signed by an authority that is not known."
    says_once(done, f"The certificate of 127.0.0.1 {unknown}")
    says_once(done, f"The certificate of {ministry.s3.url} {unknown}")
    assert "SYNCD_CA_BUNDLE" in done.out
    assert (len(proxy.connects), ministry.s3.tried) == (1, 1)  # neither is tried again
    said_nothing_secret(ministry, done)
