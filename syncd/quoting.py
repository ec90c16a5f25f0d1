"""Values as the manifest writes them."""

from __future__ import annotations

import re

_NEEDS_QUOTES = re.compile(r"[\s&*!|>'\"%@`#,?:{}\[\]-]|.*(?:: | #|:$|\s$)")
_IN_FLOW = re.compile(r"[,\[\]{}]")


def scalar(value: str, *, flow: bool = False) -> str:
    """A text in the quotes that YAML needs; `flow`: within brackets or braces."""
    if not (_NEEDS_QUOTES.match(value) or (flow and _IN_FLOW.search(value))):
        return value
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return f'"{value}"'
