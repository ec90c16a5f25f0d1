"""What an S3 server answers, as values of ours: ValueError where it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from http import HTTPStatus
from itertools import repeat
from typing import Any

from botocore.parsers import ResponseParserError

_LISTING = re.compile(rb"<(\w+:)?(ListBucketResult|Error)\b")  # the latter botocore looks for
_LARGEST = 2**63 - 1  # bytes that anybody counts


def expect_listing(response_dict: dict[str, Any], **_: object) -> None:
    """Before botocore parses it: it reads any XML as a listing, often an empty one."""
    beginning: bytes = response_dict["body"][:1000]
    is_refusal = response_dict["status_code"] >= HTTPStatus.MULTIPLE_CHOICES
    if not (is_refusal or _LISTING.search(beginning)):
        raise ResponseParserError("the answer is not a listing")


def second(moment: datetime) -> datetime:
    """In UTC; S3 tells whole seconds."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not MINYEAR < aware.year < MAXYEAR:  # no time can be added to it, or taken away
        raise ValueError("no date of an object")
    return aware.astimezone(UTC).replace(microsecond=0)


def said(word: str) -> str:
    """A key, without which there is no object, or an ETag, without which there is no version."""
    if not bare(word):
        raise ValueError("an empty key or ETag")
    return word


def all_said(words: Sequence[str]) -> None:
    """The same of many."""
    if not all(map(str.strip, words, repeat('"'))):
        raise ValueError("an empty key or ETag")


def sizes(told: Sequence[str]) -> Sequence[int]:
    """Bytes, of at least one object."""
    found = list(map(int, told))
    for outermost in (min(found), max(found)):
        size(outermost)
    return found


def size(told: Any) -> int:
    """Bytes."""
    found = int(told)
    if not 0 <= found <= _LARGEST:
        raise ValueError("no size of an object")
    return found


def content_range(text: str) -> tuple[int, int | None]:
    """First byte and whole size of `bytes 5-9/10`; -1 and None for what cannot be read."""
    found = re.fullmatch(r"bytes ([0-9]{1,19})-[0-9]+/([0-9]{1,19})", text)
    return (int(found[1]), int(found[2])) if found else (-1, None)


def bare(etag: str) -> str:
    """As some servers say it, and others do not."""
    return etag.strip('"')


def quoted(etag: str) -> str:
    """Some servers list ETags without their quotes; a header needs them."""
    return etag if etag.startswith(('"', "W/")) else f'"{etag}"'


def version_id(text: str | None) -> str | None:
    """`null` is S3's word for an object of a bucket without versions."""
    return None if text in (None, "", "null") else text
