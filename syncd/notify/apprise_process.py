"""The process that sends letters through apprise: a job on stdin, one JSON line per letter.

A line is `[place, answer]`; the answer is "" for a letter that was taken, else a word or two from
the lists below: never a text of apprise or of a server, which may repeat what is secret.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from syncd.core.hosts import is_nobodys

THREADS = 8
MEMORY = 768 << 20  # bytes of address space
_STACK = 1 << 20  # bytes: each letter has two threads, apprise's own among them
# What an address does not say itself: long messages in parts, mails as plain text, seconds to
# wait for a connection and for bytes.
_DEFAULTS = {"overflow": "split", "cto": "10", "rto": "30"}

_MAIL = re.compile(r"mailtos?:", re.I)
_FORBIDDEN = "link-local address"
_SIGNS = (
    (_FORBIDDEN, _FORBIDDEN),
    (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", "certificate not trusted"),
    (r"ProxyError|Tunnel connection failed|Unable to connect to proxy|Proxy Auth", "proxy"),
    (r"SSL[:(]|SSLError|STARTTLS extension not supported", "no secure connection"),
    (r"timed out|Timeout", "timed out"),
    (r"Connection refused", "connection refused"),
    (r"Name or service not known|NameResolution|getaddrinfo|No address", "unknown host"),
    (r"No route to host|unreachable", "no route to host"),
    (r"Connection reset|RemoteDisconnected|closed|aborted", "connection cut"),
)
_STATUS = re.compile(
    r"\berror[=:]\s*(\d{3})\b|\bwas refused: (\d{3})\b|\((\d{3}), b['\"]|: \((\d{3}),"
)


def main() -> None:
    # The libraries keep whatever a server answers: that ends here, not with the service.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    threading.stack_size(_STACK)
    job = json.load(sys.stdin)
    end = time.monotonic() + float(job["timeout"])
    _set_up_ways(job["proxy"], job["ca_bundle"])
    sys.addaudithook(_look_at_peer)
    heard = _Ear()
    said = _Mouth()
    pool = ThreadPoolExecutor(THREADS)
    services = [_service(letter["url"], letter["contact"]) for letter in job["letters"]]
    futures = []
    for place, (letter, service) in enumerate(zip(job["letters"], services, strict=True)):
        if service is None:
            said.answer(place, "address")
        else:
            futures.append(pool.submit(_send, place, letter, service, heard, said))
    wait_for(futures, timeout=max(0.0, end - time.monotonic()))
    said.end(len(job["letters"]))
    os._exit(0)  # a thread that hangs on a server would keep the process alive


def _set_up_ways(proxy: str | None, ca_bundle: str | None) -> None:
    """apprise's libraries know proxies and authorities by these variables alone."""
    os.environ["NETRC"] = os.devnull  # no password but the address's own
    if proxy:
        os.environ.update(HTTP_PROXY=proxy, HTTPS_PROXY=proxy, http_proxy=proxy, https_proxy=proxy)
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
    import certifi

    authorities = certifi.where()
    if ca_bundle:
        # The public ones, and our own beside them; in memory, so that nothing is left behind.
        bundle = os.memfd_create("authorities")
        content = Path(authorities).read_bytes() + b"\n" + Path(ca_bundle).read_bytes()
        with open(bundle, "wb", closefd=False) as file:
            file.write(content)
        authorities = f"/proc/self/fd/{bundle}"
    os.environ.update(REQUESTS_CA_BUNDLE=authorities, SSL_CERT_FILE=authorities)


def _look_at_peer(event: str, arguments: tuple[Any, ...]) -> None:
    """Before each connection of whatever library, wherever a server sends it on to."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
        if isinstance(host, str) and is_nobodys(host):
            raise OSError(errno.EADDRNOTAVAIL, _FORBIDDEN)


def _service(url: str, contact: str) -> Any:
    """The service behind an address; None where apprise cannot make sense of it."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="syncd", app_desc="syncd", app_url="", async_mode=False, storage_mode="memory"
    )
    found = apprise.Apprise(asset=asset)
    try:
        fine = found.add(_with_defaults(url)) and len(found) and _writes_to(found[0], url, contact)
    except Exception:  # what a plugin makes of a strange address
        return None
    return found if fine else None


def _writes_to(service: Any, url: str, contact: str) -> bool:
    """apprise reads some mail addresses as others: o'neil@… as neil@…, who is someone else."""
    if not contact or not _MAIL.match(url):
        return True
    others = {*service.cc, *service.bcc}
    return contact in others | {address for _, address in service.targets}


def _with_defaults(url: str) -> str:
    asked = url.partition("?")[2]
    missing = dict(_DEFAULTS)
    if _MAIL.match(url):
        missing["format"] = "text"
    extra = "&".join(
        f"{name}={value}"
        for name, value in missing.items()
        if not re.search(rf"(?:^|&){name}=", asked, re.I)
    )
    if not extra:
        return url
    return f"{url.rstrip('&')}{'&' if '?' in url else '?'}{extra}"


def _send(place: int, letter: Mapping[str, str], service: Any, heard: _Ear, said: _Mouth) -> None:
    answer = "crashed"
    with contextlib.suppress(Exception), heard.listening() as words:
        taken = service.notify(
            body=letter["body"],
            title=letter["subject"],
            body_format="text",
            notify_type=letter["kind"],
        )
        answer = "" if taken else _meaning(words)
    said.answer(place, answer)


def _meaning(words: list[str]) -> str:
    """What apprise's log says of a failure, in words of our own."""
    log = "\n".join(words)
    status = _STATUS.search(log)
    if status:
        return f"status {next(filter(None, status.groups()))}"
    return next((meaning for sign, meaning in _SIGNS if re.search(sign, log)), "refused")


_EXCEPTION = re.compile(r"[A-Za-z/ ]{0,20}Exception:")
_words: ContextVar[list[str] | None] = ContextVar("words", default=None)


class _Ear(logging.Handler):
    """Hears what libraries log about each letter; nothing of it is written anywhere.

    By context and not by thread: apprise sends in threads of its own, to which it hands that.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        for name in ("", "apprise"):
            logger = logging.getLogger(name)
            logger.handlers[:] = [self]
        logging.getLogger("apprise").setLevel(logging.DEBUG)
        logging.getLogger("apprise").propagate = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[list[str]]:
        words: list[str] = []
        _words.set(words)
        yield words
        _words.set(None)

    def emit(self, record: logging.LogRecord) -> None:
        words = _words.get()
        if words is None:
            return
        with contextlib.suppress(Exception):
            message = record.getMessage()
            # Not what was sent and answered: that may speak of anything.
            if record.levelno >= logging.WARNING or _EXCEPTION.match(message):
                words.append(message)


class _Mouth:
    """Says one thing of each letter, at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: set[int] = set()

    def answer(self, place: int, answer: str) -> None:
        with self._lock:
            if place not in self._said:
                self._said.add(place)
                sys.stdout.write(json.dumps([place, answer]) + "\n")
                sys.stdout.flush()

    def end(self, count: int) -> None:
        for place in range(count):
            self.answer(place, "timeout")


if __name__ == "__main__":
    main()
