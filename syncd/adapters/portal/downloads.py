"""Files of the portal as anybody gets them: without the key, wherever a redirection leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import httpx

from syncd.adapters.net import limited_http
from syncd.adapters.net.ceilings import Budget
from syncd.adapters.net.route import Route
from syncd.adapters.portal import answers, connect_errors
from syncd.core.errors import Rejected
from syncd.core.ports import Download

_CHUNK = 1024 * 1024  # bytes
_AS_STORED = {"Accept-Encoding": "identity"}
_FAILURES = (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects)


@contextmanager
def download(
    client: httpx.Client, url: str, route: Route, budget: Callable[[str], Budget]
) -> Iterator[Download]:
    """`client` carries no key, and follows redirections. One try; `PortalError` and no other.

    The bytes are those that are stored: checksums are of these, so nothing is decompressed.
    """
    with client, ExitStack() as opened:
        file = _File(route, budget("download"))
        with file.reading():
            asked = client.stream("GET", url, headers=_AS_STORED, extensions={"trace": file.trace})
            response = opened.enter_context(asked)
            file.budget.await_body()
        if not response.is_success:
            refused = _File(route, budget("refusal"))
            with refused.reading():
                response = limited_http.whole(response, refused.budget)
            raise _refusal(response, route)
        yield Download(_length(response), file.chunks(response))


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
        except _FAILURES as error:
            # The files are often on another server than the portal's.
            route = replace(self._route, host=error.request.url.host)
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
