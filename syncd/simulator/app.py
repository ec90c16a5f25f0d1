"""The simulated portal as a WSGI application: routing, identity, faults, the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from syncd.simulator import accounts, datasets, lab, naming, resources, topics, uploads
from syncd.simulator.background import Background
from syncd.simulator.exchange import NOT_FOUND, ConnectionCut, Exchange, PortalRequest, Refusal
from syncd.simulator.faults import Fault, Faults
from syncd.simulator.journal import Asked, Journal
from syncd.simulator.records import DatasetRecord
from syncd.simulator.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Handler = Callable[..., Response]


class _Counted:
    """The request's body, counted as it is read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self.count += len(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        data: bytes = self._stream.readline(size)
        self.count += len(data)
        return data


def _routes() -> Map:
    one, two = "/api/1", "/api/2"
    dataset, resource = "<dataset>", "resources/<resource>"
    table: list[tuple[str, str, Handler]] = [
        ("GET", f"{one}/me/", accounts.me),
        ("GET", f"{one}/me/api_tokens/", accounts.list_tokens),
        ("POST", f"{one}/me/api_tokens/", accounts.create_token),
        ("DELETE", f"{one}/me/api_tokens/<token>/", accounts.revoke_token),
        ("GET", f"{one}/me/datasets/", datasets.of_person),
        ("GET", f"{one}/organizations/<organization>/datasets/", datasets.of_organization),
        (
            "PUT",
            f"{one}/organizations/<organization>/member/<person>/assignments/",
            datasets.assign,
        ),
        ("GET", f"{one}/datasets/", datasets.browse),
        ("POST", f"{one}/datasets/", datasets.create),
        ("GET", f"{one}/datasets/extensions/", datasets.extensions),
        ("GET", f"{one}/datasets/resource_types/", datasets.resource_types),
        ("GET", f"{one}/datasets/r/<resource>", resources.redirect),
        ("GET", f"{one}/datasets/{dataset}/", datasets.get),
        ("PUT", f"{one}/datasets/{dataset}/", datasets.update),
        ("DELETE", f"{one}/datasets/{dataset}/", datasets.delete),
        ("POST", f"{one}/datasets/{dataset}/upload/", uploads.upload_new),
        ("POST", f"{one}/datasets/{dataset}/resources/", resources.create_remote),
        ("PUT", f"{one}/datasets/{dataset}/resources/", resources.reorder),
        ("GET", f"{one}/datasets/{dataset}/{resource}/", resources.get),
        ("PUT", f"{one}/datasets/{dataset}/{resource}/", resources.update),
        ("DELETE", f"{one}/datasets/{dataset}/{resource}/", resources.delete),
        ("POST", f"{one}/datasets/{dataset}/{resource}/upload/", uploads.upload_replacement),
        ("GET", f"{two}/datasets/resources/<resource>/", resources.get_anywhere),
        ("GET", f"{two}/datasets/{dataset}/", datasets.get_v2),
        ("GET", f"{two}/datasets/{dataset}/resources/", resources.browse),
        ("GET", f"{two}/datasets/{dataset}/extras/", datasets.get_extras),
        ("PUT", f"{two}/datasets/{dataset}/extras/", datasets.put_extras),
        ("GET", f"{two}/datasets/{dataset}/{resource}/extras/", resources.get_extras),
        ("PUT", f"{two}/datasets/{dataset}/{resource}/extras/", resources.put_extras),
        ("DELETE", f"{two}/datasets/{dataset}/{resource}/extras/", resources.delete_extras),
        ("POST", f"{two}/topics/", topics.create),
        ("GET", f"{two}/topics/<topic>/", topics.get),
        ("GET", f"{two}/topics/<topic>/elements/", topics.browse),
        ("POST", f"{two}/topics/<topic>/elements/", topics.add),
        ("GET", "/s/resources/<path:stored>", resources.download),
        ("POST", "/lab/harvest/", lab.harvest),
        ("POST", "/lab/archive/", lab.archive),
        ("POST", "/lab/transfer/", lab.transfer),
        ("POST", "/lab/settings/", lab.settings),
        ("POST", "/lab/expire/", lab.expire),
    ]
    return Map([Rule(path, methods=[verb], endpoint=handler) for verb, path, handler in table])


# Once for the process: werkzeug compiles rules by way of `ast`, which CPython 3.11 cannot do in
# two threads at once (cpython issue 106905: "AST constructor recursion depth mismatch").
_ROUTES = _routes()


class PortalApp:
    def __init__(self, store: Store, faults: Faults, journal: Journal, work: Background) -> None:
        self._store = store
        self._faults = faults
        self._journal = journal
        self._background = work
        self.clock = store.clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.monotonic()
        body = _Counted(environ["wsgi.input"])
        environ["wsgi.input"] = body
        request = PortalRequest(environ)
        fault = self._faults.meet(request.method, request.path)
        exchange = Exchange(
            request, self._store, request.root_url.rstrip("/"), fault, self._background
        )
        response: Response | None = None
        try:
            response = self._answer(exchange, fault)
        finally:
            if fault and not fault.commits_late:
                fault.done.set()
            self._journal.add(
                Asked(
                    request.method,
                    request.path,
                    request.query_string.decode(),
                    response.status_code if response else 0,
                    exchange.person.name if exchange.person else None,
                    started,
                    time.monotonic(),
                    body.count,
                    {n.lower(): v for n, v in request.headers if n.lower() != "x-api-key"},
                    dict(exchange.fields),
                )
            )
        if exchange.cookie:
            response.set_cookie(accounts.COOKIE, exchange.cookie, httponly=True, samesite="Lax")
        return response(environ, start_response)

    def _answer(self, exchange: Exchange, fault: Fault | None) -> Response:
        if fault is None:
            return self._dispatch(exchange)
        if fault.cut == "before":
            fault.reached.set()
            raise ConnectionCut
        works = fault.after_work or fault.commits_late
        if fault.cut == "body" or (fault.status is not None and not works):
            exchange.drain()
            fault.reached.set()
            if fault.status is None:
                raise ConnectionCut
            self._background.wait(fault.delay)
            return _ordered(fault)
        response = self._dispatch(exchange)
        fault.reached.set()
        if fault.hook:
            fault.hook()
        self._background.wait(fault.delay)
        if fault.cut == "after":
            response.close()  # it may hold a file
            raise ConnectionCut
        if fault.status is not None:
            response.close()
            return _ordered(fault)
        return response

    def _dispatch(self, exchange: Exchange) -> Response:
        try:
            return self._route(exchange)
        except Refusal as refusal:
            return exchange.refuse(refusal)
        except RequestRedirect as elsewhere:
            return elsewhere.get_response(exchange.environ)
        except MethodNotAllowed as wrong:
            text = "The method is not allowed for the requested URL."
            response = exchange.refuse(Refusal(405, text))
            response.headers["Allow"] = ", ".join(sorted(wrong.valid_methods or []))
            return response
        except HTTPException as wrong:
            return exchange.refuse(Refusal(wrong.code or 500, wrong.description or ""))

    def _route(self, exchange: Exchange) -> Response:
        try:
            handler, values = _ROUTES.bind_to_environ(exchange.environ).match()
        except NotFound:
            raise Refusal(404, {"error": NOT_FOUND, "status": 404}) from None
        arguments: dict[str, Any] = dict(values)
        if "dataset" in arguments:
            # Before any look at the key, as on the portal: unknown is 404, a bad key or not.
            found = self._dataset(arguments["dataset"])
            if isinstance(found, str):
                here = exchange.request.path
                return redirect(here.replace(f"/{arguments['dataset']}/", f"/{found}/", 1), 308)
            arguments["dataset"] = found
        accounts.identify(exchange)
        if "resource" in arguments:
            arguments["resource"] = arguments["resource"].lower()
        response: Response = handler(exchange, **arguments)
        return response

    def _dataset(self, address: str) -> DatasetRecord | str:
        """The dataset of an id or slug; its slug, where the portal redirects to it."""
        try:
            return self._store.dataset(address)
        except KeyError:
            pass
        exact = self._store.dataset_by_slug(address)
        if exact:
            return exact
        near = self._store.dataset_by_slug(naming.slug(address))
        moved = near or self._store.dataset_by_past_slug(address)
        if moved:
            return moved.slug
        raise Refusal(404, NOT_FOUND)


def _ordered(fault: Fault) -> Response:
    """The answer that a fault names. Without a body, one like the portal's own."""
    body = fault.body
    if body is None:
        body = '{"message": "by order of the test"}\n'
    return Response(
        body,
        fault.status,
        headers=dict(fault.headers),
        content_type=fault.content_type or "application/json",
    )
