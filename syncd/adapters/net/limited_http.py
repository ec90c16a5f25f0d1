"""HTTP by httpx, where no server can make an answer last or grow beyond its `Budget`.

httpx and httpcore bound each wait for bytes, but not their sum: an answer of dripped bytes, or of
`100 Continue` without end, would never be over. Each read and write of the connection is held to
the budget here, one level below. That level is httpcore's `network_backend`, which httpx does not
hand on: `Transport` reaches for it by a name that httpx promises to nobody, and fails at once where
it is gone (`tests/unit/adapters/test_ceilings.py`).
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from syncd.adapters.net import ceilings, peers
from syncd.adapters.net.ceilings import Budget, TooLarge, TooSlow

ACCEPTED = {"Accept-Encoding": "gzip"}  # what `whole` can unfold
_PIECE = 1024 * 1024  # bytes that are unfolded at once

FAILURES = (
    httpx.RequestError,
    httpx.InvalidURL,  # of an odd Location, even where no redirect is followed
    UnicodeError,  # of one whose host is no name
)
"""All that httpx raises where a server, or the way to it, is not as it should be."""


class Transport(httpx.HTTPTransport):
    """httpx's own; what it reads and writes is held to the budget that is active.

    `allows`: whom it may be connected to; a proxy may be anywhere.
    """

    def __init__(self, *, allows: peers.Allows = peers.anywhere, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(self._pool._network_backend, httpcore.SyncBackend):
            raise TypeError("this httpcore is not known")
        self._pool._network_backend = _Backend(peers.anywhere if options.get("proxy") else allows)


class _Backend(httpcore.SyncBackend):
    def __init__(self, allows: peers.Allows) -> None:
        super().__init__()
        self._allows = allows

    def connect_tcp(self, host: str, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        with _translated():
            options["timeout"] = _at_most(options.get("timeout"))
        stream = super().connect_tcp(host, *arguments, **options)
        try:
            peers.check(self._allows, host, stream.get_extra_info("server_addr")[0])
        except OSError as error:  # also of a connection that is gone already
            stream.close()
            raise httpcore.ConnectError(str(error)) from error
        return _Stream(stream)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _translated():
            data = self._inner.read(max_bytes, _at_most(timeout))
            budget = ceilings.active()
            if budget is not None:
                budget.read(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _translated():
            # Of bytes, httpcore would copy all that the connection did not take yet.
            view: Any = memoryview(buffer)
            self._inner.write(view, _at_most(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        with _translated():
            timeout = _at_most(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _at_most(timeout: float | None) -> float | None:
    budget = ceilings.active()
    return timeout if budget is None else budget.wait_at_most(timeout)


class _translated:  # noqa: N801 - a context, as light as can be: it is entered for each read
    """httpcore's errors for ours: httpx knows no others."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, httpcore.TimeoutException):
            try:
                _at_most(None)  # whose patience it was that ended
            except TooSlow as slow:
                error = slow
        if isinstance(error, TooSlow):
            raise httpcore.ReadTimeout(str(error)) from error
        if isinstance(error, TooLarge):
            raise httpcore.ReadError(str(error)) from error


def whole(response: httpx.Response, budget: Budget) -> httpx.Response:
    """The same answer with its body, read to the end and unfolded within the budget.

    `httpx.TransportError` and `httpx.DecodingError`, as of httpx itself. The answer of a stream
    that was opened with `ACCEPTED`.
    """
    budget.await_body()
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise httpx.DecodingError(f"Content-Encoding: {coding}", request=response.request)
    raw = response.iter_raw()
    parts: list[bytes] = []
    size = 0
    try:
        for part in _unfolded(raw) if coding.endswith("gzip") else raw:
            size += len(part)
            budget.unfolded(size)
            parts.append(part)
    except zlib.error as error:
        raise httpx.DecodingError(str(error), request=response.request) from error
    except TooLarge as error:
        raise httpx.ReadError(str(error), request=response.request) from error
    left_out = {b"content-encoding", b"content-length", b"transfer-encoding"}
    return httpx.Response(
        response.status_code,
        headers=[(n, v) for n, v in response.headers.raw if n.lower() not in left_out],
        content=b"".join(parts),
        request=response.request,
        extensions=response.extensions,
    )


def _unfolded(raw: Iterable[bytes]) -> Iterator[bytes]:
    """gunzip, at most a piece at a time: some bytes may become a thousand times as many."""
    inflater = zlib.decompressobj(wbits=31)
    for chunk in raw:
        rest = chunk
        while rest and not inflater.eof:
            yield inflater.decompress(rest, _PIECE)
            rest = inflater.unconsumed_tail
    yield inflater.flush()
    if not inflater.eof:
        raise zlib.error("incomplete")
