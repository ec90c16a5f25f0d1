"""On each request: who asks, before any screen is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from syncd.core.hosts import is_loopback
from syncd.web.csrf import Tokens
from syncd.web.people import Person, Refusal, Who, nobody
from syncd.web.proxy import Proxies
from syncd.web.sign_in import SignIn
from syncd.web.trail import log_refusal


@dataclass(frozen=True, slots=True)
class Access:
    """`url`: where people open the page, "" for a loopback's names. `key` signs what is handed out;
    `bound_to`: what a form's token is for. `sign_in`: where one signs in here, with sessions."""

    who: Who = nobody
    key: str = field(default="", repr=False)
    url: str = ""
    proxies: Proxies = field(default_factory=Proxies)
    bound_to: Callable[[HTTPConnection, Person], str] = lambda _, person: person.name
    sign_in: SignIn | None = None
    link_key: str = field(default="", repr=False)  # of contacts' links; "" where none are given

    def knows(self, host: str) -> bool:
        """Whether the page answers to this name."""
        return host.lower() == urlsplit(self.url).hostname if self.url else is_loopback(host)

    def origin(self, host: str) -> str:
        """Where a form must come from; `host`: as the request names it."""
        if not self.url:
            return f"http://{host}".lower()
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}".lower()


class Gate:
    """`on_refusal` makes the answer. `open_to_all`: paths that say nothing of anything."""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        open_to_all: frozenset[str],
        on_refusal: Callable[[Request, Refusal], Response],
    ) -> None:
        self._app = app
        self._access = access
        self._open_to_all = open_to_all
        self._on_refusal = on_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        request.state.person = request.state.tokens = None
        request.state.client = self._access.proxies.client_of(request)
        app = self._app
        if scope["path"] not in self._open_to_all:
            try:
                person = self._access.who(request)
            except Refusal as refusal:
                log_refusal(request, refusal)
                app = self._on_refusal(request, refusal)
            else:
                request.state.person = person
                if person is not None:
                    bound_to = self._access.bound_to(request, person)
                    request.state.tokens = Tokens(self._access.key, bound_to)
        await app(scope, receive, send)
