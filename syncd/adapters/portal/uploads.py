"""Files on their way to the portal: in one request, or in parts that the portal puts together."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import structlog

from syncd.adapters.portal import answers, connect_errors, parts
from syncd.adapters.portal.connection import Connection
from syncd.adapters.portal.retry_policy import RetryPolicy, unpublished
from syncd.core import fence
from syncd.core.errors import AnswerLost, PortalError, Rejected
from syncd.core.portal import Resource
from syncd.core.ports import SpooledFile, Transfer, UploadLook, nothing

log = structlog.get_logger("syncd.portal")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file for the portal. `path`: where it is POSTed. `look`: see `ports.Portal`.

    `resource`: the id of the one that it replaces; "" = it becomes a new one. `glance`, `urgent`:
    see there.
    """

    path: str
    file: SpooledFile
    name: str
    transfer: Transfer
    look: UploadLook
    resource: str = ""
    glance: Callable[[], None] = nothing
    urgent: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return self.file.digest.size

    def read(self, body: Any) -> Resource:
        """The answer to the request that publishes; ValueError and others when it is none."""
        read = answers.resource
        return answers.about(self.resource, read)(body) if self.resource else read(body)


class _Publishing:
    """The request that publishes one upload, and whether the portal may have carried it out."""

    def __init__(self, upload: Upload, connection: Connection) -> None:
        self._upload = upload
        self._connection = connection
        self.may_be_stored = False
        self._is_open = False  # what became of the last such request was not looked into

    def look(self, *, at_last: bool = True) -> Resource | None:
        """Before another one: what the portal has. `at_last`: it is sent right after this."""
        try:
            stored = self._upload.look(self._is_open and at_last)
        except AnswerLost as error:  # of a look: no upload that might still arrive
            raise unpublished(error) from error
        self._is_open = self._is_open and not at_last
        return stored

    def send(self, form: Mapping[str, Any]) -> httpx.Response:
        try:
            response = self._connection.send(
                "POST",
                self._upload.path,
                "upload",
                files=form,
                moved=self._upload.size,
                trace=_UploadTrace(),
            )
        except AnswerLost:
            self.may_be_stored = True
            raise
        self.may_be_stored = self._is_open = True  # whatever was answered, and by whom
        return response


class Uploads:
    """`part_threshold`: bytes up to which a file goes in one request; `part_size`: of a part."""

    def __init__(
        self, connection: Connection, retries: RetryPolicy, part_threshold: int, part_size: int
    ) -> None:
        self._connection = connection
        self._retries = retries
        self.part_threshold = part_threshold
        self.part_size = part_size

    def send(self, upload: Upload) -> Resource:
        """The resource as the portal has it now; `PortalError`, with its `may_be_stored`."""
        publishing = _Publishing(upload, self._connection)
        try:
            return self._send(upload, publishing)
        except PortalError as error:
            error.may_be_stored = publishing.may_be_stored
            raise

    def _send(self, upload: Upload, publishing: _Publishing) -> Resource:
        divisible = upload.size > self.part_size  # one part alone is a plain upload to the portal
        if divisible and upload.size > self.part_threshold:
            return self._send_in_parts(upload, publishing)
        try:
            return self._send_whole(upload, publishing)
        except Rejected as error:
            if error.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE or not divisible:
                raise
            log.info("upload.too_large_for_one_request", size=upload.size)
        return publishing.look(at_last=False) or self._send_in_parts(upload, publishing)

    def _send_whole(self, upload: Upload, publishing: _Publishing) -> Resource:
        tries = itertools.count()

        def once() -> Resource:
            # There was a pause: for a person to write another title, or for an answer that lied.
            again = next(tries) and (upload.resource or publishing.may_be_stored)
            stored = publishing.look() if again else None
            if stored is not None:
                return stored
            upload.transfer.restart()
            to_glance = iter((True,))  # once for each try

            def passed(part: parts.Part, position: int) -> None:
                part.advance(upload.transfer, position)
                if position == upload.size and next(to_glance, False):
                    upload.glance()  # the last bytes are read, and not sent yet
                    fence.confirm()  # with them the portal has the file

            with upload.file.path.open("rb") as stream:
                whole = parts.FileSlice(stream, parts.Part(0, 0, upload.size), passed)
                form = {"file": (upload.name, whole, "application/octet-stream")}
                return self._publish(upload, publishing, form)

        return self._retries.through(once, repeatable=False, upload=True, urgent=upload.urgent)

    def _send_in_parts(self, upload: Upload, publishing: _Publishing) -> Resource:
        """Parts in any order, then a last request without a file, which puts them together."""
        for attempt in itertools.count(1):
            form = {
                "uuid": str(uuid.uuid4()),
                "filename": upload.name,
                "totalparts": str(-(-upload.size // self.part_size)),
                "totalfilesize": str(upload.size),
            }
            try:
                self._send_parts(upload, form)
                break
            except AnswerLost as error:
                # Nobody knows whether the portal has that part, and it answers 500 to a part that
                # it has. Nothing was published yet: all begins afresh, under another identifier.
                if error.reason.code == "portal_garbled":
                    raise  # whatever this server did, it is not what a portal does with a part
                if not self._retries.pause(attempt, error, urgent=upload.urgent):
                    self._retries.note(error, upload=True)
                    raise unpublished(error) from error
        fields = {field: (None, value) for field, value in form.items()}

        def once() -> Resource:
            # Sending the parts took its time, in which a person may have written another title.
            worth_it = upload.resource or publishing.may_be_stored
            stored = publishing.look() if worth_it else None
            return stored or self._publish(upload, publishing, fields)

        return self._retries.through(once, repeatable=False, upload=True, urgent=upload.urgent)

    def _publish(
        self, upload: Upload, publishing: _Publishing, form: Mapping[str, Any]
    ) -> Resource:
        """The one request of an upload that changes what is online."""
        response = publishing.send(form)
        if not response.is_success:
            raise self._refusal(response)
        try:
            return upload.read(answers.document(response))
        except answers.NO_UDATA as error:
            raise _garbled(response) from error

    def _send_parts(self, upload: Upload, form: Mapping[str, str]) -> None:
        def send(convoy: parts.ParallelUpload, part: parts.Part) -> None:
            with upload.file.path.open("rb") as stream:
                window = parts.FileSlice(stream, part, convoy.passed)
                self._send_part(upload.path, form, part, window)

        upload.transfer.restart()
        pieces = parts.cut_up(upload.size, self.part_size)
        convoy = parts.ParallelUpload(pieces, upload.transfer, send)
        while convoy.left:
            self._retries.through(
                convoy.go_on, repeatable=False, upload=True, part=True, urgent=upload.urgent
            )
        log.info("upload.parts_sent", parts=form["totalparts"])

    def _send_part(
        self, path: str, form: Mapping[str, str], part: parts.Part, window: parts.FileSlice
    ) -> None:
        response = self._connection.send(
            "POST",
            path,
            "upload",
            data={
                **form,
                "partindex": str(part.index),
                "partbyteoffset": str(part.offset),
                "chunksize": str(part.size),
            },
            files={"file": ("blob", window, "application/octet-stream")},
            moved=part.size,
        )
        if not response.is_success:
            raise self._refusal(response, of_part=True)
        if not answers.took_part(response):
            raise _garbled(response)

    def _refusal(self, response: httpx.Response, *, of_part: bool = False) -> PortalError:
        route, part_size = self._connection.route, self.part_size
        return answers.refusal(response, "upload", route, of_part=of_part, part_size=part_size)


class _UploadTrace(connect_errors.RequestTrace):
    """Says when the last byte of an upload has left."""

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        super().__call__(event, info)
        if event.endswith("send_request_body.complete") and self.method == b"POST":
            log.info("upload.sent")


def _garbled(response: httpx.Response) -> AnswerLost:
    return AnswerLost("portal_garbled", host=response.request.url.host, what="upload")
