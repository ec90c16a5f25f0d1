"""Files of the portal as anybody gets them: without the key, from the portal's own servers only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import httpx

from syncd.adapters.net import limited_http
from syncd.adapters.net.ceilings import Budget
from syncd.adapters.net.route import Route
from syncd.adapters.portal import answers, connect_errors
from syncd.adapters.portal.connection import REDIRECTS, Connection
from syncd.core import hosts
from syncd.core.errors import PortalUnreachable, Rejected
from syncd.core.ports import Download

_CHUNK = 1024 * 1024  # bytes
_AS_STORED = {"Accept-Encoding": "identity"}


@contextmanager
def download(
    connection: Connection, url: str, servers: Collection[str], budget: Callable[[str], Budget]
) -> Iterator[Download]:
    """`servers`: addresses on those that may be asked. One try; `PortalError` and no other.

    The bytes are those that are stored: checksums are of these, so nothing is decompressed.
    """
    route = connection.route
    with connection.anybody() as client, ExitStack() as opened:
        file = _File(route, budget("download"))
        with file.reading():
            first = client.build_request(
                "GET", url, headers=_AS_STORED, extensions={"trace": file.trace}
            )
            response = _followed(client, first, partial(_must_be_theirs, connection, servers))
            opened.callback(response.close)
            file.budget.await_body()
        if not response.is_success:
            refused = _File(route, budget("refusal"))
            with refused.reading():
                response = limited_http.whole(response, refused.budget)
            raise _refusal(response, route)
        yield Download(_length(response), file.chunks(response))


def _followed(
    client: httpx.Client, request: httpx.Request, must_be_theirs: Callable[[httpx.URL], None]
) -> httpx.Response:
    for _ in range(1 + REDIRECTS):
        must_be_theirs(request.url)
        response = client.send(request, stream=True)
        if response.next_request is None:
            return response
        response.close()
        request = response.next_request
    raise httpx.TooManyRedirects("too many redirects", request=request)


def _must_be_theirs(connection: Connection, servers: Collection[str], url: httpx.URL) -> None:
    """Before it is asked: `PortalError` where this is another server, or in our own network.

    What a name stands for is looked at again when there is a connection.
    """
    if not any(_is_on(url, httpx.URL(server)) for server in servers):
        raise Rejected("portal_elsewhere", host=connection.route.host, where=url.host)
    near = hosts.is_loopback(url.host) or not hosts.is_public(url.host)
    if hosts.is_nobodys(url.host) or (near and not connection.is_private):
        raise PortalUnreachable("portal_address", host=url.host, detail="private address")


def _is_on(url: httpx.URL, server: httpx.URL) -> bool:
    """Whether it is the same server; its usual port for https is, too."""
    usual = url.scheme == "https" and url.port is None
    return url.host == server.host and (
        usual or (url.scheme, url.port) == (server.scheme, server.port)
    )


class _File:
    """One file on its way: `budget` grows with each byte of it that has come."""

    def __init__(self, route: Route, budget: Budget) -> None:
        self.budget = budget
        self.trace = connect_errors.RequestTrace()
        self._route = route

    def chunks(self, response: httpx.Response) -> Iterator[bytes]:
        coming = response.iter_raw(_CHUNK)
        while True:
            with self.reading():
                chunk = next(coming, None)
            if chunk is None:
                return
            self.budget.allow(len(chunk))
            yield chunk

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            with self.budget.active():
                yield
        except limited_http.FAILURES as error:
            route = self._route
            if isinstance(error, httpx.HTTPError):
                # The files are often on another server than the portal's.
                route = replace(route, host=error.request.url.host)
            raise connect_errors.trouble(
                error, self.trace, route, "download", self.budget
            ) from error


def _refusal(response: httpx.Response, route: Route) -> Exception:
    if response.status_code not in {401, 403}:
        return answers.refusal(response, "download", route)
    # No key was shown, so none was refused.
    return Rejected(
        "portal_rejected",
        what="download",
        host=response.request.url.host,
        status=response.status_code,
        words=response.reason_phrase,
        request_id="",
    )


def _length(response: httpx.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None
