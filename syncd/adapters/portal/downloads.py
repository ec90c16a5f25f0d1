"""Files of the portal as anybody gets them: without the key, wherever a redirection leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx

from syncd.adapters.net.route import Route
from syncd.adapters.portal import answers, connect_errors
from syncd.core.errors import Rejected
from syncd.core.ports import Download

_CHUNK = 1024 * 1024  # bytes
_AS_STORED = {"Accept-Encoding": "identity"}
_FAILURES = (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects)


@contextmanager
def download(client: httpx.Client, url: str, route: Route) -> Iterator[Download]:
    """`client` carries no key, and follows redirections. One try; `PortalError` and no other.

    The bytes are those that are stored: checksums are of these, so nothing is decompressed.
    """
    trace = connect_errors.RequestTrace()
    with (
        client,
        _translated(trace, route),
        client.stream("GET", url, headers=_AS_STORED, extensions={"trace": trace}) as response,
    ):
        if not response.is_success:
            response.read()
            raise _refusal(response, route)
        yield Download(_length(response), _chunks(response, trace, route))


def _chunks(
    response: httpx.Response, trace: connect_errors.RequestTrace, route: Route
) -> Iterator[bytes]:
    with _translated(trace, route):
        yield from response.iter_raw(_CHUNK)


@contextmanager
def _translated(trace: connect_errors.RequestTrace, route: Route) -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        # The files are often on another server than the portal's.
        host = error.request.url.host
        raise connect_errors.trouble(error, trace, replace(route, host=host), "download") from error


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
