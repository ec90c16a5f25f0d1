"""Listings read without botocore's detours: most of a listing's time goes into its parser.

The same answers, faster: `tests/contract/test_s3_listing.py` holds them against boto3's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.parsers import PROTOCOL_PARSERS, ResponseParserFactory, RestXMLParser
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from botocore.session import Session

_ENTRIES = "ObjectList"  # botocore's shape of `Contents` in both ListObjects
_FIELDS = frozenset({"Key", "LastModified", "ETag", "Size"})


def read_listings_fast(session: Session) -> None:
    """For the clients that this session makes from now on."""
    session.register_component("response_parser_factory", _Parsers())


def moment(text: str) -> datetime:
    """ISO 8601 with or without a fraction, else whatever form botocore knows."""
    try:
        return datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return parse_timestamp(text)


class _Parsers(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        kind = PROTOCOL_PARSERS[protocol_name]
        if kind is RestXMLParser:
            kind = _Parser
        return kind(timestamp_parser=moment)


class _Parser(RestXMLParser):  # type: ignore[misc]  # untyped in botocore
    """Knows by itself how an entry of a listing is read; of its members only those that we use."""

    def _handle_list(self, shape: Any, node: Any) -> Any:
        if shape.name != _ENTRIES:
            return super()._handle_list(shape, node)
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
