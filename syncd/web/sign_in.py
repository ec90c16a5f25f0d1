"""Signing in at a provider, and out again: where people are sent, and what comes back with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syncd.web import csrf
from syncd.web.people import Refusal, person_of
from syncd.web.sessions import Sessions
from syncd.web.trail import tell

BEGIN, FINISH, LEAVE = "/sign-in", "/signed-in", "/sign-out"
_LONGEST_ADDRESS = 800  # characters that the cookie remembers meanwhile


class Provider(Protocol):
    """All may raise `Refusal`."""

    async def begin(self, request: Request) -> Response:
        """To the provider."""

    async def finish(self, request: Request) -> tuple[str, str]:
        """The name of who comes back from there, and the provider's proof of it."""

    async def end(self, proof: str) -> str:
        """Where one signs out there; "" where one cannot."""


class SignIn:
    def __init__(self, provider: Provider, sessions: Sessions, limit: Limit) -> None:
        self._provider = provider
        self._sessions = sessions
        self._limit = limit

    async def begin(self, request: Request) -> Response:
        self._limit.take(request.state.client)
        answer = await self._provider.begin(request)
        request.session["next"] = local(request.query_params.get("next", ""))
        return answer

    async def finish(self, request: Request) -> Response:
        self._limit.take(request.state.client)
        to = local(str(request.session.get("next", "")))
        name, proof = await self._provider.finish(request)
        person = self._sessions.begin(request, name, proof)
        tell("page.signed_in", request, person, role=person.role)
        return RedirectResponse(to, HTTPStatus.SEE_OTHER)

    async def leave(self, request: Request) -> str:
        """Where to sign out at the provider, too."""
        await csrf.form(request)
        proof = self._sessions.end(request)
        tell("page.signed_out", request, person_of(request))
        request.state.person = request.state.tokens = None
        return await self._provider.end(proof)


def local(address: str) -> str:
    """An address of this page; its first screen for any other."""
    odd = len(address) > _LONGEST_ADDRESS or not address.isprintable() or "\\" in address
    if odd or not address.startswith("/") or address.startswith("//"):
        return "/"
    return address if urlsplit(address).path not in {BEGIN, FINISH, LEAVE} else "/"


class Limit:
    """So many times in that many seconds, for each client. `clock`: seconds, never going back."""

    MOST, SECONDS, CLIENTS = 20, 60.0, 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._counts: dict[str, int] = {}

    def take(self, client: str) -> None:
        """`Refusal` where it was too often."""
        now = self._clock()
        if now - self._since >= self.SECONDS or len(self._counts) >= self.CLIENTS:
            self._since, self._counts = now, {}
        count = self._counts[client] = self._counts.get(client, 0) + 1
        if count > self.MOST:
            raise Refusal("page_too_often", HTTPStatus.TOO_MANY_REQUESTS)
