"""One request to the portal, and its answer: the HTTP client, and what it learns on the way."""

from __future__ import annotations

import math
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx
import structlog

from syncd import __version__
from syncd.adapters.net import ceilings, limited_http, peers, tls
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.route import Route
from syncd.adapters.net.usage import UsageRecord
from syncd.adapters.portal import connect_errors
from syncd.adapters.portal.request_limiter import RequestLimiter
from syncd.core import fence, hosts
from syncd.core.addresses import host_of
from syncd.core.errors import PortalUnreachable
from syncd.core.reasons import because

log = structlog.get_logger("syncd.portal")

REDIRECTS = 3  # followed for one request, at the most
_AGENT = f"syncd/{__version__} (S3 to data.gouv.fr publisher)"
_LEAST = 1.0  # seconds that any answer has
SLOWEST_BYTES_PER_SECOND = 5_000_000  # how slow a server may be at storing what it received


class Connection:
    """`api_key` "" = as anybody. `at_once`: requests under way at the same time."""

    def __init__(
        self,
        url: str,
        api_key: str,
        network: NetworkOptions,
        *,
        at_once: int,
    ) -> None:
        try:
            host = httpx.URL(url).host
        except (httpx.InvalidURL, UnicodeError) as error:  # letters that no name is made of
            raise PortalUnreachable("portal_unknown_host", host=host_of(url)) from error
        self.route = Route.to(host, network.proxy, api_key)
        # Whether the portal itself is not on the Internet: seen anew at each connection to it.
        self.is_private = hosts.is_loopback(host) or not hosts.is_public(host)
        self.usage = UsageRecord(self.route.via, network.clock)
        self._network = network
        self._turns = RequestLimiter(at_once)
        self._proxy = _proxy(network.proxy, network.ca_bundle) if network.proxy else None
        self._url = url.rstrip("/")
        # Made once, and asked without `httpx.Client`: what that does for each request (cookies,
        # redirects, passwords in addresses) is what must not be done here, and takes longer.
        self._headers = httpx.Headers(
            {
                "Accept": "application/json",  # else a 404 is an HTML page
                **limited_http.ACCEPTED,
                "Connection": "keep-alive",
                **({"X-API-KEY": api_key} if api_key else {}),
                "User-Agent": _AGENT,
            }
        )
        # As many connections as there are requests: those who ask bound them, and a request
        # that waits here for another one's connection would fail by a timeout. Nor is one closed
        # that the next request of a file can have.
        self._limits = httpx.Limits(max_connections=None, max_keepalive_connections=at_once)
        self._transport: limited_http.Transport | None = None
        self._opening = threading.Lock()
        if network.ca_bundle or network.proxy:  # what is wrong with them is no request's matter
            self._opened()

    def anybody(self) -> httpx.Client:
        """A client without the key. The caller closes it."""
        return httpx.Client(
            headers={"User-Agent": _AGENT},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=self.timeout(0),
            transport=self._made(self._allows_files, httpx.Limits()),
            trust_env=False,
            follow_redirects=False,
        )

    def _allows(self, host: str, address: str) -> bool:
        if host == self.route.host:
            self.is_private = not hosts.is_public(address)
        return peers.anywhere(host, address)

    def _allows_files(self, host: str, address: str) -> bool:
        """A portal of the Internet has its files there: nobody is led into our own network."""
        return self._allows(host, address) and (self.is_private or hosts.is_public(address))

    def _made(self, allows: peers.Allows, limits: httpx.Limits) -> limited_http.Transport:
        return limited_http.Transport(
            allows=allows,
            verify=self._trusted,
            proxy=self._proxy,
            trust_env=False,
            limits=limits,
        )

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return tls.trusting(self._network.ca_bundle)

    def _opened(self) -> limited_http.Transport:
        """At the first request: to read whom the world trusts takes a twentieth of a `sync`, which
        asks nothing where nothing changed."""
        with self._opening:
            if self._transport is None:
                self._transport = self._made(self._allows, self._limits)
            return self._transport

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def send(
        self,
        method: str,
        path: str,
        what: str,
        trace: connect_errors.RequestTrace | None = None,
        moved: int = 0,
        seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        """Whatever the portal answers, refusals too. `what` names the request for the operator.

        `PortalUnreachable` or `AnswerLost` when there is no answer, or more than may be; `LockLost`
        before what writes is sent.
        `path`: or a whole address on the portal. `moved`: bytes of a file that goes along.
        `seconds`: for each step, in place of the usual. `headers`, `body`: see `httpx.Request`.
        """
        # httpcore tells twelve events of a request; only of a proxy's way is more to be known.
        is_followed = trace is not None or bool(self.route.via)
        trace = trace or connect_errors.RequestTrace()
        patience = self.timeout(moved)
        if method == "GET":  # else what is under way would be cut
            patience.read = min(patience.read or math.inf, max(self._network.patience, _LEAST))
        with self._turns.one():
            if method != "GET":
                fence.confirm()  # after the turn was waited for
            budget = self._network.budget(what, moved)
            try:
                asked = self._request(method, path, headers, body)
                waits = patience if seconds is None else httpx.Timeout(seconds)
                asked.extensions = {"timeout": waits.as_dict()}
                if is_followed:
                    asked.extensions["trace"] = trace
                with budget.active(), self._told(patience):
                    response = self._answer(asked, budget)
            except limited_http.FAILURES as error:
                raise connect_errors.trouble(error, trace, self.route, what, budget) from error
        log.debug("portal.answer", method=method, path=path, status=response.status_code)
        self.usage.note_date(response.headers.get("Date", ""))
        return response

    def _request(
        self, method: str, path: str, headers: Mapping[str, str] | None, body: Mapping[str, Any]
    ) -> httpx.Request:
        address = f"{self._url}{path}" if path.startswith("/") else path
        sent = self._headers if headers is None else {**self._headers, **headers}
        return httpx.Request(method, _taken_apart(address), headers=sent, **body)

    def _answer(self, asked: httpx.Request, budget: ceilings.Budget) -> httpx.Response:
        streamed = self._opened().handle_request(asked)
        streamed.request = asked
        try:
            return limited_http.whole(streamed, budget)
        finally:
            streamed.close()

    @contextmanager
    def _told(self, patience: httpx.Timeout) -> Iterator[None]:
        """Who sits before a command and waits long for the answer is told for whom."""
        if self._network.patience == math.inf:
            yield
            return
        slow, most = self._network.slow, patience.read or 0.0
        why = because("wait_answer", host=self.route.host)
        timer = threading.Timer(slow, self._network.waiting, (why, most - slow))
        timer.daemon = True
        with suppress(RuntimeError):  # where no thread can be had, nothing is told
            timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def timeout(self, size: int) -> httpx.Timeout:
        """In seconds. The answer to an upload comes after the server has stored the whole file."""
        usual = self._network.read_timeout
        read = usual + size / SLOWEST_BYTES_PER_SECOND
        return httpx.Timeout(usual, connect=self._network.connect_timeout, read=read)


# One resource is asked for three times for each file that is replaced.
_taken_apart = lru_cache(maxsize=1024)(httpx.URL)


def _proxy(url: str, ca_bundle: Path | None) -> httpx.Proxy:
    shown = tls.shows_a_certificate(url)
    return httpx.Proxy(url, ssl_context=tls.trusting(ca_bundle) if shown else None)
