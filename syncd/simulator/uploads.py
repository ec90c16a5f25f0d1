"""The two upload routes: in one request, or in parts that a last request assembles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, cast

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Response

from syncd.simulator import naming, views
from syncd.simulator.exchange import Exchange, Refusal
from syncd.simulator.files import NameTaken, PartMissing, Received, Receiver
from syncd.simulator.records import DatasetRecord, ResourceRecord
from syncd.simulator.resources import find

BROKEN = "Internal Server Error"
TOO_LARGE = "The data value transmitted exceeds the capacity limit."


@dataclass(frozen=True, slots=True)
class Form:
    """What an upload request carried; a file is on disk already, hashed."""

    fields: Mapping[str, str]
    file: Received | None
    name: str

    def number(self, field: str, meaning: str) -> int | None:
        text = self.fields.get(field)
        if text is None:
            return None
        try:
            return int(text)
        except ValueError as error:
            body = {
                "errors": {field: f"{meaning} {error}"},
                "message": "Input payload validation failed",
            }
            raise Refusal(400, body) from None

    def discard(self) -> None:
        if self.file:
            self.file.discard()


def upload_new(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.creating()
    exchange.must_edit(dataset)
    return _upload(exchange, dataset, None)


def upload_replacement(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    exchange.creating()
    exchange.must_edit(dataset)
    find(dataset, resource)
    return _upload(exchange, dataset, exchange.store.snapshot(dataset.id, resource))


def _upload(exchange: Exchange, dataset: DatasetRecord, old: ResourceRecord | None) -> Response:
    place = exchange.store.upload_folder(dataset.id)  # its stamp is that of the request's start
    form = _read(exchange)
    try:
        work = _work(exchange, dataset, old, place, form)
    except Refusal:
        form.discard()
        raise
    return exchange.perform(work)


def _read(exchange: Exchange) -> Form:
    """Stream the body to disk. A client that dies half-way leaves nothing behind."""
    limit = exchange.store.settings["MAX_CONTENT_LENGTH"]
    request = exchange.request
    if limit is not None and (request.content_length or 0) > limit:
        raise Refusal(413, TOO_LARGE)
    receivers: list[Receiver] = []

    def receive(
        total_content_length: int | None,  # noqa: ARG001  # werkzeug's names
        content_type: str | None,  # noqa: ARG001
        filename: str | None,  # noqa: ARG001
        content_length: int | None = None,  # noqa: ARG001
    ) -> IO[bytes]:
        receivers.append(exchange.store.files.receiver())
        return cast("IO[bytes]", receivers[-1])

    parser = FormDataParser(
        stream_factory=receive, max_form_memory_size=request.max_form_memory_size
    )
    try:
        _, fields, files = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
    except RequestEntityTooLarge:
        _abandon(receivers)
        raise Refusal(413, TOO_LARGE) from None
    except BaseException:
        _abandon(receivers)
        raise
    exchange.fields = fields
    chosen = files.get("file")
    if chosen is None or not chosen.filename:
        _abandon(receivers)
        return Form(fields, None, "")
    kept = cast("Receiver", chosen.stream)
    _abandon([r for r in receivers if r is not kept])
    received = kept.finished()
    if exchange.fault and exchange.fault.corrupt:
        received = exchange.store.files.corrupt(received)
    return Form(fields, received, chosen.filename)


def _abandon(receivers: list[Receiver]) -> None:
    for receiver in receivers:
        receiver.abandon()


def _work(
    exchange: Exchange,
    dataset: DatasetRecord,
    old: ResourceRecord | None,
    place: str,
    form: Form,
) -> Callable[[], Response]:
    """What this request asks for, checked as far as the portal checks before it stores."""
    index = form.number("partindex", "Chunked uploads only: the zero-based index of the part")
    total = form.number("totalparts", "The number of parts the file is split into.") or 0
    size = form.number("chunksize", "Chunked uploads only: the size in bytes of the part")
    upload = form.fields.get("uuid", "None")
    if total > 1 and form.file:
        if form.file.size != size:
            raise _status("Chunk size mismatch")
        part = form.file
        return lambda: _keep_part(exchange, upload, str(index), part)
    if total > 1:
        name = form.fields.get("filename")
        if name is None:
            raise Refusal(500, BROKEN)
        _check_type(exchange, name)
        return lambda: _assemble(exchange, dataset, old, place, name, upload, total)
    if form.file is None:
        raise _status("Missing file parameter")
    _check_type(exchange, form.name)
    file = form.file
    return lambda: _publish(exchange, dataset, old, place, form.name, file)


def _status(error: str) -> Refusal:
    return Refusal(400, {"error": error, "message": "", "success": False}, masked=True)


def _check_type(exchange: Exchange, name: str) -> None:
    stored = naming.file_name(name)
    allowed = exchange.store.settings["ALLOWED_RESOURCES_EXTENSIONS"]
    stem, _, extension = stored.rpartition(".")
    if not stem or extension not in allowed:
        text = (
            "This file type is not allowed.The allowed file type list is available at "
            f"{exchange.base}/api/1/datasets/extensions/"
        )
        raise Refusal(400, text, masked=True)
    if "html" in naming.mime(stored):
        raise Refusal(415, "Incorrect file content type: HTML")


def _keep_part(exchange: Exchange, upload: str, index: str, part: Received) -> Response:
    try:
        exchange.store.files.keep_part(upload, index, part)
    except NameTaken:
        part.discard()
        raise Refusal(500, BROKEN) from None  # the portal's own answer to a part sent twice
    return exchange.answer({"error": None, "message": "", "success": True})


def _assemble(
    exchange: Exchange,
    dataset: DatasetRecord,
    old: ResourceRecord | None,
    place: str,
    name: str,
    upload: str,
    total: int,
) -> Response:
    files = exchange.store.files
    try:
        whole = files.assemble(upload, total)
    except PartMissing:
        raise Refusal(500, BROKEN) from None
    if exchange.fault and exchange.fault.corrupt:
        whole = files.corrupt(whole)
    answer = _publish(exchange, dataset, old, place, name, whole)
    files.discard_parts(upload, total)
    return answer


def _publish(
    exchange: Exchange,
    dataset: DatasetRecord,
    old: ResourceRecord | None,
    place: str,
    name: str,
    file: Received,
) -> Response:
    try:
        record = exchange.store.publish(dataset.id, name, file, old, place)
    except (NameTaken, OSError, KeyError):
        # One name, one dataset, one second; a name of 300 characters; withdrawn meanwhile.
        file.discard()
        raise Refusal(500, BROKEN) from None
    shown = views.resource(exchange.base, record, written=True, created=old is None)
    return exchange.answer({**shown, "success": True}, 200 if old else 201)
