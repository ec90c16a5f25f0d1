"""The one file that knows how botocore works inside: listings read without its detours, and
answers that cannot last or grow beyond their `Budget`.

Most of a listing's time goes into botocore's parser, and into a second reading of each answer. Both
are gone round by names that botocore promises to nobody:

- `parsers.ResponseParserFactory`, `parsers.RestXMLParser.parse(response, shape)` with the shape
  `ListObjectsV2Output`: where a plain page (`plain_pages`) loses its entries before it is parsed;
- `_handle_list(shape, node)` of the same parser, and the shape `ObjectList`: how the entries of any
  other page are read;
- `handlers.BUILTIN_HANDLERS` with `_handle_200_error`: how an error with status 200 is found.

Where one of them is gone or has changed, botocore reads by itself: the same answers, slower
(`is_known` then says no, and so does a test). `tests/contract/s3/test_listing.py` holds both
ways to the same answers.

botocore and urllib3 bound each wait for bytes, but not their sum, nor the size of a listing. For
that the connections of a client get another response class, by `client._endpoint.http_session`
and its `_pool_classes_by_scheme`; where they are gone, no client can be made. urllib3 opens them in
`_new_conn`: there it is seen whom they lead to.
"""

from __future__ import annotations

import inspect
import io
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore import awsrequest, handlers, parsers
from botocore.utils import parse_timestamp

from syncd.adapters.net import ceilings, peers
from syncd.adapters.s3 import plain_pages

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

OBJECTS = "syncd:objects"  # of a listing's answer: an `ObjectPage`, in the place of `Contents`
_LISTING = "ListObjectsV2Output"  # botocore's shape of a listing
_OK = 200
_ENTRIES = "ObjectList"  # botocore's shape of `Contents` in both ListObjects
_PARSED = "before-parse.s3.*"  # the event of an answer that is about to be parsed
_READ_BY = {"parse": ["response", "shape"], "_handle_list": ["shape", "node"]}
_FIELDS = frozenset({"Key", "LastModified", "ETag", "Size"})


def is_known() -> bool:
    """Whether the installed botocore has all that is relied on here."""
    return _parser_is_known() and any(_error_checks())


def read_listings_fast(session: Session) -> None:
    """For the clients that this session makes from now on."""
    if _parser_is_known():
        session.register_component("response_parser_factory", _parsers())


def check_once(client: BaseClient) -> None:
    """botocore reads every answer twice, to find errors that came with status 200: not listings
    that are whole, which can be seen without."""
    for check in _error_checks():
        client.meta.events.unregister(_PARSED, check)
        client.meta.events.register_first(_PARSED, partial(_unless_whole, check))


def hold_to_budgets(client: BaseClient) -> None:
    """What this client reads from now on is held to the budget that is active."""
    # In place: the managers of its connections, those through proxies too, know this very mapping.
    client._endpoint.http_session._pool_classes_by_scheme.update(  # type: ignore[attr-defined]
        {"http": _Pool, "https": _SecurePool}
    )


class _Limited(io.RawIOBase):
    """What comes through a socket, as far as the budget goes."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._connection = connection
        self._timeout = connection.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        budget = ceilings.active()
        if budget is None:
            return self._raw.readinto(buffer)
        self._connection.settimeout(budget.wait_at_most(self._timeout))
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            budget.wait_at_most(None)  # whose patience it was that ended
            raise
        budget.read(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(awsrequest.AWSHTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **{"status_tuple": None, **options})
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Limited(raw, sock))

    def begin(self) -> None:
        """Reads the head, and all `100 Continue` before it."""
        budget = ceilings.active()
        if budget is not None:
            budget.await_head()
        super().begin()
        if budget is not None:
            budget.await_body()


class _LookedAt:
    """A connection of urllib3 whose other end is looked at before anything is sent."""

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # urllib3's
        try:
            peers.check(peers.anywhere, getattr(self, "host", ""), made.getpeername()[0])
        except OSError:
            made.close()
            raise
        return made


class _Connection(_LookedAt, awsrequest.AWSHTTPConnection):  # type: ignore[misc]  # of its stubs
    response_class = _Response


class _SecureConnection(_LookedAt, awsrequest.AWSHTTPSConnection):  # type: ignore[misc]  # as above
    response_class = _Response


class _Pool(awsrequest.AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(awsrequest.AWSHTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _parser_is_known() -> bool:
    parser = getattr(parsers, "RestXMLParser", None)
    known = all(
        hasattr(parser, name)
        and list(inspect.signature(getattr(parser, name)).parameters)[1:] == arguments
        for name, arguments in _READ_BY.items()
    )
    return known and hasattr(parsers, "ResponseParserFactory")


def _error_checks() -> Iterator[Any]:
    for event, handler, *_ in getattr(handlers, "BUILTIN_HANDLERS", ()):
        if event == _PARSED and getattr(handler, "__name__", "") == "_handle_200_error":
            yield handler


def _unless_whole(
    check: Callable[..., None], operation_model: Any, response_dict: dict[str, Any], **more: Any
) -> None:
    if operation_model.name == "ListObjectsV2":
        body: bytes = response_dict["body"]
        if b"<ListBucketResult" in body[:200] and body.endswith(b"</ListBucketResult>"):
            return
    check(operation_model=operation_model, response_dict=response_dict, **more)


def moment(text: str) -> datetime:
    """ISO 8601 with or without a fraction, a header's date (RFC 9110 §5.6.7), else whatever form
    botocore knows."""
    try:
        return datetime.fromisoformat(text)
    except (ValueError, TypeError):
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return parse_timestamp(text)


def _parsers() -> Any:
    """Made late: nothing is lost where botocore has no such classes any more."""

    class Parser(parsers.RestXMLParser):
        """Knows by itself how a listing is read; of its entries' members only what we use."""

        def parse(self, response: Any, shape: Any) -> Any:
            plain = None
            if shape is not None and shape.name == _LISTING and response["status_code"] == _OK:
                plain = plain_pages.split(response["body"])
            if plain is not None:
                parsed = super().parse({**response, "body": plain.rest}, shape)
                found = plain.objects(url_encoded=parsed.get("EncodingType") == "url")
                if found is not None and "Contents" not in parsed:
                    return {**parsed, OBJECTS: found}
            return super().parse(response, shape)

        def _handle_list(self, shape: Any, node: Any) -> Any:
            if shape.name != _ENTRIES:
                return super()._handle_list(shape, node)  # type: ignore[misc]  # not in the stubs
            return [_entry(one) for one in (node if isinstance(node, list) else [node])]

    class Parsers(parsers.ResponseParserFactory):
        def create_parser(self, protocol_name: str) -> Any:
            if protocol_name == "rest-xml":  # S3's
                return Parser(timestamp_parser=moment)
            return super().create_parser(protocol_name)

    return Parsers()


def _entry(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node:
        name = child.tag.rpartition("}")[2]
        if name in _FIELDS:
            found.setdefault(name, child.text or "")
    if "LastModified" in found:
        found["LastModified"] = moment(found["LastModified"])
    if "Size" in found:
        found["Size"] = int(found["Size"])
    return found
