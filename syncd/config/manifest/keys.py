"""What objects' keys look like in a manifest, and the patterns of them.

Readers as those of `values`: each raises `PydanticCustomError`.
"""

from __future__ import annotations

import re

from syncd.config.manifest.values import near, text, wrong
from syncd.core.addresses import path_of
from syncd.core.composed import composed
from syncd.core.patterns import KINDS, Pattern, PatternError
from syncd.core.regular_expressions import regex

LONGEST_KEY = 1024  # bytes, S3's own limit
VARIABLE = regex(r"\{([^{}:]*)(?::([^{}]*))?\}")


def _key_shape(read: str) -> None:
    if re.match(r"(?:https?|s3)://", read):
        path = path_of(read).lstrip("/")
        raise wrong("key_is_address", path if read.startswith("s3://") else "")
    if read.startswith("/"):
        raise wrong("key_slash", read.lstrip("/"))
    if read != read.strip():
        raise wrong("key_spaces", read.strip())
    if read.endswith("/"):
        raise wrong("key_folder")
    size = len(read.encode("utf-8", "replace"))
    if size > LONGEST_KEY:
        raise wrong("key_long", size=size, limit=LONGEST_KEY)


def key(value: object) -> str:
    """Exactly one object's key."""
    read = text(value)
    _key_shape(read)
    if "*" in read:
        raise wrong("key_wildcard", f"newest: {read}")
    return composed(read)


def _pattern(value: object) -> Pattern:
    read = text(value)
    _key_shape(read)
    try:
        return Pattern.parse(read)
    except PatternError as error:
        kind = error.facts.get("kind", "")
        guess = near(kind, [k for k in KINDS if k]) if kind else ""
        raise wrong(error.code, guess, **error.facts) from None


def has_wildcard(pattern: Pattern) -> bool:
    return "*" in pattern.text or bool(pattern.variables)


def newest(value: object) -> Pattern:
    found = _pattern(value)
    if not has_wildcard(found):
        raise wrong("newest_without_wildcard", f"object: {found.text}")
    return found


def each(value: object) -> Pattern:
    found = _pattern(value)
    if not has_wildcard(found):
        raise wrong("each_without_variable", f"object: {found.text}")
    return found


def ignored_name(value: object) -> str:
    """A glob on the last segment of a key."""
    read = text(value)
    if "/" in read:
        raise wrong("ignore_slash", read.rstrip("/").rsplit("/", 1)[-1])
    return composed(read)
