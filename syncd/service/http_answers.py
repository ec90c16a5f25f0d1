"""What the service answers to /healthz, /readyz and /metrics, and to all that it does not know."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from syncd.telemetry.readiness import Facts, alive, not_ready

_OPENMETRICS = "application/openmetrics-text;version=1.0.0"
_INDEX = "syncd\n/healthz\n/readyz\n/metrics\n"


def application(
    facts: Callable[[], Facts], registry: CollectorRegistry, page: ASGIApp | None = None
) -> Starlette:
    """`facts` is called for each request that needs it, in a thread. `page` has other paths."""

    def healthz(_: Request) -> Response:
        return _state(() if alive(facts()) else ("loop_stalled",))

    def readyz(_: Request) -> Response:
        return _state(not_ready(facts()))

    def metrics(request: Request) -> Response:
        encode, content_type = _encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})

    def index(_: Request) -> Response:
        return PlainTextResponse(_INDEX)

    answers = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics, "/": index}
    if page is not None:
        del answers["/"]
    others = [] if page is None else [Mount("/", page)]
    app = Starlette(
        routes=[*(Route(path, _safely(answer)) for path, answer in answers.items()), *others],
        exception_handlers={HTTPException: _refused},
    )
    app.router.redirect_slashes = False
    return app


def _safely(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Starlette runs what is no coroutine in a thread: a slow answer holds up no other."""

    def answered(request: Request) -> Response:
        if not is_spoken(request):
            raise HTTPException(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        try:
            return answer(request)
        except Exception:
            structlog.get_logger("syncd.http").exception("http.failed")
            return failed(HTTPStatus.INTERNAL_SERVER_ERROR)

    return answered


def is_spoken(request: Request) -> bool:
    """h11 reads any number."""
    return request.scope["http_version"] in {"1.0", "1.1"}


async def _refused(request: Request, error: Exception) -> Response:
    """Another path, another method, another version of HTTP."""
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    if not is_spoken(request):  # on any path, as HTTP/2 greets (RFC 9113, 3.4)
        status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    answer = failed(status)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = "GET, HEAD"
    if status != HTTPStatus.NOT_FOUND:
        answer.headers["Connection"] = "close"
    return answer


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """Not by the header as it came: prometheus-client sends its words back in one of ours."""
    return choose_encoder(_OPENMETRICS if _OPENMETRICS.partition(";")[0] in accept else "")


def _state(reasons: Sequence[str]) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return _json(status, status="failing" if reasons else "ok", reasons=list(reasons))


def failed(status: HTTPStatus) -> Response:
    return _json(status, error=status.name.lower())


def _json(code: HTTPStatus, **document: object) -> Response:
    body = json.dumps(document).encode() + b"\n"
    return Response(body, status_code=code, media_type="application/json")
