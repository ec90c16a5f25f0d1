"""Who may ask for the page, and what browsers may do with it.

The page needs no script and nothing from elsewhere, so browsers are told to allow neither (CSP3).
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.core.reasons import Reason
from syncd.core.regular_expressions import regex
from syncd.text import sentence
from syncd.web.access import Access

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: our own forms would come from "null" then (Fetch, 3.2).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
AT_ONCE = 8  # pages that are being made: the server's other places are for /healthz and its like
_LONGEST = 4096  # bytes of path and query
_HOST = regex(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.-]+))(?::[0-9]{0,5})?")
_SAID = {
    HTTPStatus.FORBIDDEN: "page_from_elsewhere",
    HTTPStatus.MISDIRECTED_REQUEST: "page_another_name",
    HTTPStatus.REQUEST_URI_TOO_LONG: "page_too_long",
    HTTPStatus.SERVICE_UNAVAILABLE: "page_busy",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "page_odd_http",
}
_OURS = frozenset({None, "same-origin", "none"})  # where a request may come from


class Protected:
    """Answers to its own names alone: a page of another site that has its name lead to this machine
    (DNS rebinding) asks for that name. Nor does another site's page get a part of this one, or send
    anything to it; that a person follows a link from there is well."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._being_made = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = _refusal(scope, self._access)
        if refusal is None and self._being_made >= AT_ONCE:
            refusal = HTTPStatus.SERVICE_UNAVAILABLE
        if refusal is not None:
            said = sentence(Reason(_SAID[refusal]))
            app: ASGIApp = PlainTextResponse(f"{said}\n", status_code=refusal)
            await app(scope, receive, _Sending(send))
            return
        self._being_made += 1
        sending = _Sending(send, self._made)
        try:
            await self._app(scope, receive, sending)
        finally:
            sending.begin()  # where there was no answer at all

    def _made(self) -> None:
        self._being_made -= 1


class _Sending:
    """`on_begin`: called once, when the answer is there, however slowly it is taken then."""

    def __init__(self, send: Send, on_begin: Callable[[], None] = lambda: None) -> None:
        self._send = send
        self._on_begin = on_begin
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begin()
            MutableHeaders(scope=message).update(HEADERS)
        await self._send(message)

    def begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._on_begin()


def _refusal(scope: Scope, access: Access) -> HTTPStatus | None:
    if scope["http_version"] not in {"1.0", "1.1"}:  # h11 reads any number
        return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not access.knows(_name(hosts[0])):
        return HTTPStatus.MISDIRECTED_REQUEST
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _LONGEST:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    is_ours = _looks(headers) if scope["method"] in {"GET", "HEAD"} else _sends(headers, access)
    return None if is_ours else HTTPStatus.FORBIDDEN


def _looks(headers: Headers) -> bool:
    is_led_to = headers.get("sec-fetch-mode") == "navigate"
    return is_led_to or headers.get("sec-fetch-site") in _OURS


def _sends(headers: Headers, access: Access) -> bool:
    """Whether it comes from a page of ours; browsers tell it of every form (Fetch, 3.2)."""
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if len(origins) > 1 or not (origins or sites):
        return False
    of_page = origins == [] or origins[0].lower() == access.origin(headers["host"])
    return of_page and all(site == "same-origin" for site in sites)


def _name(host: str) -> str:
    """Without the port; "" for what is no host (RFC 9110, 7.2)."""
    found = _HOST.fullmatch(host)
    return (found["address"] or found["name"]) if found else ""
