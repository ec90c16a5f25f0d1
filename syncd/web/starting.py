"""Where the page may be shown, and how it gets there: beside the service, or alone."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core.errors import UsageError
from syncd.core.hosts import is_loopback
from syncd.telemetry.readiness import Facts
from syncd.web.application import page
from syncd.web.reading import Reading


def must_be_safe(settings: Settings) -> None:
    """Who is on this machine may read; nobody else is known here. `UsageError`"""
    address = settings.http_address
    if address == "off":
        raise UsageError("page_no_address")
    if not is_loopback(address.rpartition(":")[0].strip("[]")):
        raise UsageError("page_in_the_open", address=address)


def beside_service(app: Callable[[], App], health: Callable[[], Facts]) -> ASGIApp:
    return page(Reading(app, health=health))


def alone(app: Callable[[], App]) -> ASGIApp:
    """`/healthz` says that the page is there; of the service it knows nothing."""

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Router([Route("/healthz", healthz), Mount("/", page(Reading(app)))])
