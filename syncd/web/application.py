"""The page as one ASGI application: which address shows which screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syncd.core.errors import LockHeld, Overtaken, SyncdError, UsageError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import Reason
from syncd.text import sentence, text
from syncd.web import csrf
from syncd.web.access import Access, Gate, log_refusal
from syncd.web.acting import Acting, wished
from syncd.web.comparisons import Comparisons
from syncd.web.forms import news, page_about
from syncd.web.people import Person, Refusal, may_decide, person_of
from syncd.web.protection import Protected
from syncd.web.reading import Look, Reading
from syncd.web.rendering import FOLDER, Templates
from syncd.web.screens import dataset, datasets, decision, manifest, resource, runs, to_do

log = structlog.get_logger("syncd.web")

Asked = Mapping[str, str]
Shown = Mapping[str, object] | None
_TELLING = frozenset({"dataset", "resource", "decision"})  # how what was decided there goes
_BY_NOBODY: Mapping[str, object] = {
    "here": "",
    "as_of": None,
    "person": "",
    "decides": False,
    "form_field": "",
    "form_token": "",
    "news": None,
}
_SEE_OTHER = HTTPStatus.SEE_OTHER
_FILES = {"/page.css": "text/css", "/icon.svg": "image/svg+xml"}


def page(
    reading: Reading,
    comparisons: Comparisons | None = None,
    access: Access | None = None,
    acting: Acting | None = None,
) -> ASGIApp:
    """Every screen is made in a thread, and none changes anything: what an operator decides is sent
    to an address of its own. `access`: who may; whoever is on this machine may read, where it is
    not said."""
    access, acts = access or Access(), acting or Acting(reading)
    compared, on_disk, templates = (
        comparisons or Comparisons(),
        manifest.ManifestOnDisk(),
        Templates(),
    )

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
                person = person_of(request)
                common = {
                    **_BY_NOBODY,
                    "here": here,
                    "as_of": look.at,
                    "asked": asked,
                    "person": person.name if person else "",
                    "decides": may_decide(request),
                    "form_field": csrf.FIELD,
                    "form_token": csrf.token(request),
                    "news": news(acts, asked) if name in _TELLING else None,
                }
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
        facts = {**_BY_NOBODY, "why": why}
        return HTMLResponse(templates.render("refused", facts), status_code=status)

    def carried_out(person: Person, form: Asked) -> Response:
        """Where to see it; or why it was not done, and where to look again."""
        try:
            wish = wished(form)
            doing = acts.do(wish, person)
        except SyncdError as error:
            log.warning("page.decided", result="refused", person=person.name, why=error.reason.code)
            return not_done(error, "/")
        place = page_about(wish)
        return not_done(doing.error, place) if doing.error else RedirectResponse(place, _SEE_OTHER)

    def not_done(error: SyncdError, place: str) -> Response:
        facts = {**_BY_NOBODY, "why": sentence(error.reason), "place": place}
        return HTMLResponse(templates.render("not_done", facts), status_code=_status(error))

    async def decide(request: Request) -> Response:
        if request.method != "POST":  # somebody asks for the address of an answer once more
            return RedirectResponse("/", _SEE_OTHER)
        person, form = await csrf.decision(request)
        return await run_in_threadpool(carried_out, person, form)

    def on_no_right(request: Request, refusal: Refusal) -> Response:
        del request
        return refused(HTTPStatus(refusal.status_code), sentence(Reason(refusal.code)))

    async def on_refusal(request: Request, error: Exception) -> Response:
        if isinstance(error, Refusal):
            log_refusal(request, error)
            return on_no_right(request, error)
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
        "/": screen(
            "to_do", "/", lambda look, ledger, asked: to_do.shown(look, reading, ledger, asked)
        ),
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
        "/runs": screen("runs", "/runs", lambda look, ledger, _: runs.shown(look, reading, ledger)),
        "/manifest": screen(
            "manifest",
            "/manifest",
            lambda look, ledger, asked: manifest.shown(look, ledger, on_disk, asked),
        ),
    }
    routes = [Route(path, show) for path, show in screens.items()]
    routes += [Route(path, file(path)) for path in _FILES]
    routes.append(Route("/decide", decide, methods=["GET", "POST"]))
    app = Starlette(routes=routes, exception_handlers={HTTPException: on_refusal})
    app.router.redirect_slashes = False
    return Protected(Gate(app, access, frozenset(_FILES), on_no_right), access)


def _status(error: SyncdError) -> HTTPStatus:
    if isinstance(error, Overtaken | LockHeld):
        return HTTPStatus.CONFLICT
    return HTTPStatus.BAD_REQUEST if isinstance(error, UsageError) else _AWAY


_AWAY = HTTPStatus.SERVICE_UNAVAILABLE
