"""Files of the portal as anybody gets them: without the key, wherever a redirection leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx

from syncd.adapters.portal import answers, connect_errors
from syncd.core.errors import Rejected
from syncd.core.ports import Download

_CHUNK = 1024 * 1024  # bytes
_AS_STORED = {"Accept-Encoding": "identity"}
_FAILURES = (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects)


@contextmanager
def download(client: httpx.Client, url: str, way: connect_errors.Way) -> Iterator[Download]:
    """`client` carries no key, and follows redirections. One try; `PortalError` and no other.

    The bytes are those that are stored: checksums are of these, so nothing is decompressed.
    """
    trail = connect_errors.Trail()
    with (
        client,
        _translated(trail, way),
        client.stream("GET", url, headers=_AS_STORED, extensions={"trace": trail}) as response,
    ):
        if not response.is_success:
            response.read()
            raise _refusal(response, way)
        yield Download(_length(response), _chunks(response, trail, way))


def _chunks(
    response: httpx.Response, trail: connect_errors.Trail, way: connect_errors.Way
) -> Iterator[bytes]:
    with _translated(trail, way):
        yield from response.iter_raw(_CHUNK)


@contextmanager
def _translated(trail: connect_errors.Trail, way: connect_errors.Way) -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        # The files are often on another server than the portal's.
        host = error.request.url.host
        raise connect_errors.trouble(error, trail, replace(way, host=host), "download") from error


def _refusal(response: httpx.Response, way: connect_errors.Way) -> Exception:
    if response.status_code not in {401, 403}:
        return answers.refusal(response, "download", way)
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
