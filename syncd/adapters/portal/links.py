"""Links: the address of a file that lies elsewhere, and what is said of it (udata 17.18)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from syncd.adapters.net.media_types import media_type
from syncd.adapters.portal import answers
from syncd.adapters.portal.connection import Connection
from syncd.adapters.portal.retry_policy import RetryPolicy, unpublished
from syncd.adapters.portal.upload_rules import made_title
from syncd.core.errors import AnswerLost, PortalError
from syncd.core.file_names import extensions_of
from syncd.core.portal import PublicFile, Resource
from syncd.core.ports import UploadLook

_WHAT = "link"


@dataclass(frozen=True, slots=True)
class Link:
    """`resource`: the id of the one that is turned; "" = a new one, with `words`. `look`: see
    `ports.Portal`."""

    path: str
    file: PublicFile
    look: UploadLook
    resource: str = ""
    words: Mapping[str, object] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return "PUT" if self.resource else "POST"

    @property
    def body(self) -> dict[str, object]:
        return {**self.words, **said_of(self.file)}

    def read(self, body: Any) -> Resource:
        """ValueError and others where it is no answer to this."""
        read = answers.resource
        return answers.about(self.resource, read)(body) if self.resource else read(body)


class Links:
    def __init__(self, connection: Connection, retries: RetryPolicy) -> None:
        self._connection = connection
        self._retries = retries

    def send(self, link: Link) -> Resource:
        """The resource as the portal has it now; `PortalError`, with its `may_be_stored`."""
        tries, was_sent = itertools.count(), False

        def once() -> Resource:
            nonlocal was_sent
            if next(tries):
                try:
                    # Of two new ones there would be two; an address given twice is given once.
                    stored = link.look(was_sent and not link.resource)
                except AnswerLost as error:  # of a look: nothing that might still arrive
                    raise unpublished(error) from error
                if stored is not None:
                    return stored
            try:
                response = self._connection.send(link.method, link.path, _WHAT, json=link.body)
            except AnswerLost:
                was_sent = True
                raise
            was_sent = True
            return self._read(link, response)

        try:
            return self._retries.through(once, repeatable=bool(link.resource))
        except PortalError as error:
            error.may_be_stored = was_sent
            raise

    def _read(self, link: Link, response: httpx.Response) -> Resource:
        if not response.is_success:
            raise answers.refusal(response, _WHAT, self._connection.route)
        try:
            return link.read(answers.document(response))
        except answers.NO_UDATA as error:
            host = response.request.url.host
            raise AnswerLost("portal_garbled", host=host, what=_WHAT) from error


def said_of(file: PublicFile) -> dict[str, object]:
    """As udata says it of a file that it keeps itself."""
    name = made_title(file.address)
    inner, around = extensions_of(name)
    return {
        "url": file.address,
        "filesize": file.digest.size,
        "checksum": {"type": "sha1", "value": file.digest.sha1},
        "mime": media_type(name),
        "format": ".".join(filter(None, (inner, around))) or None,
    }
