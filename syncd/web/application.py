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
from syncd.text import sentence, text
from syncd.web import csrf
from syncd.web.access import Access, Gate
from syncd.web.acting import Acting, wished
from syncd.web.comparisons import Comparisons
from syncd.web.forms import news, page_about
from syncd.web.people import Person, Refusal, may_decide, person_of
from syncd.web.protection import Protected
from syncd.web.reading import Look, Reading
from syncd.web.rendering import FOLDER, Templates, address
from syncd.web.screens import dataset, datasets, decision, manifest, resource, runs, to_do
from syncd.web.sessions import with_sessions
from syncd.web.sign_in import BEGIN, FINISH, LEAVE, Limit, SignIn, local
from syncd.web.trail import log_refusal

log = structlog.get_logger("syncd.web")

Asked = Mapping[str, str]
Shown = Mapping[str, object] | None
_TELLING = frozenset({"dataset", "resource", "decision"})  # how what was decided there goes
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
                told = news(acts, asked) if name in _TELLING else None
                common = {"here": here, "as_of": look.at, "asked": asked, "news": told}
                return HTMLResponse(templates.render(name, {**common, **_whose(request), **found}))
            except SyncdError as error:
                unavailable = HTTPStatus.SERVICE_UNAVAILABLE
                return refused(request, unavailable, sentence(error.reason))
            except HTTPException:
                raise
            except Exception:
                log.exception("page.failed", screen=name)
                return refused(request, HTTPStatus.INTERNAL_SERVER_ERROR, text("page.fault"))

        return answered

    def refused(request: Request, status: HTTPStatus, why: str, sign_in: str = "") -> Response:
        """`sign_in`: where one may, and then get it."""
        facts = {"here": "", "as_of": None, "why": why, "sign_in": sign_in, **_whose(request)}
        return HTMLResponse(templates.render("refused", facts), status_code=status)

    def carried_out(request: Request, person: Person, form: Asked) -> Response:
        """Where to see it; or why it was not done, and where to look again."""
        try:
            wish = wished(form)
            doing = acts.do(wish, person)
        except SyncdError as error:
            log.warning("page.decided", result="refused", person=person.name, why=error.reason.code)
            return not_done(request, error, "/")
        place = page_about(wish)
        if doing.error is not None:
            return not_done(request, doing.error, place)
        return RedirectResponse(place, _SEE_OTHER)

    def not_done(request: Request, error: SyncdError, place: str) -> Response:
        why = sentence(error.reason)
        facts = {"here": "", "as_of": None, "why": why, "place": place, **_whose(request)}
        return HTMLResponse(templates.render("not_done", facts), status_code=_status(error))

    async def decide(request: Request) -> Response:
        if request.method != "POST":  # somebody asks for the address of an answer once more
            return RedirectResponse("/", _SEE_OTHER)
        person, form = await csrf.decision(request)
        return await run_in_threadpool(carried_out, request, person, form)

    def on_no_right(request: Request, refusal: Refusal) -> Response:
        where = ""
        if access.sign_in is not None and request.state.person is None:
            asked = f"{request.url.path}?{request.url.query}".rstrip("?")
            where = address(BEGIN, next=local(asked) if request.method == "GET" else "")
        status = HTTPStatus(refusal.status_code)
        answer = refused(request, status, sentence(refusal.reason), where)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            answer.headers["Retry-After"] = str(round(Limit.SECONDS))
        return answer

    async def on_refusal(request: Request, error: Exception) -> Response:
        if isinstance(error, Refusal):
            log_refusal(request, error)
            return on_no_right(request, error)
        status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
        key = "page.only_reads" if status == HTTPStatus.METHOD_NOT_ALLOWED else "page.not_found"
        answer = refused(request, status, text(key))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = "GET, HEAD"
        return answer

    def signing(sign_in: SignIn) -> list[Route]:
        async def leave(request: Request) -> Response:
            facts = {"here": "", "as_of": None, "provider": await sign_in.leave(request)}
            return HTMLResponse(templates.render("signed_out", {**facts, **_whose(request)}))

        return [
            Route(BEGIN, sign_in.begin, methods=["GET"]),
            Route(FINISH, sign_in.finish, methods=["GET"]),
            Route(LEAVE, leave, methods=["POST"]),
        ]

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
    routes += signing(access.sign_in) if access.sign_in else []
    app = Starlette(routes=routes, exception_handlers={HTTPException: on_refusal})
    app.router.redirect_slashes = False
    open_to_all = {*_FILES, BEGIN, FINISH} if access.sign_in else {*_FILES}
    gate = Gate(app, access, frozenset(open_to_all), on_no_right)
    return Protected(with_sessions(gate, access.key) if access.sign_in else gate, access)


def _whose(request: Request) -> dict[str, object]:
    """Who reads a screen, and what its form to sign out needs."""
    signs_out = request.state.tokens is not None and "session" in request.scope
    leave = csrf.token(request) if signs_out else ""
    person = person_of(request)
    return {
        "person": person.name if person else "",
        "leave": leave,
        "decides": may_decide(request),
        "form_field": csrf.FIELD,
        "form_token": csrf.token(request),
    }


def _status(error: SyncdError) -> HTTPStatus:
    if isinstance(error, Overtaken | LockHeld):
        return HTTPStatus.CONFLICT
    is_asked_wrongly = isinstance(error, UsageError)
    return HTTPStatus.BAD_REQUEST if is_asked_wrongly else HTTPStatus.SERVICE_UNAVAILABLE
