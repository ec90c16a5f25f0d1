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
    """`network`: as for the portal, its proxy included. Safe to use from several threads."""

    def __init__(self, network: NetworkOptions) -> None:
        self._network = network

    def must_give(self, address: str, digest: Digest, transfer: Transfer) -> None:
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
            raise LinkError(code, address=address, size=digest.size, found=size)
        if found.hexdigest() != digest.sha1:
            raise LinkError("link_page" if page else "link_other_bytes", address=address)

    def _may_pass(self, error: LinkError) -> bool:
        if error.reason.code == "link_status":
            return error.reason.facts.get("status") in _PASSING
        return error.reason.code == "link_unreachable"

    @contextmanager
    def _asked(self, address: str) -> Iterator[tuple[httpx.Response, Budget]]:
        """Its answer, of which the body is still to be read; `LinkError` whatever goes wrong."""
        budget = self._network.budget("download")
        try:
            with self._client(address) as client, budget.active():
                response = _followed(client, client.build_request("GET", address))
                try:
                    budget.await_body()
                    yield response, budget
                finally:
                    response.close()
        except limited_http.FAILURES as error:
            if budget.exceeded == "seconds" or isinstance(error, httpx.ReadTimeout):
                raise LinkError("link_slow", address=address) from error
            causes = connect_errors.causes(error)
            detail = connect_errors.in_short(causes) or type(error).__name__
            raise LinkError("link_unreachable", address=address, detail=detail) from error

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


def _followed(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    own = request.url
    for _ in range(1 + REDIRECTS):
        near = hosts.is_loopback(request.url.host) or not hosts.is_public(request.url.host)
        if near and request.url.host != own.host:
            raise LinkError("link_redirects", address=str(own), where=request.url.host)
        response = client.send(request, stream=True)
        if response.next_request is None:
            return response
        response.close()
        request = response.next_request
        client.cookies.clear()
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
