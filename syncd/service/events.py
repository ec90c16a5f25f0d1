"""`POST /events/<source>`: where S3 servers tell of new objects. It answers, and does no work.

Who does not know the source's secret finds nothing here: no answer shows which sources there are,
nor does the time that it takes. Whoever knows it can cause a look at a dataset now and then.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.adapters.events.forms import Malformed, Message, read
from syncd.config.configuration import App, event_secrets
from syncd.core.clock import now
from syncd.service.hints import Hints, Wanted, claimed_by
from syncd.service.http_answers import failed, is_spoken
from syncd.sync.whole_manifest import WholeManifest
from syncd.telemetry.metrics import EventResult

log = structlog.get_logger("syncd.events")

LONGEST = 1024 * 1024  # bytes of a message; one event of AWS has 64 KiB at the most
LONGEST_OF_ANYBODY = 64 * 1024  # bytes, where only the message itself says who sends it
SECONDS_OF_ANYBODY = 2.0  # for the message of whoever has shown no secret yet to come in
RATE, RATE_OF_ANYBODY = 4 * LONGEST, LONGEST  # bytes a second, of a source's servers and of others
_AT_ONCE = 4  # seconds' worth that may come at once
_SHORT = 16 * 1024  # bytes of a message that is read in between; a longer one stops nobody
_LEAST = 1024  # bytes, as what the smallest message counts
_SAY_EVERY = 600.0  # seconds between two lines in the log about one source


class InForce(Protocol):
    """By what is worked now."""

    @property
    def app(self) -> App: ...

    @property
    def whole(self) -> WholeManifest: ...


class Told(Protocol):
    """Hears what came of what a source's servers sent."""

    def __call__(self, source: str, result: EventResult, count: int, /) -> None: ...


class Intake:
    """Takes what was told of a source's objects, however it came."""

    def __init__(self, in_force: Callable[[], InForce | None], hints: Hints, told: Told) -> None:
        self._in_force = in_force
        self._hints = hints
        self._told = told
        self._said: dict[tuple[str, str], float] = {}
        self._last: dict[str, datetime] = {}

    def in_force(self) -> InForce | None:
        return self._in_force()

    def last(self) -> dict[str, datetime]:
        """By source, when something was last told of it by somebody who may."""
        return dict(self._last)

    def keep(self, source: str, message: Message, by: InForce) -> None:
        """As hints; nothing is looked at here."""
        self._last[source] = now()
        wanted: set[Wanted] = set()
        claimed = 0
        for deposit in message.deposits:
            found = claimed_by(by.whole, by.app.manifest.sources, source, deposit)
            claimed += bool(found)
            wanted |= found
        self._hints.give(wanted)
        self._told(source, "claimed", claimed)
        self._told(source, "unclaimed", len(message.deposits) - claimed)

    def refuse(self, source: str, why: str) -> None:
        """`source`: "" where the manifest has none that may be told of."""
        self._told(source, "refused", 1)
        at = time.monotonic()
        if at >= self._said.get((source, why), 0.0):
            self._said[source, why] = at + _SAY_EVERY
            log.warning("events.refused", source=source or None, why=why)


def application(intake: Intake, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """`clock`: seconds, never going back."""
    nobody = secrets.token_bytes(32)  # what is not there is compared with as well
    digests = _Digests()
    budgets: dict[str, _Budget] = {}
    of_anybody = _Budget(RATE_OF_ANYBODY, clock)
    # Whoever shows a secret waits for nobody who does not.
    turns = {knows: asyncio.Semaphore(1) for knows in (True, False)}

    async def received(request: Request) -> Response:
        if not is_spoken(request):
            raise HTTPException(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        by = intake.in_force()
        if by is None:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, retry_after=5)
        named = request.path_params["source"]
        secret_of = digests.of(by.app)
        source = named if named in secret_of else ""
        secret = secret_of.get(named, nobody)
        knows = _is_equal(_bearer(request), secret)
        budget = of_anybody
        if knows:
            budget = budgets.setdefault(source, _Budget(RATE, clock))
        if not budget.is_left:
            intake.refuse(source, "too_many")
            return _refused(HTTPStatus.TOO_MANY_REQUESTS, retry_after=1)
        try:
            async with asyncio.timeout(None if knows else SECONDS_OF_ANYBODY):
                body = await _body(request, LONGEST if knows else LONGEST_OF_ANYBODY)
        except ClientDisconnect:
            return _refused(HTTPStatus.BAD_REQUEST)
        except TimeoutError:
            intake.refuse(source, "too_slow")
            return _refused(HTTPStatus.NOT_FOUND)
        budget.spend(len(body) if body is not None else LONGEST)
        if body is None:
            intake.refuse(source, "too_large")
            too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return _refused(too_large if knows else HTTPStatus.NOT_FOUND)
        work = partial(_take, intake, source, body, None if knows else secret, by)
        if len(body) > _SHORT:
            async with turns[knows]:
                refusal = await run_in_threadpool(work)
        else:
            refusal = work()
        if refusal is not None:
            return _refused(refusal if knows else HTTPStatus.NOT_FOUND)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    app = Starlette(
        routes=[Route("/events/{source}", received, methods=["POST"])],
        exception_handlers={HTTPException: _elsewhere},
    )
    app.router.redirect_slashes = False
    return app


def _take(
    intake: Intake, source: str, body: bytes, secret: bytes | None, by: InForce
) -> HTTPStatus | None:
    """`secret`: which the message itself must know. What is answered where it is not kept."""
    try:
        message = read(body)
    except Malformed:
        intake.refuse(source, "malformed")
        return HTTPStatus.BAD_REQUEST
    if secret is not None and not _all_are_equal(message.passwords, secret):
        intake.refuse(source, "secret")
        return HTTPStatus.NOT_FOUND
    intake.keep(source, message, by)
    return None


async def _elsewhere(_: Request, error: Exception) -> Response:
    """Another path or method: as if there were nothing."""
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    is_there = status not in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
    return _refused(status if is_there else HTTPStatus.NOT_FOUND)


def _refused(status: HTTPStatus, retry_after: int = 0) -> Response:
    answer = failed(status)
    answer.headers["Connection"] = "close"  # what it still sends is not read
    if retry_after:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


async def _body(request: Request, most: int) -> bytes | None:
    """None where it is longer."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            return None
        parts.append(part)
    return b"".join(parts)


# -- who sends -------------------------------------------------------------------------------


class _Digests:
    """Of the secrets in force, by source."""

    def __init__(self) -> None:
        self._app: App | None = None
        self._known: dict[str, bytes] = {}

    def of(self, app: App) -> dict[str, bytes]:
        if app is not self._app:
            self._known = {source: _digest(one) for source, one in event_secrets(app).items()}
            self._app = app
        return self._known


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _all_are_equal(given: Sequence[str], secret: bytes) -> bool:
    """Each is compared: how far it got would show in the time. Of none at all: no."""
    equal = [_is_equal(one, secret) for one in given]
    return bool(equal) and all(equal)


def _is_equal(given: str, secret: bytes) -> bool:
    """Digests are compared, which have one length: not even that of a secret shows."""
    return hmac.compare_digest(_digest(given), secret)


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


# -- how much --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Budget:
    """Bytes that may come; who has used up what it has waits until there is some again."""

    rate: float  # bytes a second
    clock: Callable[[], float]
    left: float = 0.0
    at: float = float("-inf")

    @property
    def is_left(self) -> bool:
        now = self.clock()
        self.left = min(self.rate * _AT_ONCE, self.left + self.rate * (now - self.at))
        self.at = now
        return self.left > 0

    def spend(self, count: int) -> None:
        self.left -= max(_LEAST, count)
