"""Takes apart what people paste: page addresses, permanent links, ids, slugs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from syncd.core.regular_expressions import regex

_DATASET_ID = regex(r"[0-9a-f]{24}")
_UUID = regex(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A host name (international ones too) or, with colons, an IPv6 address.
_HOST = regex(r"[\w:](?:[\w.:-]*[\w:])?\.?")
_SLUG = regex(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Address:
    """What was pasted: `portal` is the server's URL, "" when no address but a bare id or slug."""

    text: str
    portal: str


def is_dataset_id(text: str) -> bool:
    return _DATASET_ID.fullmatch(text) is not None


def is_resource_id(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def is_slug(text: str) -> bool:
    return _SLUG.fullmatch(text) is not None


def portal_url(text: str) -> str:
    """The one spelling of a portal's URL: lower-case scheme and host, no path, no final slash.

    ValueError when it is not an http(s) address.
    """
    parts = urlsplit(text.strip())
    if parts.scheme.lower() not in {"http", "https"} or not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError(text)
    default = {"http": 80, "https": 443}[parts.scheme.lower()]
    name = parts.hostname or ""
    if "xn--" in name:  # which stands for letters, and may be none (RFC 5891)
        name.encode("ascii").decode("idna")
    host = f"[{name}]" if ":" in name else name
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    return urlunsplit((parts.scheme.lower(), host + port, "", "", ""))


def host_of(url: str) -> str:
    """Name and port of the server, as they are shown."""
    return urlsplit(url).netloc


def path_of(url: str) -> str:
    """Its path, with the slash before it; also of what only looks like an address.

    Persons and portals have such: a host that is half a bracket, or has a letter that stands for
    a sign (`urlsplit` refuses both with ValueError).
    """
    try:
        return urlsplit(url).path
    except ValueError:
        return "/" + url.partition("//")[2].partition("/")[2]


def dataset_address(text: str) -> Address | None:
    """A dataset's id, slug, page, API or editing address; None when it is none of these."""
    text = text.strip()
    if "://" not in text:
        found = text.lower() if is_dataset_id(text.lower()) else text
        return Address(found, "") if is_dataset_id(found) or is_slug(found) else None
    try:
        portal = portal_url(text)
    except ValueError:
        return None
    segments = [unquote(s) for s in urlsplit(text).path.split("/") if s]
    for here, following in pairwise(segments):
        if here in {"datasets", "dataset"} and following != "r":
            found = following.lower()
            return Address(found, portal) if is_slug(found) or is_dataset_id(found) else None
    return None


def resource_address(text: str) -> Address | None:
    """A resource's id, permanent link, or a page address that names it; None for anything else."""
    text = text.strip()
    if "://" not in text:
        return Address(text.lower(), "") if is_resource_id(text.lower()) else None
    try:
        portal = portal_url(text)
    except ValueError:
        return None
    parts = urlsplit(text)
    places = [
        *parse_qs(parts.query).get("resource_id", []),
        parts.fragment.rstrip("/").rsplit("/", 1)[-1].removeprefix("resource-"),
        parts.path.rstrip("/").rsplit("/", 1)[-1],
    ]
    found = next((p.lower() for p in places if is_resource_id(p.lower())), None)
    return Address(found, portal) if found else None
