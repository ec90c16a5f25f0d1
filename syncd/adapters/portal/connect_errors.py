"""Why the portal could not be reached: which part of the way failed, as our errors."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

from syncd.adapters.net import certificates
from syncd.core.errors import AnswerLost, PortalError, PortalUnreachable

# Nothing was sent: trying again cannot do harm.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

_FLAWS: Mapping[certificates.Flaw, str] = {
    "authority": "portal_ca_unknown",
    "name": "portal_certificate_name",
    "expired": "portal_certificate_expired",
    "early": "portal_certificate_early",
    "other": "portal_certificate",
}

# How a proxy answers to CONNECT (RFC 9110 §9.3.6, §15); squid says 503 where others say 502.
_PROXY_ANSWERS: Mapping[int, str] = {
    407: "portal_proxy_password",
    403: "portal_proxy_denied",
    405: "portal_proxy_denied",
    502: "portal_proxy_no_route",
    503: "portal_proxy_no_route",
    504: "portal_proxy_no_route",
}

LASTING = frozenset(
    {*_FLAWS.values(), "portal_proxy_password", "portal_proxy_denied"}
    | {"portal_not_udata", "portal_redirects"}
)
"""Codes of what a person must mend: another try within seconds ends the same."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the portal is reached. `via`: HOST:PORT of the proxy; "" = directly."""

    host: str
    via: str = ""
    secrets: tuple[str, ...] = ()

    def without_secrets(self, text: str) -> str:
        """Servers, proxies and libraries may repeat what they were given."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def way(url: str, api_key: str, proxy: str | None) -> Way:
    host = httpx.URL(url).host
    if proxy is None:
        return Way(host, secrets=(api_key,) if api_key else ())
    parts = urlsplit(proxy)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    basic = b64encode(f"{user}:{password}".encode()).decode()  # RFC 7617
    secret = password or user
    found = {api_key, proxy, basic, secret, quote(secret, safe=""), parts.password or ""} - {""}
    if not secret:
        found -= {proxy, basic}
    return Way(host, f"{name}:{port}", tuple(sorted(found, key=len, reverse=True)))


class Trail:
    """httpcore's own events of one request: how far it came.

    Through a proxy there are two requests: the CONNECT, and then ours.
    """

    def __init__(self) -> None:
        self.failed = ""  # the first step that failed, as in "connection.connect_tcp"
        self.method = b""  # of the request that was sent last
        self.connect_status = 0  # what the proxy answered to CONNECT

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        step, _, end = event.rpartition(".")
        if end == "failed":
            self.failed = self.failed or step
        elif event.endswith("send_request_headers.started"):
            self.method = info["request"].method
        elif event.endswith("receive_response_headers.complete") and self.method == b"CONNECT":
            self.connect_status = info["return_value"][1]

    @property
    def ended_at_the_proxy(self) -> bool:
        """It was not reached, or gave no answer to CONNECT."""
        asked = self.method == b"CONNECT" and not self.connect_status
        return asked or self.failed == "connection.connect_tcp"


def trouble(error: httpx.HTTPError, trail: Trail, way: Way, what: str) -> PortalError:
    """The error for a request that got no answer. `what` names it for the operator."""
    causes = tuple(_chain(error))
    unsent = trail.method == b"CONNECT" or isinstance(error, _UNSENT)
    kind = PortalUnreachable if unsent else AnswerLost
    if trail.connect_status >= HTTPStatus.MULTIPLE_CHOICES:
        return proxy_refusal(trail.connect_status, way)
    # A proxy that is reached by https has a certificate too.
    whose = way.via if way.via and trail.failed == "connection.start_tls" else way.host
    flawed = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if flawed is not None:
        code = _FLAWS[certificates.flaw(flawed)]
        return kind(code, host=whose, detail=flawed.verify_message)
    detail = way.without_secrets(_detail(error, causes))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return kind("portal_tls", host=whose, detail=detail)
    if way.via and trail.ended_at_the_proxy:
        return kind("portal_proxy_down", host=way.host, proxy=way.via, detail=detail)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return kind("portal_unknown_host", host=way.host)
    code = "portal_unreachable" if unsent else "portal_answer_lost"
    return kind(code, host=way.host, what=what, detail=detail)


def proxy_refusal(status: int, way: Way) -> PortalError:
    """The proxy answered in the portal's place."""
    code = _PROXY_ANSWERS.get(status, "portal_proxy")
    return PortalUnreachable(code, host=way.host, proxy=way.via, status=status)


def _detail(error: httpx.HTTPError, causes: tuple[BaseException, ...]) -> str:
    """The shortest words there are: "Connection refused", not the library's whole sentence."""
    if isinstance(error, httpx.LocalProtocolError):  # it quotes our headers, the key among them
        return type(error).__name__
    for cause in reversed(causes):
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return str(cause.reason).replace("_", " ").lower()
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    if isinstance(error, httpx.TimeoutException):
        return "timed out"
    return str(error) or type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
