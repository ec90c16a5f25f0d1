"""Public addresses, asked as anybody asks them: do they give everybody the file that they should?

The `Web` of `syncd.core.ports`. No key, no cookie; the bytes are those that are stored (RFC 9110
§8.4: nothing is asked for that would be packed on the way, and nothing is unpacked).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from syncd import __version__
from syncd.adapters.net import connect_errors, limited_http, peers
from syncd.adapters.net.ceilings import Budget
from syncd.adapters.net.circuit_breaker import FULL, Circuit
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.retry import backoff
from syncd.adapters.net.tls import trusting
from syncd.core import hosts
from syncd.core.errors import LinkError
from syncd.core.objects import Digest
from syncd.core.ports import Transfer

if TYPE_CHECKING:
    import ssl

TRIES = 3
REDIRECTS = 3
_CHUNK = 1024 * 1024  # bytes
# What may be otherwise in a moment: a copy that is not everywhere yet, a server that is busy.
_PASSING = frozenset({404, 408, 425, 429, 500, 502, 503, 504})
_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": f"syncd/{__version__}",
}


class PublicWeb:
    """`network`: as for the portal, its proxy included. Safe to use from several threads.

    A host that cannot be reached is not asked for its other addresses for a while: many links of
    one that is down cost one time-out.
    """

    def __init__(self, network: NetworkOptions) -> None:
        self._network = network
        self._hosts: dict[str, Circuit[LinkError]] = {}

    def must_give(self, address: str, digest: Digest, transfer: Transfer) -> None:
        self._leave_alone(address)
        for attempt in range(1, TRIES + 1):
            transfer.restart()
            try:
                return self._give(address, digest, transfer)
            except LinkError as error:
                if attempt == TRIES or not self._may_pass(error):
                    raise
                seconds = backoff(attempt, jitter=self._network.jitter())
                if not self._network.allows(seconds):
                    raise
                self._network.wait(seconds)
        raise AssertionError("the last try ends it")

    def must_answer(self, address: str, size: int) -> None:
        self._leave_alone(address)
        with self._asked(address) as (response, _):
            _must_announce(address, response, size)

    def _give(self, address: str, digest: Digest, transfer: Transfer) -> None:
        found, size = hashlib.sha1(usedforsecurity=False), 0
        with self._asked(address) as (response, budget):
            _must_announce(address, response, digest.size)
            for chunk in response.iter_raw(_CHUNK):
                size += len(chunk)
                if size > digest.size:
                    break
                found.update(chunk)
                budget.allow(len(chunk))
                transfer.advance(len(chunk))
            page = _is_page(response)
        if size != digest.size:
            over = size > digest.size
            code = "link_too_long" if over else "link_other_size"
            whole: dict[str, str] = {} if over else {"found_sha1": found.hexdigest()}
            raise LinkError(code, address=address, size=digest.size, found=size, **whole)
        if found.hexdigest() != digest.sha1:
            if page:
                raise LinkError("link_page", address=address)
            raise LinkError(
                "link_other_bytes", address=address, found=size, found_sha1=found.hexdigest()
            )

    def _may_pass(self, error: LinkError) -> bool:
        if error.reason.code == "link_status":
            return error.reason.facts.get("status") in _PASSING
        return error.reason.code == "link_unreachable"

    def _host(self, address: str) -> Circuit[LinkError]:
        circuit = Circuit[LinkError](self._network.monotonic)
        return self._hosts.setdefault(urlsplit(address).netloc, circuit)

    def _leave_alone(self, address: str) -> None:
        error = self._host(address).refusal()
        if error is None:
            return
        facts = {**error.reason.facts, "address": address}
        again = LinkError(error.reason.code, **facts)
        again.already_reported = True
        raise again

    @contextmanager
    def _asked(self, address: str) -> Iterator[tuple[httpx.Response, Budget]]:
        """Its answer, of which the body is still to be read; `LinkError` whatever goes wrong."""
        budget, host, answers = self._network.budget("download"), self._host(address), False
        try:
            with self._client(address) as client, budget.active():
                response = client.send(client.build_request("GET", address), stream=True)
                answers = True
                host.worked()
                response = _followed(client, response)
                try:
                    budget.await_body()
                    yield response, budget
                finally:
                    response.close()
        except limited_http.FAILURES as error:
            ours = _translated(error, address, budget)
            if not answers:  # else it was another host's trouble, or one file's
                host.failed(ours, _weight(error))
            raise ours from error

    def _client(self, address: str) -> httpx.Client:
        """Whoever is asked, nobody is led into our own network by a redirection."""
        own = urlsplit(address).hostname

        def allows(host: str, found: str) -> bool:
            return peers.anywhere(host, found) and (host == own or hosts.is_public(found))

        return httpx.Client(
            headers=_HEADERS,
            timeout=httpx.Timeout(
                self._network.read_timeout, connect=self._network.connect_timeout
            ),
            transport=limited_http.Transport(
                allows=allows, verify=self._trusted, proxy=self._network.proxy, trust_env=False
            ),
            trust_env=False,
            follow_redirects=False,
        )

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return trusting(self._network.ca_bundle)


def _translated(error: Exception, address: str, budget: Budget) -> LinkError:
    if budget.exceeded == "seconds" or isinstance(error, httpx.ReadTimeout):
        return LinkError("link_slow", address=address)
    causes = connect_errors.causes(error)
    detail = connect_errors.in_short(causes) or type(error).__name__
    return LinkError("link_unreachable", address=address, detail=detail)


def _weight(error: Exception) -> int:
    """What a request without an answer says of its host, for its circuit breaker."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return FULL
    return 1 if isinstance(error, httpx.ReadTimeout) else 0  # it may be about this file alone


def _followed(client: httpx.Client, response: httpx.Response) -> httpx.Response:
    own, request = response.request.url, response.next_request
    for _ in range(REDIRECTS):
        if request is None:
            return response
        response.close()
        client.cookies.clear()
        near = hosts.is_loopback(request.url.host) or not hosts.is_public(request.url.host)
        if near and request.url.host != own.host:
            break
        response = client.send(request, stream=True)
        request = response.next_request
    if request is None:
        return response
    response.close()
    raise LinkError("link_redirects", address=str(own), where=request.url.host)


def _must_announce(address: str, response: httpx.Response, size: int) -> None:
    """Where the head says already that it is not this file, no byte of it is read."""
    if response.status_code != HTTPStatus.OK:
        raise LinkError("link_status", address=address, status=response.status_code)
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) != size:
        if _is_page(response):
            raise LinkError("link_page", address=address)
        raise LinkError("link_other_size", address=address, size=size, found=int(length))


def _is_page(response: httpx.Response) -> bool:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"}
