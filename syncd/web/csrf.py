"""That a form was sent from a page of ours, by the person whom that page was made for.

Each form has a token, signed for that person's name or session, as a hidden field (OWASP's signed
token pattern); where the form was sent from is told by the browser, and is looked at by
`protection` on every request that is no look.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from secrets import compare_digest
from urllib.parse import parse_qsl

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection, Request

from syncd.web.people import Person, Refusal, operator

FIELD = "token"
LASTS = 12 * 3600  # seconds that a page may stay open before its form is sent
_LONGEST = 64 * 1024  # bytes of a form
_MOST = 50  # fields


class Tokens:
    """`bound_to`: the session, or the name where there is none."""

    def __init__(self, key: str, bound_to: str) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="syncd.web.csrf")
        self._bound_to = bound_to

    def make(self) -> str:
        made = self._signer.dumps(self._bound_to)
        return made if isinstance(made, str) else made.decode()

    def fits(self, given: str) -> bool:
        try:
            meant = self._signer.loads(given, max_age=LASTS)
        except BadData:
            return False
        return isinstance(meant, str) and compare_digest(meant.encode(), self._bound_to.encode())


def token(request: HTTPConnection) -> str:
    """For the hidden field `FIELD` of a form; "" for nobody."""
    tokens: Tokens | None = request.state.tokens
    return tokens.make() if tokens else ""


def check(request: HTTPConnection, given: str) -> None:
    """`Refusal` where the token was not made for who asks, or is too old."""
    tokens: Tokens | None = request.state.tokens
    if tokens is None or not tokens.fits(given):
        raise Refusal("page_stale_form")


async def form(request: Request) -> Mapping[str, str]:
    """What was sent, if it was sent from a form of ours. `Refusal`"""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refusal("page_no_form", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST:
            raise Refusal("page_no_form", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        fields = parse_qsl(body.decode(), True, errors="strict", max_num_fields=_MOST)
    except ValueError:
        raise Refusal("page_no_form", HTTPStatus.BAD_REQUEST) from None
    found = dict(fields)
    check(request, found.pop(FIELD, ""))
    return found


async def decision(request: Request) -> tuple[Person, Mapping[str, str]]:
    """Who decides, and what they sent. `Refusal`: who may not, is told so before what is wrong."""
    person = operator(request)
    return person, await form(request)


_FORM = "application/x-www-form-urlencoded"
