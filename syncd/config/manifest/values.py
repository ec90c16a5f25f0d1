"""What single values of the manifest look like; each reader raises `PydanticCustomError`.

The error's type is our reason code, its context the facts; `suggestion` among them is what was
probably meant. The value read is added by `diagnostics.schema_errors`, which also hides secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple, cast, get_args
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from syncd.config.manifest.tree import Number
from syncd.core.addresses import (
    Address,
    dataset_address,
    is_dataset_id,
    is_resource_id,
    portal_url,
    resource_address,
)
from syncd.core.hosts import leads_to_nobody
from syncd.core.reasons import Fact
from syncd.core.regular_expressions import regex
from syncd.core.schemas import SchemaRef, parsed
from syncd.core.targets import GuardLevel

_LONGEST_WORD = 80  # characters of what may be a known word
_MOST_WORDS = 1_000  # more than there are time zones
_LONGEST_EMAIL = 320  # characters of a text in which an address is looked for

PERCENT = regex(r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)\s?%")
FACTOR = regex(r"[1-9][0-9]{0,3}(?:\.[0-9]+)?\s?x")
BUCKET = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
EMAIL = regex(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()./]+(?:\.[^@\s<>,;:\"()./]+)*\.[^\W\d_]{2,}")
TOPIC = regex(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SCHEME = regex(
    r"\s*(?P<scheme>[htps]{3,6})(?:\s?[:;]\s?[/\\]{0,3}|[/\\]{1,3})(?=[^\s/\\])", re.IGNORECASE
)
_NO_ADDRESS = regex(r"[\s{}]")
SOURCE_NAME = regex(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def wrong(code: str, suggestion: str = "", **facts: Fact) -> PydanticCustomError:
    """An error that carries our code and facts through pydantic."""
    context = {**facts, "suggestion": suggestion}
    return PydanticCustomError(code, "refused", context)


def near(text: str, known: list[str] | tuple[str, ...]) -> str:
    """The known word that was probably meant, or "". Of very many words the first are tried."""
    if len(text) > _LONGEST_WORD:
        return ""
    found = get_close_matches(text.lower(), known[:_MOST_WORDS], n=1, cutoff=0.6)
    return found[0] if found else ""


def text(value: object) -> str:
    """A text. A plain number is taken as it is written."""
    if not isinstance(value, str):
        raise wrong("wrong_type", expected="text")
    if not value.strip():
        raise wrong("empty_value")
    return str(value)


def schema_name(value: object) -> SchemaRef:
    read = text(value)
    found = parsed(read)
    if found is None:
        raise wrong("bad_schema_name", read=read)
    return found


def version(value: object) -> int:
    if not (isinstance(value, Number) and str(value) == "1"):
        raise wrong("bad_version", "1")
    return 1


# -- addresses -----------------------------------------------------------------------------------


def portal(value: object) -> str:
    read = text(value)
    found = _server(read, "https://www.data.gouv.fr", portal_url)
    if "@" in urlsplit(read).netloc:
        raise wrong("secret_in_url", found)
    _must_be_somebodys(found)
    return found


def endpoint(value: object) -> str:
    """An S3 endpoint: scheme, host and port, no more; normalised like a portal's URL."""
    read = text(value).strip()
    found = _server(read, "https://s3.example.fr", portal_url)
    parts = urlsplit(read)
    if "@" in parts.netloc:
        raise wrong("secret_in_url", found)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong("endpoint_path", found)
    _must_be_somebodys(found)
    return found


def queue(value: object) -> str:
    """The address of a queue, as it is: SQS compares it."""
    read = text(value).strip()
    example = "https://sqs.eu-west-3.amazonaws.com/123456789012/depot"
    found, parts = _server(read, example, queue), urlsplit(read)
    if "@" in parts.netloc:
        raise wrong("secret_in_url", found)
    has_path = bool(parts.path.strip("/"))
    if not has_path or parts.query or parts.fragment:
        bare = parts._replace(query="", fragment="").geturl()
        raise wrong("no_queue", bare if has_path else "", example=example)
    _must_be_somebodys(found)
    return read


def site(value: object) -> str:
    """The address of a site's page, as it is."""
    read = text(value).strip()
    _server(read, "https://culture.data.gouv.fr", site)
    if "@" in urlsplit(read).netloc:
        raise wrong("secret_in_url")
    _must_be_somebodys(read)
    return read


def public_address(value: object) -> str:
    """Where the objects of a public bucket are on the web, with {key} for each one's key."""
    read = text(value).strip()
    example = "https://open.example.fr/{key}"
    _server(read, example, public_address)
    parts = urlsplit(read)
    if "@" in parts.netloc:
        raise wrong("secret_in_url")
    _must_be_somebodys(read)
    bare = parts.path.replace("{key}", "", 1)
    is_plain = not (parts.query or parts.fragment or _NO_ADDRESS.search(bare))
    if bare == parts.path or not is_plain:
        guess = f"{read.rstrip('/')}/{{key}}" if is_plain else ""
        raise wrong("address_without_key", guess, example=example)
    return read


def _server(read: str, example: str, meant: Callable[[str], str]) -> str:
    """The URL of the server that an address leads to. `meant` judges what is proposed instead."""
    try:
        return portal_url(read)
    except ValueError:
        raise wrong("bad_url", _with_scheme(read, meant), example=example) from None


def _with_scheme(read: str, meant: Callable[[str], str]) -> str:
    """The address with a scheme that was misspelt, lost a sign, or was left out."""
    slip = _SCHEME.match(read)
    if slip is not None and near(slip["scheme"], ("http", "https")):
        scheme, rest = "https" if "s" in slip["scheme"].lower() else "http", read[slip.end() :]
    elif "://" in read:
        return ""
    else:
        scheme, rest = "https", read.strip()
    try:
        portal_url(f"{scheme}://{rest}")  # else `meant` would come back here
        return meant(f"{scheme}://{rest}")
    except ValueError:  # PydanticCustomError is one
        return ""


def _must_be_somebodys(url: str) -> None:
    if leads_to_nobody(url):
        raise wrong("nobodys_address")


# -- names, words and marks ----------------------------------------------------------------------


class Way(NamedTuple):
    """What the portal gets of a file; `source`: where a copy is written, else ""."""

    name: str
    source: str = ""


WAYS = ("file", "link")


def publish(value: object) -> Way:
    if isinstance(value, dict) and set(value) == {"copy"}:
        source = value["copy"]
        if source is None or isinstance(source, str):  # that nothing is written is said elsewhere
            return Way("copy", source or "")
    if isinstance(value, str) and value in WAYS:
        return Way(value)
    raise wrong("bad_publish", near(value, WAYS) if isinstance(value, str) else "")


def topic(value: object) -> str:
    """A topic's id or slug."""
    read = text(value).strip()
    if TOPIC.fullmatch(read):
        return read
    guess = read.rstrip("/").rsplit("/", 1)[-1].lower()
    raise wrong("bad_topic", guess if TOPIC.fullmatch(guess) else "")


def bucket(value: object) -> str:
    read = text(value)
    if BUCKET.fullmatch(read):
        return read
    guess = read.strip().removeprefix("s3://").strip("/").split("/", 1)[0]
    raise wrong("bad_bucket", guess if BUCKET.fullmatch(guess) else "")


def email(value: object) -> str:
    read = text(value)
    if EMAIL.fullmatch(read):
        return read
    found = EMAIL.search(read) if len(read) <= _LONGEST_EMAIL else None
    raise wrong("bad_email", found.group() if found else "")


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"yes": "true", "on": "true", "oui": "true", "vrai": "true", "1": "true"}
    words |= {"no": "false", "off": "false", "non": "false", "faux": "false", "0": "false"}
    guess = (
        words.get(value.lower(), near(value, ("true", "false"))) if isinstance(value, str) else ""
    )
    raise wrong("wrong_type", guess, expected="flag")


# -- guards --------------------------------------------------------------------------------------

LEVELS: tuple[str, ...] = get_args(GuardLevel)


@dataclass(frozen=True, slots=True)
class Loss:
    """One layer's setting of a guard with a limit: a level, or a limit, which means hold."""

    level: GuardLevel
    limit: float | None = None  # a share, 0..1, or so many times


def loss(value: object) -> Loss:
    if isinstance(value, str) and value in LEVELS:
        return Loss(cast("GuardLevel", value))
    read = text(value)
    if PERCENT.fullmatch(read):
        return Loss("hold", round(float(read.rstrip("% ")) / 100, 6))
    raise wrong("bad_limit", _limit_guess(read), choices=", ".join((*LEVELS, "80%")))


def growth(value: object) -> Loss:
    """The same where the limit is so many times."""
    if isinstance(value, str) and value in LEVELS:
        return Loss(cast("GuardLevel", value))
    read = text(value)
    if FACTOR.fullmatch(read):
        return Loss("hold", float(read.rstrip("x ")))
    guess = f"{read}x" if FACTOR.fullmatch(f"{read}x") else near(read, LEVELS)
    raise wrong("bad_limit", guess, choices=", ".join((*LEVELS, "10x")))


def _limit_guess(read: str) -> str:
    if re.fullmatch(r"[0-9]{1,3}", read) and 1 <= int(read) <= 100:
        return f"{read}%"
    if re.fullmatch(r"0?\.[0-9]{1,4}", read):
        return f"{float(read) * 100:g}%"
    return near(read, LEVELS)


# -- what is pasted from the portal --------------------------------------------------------------


def dataset(value: object) -> Address:
    """An id, slug or page address of a dataset."""
    read = text(value).strip()
    found = dataset_address(read)
    if found and not is_resource_id(found.text):
        return found
    if resource_address(read):
        raise wrong("resource_as_dataset")
    lowered = dataset_address(re.sub(r"[\s_]+", "-", read.lower()))
    raise wrong("bad_dataset", lowered.text if lowered and "://" not in read else "")


def resource(value: object) -> Address:
    """An id, permanent link or page address of a resource."""
    if isinstance(value, str) and is_resource_id(value):
        return Address(value, "")
    read = text(value).strip()
    found = resource_address(read)
    if found:
        return found
    if is_dataset_id(read.lower()) or ("://" in read and dataset_address(read)):
        raise wrong("dataset_as_resource")
    digits = re.sub(r"[^0-9a-f]", "", read.lower())
    if len(digits) == 32 and "://" not in read:
        guess = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        raise wrong("bad_resource", guess)
    raise wrong("bad_resource")
