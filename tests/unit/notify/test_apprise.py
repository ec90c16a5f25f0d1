"""Letters go out through real servers on loopback; what goes wrong is said without any secret."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
import trustme

from syncd.core.reasons import Reason
from syncd.notify import Letter, Mailer
from syncd.notify.apprise_client import _label
from syncd.text import sentence
from tests.support.network.misbehaving import endless, misbehaving

SECRET = "s3cret-w0rd"


# -- servers -------------------------------------------------------------------------------------


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index]  # of IPv4
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _secure(server: socketserver.TCPServer, tls: ssl.SSLContext | None) -> None:
    """The handshake waits for the first bytes, so that it is done in the connection's thread."""
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )


@dataclass
class Mailbox:
    """An SMTP server (RFC 5321) that takes everything, or answers RCPT with `refuse`."""

    port: int = 0
    refuse: str = ""
    tls: ssl.SSLContext | None = None
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def talk(self, lines: socketserver.StreamRequestHandler) -> None:
        def say(words: str) -> None:
            lines.wfile.write(f"{words}\r\n".encode())

        recipients: list[str] = []
        say("220 here")
        while line := lines.rfile.readline().decode().strip():
            verb = line.upper()[:4]
            if verb == "EHLO":
                say("250-here\r\n250-AUTH PLAIN\r\n250 8BITMIME")
            elif verb == "AUTH":
                self.logins.append(base64.b64decode(line.split()[-1]).decode())
                say("235 fine")
            elif verb == "RCPT" and self.refuse:
                say(self.refuse)
            elif verb == "DATA":
                say("354 go on")
                content = b""
                while (row := lines.rfile.readline()) != b".\r\n":
                    content += row.removeprefix(b".") if row.startswith(b"..") else row
                parsed = email.message_from_bytes(content, policy=email.policy.default)
                self.mails.append((recipients, cast("EmailMessage", parsed)))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                if verb == "RCPT":
                    recipients.append(line[line.index("<") + 1 : line.index(">")])
                say("250 fine")


@contextmanager
def mail_server(box: Mailbox) -> Iterator[Mailbox]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            box.talk(self)

    class Server(_Threads):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that does not like our certificate is what a test is about."""

    server = Server(("127.0.0.1", 0), Handler)
    _secure(server, box.tls)
    with _serving(server) as box.port:
        yield box


@dataclass
class Hook:
    """A webhook, and a proxy on the way to it."""

    port: int = 0
    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # target, proxy's password


@contextmanager
def web_server(hook: Hook, tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.asked.append((self.path, self.headers.get("Proxy-Authorization")))
            hook.posts.append(json.loads(body))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_CONNECT(self) -> None:
            hook.asked.append((self.path, self.headers.get("Proxy-Authorization")))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """As above."""

    server = Server(("127.0.0.1", 0), Handler)
    _secure(server, tls)
    with _serving(server) as hook.port:
        yield hook


@contextmanager
def deaf_server() -> Iterator[int]:
    """Takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


# -- sending -------------------------------------------------------------------------------------


def to_ops(mailer: Mailer, subject: str = "Sujet é", body: str = "corps\n") -> list[Reason | None]:
    return list(mailer.send([Letter(address, subject, body) for address in mailer.ops]))


def said(reason: Reason | None) -> str:
    assert reason is not None
    return sentence(reason)


def test_a_mail_is_plain_text_with_its_words_as_they_are() -> None:
    with mail_server(Mailbox()) as box:
        url = (
            f"mailto://robot:{SECRET}@127.0.0.1:{box.port}?from=syncd@example.fr&to=ops@example.fr"
        )
        body = "Musées\n- held: “été <b>” (a_*.csv), since 2026\n  https://portal.example/r/1\n\nFin.\n"

        assert to_ops(Mailer(url), "syncd: Musées: held", body) == [None]

    ((recipients, mail),) = box.mails
    assert recipients == ["ops@example.fr"]
    assert mail["Subject"] == "syncd: Musées: held"
    assert mail["From"].addresses[0].addr_spec == "syncd@example.fr"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n").strip() == body.strip()
    assert box.logins == [f"\0robot\0{SECRET}"]


@pytest.mark.parametrize(
    "contact",
    ["musees@example.fr", "a+b@example.fr", "Jean.Dupont-X@Sub.Example.FR", "x&to=y@example.fr"],
)
@pytest.mark.parametrize("place", ["?from=syncd@example.fr&to={contact}", "/{contact}?from=s@x.fr"])
def test_a_contact_gets_its_own_mail_and_nobody_else(contact: str, place: str) -> None:
    with mail_server(Mailbox()) as box:
        mailer = Mailer(None, f"mailto://127.0.0.1:{box.port}{place}")
        address = mailer.contact(contact)
        assert address is not None

        assert mailer.send([Letter(address, "s", "b")]) == (None,)

    assert [recipients for recipients, _ in box.mails] == [[contact]]
    assert contact in address.label


def test_who_cannot_be_written_to_is_not_mistaken_for_someone_else() -> None:
    """apprise 2.3 reads this address as `neil@example.fr`."""
    with mail_server(Mailbox()) as box:
        mailer = Mailer(None, f"mailto://127.0.0.1:{box.port}?from=s@example.fr&to={{contact}}")
        address = mailer.contact("o'neil@example.fr")
        assert address is not None

        (reason,) = mailer.send([Letter(address, "s", "b")])

    assert box.mails == []
    assert "o'neil@example.fr cannot be used" in said(reason)


def test_without_an_address_nobody_is_written_to() -> None:
    assert Mailer().ops == ()
    assert Mailer().contact("a@example.fr") is None
    assert Mailer(None, "mailto://x?to={contact}").contact("") is None
    assert Mailer().send([]) == ()


def test_a_webhook_gets_subject_and_body() -> None:
    with web_server(Hook()) as hook:
        assert to_ops(Mailer(f"json://127.0.0.1:{hook.port}/{SECRET}")) == [None]

    assert (hook.posts[0]["title"], hook.posts[0]["message"]) == ("Sujet é", "corps")


def test_a_long_message_comes_whole() -> None:
    body = "\n".join(f"- held: {n:05} {'x' * 80}" for n in range(600))
    with web_server(Hook()) as hook:
        assert to_ops(Mailer(f"json://127.0.0.1:{hook.port}/"), "s", body) == [None]

    told = "\n".join(post["message"] for post in hook.posts)
    assert all(f"{n:05}" in told for n in range(600))


def test_more_letters_than_one_process_takes() -> None:
    with web_server(Hook()) as hook:
        assert to_ops(Mailer(f"json://127.0.0.1:{hook.port}/ " * 40)) == [None] * 40
    assert len(hook.posts) == 40


# -- what goes wrong -----------------------------------------------------------------------------


def test_each_failure_is_said_and_does_not_keep_the_others_from_it() -> None:
    with ExitStack() as stack:
        fine = stack.enter_context(web_server(Hook()))
        broken = stack.enter_context(web_server(Hook(status=500)))
        picky = stack.enter_context(mail_server(Mailbox(refuse="550 no such user")))
        dead = dead_port()
        mailer = Mailer(
            f"json://127.0.0.1:{dead}/{SECRET} json://127.0.0.1:{broken.port}/{SECRET} "
            f"mailto://127.0.0.1:{picky.port}?from=a@b.fr&to=c@d.fr nonsense://{SECRET} "
            f"json://{SECRET}.invalid/ json://127.0.0.1:{fine.port}/"
        )

        found = to_ops(mailer, body="timed out, error=403, closed")

    assert [reason and reason.facts.get("detail") for reason in found] == [
        "connection refused",
        "status 500",
        "status 550",
        None,
        "unknown host",
        None,
    ]
    assert [reason and reason.code for reason in found][3:] == [
        "notify_address",
        "notify_failed",
        None,
    ]
    assert len(fine.posts) == 1


def test_a_server_that_hangs_is_left_behind() -> None:
    with deaf_server() as deaf, web_server(Hook()) as hook:
        mailer = Mailer(
            f"json://127.0.0.1:{deaf}/ mailto://127.0.0.1:{deaf}?from=a@b.fr&to=c@d.fr "
            f"json://127.0.0.1:{hook.port}/",
            timeout=3,
        )
        begun = time.monotonic()

        found = to_ops(mailer)

    assert time.monotonic() - begun < 30
    assert [reason and reason.code for reason in found] == ["notify_timeout"] * 2 + [None]
    assert "took too long" in said(found[0])


def test_nothing_that_is_secret_is_said_logged_or_printed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    user, password, token = "robot-user", SECRET, "t0ken-in-the-path"
    dead = dead_port()
    urls = (
        f"mailto://{user}:{password}@127.0.0.1:{dead}?from=a@b.fr&to=c@d.fr",
        f"json://{user}:{password}@127.0.0.1:{dead}/{token}",
        f"slack://{token}/{token}/{password}",
        f"discord://{token}/{password}",
        f"nonsense://{password}",
        f"mmost://127.0.0.1:{dead}/{token}",
    )
    proxy = f"http://proxy-user:{password}@127.0.0.1:{dead}"
    mailer = Mailer(" ".join(urls), f"{urls[0]}&x={{contact}}", proxy=proxy, timeout=20)
    with structlog.testing.capture_logs() as logged:
        found = to_ops(mailer)

    told = [repr(mailer), repr(mailer.ops), repr(mailer.contact("m@x.fr")), repr(found)]
    told += [said(reason) for reason in found if reason] + [repr(logged), *capfd.readouterr()]
    assert None not in found
    for secret in (user, password, token, "proxy-user"):
        assert secret not in "".join(told)


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("mailtos://u:p@smtp.example.fr:465?to=x@y.fr", "mailtos://smtp.example.fr:465"),
        ("JSON://localhost/x", "json://localhost"),
        ("mmosts://chat.example.fr/token", "mmosts://chat.example.fr"),
        ("matrixs://u:p@matrix.agent.tchap.gouv.fr/#r", "matrixs://matrix.agent.tchap.gouv.fr"),
        ("matrix://abcdef0123456789?mode=t2bot", "matrix://…"),
        ("tgram://123:abc/1", "tgram://…"),
        ("slack://T1.a/B1/x", "slack://…"),
        ("nonsense", "nonsense://…"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, label: str) -> None:
    assert _label(url) == label


# -- the way out ---------------------------------------------------------------------------------


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_webhooks_go_through_the_proxy_with_its_password() -> None:
    with web_server(Hook()) as proxy:
        way = f"http://robot:{SECRET}@127.0.0.1:{proxy.port}"
        assert to_ops(Mailer("json://hooks.invalid/x", proxy=way)) == [None]

    assert proxy.asked == [("http://hooks.invalid/x", basic("robot", SECRET))]


def test_a_proxy_that_refuses_is_named() -> None:
    with web_server(Hook(status=407)) as proxy:
        way = f"http://robot:{SECRET}@127.0.0.1:{proxy.port}"
        (reason,) = to_ops(Mailer("jsons://hooks.invalid/x", proxy=way))

    assert proxy.asked == [("hooks.invalid:443", basic("robot", SECRET))]
    assert reason is not None
    assert reason.facts["detail"] == "proxy"


def test_this_machine_is_reached_directly() -> None:
    with web_server(Hook()) as hook:
        way = f"http://127.0.0.1:{dead_port()}"
        assert to_ops(Mailer(f"json://127.0.0.1:{hook.port}/", proxy=way)) == [None]


def test_the_machines_own_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with web_server(Hook()) as hook:
        assert to_ops(Mailer(f"json://127.0.0.1:{hook.port}/")) == [None]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "authorities.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.mark.parametrize("kind", ["web", "mail"])
def test_an_authority_of_our_own_is_trusted_beside_the_public_ones(
    kind: str, tls: ssl.SSLContext, bundle: Path
) -> None:
    with ExitStack() as stack:
        if kind == "web":
            hook = stack.enter_context(web_server(Hook(), tls))
            url = f"jsons://localhost:{hook.port}/"
        else:
            box = stack.enter_context(mail_server(Mailbox(tls=tls)))
            url = f"mailtos://localhost:{box.port}?mode=ssl&from=a@b.fr&to=c@d.fr"

        (distrusted,) = to_ops(Mailer(url))
        assert distrusted is not None
        assert distrusted.facts["detail"] == "certificate not trusted"
        assert to_ops(Mailer(url, ca_bundle=bundle)) == [None]


def test_the_public_authorities_stay_beside_our_own(bundle: Path) -> None:
    import certifi

    from syncd.notify import apprise_process

    kept = dict(os.environ)
    try:
        apprise_process._set_up_ways(None, str(bundle))
        both = Path(os.environ["REQUESTS_CA_BUNDLE"]).read_bytes()
        assert os.environ["SSL_CERT_FILE"] == os.environ["REQUESTS_CA_BUNDLE"]
        assert Path(certifi.where()).read_bytes() in both
        assert both.endswith(bundle.read_bytes())
        os.close(int(os.environ["SSL_CERT_FILE"].rpartition("/")[2]))
    finally:
        os.environ.clear()
        os.environ.update(kept)


def test_syncds_own_secrets_do_not_go_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What stands in place of the sender notes what it was given."""
    folder = tmp_path / "syncd" / "notify"
    folder.mkdir(parents=True)
    (tmp_path / "syncd" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "apprise_process.py").write_text(
        f"import os, json; json.dump(dict(os.environ), open({str(tmp_path / 'seen')!r}, 'w'))"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SYNCD_API_KEY", SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    (reason,) = to_ops(Mailer("json://127.0.0.1:1/"))

    seen = json.loads((tmp_path / "seen").read_text())
    assert SECRET not in seen.values()
    assert not any(name.startswith(("SYNCD_", "AWS_")) for name in seen)
    assert reason is not None
    assert reason.facts["detail"] == "crashed"


def test_a_sender_that_cannot_start_is_a_failure_like_any_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "apprise.py").write_text(f"raise ImportError('{SECRET}')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    (reason,) = to_ops(Mailer("json://127.0.0.1:1/"))

    assert reason is not None
    assert reason.facts["detail"] == "ImportError"
    monkeypatch.setattr("sys.executable", str(tmp_path / "none"))
    assert "No such file" in said(to_ops(Mailer("json://127.0.0.1:1/"))[0])


def test_the_service_itself_does_not_load_apprise() -> None:
    import subprocess
    import sys

    code = (
        "import sys, syncd.notify; print([m for m in ('apprise', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_answer_without_end_ends_in_the_process_that_sends() -> None:
    with misbehaving() as server:
        server.answer = endless
        mailer = Mailer(server.url.replace("http://", "json://"), None, timeout=60)

        (reason,) = mailer.send([Letter(mailer.ops[0], "Sujet", "Corps")])

    assert reason is not None
    assert reason.code in {"notify_failed", "notify_timeout"}
