"""One request as the routes see it, and the answers that they give."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Request, Response

from syncd.simulator import mask
from syncd.simulator.background import Background
from syncd.simulator.faults import Fault
from syncd.simulator.records import DatasetRecord, Json, Person
from syncd.simulator.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

NOT_FOUND = (
    "The requested URL was not found on the server. If you entered the URL manually please check "
    "your spelling and try again."
)
NO_KEY = (
    "The server could not verify that you are authorized to access the URL requested. You either "
    "supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how "
    "to supply the credentials required."
)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="uData"'}


class PortalRequest(Request):
    max_form_memory_size = 500_000  # bytes of all fields that are no files: 413 above

    def content_type_or_empty(self) -> str:
        return self.content_type or ""


class Refusal(Exception):
    """An answer that is an error. `masked`: the portal lets `X-Fields` cut its text away."""

    def __init__(
        self,
        status: int,
        body: dict[str, Json] | str,
        *,
        headers: Mapping[str, str] | None = None,
        masked: bool = False,
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body: dict[str, Json] = {"message": body} if isinstance(body, str) else body
        self.headers = headers or {}
        self.masked = masked


class _Sink(io.RawIOBase):
    """Takes a file that nobody wants."""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        return memoryview(data).nbytes  # type: ignore[arg-type]  # bytes or bytearray

    def seek(self, *_place: int) -> int:
        return 0  # the parser rewinds what it wrote


class ConnectionCut(ConnectionAbortedError):
    """Close the connection without an answer: werkzeug's server stays silent on this family."""


@dataclass
class Exchange:
    request: PortalRequest
    store: Store
    base: str  # "http://127.0.0.1:8000"
    fault: Fault | None
    background: Background
    person: Person | None = None
    cookie: str | None = None  # a session to set
    fields: Mapping[str, str] = field(default_factory=dict)  # of an upload, beside its file

    @property
    def environ(self) -> WSGIEnvironment:
        return self.request.environ

    # -- rights ------------------------------------------------------------------------------

    def secure(self) -> Person:
        """The caller, who must have shown a key."""
        if self.person is None:
            raise Refusal(401, NO_KEY, headers=CHALLENGE)
        return self.person

    def creating(self) -> Person:
        """The same, for what the read-only mode forbids."""
        if self.person and not self.person.sysadmin and self.store.settings["READ_ONLY_MODE"]:
            raise Refusal(
                423,
                "Due to security reasons, the creation of new content is currently disabled.",
            )
        return self.secure()

    def may_edit(self, dataset: DatasetRecord) -> bool:
        person = self.person
        if person is None:
            return False
        if person.sysadmin:
            return True
        if dataset.owner:
            return dataset.owner == person.name
        if dataset.moved_to:
            return person.name in dataset.moved_to["members"]
        if person.role == "partial_editor":
            return person.name in dataset.assigned
        return person.role in {"admin", "editor"}

    def _is_member(self, dataset: DatasetRecord, person: Person) -> bool:
        """Of the organization that owns it."""
        if dataset.moved_to:
            return person.name in dataset.moved_to["members"]
        return bool(person.role)

    def must_edit(self, dataset: DatasetRecord) -> None:
        if not self.may_edit(dataset):
            raise Refusal(403, "You do not have the permission to modify that object.", masked=True)

    def must_read(self, dataset: DatasetRecord) -> None:
        if not dataset.private and not dataset.deleted:
            return
        person = self.person
        if person and (
            person.sysadmin
            or dataset.owner == person.name
            or (dataset.owner is None and self._is_member(dataset, person))
        ):
            return
        if dataset.private:
            raise Refusal(404, NOT_FOUND)
        raise Refusal(410, "Dataset has been deleted")

    # -- bodies ------------------------------------------------------------------------------

    def drain(self) -> None:
        """Read the body and forget it, so that the client can hear the answer."""
        request, stream = self.request, self.request.stream
        if request.mimetype == "multipart/form-data":
            parser = FormDataParser(stream_factory=lambda *_, **__: cast("IO[bytes]", _Sink()))
            _, self.fields, _ = parser.parse(
                stream, request.mimetype, request.content_length, request.mimetype_params
            )
        while stream.read(1024 * 1024):
            pass

    def json(self) -> Json:
        """The body of a request to an endpoint that insists on JSON (API v2)."""
        if "json" not in self.request.content_type_or_empty():
            raise Refusal(
                415,
                "Did not attempt to load JSON data because the request Content-Type was not "
                "'application/json'.",
            )
        return self._decode()

    def form(self) -> dict[str, Json]:
        """The body of a request to an endpoint that validates a form (API v1)."""
        if "application/json" not in self.request.content_type_or_empty():
            raise Refusal(400, {"errors": {"Content-Type": "expecting application/json"}})
        data = self._decode()
        if not isinstance(data, dict):
            raise Refusal(400, {"errors": {"request": "expecting a JSON object"}})
        return data

    def _decode(self) -> Json:
        try:
            return json.loads(self.request.get_data())
        except ValueError:
            raise Refusal(
                400,
                "The browser (or proxy) sent a request that this server could not understand.",
            ) from None

    # -- work ---------------------------------------------------------------------------------

    def perform(self, work: Callable[[], Response]) -> Response:
        """Do the work of an upload: now, or late when a fault says so."""
        fault = self.fault
        if fault is None or not fault.commits_late:
            return work()
        outcome: list[Response | Refusal] = []

        def late() -> None:
            try:
                outcome.append(work())
            except Refusal as refusal:
                outcome.append(refusal)

        fault.reached.set()
        thread = self.background.start(fault, late)
        if fault.status is not None:
            return Response()  # the fault's answer takes its place
        if fault.answer == "cut":
            raise ConnectionCut
        thread.join()
        if not outcome:
            raise ConnectionCut
        if isinstance(outcome[0], Refusal):
            raise outcome[0]
        return outcome[0]

    # -- answers -----------------------------------------------------------------------------

    def answer(self, body: Json, status: int = 200) -> Response:
        """JSON, cut to the fields that the client asked for."""
        wanted = self.request.headers.get("X-Fields")
        if wanted:
            try:
                body = mask.apply(mask.parse(wanted), body)
            except mask.BrokenMask as broken:
                raise Refusal(400, f"Mask parse error: {broken}") from None
        return as_json(body, status)

    def refuse(self, refusal: Refusal) -> Response:
        accepted = self.request.accept_mimetypes
        best = accepted.best_match(["application/json", "text/html"], default="application/json")
        if refusal.status == 404 and best == "text/html":
            page = "<!DOCTYPE html>\n<html><title>404 - Page not found</title></html>\n"
            return Response(page, 404, content_type="text/html; charset=utf-8")
        body = refusal.body
        wanted = self.request.headers.get("X-Fields")
        if refusal.masked and wanted:
            body = {"message": "", **mask.apply(mask.parse(wanted), body)}
        return as_json(body, refusal.status, refusal.headers)


def as_json(body: Json, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        "" if status == 204 else json.dumps(body) + "\n",
        status,
        headers=dict(headers or {}),
        content_type="application/json",
    )
