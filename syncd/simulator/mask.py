"""`X-Fields`: which fields of an answer the client wants, as in `id,resources{id,title}`. Pure."""

from __future__ import annotations

import re

from syncd.simulator.records import Json

Mask = dict[str, "Mask | None"]


class BrokenMask(ValueError):
    pass


def parse(text: str) -> Mask:
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    tokens = [t for t in re.split(r"([{},])", text) if t.strip()]
    mask, rest = _fields([t.strip() for t in tokens], depth=0)
    if rest:
        raise BrokenMask("Unexpected closing bracket")
    return mask


def _fields(tokens: list[str], depth: int) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    last = ""
    while tokens:
        word, *tokens = tokens
        if word == "}":
            if depth == 0:
                raise BrokenMask("Unexpected closing bracket")
            return mask, tokens
        if word == "{":
            if not last:
                raise BrokenMask("Unexpected opening bracket")
            mask[last], tokens = _fields(tokens, depth + 1)
        elif word != ",":
            last = word
            mask[last] = None
    if depth:
        raise BrokenMask("Missing closing bracket")
    return mask, tokens


def apply(mask: Mask, value: Json) -> Json:
    """Unknown names are dropped in silence; `*` keeps the names that the mask does not list."""
    if isinstance(value, list):
        return [apply(mask, item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, inner in value.items():
        if name in mask:
            deeper = mask[name]
            kept[name] = inner if deeper is None else apply(deeper, inner)
        elif "*" in mask:
            kept[name] = inner
    return kept
