"""The log of who signed in, was refused, and signed out: one line each."""

from __future__ import annotations

import structlog
from starlette.requests import HTTPConnection, Request

from syncd.web.people import Person, Refusal, person_of

log = structlog.get_logger("syncd.web")


def log_refusal(request: Request, refusal: Refusal) -> None:
    tell(
        "page.refused", request, person_of(request), why=refusal.reason.code, path=request.url.path
    )


def tell(event: str, request: HTTPConnection, person: Person | None, **facts: str) -> None:
    name = {"person": person.name} if person else {}
    log.info(event, client=request.state.client, **name, **facts)
