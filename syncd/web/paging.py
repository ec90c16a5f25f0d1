"""Long lists in pages, by plain addresses. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`number` from 1, of `count` pages with `total` items on all of them."""

    items: Sequence[T]
    number: int
    count: int
    total: int


def page_of(items: Sequence[T], asked: str, each: int) -> Page[T]:
    """The page that was asked for, or the nearest that there is."""
    count = max(1, -(-len(items) // each))
    number = min(max(int(asked), 1), count) if _is_number(asked) else 1
    return Page(items[(number - 1) * each : number * each], number, count, len(items))


def _is_number(asked: str) -> bool:
    return asked.isascii() and asked.isdigit() and len(asked) < 10
