"""The portal's answers as our values, and its refusals as our errors (udata 17.18)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from syncd.adapters.net import ceilings
from syncd.adapters.net.route import Route
from syncd.adapters.net.status_words import status_words
from syncd.adapters.net.usage import http_date
from syncd.adapters.portal.connect_errors import proxy_refusal
from syncd.adapters.portal.upload_rules import made_title
from syncd.core.errors import (
    AnswerLost,
    Busy,
    Gone,
    KeyRefused,
    NotAllowed,
    NotFound,
    PortalError,
    PortalUnreachable,
    ReadOnly,
    Rejected,
)
from syncd.core.portal import Account, Dataset, Owner, Resource
from syncd.core.schemas import LATEST, SchemaRef

_IDENTIFIER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_STORED = re.compile(r"/([0-9]{8}-[0-9]{6})/[^/]+$")
_HALF_A_LETTER = re.compile(rb"\\u[dD][89a-fA-F]")  # which no database keeps alone
_RESERVED = ("extras.analysis:", "extras.check:", "extras.csv-export:", "extras.validation-report:")
_LARGEST = 2**63 - 1  # bytes; what a portal's database can count, and our own
_LONGEST_WORDS = 300  # characters of the portal's own words that a sentence quotes

NO_UDATA = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading an answer raises that is none of a udata server's."""

TOO_LARGE = frozenset({"portal_too_large", "portal_part_too_large"})  # codes
_REFUSALS: dict[int, tuple[type[PortalError], str]] = {
    400: (Rejected, "portal_rejected"),
    401: (KeyRefused, "portal_key_refused"),
    403: (NotAllowed, "portal_not_allowed"),
    404: (NotFound, "portal_not_found"),
    410: (Gone, "portal_gone"),
    413: (Rejected, "portal_too_large"),
    415: (Rejected, "portal_bad_type"),
    423: (ReadOnly, "portal_read_only"),
    429: (Busy, "portal_busy"),
}


def refusal(
    response: httpx.Response, what: str, route: Route, *, of_part: bool = False, part_size: int = 0
) -> PortalError:
    """The error for an answer that is no success. `what` names the request for the operator.

    `part_size`: the bytes of a part now; a file too large in such parts may pass in smaller ones.
    """
    if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and route.via:
        # Towards a portal without TLS there is no CONNECT: the proxy answers the request itself.
        return proxy_refusal(response.status_code, route)
    kind, code = _REFUSALS.get(response.status_code, (AnswerLost, "portal_fault"))
    if code == "portal_too_large" and of_part:
        code = "portal_part_too_large"
    if response.is_redirect:
        kind, code = PortalUnreachable, "portal_redirects"
    elif kind is AnswerLost and response.status_code < 500:
        kind, code = Rejected, "portal_rejected"
    more = {"part_size": part_size} if code in TOO_LARGE else {}
    error = kind(
        code,
        **more,
        what=what,
        host=response.request.url.host,
        status=response.status_code,
        words=route.without_secrets(_words(response))[:_LONGEST_WORDS],
        request_id=_request_id(response),
    )
    error.status = response.status_code
    if isinstance(error, Busy) or response.status_code == 503:
        error.retry_after = _retry_after(response.headers.get("Retry-After"))
    return error


def document(response: httpx.Response) -> Any:
    """What the JSON of an answer says; one of `NO_UDATA` when it says nothing."""
    if ceilings.is_heavy(response.content):
        raise ValueError("more values than memory is spent on")
    # json.loads itself would take UTF-16, and halves of letters, for text.
    found = json.loads(response.content.decode("utf-8-sig"))
    if _HALF_A_LETTER.search(response.content):
        json.dumps(found, ensure_ascii=False).encode()  # two halves are one letter
    return found


def took_part(response: httpx.Response) -> bool:
    """Whether this is how the portal says that it took a part of a file."""
    try:
        body = document(response)
    except NO_UDATA:
        return False
    # An answer with an id is that of a whole upload.
    return isinstance(body, dict) and body.get("success") is True and "id" not in body


def _request_id(response: httpx.Response) -> str:
    names = ("X-Request-Id", "X-Correlation-Id", "X-Trace-Id")
    return next((response.headers[n] for n in names if n in response.headers), "")


def _words(response: httpx.Response) -> str:
    """What the portal said, in its own words; an HTML page says no more than its status."""
    phrase = response.reason_phrase.strip() or status_words(response.status_code)
    try:
        body = document(response)
    except NO_UDATA:
        return phrase
    if not isinstance(body, dict):
        return phrase
    parts = [body.get("message"), body.get("error")]
    errors = body.get("errors")
    if isinstance(errors, dict):
        parts += [f"{name}: {value}" for name, value in errors.items()]
    return " ".join(str(part) for part in parts if part).strip() or phrase


def _retry_after(value: str | None) -> float | None:
    """Seconds, from either form of RFC 9110 §10.2.3."""
    if value is None:
        return None
    seconds = value.strip()
    if seconds.isascii() and seconds.isdigit():
        return float(seconds)
    when = http_date(value)
    return None if when is None else max(0.0, (when - datetime.now(UTC)).total_seconds())


# -- values: TypeError or ValueError where it is another kind of value -----------------------------


def identifier(value: Any) -> str:
    """It becomes a part of addresses."""
    if _IDENTIFIER.fullmatch(value) is None:
        raise ValueError("no identifier")
    return str(value)


def words(value: Any) -> str:
    """ "" where there are none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("no words")
    return value


def listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    """Empty where there is none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("no mapping")
    return value


def _size(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int:
        raise TypeError("no size")
    if abs(value) > _LARGEST:
        raise ValueError("no size")
    return value


# -- what they describe ----------------------------------------------------------------------------


def resource(body: Any) -> Resource:
    """KeyError, TypeError or ValueError when this is no resource."""
    checksum = _mapping(body.get("checksum"))
    sha1 = words(checksum.get("value")) if checksum.get("type") == "sha1" else ""
    url = words(body["url"])
    return Resource(
        id=identifier(body["id"]),
        title=words(body["title"]),
        filetype=words(body["filetype"]),
        url=url,
        latest=words(body["latest"]),
        sha1=sha1.lower() or None,
        size=_size(body.get("filesize")),
        harvested=bool(body.get("harvest")),
        extras=_mapping(body.get("extras")),
        schema=_schema(body.get("schema")),
        stored_at=_stored_at(url),
        told_at=_told_at(body),
        made_title=made_title(url),
        written=_written(body),
    )


def _written(body: Any) -> dict[str, object]:
    """See `Resource.written`; without the extras that are the portal's own (udata 17.7)."""
    extras = {f"extras.{key}": value for key, value in _mapping(body.get("extras")).items()}
    fields = {name: body[name] for name in ("description", "type", "schema") if name in body}
    own = {name for name in extras if name.startswith(_RESERVED) or name == "extras.dcat"}
    return {**fields, **{name: value for name, value in extras.items() if name not in own}}


def _stored_at(url: str) -> datetime | None:
    """The second in UTC that a hosted file's address has, before its name: dates of the resource
    move with every word that a person edits."""
    found = _STORED.search(url)
    try:
        # ISO 8601's short form, which is read without a pattern.
        return datetime.fromisoformat(f"{found[1].replace('-', 'T')}+00:00") if found else None
    except ValueError:
        return None


def _told_at(body: Any) -> datetime | None:
    """Of a link, whose address has no date of the portal's. Any word that a person edits moves it
    as well: it was told no later than that."""
    if body["filetype"] == "file":
        return None
    try:
        return instant(body["internal"]["last_modified_internal"])
    except NO_UDATA:
        return None


def _schema(value: Any) -> SchemaRef | None:
    """By name and version, or, of one that is not in the portal's catalogue, its address."""
    said = _mapping(value)
    name, version, address = (words(said.get(key)) for key in ("name", "version", "url"))
    if address:
        return SchemaRef(address=address)
    return SchemaRef(name, version or LATEST) if name else None


Described = TypeVar("Described", Resource, Dataset)


def about(asked: str, read: Callable[[Any], Described]) -> Callable[[Any], Described]:
    """Reads as `read` does: ValueError also where it is another one than was asked for."""

    def checked(body: Any) -> Described:
        found = read(body)
        if found.id.lower() != asked.lower():
            raise ValueError("an answer about another one")
        return found

    return checked


def dataset(body: Any) -> Dataset:
    """KeyError, TypeError or ValueError when this is no dataset."""
    permissions = _mapping(body.get("permissions"))
    return Dataset(
        id=identifier(body["id"]),
        title=words(body["title"]),
        page=words(body.get("page") or body.get("uri")),
        deleted=bool(body.get("deleted")),
        archived=bool(body.get("archived")),
        harvested=bool(body.get("harvest")),
        may_edit=bool(permissions.get("edit_resources", permissions.get("edit", True))),
        resources=tuple(resource(r) for r in listed(body["resources"])),
        private=bool(body.get("private")),
        owner=_owner(body.get("organization") or body.get("owner")),
    )


def _owner(value: Any) -> Owner | None:
    said = _mapping(value)
    if not said:
        return None
    return Owner(identifier(said["id"]), words(said.get("name")) or _full_name(said))


def _full_name(person: Any) -> str:
    names = (words(person.get(part)) for part in ("first_name", "last_name"))
    return " ".join(names).strip()


def identified_by(field: str) -> Callable[[Any], str]:
    """Reads that field."""
    return lambda body: identifier(body[field])


def extensions(body: Any) -> frozenset[str]:
    return frozenset(str.lower(one) for one in listed(body))


def account(body: Any) -> Account:
    return Account(
        id=identifier(body["id"]),
        name=_full_name(body) or identifier(body["id"]),
        organizations=tuple(identifier(one["id"]) for one in body.get("organizations") or ()),
        is_admin="admin" in listed(body.get("roles") or []),
    )


def writable(body: Any) -> frozenset[str]:
    """The ids of those datasets of a list that the key may write to, and that are not deleted."""
    return frozenset(
        identifier(one["id"])
        for one in listed(body)
        if not one.get("deleted") and _mapping(one.get("permissions")).get("edit_resources")
    )


def writable_page(body: Any) -> tuple[frozenset[str], bool]:
    """The same of one page, and whether there is another."""
    return writable(body["data"]), bool(words(body["next_page"]))


def key_expiry(body: Any, api_key: str) -> datetime | None:
    """When this key expires, from the list of its owner's keys; None where that is not said.

    The list shows how each key begins: 14 characters, or 8 of a key from before udata 14.
    """
    keys = listed(body)
    beginnings = [(words(one["token_prefix"]), words(one.get("expires_at"))) for one in keys]
    ours = [(start, end) for start, end in beginnings if start and api_key.startswith(start)]
    longest = max((len(start) for start, _ in ours), default=0)
    # Keys that begin alike cannot be told apart: the earliest date is the safe one.
    ends = [instant(end) for start, end in ours if len(start) == longest and end]
    return min(ends, default=None)


def instant(text: str) -> datetime:
    """ISO 8601, as the portal writes it; UTC where it does not say."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
