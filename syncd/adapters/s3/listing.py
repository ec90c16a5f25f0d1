"""Listings read without botocore's detours: most of a listing's time goes into its parser.

The same answers, faster: `tests/contract/test_s3_listing.py` holds them against boto3's own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.parsers import ResponseParserFactory, RestXMLParser
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

_ENTRIES = "ObjectList"  # botocore's shape of `Contents` in both ListObjects
_ERROR_CHECK = "_handle_200_error"
_FIELDS = frozenset({"Key", "LastModified", "ETag", "Size"})


def read_listings_fast(session: Session) -> None:
    """For the clients that this session makes from now on."""
    session.register_component("response_parser_factory", _Parsers())


def look_once(client: BaseClient) -> None:
    """botocore reads every answer twice, to find errors that came with status 200: not listings
    that are whole, which can be seen without."""
    event = "before-parse.s3.*"
    for registered in BUILTIN_HANDLERS:
        if registered[0] == event and getattr(registered[1], "__name__", "") == _ERROR_CHECK:
            client.meta.events.unregister(event, registered[1])
            client.meta.events.register_first(event, partial(_unless_whole, registered[1]))


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


class _Parsers(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "rest-xml":  # S3's
            return _Parser(timestamp_parser=moment)
        return super().create_parser(protocol_name)


class _Parser(RestXMLParser):
    """Knows by itself how an entry of a listing is read; of its members only those that we use."""

    def _handle_list(self, shape: Any, node: Any) -> Any:
        if shape.name != _ENTRIES:
            return super()._handle_list(shape, node)  # type: ignore[misc]  # not in the stubs
        return [_entry(one) for one in (node if isinstance(node, list) else [node])]


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
