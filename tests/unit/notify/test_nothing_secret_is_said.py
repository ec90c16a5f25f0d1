"""However a message or a heartbeat fails, nothing that opens a door is said, logged or printed."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, quote_plus

import pytest
import trustme
from pydantic import SecretStr

from syncd import telemetry
from syncd.config.settings import Settings, secret_values
from syncd.notify import Letter, Mailer
from syncd.notify.apprise_client import _label
from syncd.service.notifications import Notifications
from syncd.text import sentence

PASSWORD, TOKEN, KEY = "pa$$ w0rd/é+x", "xoxbT0kenInThePath99", "k3y-in-the-query-77"
NUMBER, LETTERS = "987654321012345678", "QrStUvWxYzAbCdEfGhIjKlMn"
IN_URL = quote(PASSWORD, safe="")


def urls(host: str) -> list[str]:
    """Of services whose servers can be ours, and of some whose cannot."""
    return [
        f"json://robot:{IN_URL}@{host}/{TOKEN}?+X-Auth={KEY}",
        f"xml://robot:{IN_URL}@{host}/{TOKEN}",
        f"form://{host}/hooks/{TOKEN}?-token={KEY}",
        f"mmost://{host}/{LETTERS}",
        f"rocket://robot:{IN_URL}@{host}/#alerts",
        f"matrix://robot:{IN_URL}@{host}/#room",
        f"gotify://{host}/{TOKEN}",
        f"ntfy://robot:{IN_URL}@{host}/alerts",
        f"nctalk://robot:{IN_URL}@{host}/room",
        f"mailto://robot:{IN_URL}@{host}?from=a@b.fr&to=c@d.fr",
        f"slack://T1JJ3T3L2/A1BRTD4JD/{LETTERS}/#general",
        f"tgram://{NUMBER[:9]}:{LETTERS}abcdefghijk/12315544",
        f"discord://{NUMBER}/{LETTERS}{LETTERS}",
        f"msteams://{TOKEN}/{NUMBER}/{LETTERS}",
        f"pover://{LETTERS[:30]}@{TOKEN}",
        f"nonsense://{TOKEN}/{KEY}",
        f"json://robot:{PASSWORD.replace(' ', '')}@{host}/{TOKEN}",
        f"json://{TOKEN}@{host}:port/{KEY}",
    ]


def spellings() -> list[str]:
    found = []
    for secret in (PASSWORD, PASSWORD.replace(" ", ""), TOKEN, KEY, NUMBER, LETTERS):
        raw = secret.encode()
        forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(raw)[2:-1]}
        forms |= {json.dumps(secret)[1:-1], base64.b64encode(raw).decode().rstrip("=")}
        forms |= {
            base64.b64encode(b"robot:" + raw).decode().rstrip("="),
            secret[: len(secret) // 2],
        }
        found += sorted(forms)
    return found


def nothing_secret_in(*told: str) -> None:
    whole = "\n".join(told)
    assert [one for one in spellings() if one in whole] == []


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not like our certificate is what a test is about."""


@contextmanager
def echoing(status: int, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Refuses everything, and repeats what it was told: address, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            echo = f"http://{self.headers['Host']}{self.path}\n{self.headers}\n{sent}".encode()
            self.send_response(status, "".join(c for c in self.path if c.isprintable()))
            self.send_header("Content-Length", str(len(echo)))
            self.send_header("WWW-Authenticate", f'Basic realm="{self.path}"')
            self.end_headers()
            self.wfile.write(echo)

        do_GET = do_POST = do_PUT = do_CONNECT = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def dead() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def failing(way: str) -> Iterator[tuple[str, str | None]]:
    """A host, and the proxy on the way to all others: nothing leaves this machine."""
    if way == "refused":
        yield dead(), f"http://robot:{IN_URL}@{dead()}"
    elif way == "unknown host":
        yield f"{TOKEN.lower()}.invalid", f"http://robot:{IN_URL}@{dead()}"
    elif way == "proxy":
        with echoing(407) as proxy:
            yield "hooks.invalid", f"http://robot:{IN_URL}@{proxy}"
    elif way == "tls":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        trustme.CA().issue_cert("other.example").configure_cert(context)
        with echoing(200, context) as host:
            yield host, f"http://robot:{IN_URL}@{dead()}"
    else:
        with echoing(int(way)) as host:
            yield host, f"http://robot:{IN_URL}@{dead()}"


SLOW = ("unknown host", "proxy", "tls", "404", "500")


@pytest.mark.parametrize(
    "way", ["refused", "401", *(pytest.param(way, marks=pytest.mark.stress) for way in SLOW)]
)
def test_a_message_that_fails_says_nothing_secret(
    capfd: pytest.CaptureFixture[str], way: str
) -> None:
    with failing(way) as (host, proxy):
        given = [one.replace(" ", "") for one in urls(host)]
        if way == "tls":
            given = [one.replace("://", "s://", 1) if host in one else one for one in given]
        settings = Settings(notify_urls=SecretStr(" ".join(given)))
        log = io.StringIO()
        telemetry.configure("json", "debug", secret_values(settings), log)
        mailer = Mailer(" ".join(given), f"{given[9]}&x={{contact}}", proxy=proxy, timeout=30)
        found = mailer.send([Letter(address, "s", "b") for address in mailer.ops])

    assert [str(one.label) for one, it in zip(mailer.ops, found, strict=True) if it is None] == []
    told = [sentence(reason) for reason in found if reason] + [repr(found), repr(mailer.ops)]
    host_name = host.partition(".")[0]  # a host's name is shown
    nothing_secret_in(
        *(one.replace(host_name, "") for one in told), log.getvalue(), *capfd.readouterr()
    )


def test_the_process_that_sends_prints_nothing_secret_itself() -> None:
    """Whatever libraries write to its outputs, though nobody reads them."""
    with echoing(401) as host:
        letters = [
            {"url": one.replace(" ", ""), "contact": "", "subject": "s", "body": "b"}
            for one in urls(host)
        ]
        proxy = f"http://robot:{IN_URL}@{dead()}"
        job = {"letters": letters, "proxy": proxy, "ca_bundle": None, "timeout": 30}
        done = subprocess.run(
            [sys.executable, "-m", "syncd.notify.apprise_process"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"]},
            timeout=120,
            check=True,
        )
    assert len(done.stdout.splitlines()) == len(letters)
    nothing_secret_in(done.stdout, done.stderr)


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
def test_a_service_that_is_sent_to_nobodys_address_is_not_connected(proxy: str | None) -> None:
    """apprise takes the server of a mail from its query, too."""
    mailer = Mailer(
        "mailto://a:b@127.0.0.1:2?from=a@b.fr&to=c@d.fr&smtp=169.254.169.254", proxy=proxy
    )
    (reason,) = mailer.send([Letter(mailer.ops[0], "s", "b")])
    assert reason is not None
    assert reason.facts["detail"] == "link-local address"


@pytest.mark.parametrize(
    "url",
    [
        "mailto://john.doe:12345/6789@smtp.example.fr?to=x@y.fr",
        "mailto://john.doe:12345#6789@smtp.example.fr",
        "mailto://john.doe:12345?6789@smtp.example.fr",
    ],
)
def test_half_a_password_is_not_shown_in_the_place_of_the_host(url: str) -> None:
    assert _label(url) == "mailto://…"


# -- the heartbeat -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/ping/{token}?key={key}",
        "https://{host}/ping/{token}?key={key}",
        "http://robot:{password}@{host}/{token}",
        "http://robot:x@{password}:{token}@{host}/",
        "http://{token}.invalid/{key}",
        "http://{host}:{key}/{token}",
        "http://[{token}/{key}",
        "http://{long}.example/{key}",
        "http://xn--{token}-.example/{key}",
    ],
)
@pytest.mark.parametrize("way", ["401", "refused"])
def test_a_heartbeat_that_fails_says_nothing_secret(
    capfd: pytest.CaptureFixture[str], url: str, way: str
) -> None:
    with failing(way) as (host, _):
        names = {"host": host, "token": TOKEN, "key": KEY, "password": PASSWORD.replace(" ", "")}
        address = url.format(long=LETTERS * 4, **names)
        log = io.StringIO()
        telemetry.configure("json", "debug", [], log)  # not even where it is not masked
        flushed, ended = threading.Event(), threading.Event()
        ended.set()
        alerts = SimpleNamespace(flush=lambda _now: flushed.set())
        state = cast("Any", SimpleNamespace(cycle_ended=ended, alerts=alerts))
        settings = SimpleNamespace(heartbeat_url=SecretStr(address), proxy=None, ca_bundle=None)
        notifications = Notifications(state, cast("Any", settings))
        notifications.wake(idle=True, healthy=True)
        assert flushed.wait(30)  # the message goes out all the same
        notifications.close()
    assert "heartbeat.failed" in log.getvalue()
    nothing_secret_in(log.getvalue(), *capfd.readouterr())


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        (f"json://robot:{IN_URL}@h.example/{TOKEN}?+X-Auth={KEY}", (PASSWORD, TOKEN, KEY)),
        (f"https://h.example/hook?token={KEY}#{TOKEN}", (KEY, TOKEN)),
        (f"form://h.example/hooks?a=1&-token={KEY}", (KEY,)),
        (f"tgram://123456789:{LETTERS}/123", (LETTERS, f"123456789:{LETTERS}")),
        (f"discord://{NUMBER}/{LETTERS}", (NUMBER, LETTERS)),
        (f"slack://{TOKEN}/b/{LETTERS}", (TOKEN, LETTERS)),
        (f"pover://{NUMBER}@{TOKEN}", (NUMBER, TOKEN)),
        (f"json://{TOKEN}@h.example", (TOKEN,)),
    ],
)
def test_what_opens_a_door_in_an_address_is_masked_wherever_a_library_writes_it(
    address: str, secrets: tuple[str, ...]
) -> None:
    settings = Settings(notify_urls=SecretStr(address))
    log = io.StringIO()
    telemetry.configure("json", "debug", secret_values(settings), log)
    for secret in secrets:
        for form in (secret, quote(secret), quote_plus(secret), secret.encode("latin-1")):
            logging.getLogger("urllib3").warning("Max retries exceeded with url: /%s (x)", form)
        basic = base64.b64encode(f"robot:{secret}".encode("latin-1")).decode()
        logging.getLogger("apprise").error("Authorization: Basic %s", basic)
    nothing_secret_in(log.getvalue())


def test_mail_addresses_and_hosts_in_an_address_are_no_secret() -> None:
    url = "mailto://robot@example.fr:pw@smtp.example.fr:25/?from=syncd@example.fr&smtp=a.example.fr"
    found = secret_values(Settings(notify_urls=SecretStr(url)))
    assert not {"robot@example.fr", "smtp.example.fr", "syncd@example.fr", "a.example.fr"} & set(
        found
    )
