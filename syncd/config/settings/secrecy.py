"""What of the settings is secret: whatever has the type `SecretStr`, however deep it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

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
    """An address as a whole, and the parts of it that open a door.

    In a webhook's address that is the path; the host and the user's name are no secret.
    """
    rest = url.partition("://")[2]
    authority, _, path = rest.partition("/")
    password = authority.rpartition("@")[0].partition(":")[2]
    parts = {password, path.partition("?")[0], *path.partition("?")[0].split("/")}
    found = {url} | {part for part in parts if len(part) >= _LEAST} | ({password} - {""})
    return found | {unquote(part) for part in found if "%" in part}
