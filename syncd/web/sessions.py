"""Who signed in, in a signed cookie: nothing of it is kept here but who signed out again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from syncd.web.people import People, Person, Refusal

COOKIE = "__Host-syncd"  # browsers take it from this very host alone, and over TLS (RFC 6265bis)
LASTS = 8 * 3600  # seconds from signing in, whatever is done meanwhile
_LONGEST_PROOF = 1800  # characters: browsers keep cookies of 4 096 bytes


def with_sessions(app: ASGIApp, key: str) -> ASGIApp:
    """`request.session`, of which nobody else can make or change one."""
    return SessionMiddleware(
        app, key, session_cookie=COOKIE, max_age=LASTS, same_site="lax", https_only=True
    )


class Sessions:
    """`now`: seconds since 1970."""

    def __init__(self, people: People, now: Callable[[], float] = time.time) -> None:
        self._people = people
        self._now = now
        self._ended: dict[str, float] = {}  # a copy of their cookie is worth nothing any more

    def begin(self, request: HTTPConnection, name: str, proof: str) -> Person:
        """`proof`: the provider's, for signing out there. `Refusal` where they are not listed."""
        request.session.clear()  # whose it was before
        person = self._people.named(name)
        request.session["name"] = name
        request.session["id"] = secrets.token_urlsafe(16)
        request.session["until"] = self._now() + LASTS
        request.session["proof"] = proof if len(proof) <= _LONGEST_PROOF else ""
        return person

    def who(self, request: HTTPConnection) -> Person:
        """`Refusal` where nobody has signed in, or too long ago, or is listed no more."""
        session = request.session
        until = session.get("until", 0)
        if until <= self._now() or session["id"] in self._ended:
            raise Refusal("page_sign_in", HTTPStatus.UNAUTHORIZED)
        return self._people.named(session["name"])

    def end(self, request: HTTPConnection) -> str:
        """The proof."""
        session, now = request.session, self._now()
        self._ended = {one: until for one, until in self._ended.items() if until > now}
        self._ended[session["id"]] = session["until"]
        proof: str = session["proof"]
        session.clear()
        return proof


def bound_to(request: HTTPConnection, _: Person) -> str:
    """What the token of a form is for."""
    found: str = request.session["id"]
    return found
