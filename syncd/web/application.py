"""The page as one ASGI application: which address shows which screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syncd.core.errors import SyncdError
from syncd.core.ledger_ports import ServiceLedger
from syncd.text import sentence, text
from syncd.web.audits import Audits
from syncd.web.comparisons import Comparisons
from syncd.web.protection import Protected
from syncd.web.reading import Look, Reading
from syncd.web.rendering import FOLDER, Templates
from syncd.web.screens import audit, dataset, datasets, decision, manifest, resource, runs, to_do

log = structlog.get_logger("syncd.web")

Asked = Mapping[str, str]
Shown = Mapping[str, object] | None
_FILES = {"/page.css": "text/css", "/icon.svg": "image/svg+xml"}


def page(
    reading: Reading, comparisons: Comparisons | None = None, audits: Audits | None = None
) -> ASGIApp:
    """Reads only. Every screen is made in a thread, and none changes anything."""
    compared, audited = comparisons or Comparisons(), audits or Audits()
    on_disk, templates = manifest.ManifestOnDisk(), Templates()

    def screen(
        name: str, here: str, show: Callable[[Look, ServiceLedger, Asked], Shown]
    ) -> Callable[[Request], Response]:
        """`here`: the section that it belongs to. Where there is nothing to show, that is said."""

        def answered(request: Request) -> Response:
            asked = {key: request.query_params[key] for key in request.query_params}
            try:
                look = reading.look()
                with reading.ledger(look.app) as ledger:
                    found = show(look, ledger, asked)
                if found is None:
                    raise HTTPException(HTTPStatus.NOT_FOUND)
                common = {"here": here, "as_of": look.at, "asked": asked}
                return HTMLResponse(templates.render(name, {**common, **found}))
            except SyncdError as error:
                return refused(HTTPStatus.SERVICE_UNAVAILABLE, sentence(error.reason))
            except HTTPException:
                raise
            except Exception:
                log.exception("page.failed", screen=name)
                return refused(HTTPStatus.INTERNAL_SERVER_ERROR, text("page.fault"))

        return answered

    def refused(status: HTTPStatus, why: str) -> Response:
        facts = {"here": "", "as_of": None, "why": why}
        return HTMLResponse(templates.render("refused", facts), status_code=status)

    async def on_refusal(_: Request, error: Exception) -> Response:
        status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
        key = "page.only_reads" if status == HTTPStatus.METHOD_NOT_ALLOWED else "page.not_found"
        answer = refused(status, text(key))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = "GET, HEAD"
        return answer

    def file(name: str) -> Callable[[Request], Response]:
        kept = (FOLDER / "static" / name.lstrip("/")).read_bytes()
        return lambda _: Response(kept, media_type=_FILES[name])

    screens = {
        "/": screen("to_do", "/", lambda look, _, asked: to_do.shown(look, asked)),
        "/datasets": screen("datasets", "/datasets", datasets.shown),
        "/dataset": screen(
            "dataset", "/datasets", lambda look, _, asked: dataset.shown(look, asked)
        ),
        "/resource": screen(
            "resource",
            "/datasets",
            lambda look, ledger, asked: resource.shown(look, reading, ledger, asked),
        ),
        "/decision": screen(
            "decision",
            "/",
            lambda look, ledger, asked: decision.shown(look, reading, ledger, compared, asked),
        ),
        "/audit": screen(
            "audit",
            "/audit",
            lambda look, _, asked: audit.shown(look, reading.now(), audited, asked),
        ),
        "/runs": screen("runs", "/runs", lambda look, ledger, _: runs.shown(look, reading, ledger)),
        "/manifest": screen(
            "manifest",
            "/manifest",
            lambda look, ledger, asked: manifest.shown(look, ledger, on_disk, asked),
        ),
    }
    routes = [Route(path, show) for path, show in screens.items()]
    routes += [Route(path, file(path)) for path in _FILES]
    app = Starlette(routes=routes, exception_handlers={HTTPException: on_refusal})
    app.router.redirect_slashes = False
    return Protected(app)
