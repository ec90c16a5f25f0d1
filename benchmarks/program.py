"""Which Python runs the syncd that is measured: this one, or another revision's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_pythons = [sys.executable]


def python() -> str:
    """Its path: syncd is installed beside it."""
    return _pythons[-1]


def sync() -> list[str]:
    return [python(), "-m", "syncd", "sync", "--json"]


@contextmanager
def using(path: str) -> Iterator[None]:
    """Whatever is measured meanwhile is that Python's syncd."""
    _pythons.append(path)
    try:
        yield
    finally:
        _pythons.pop()
