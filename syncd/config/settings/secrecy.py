"""What of the settings is secret: whatever has the type `SecretStr`, however deep it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from syncd.core.regular_expressions import regex

_PARTS = regex(r"([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
# A mail address, or the name of a host.
_IS_PLACE = regex(r"[^@\s]+@[^@\s]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?")
_NAMED_HOSTS = frozenset(
    {"form", "http", "json", "mailto", "matrix", "mmost", "rocket", "signal", "xml"}
)
_LEAST = 12  # letters; shorter parts of an address are words such as "hooks": half the log


class Address(SecretStr):
    """An address that may be shown, but for the password or the token within it."""


def holds_secret(annotation: Any) -> bool:
    """Whether a value of this type is a secret, or has one in it."""
    if isinstance(annotation, type) and issubclass(annotation, SecretStr):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(holds_secret(field.annotation) for field in annotation.model_fields.values())
    return any(holds_secret(part) for part in get_args(annotation))


def secret_values(settings: BaseModel) -> tuple[str, ...]:
    """Every text that must appear nowhere, longest first: for the log redactor."""
    found = {text for secret in _secrets(settings) for text in _masked(secret)}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _secrets(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, BaseModel):
        for _, part in value:
            yield from _secrets(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _secrets(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _secrets(part)


def _masked(secret: SecretStr) -> set[str]:
    text = secret.get_secret_value()
    if isinstance(secret, Address):
        # A token may stand alone, in the place of the user's name.
        parts = urlsplit(text)
        password = parts.password or parts.username
        return {text, password, unquote(password)} if password else set()
    if "://" in text:
        return set().union(*map(_opening, text.split()))
    return {text} - {""}


def _opening(url: str) -> set[str]:
    """An address as a whole, and the parts of it that open a door, each as it is and decoded.

    In a webhook's address those are the path, and what its query and fragment say; the host and the
    user's name are no secret, but in the addresses of some services a token stands there.
    """
    scheme, _, rest = url.partition("://")
    authority, path, query, fragment = _PARTS.fullmatch(rest).groups("")  # type: ignore[union-attr]  # it takes everything
    user, host = authority.rpartition("@")[::2]
    user, password = user.partition(":")[::2]
    values = [one.partition("=")[2] or one for one in re.split("[&;]", query)]
    parts = {password, *(user, path.lstrip("/"), *path.split("/"), query, fragment)}
    parts |= {value for value in values if not _IS_PLACE.fullmatch(unquote(value))}
    if not names_a_host(scheme):
        parts |= {authority, host, *host.split(":")}
    found = {url, password} | {part for part in parts if len(part) >= _LEAST}
    if _IS_PLACE.fullmatch(unquote(user)):
        found.discard(user)
    return (found | {unquote(part) for part in found}) - {""}


def names_a_host(scheme: str) -> bool:
    """Whether a server's name begins such an address. Elsewhere that place may hold a token."""
    return bool({scheme.lower(), scheme.lower().removesuffix("s")} & _NAMED_HOSTS)
