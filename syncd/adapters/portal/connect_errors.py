"""Why the portal could not be reached: which part of the way failed, as our errors."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from syncd.adapters.net import connect_errors
from syncd.adapters.net.ceilings import Budget
from syncd.adapters.net.route import Route
from syncd.core.errors import AnswerLost, PortalError, PortalUnreachable
from syncd.core.shortages import shortage_in

# Nothing was sent: trying again cannot do harm.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

LASTING = frozenset(
    {f"portal_{fault}" for fault in connect_errors.LASTING}
    | {"portal_not_udata", "portal_redirects", "portal_answer_large", "portal_answer_slow"}
)
"""Codes of what a person must mend: another try within seconds ends the same."""


class RequestTrace:
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


def trouble(
    error: httpx.HTTPError | httpx.InvalidURL | UnicodeError,
    trace: RequestTrace,
    route: Route,
    what: str,
    budget: Budget,
) -> PortalError:
    """The error for a request that got no answer. `what` names it for the operator."""
    if budget.exceeded == "size":
        limit = budget.limit
        return AnswerLost("portal_answer_large", host=route.host, what=what, limit=limit)
    if budget.exceeded == "seconds":
        return AnswerLost("portal_answer_slow", host=route.host, what=what)
    causes = connect_errors.causes(error)
    unsent = trace.method == b"CONNECT" or isinstance(error, _UNSENT)
    kind = PortalUnreachable if unsent else AnswerLost
    shortage = next(filter(None, map(shortage_in, causes)), None)
    if shortage is not None:
        return kind(shortage.reason.code)
    if trace.connect_status >= HTTPStatus.MULTIPLE_CHOICES:
        return proxy_refusal(trace.connect_status, route)
    # A proxy that is reached by https has a certificate too.
    whose = route.via if route.via and trace.failed == "connection.start_tls" else route.host
    fault = connect_errors.fault(causes)
    detail = route.without_secrets(_detail(error, causes))
    if fault is not None:
        return kind(f"portal_{fault}", host=whose, detail=detail)
    if route.via and trace.ended_at_the_proxy:
        return kind("portal_proxy_down", host=route.host, proxy=route.via, detail=detail)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return kind("portal_unknown_host", host=route.host)
    code = "portal_unreachable" if unsent else "portal_answer_lost"
    return kind(code, host=route.host, what=what, detail=detail)


def proxy_refusal(status: int, route: Route) -> PortalError:
    """The proxy answered in the portal's place."""
    code = f"portal_{connect_errors.proxy_fault(status)}"
    return PortalUnreachable(code, host=route.host, proxy=route.via, status=status)


def _detail(error: Exception, causes: tuple[BaseException, ...]) -> str:
    """The shortest words there are: "Connection refused", not the library's whole sentence."""
    if isinstance(error, httpx.LocalProtocolError):  # it quotes our headers, the key among them
        return type(error).__name__
    last = "timed out" if isinstance(error, httpx.TimeoutException) else str(error)
    return connect_errors.in_short(causes) or last or type(error).__name__
