"""Lists of datasets that the portal gives page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syncd.core.errors import PortalUnreachable

_MOST = 1000  # pages; no portal has more, and no server keeps us for ever


@dataclass(frozen=True, slots=True)
class Page:
    """The ids of the datasets on one page, and whether there is another page."""

    datasets: tuple[str, ...]
    more: bool


def every(page: Callable[[int], Page], host: str, what: str) -> tuple[str, ...]:
    """Every dataset of the list, each once; `PortalUnreachable`: never a part of them in silence.

    `page(n)`: the n-th, from 1. The address in `next_page` is not followed: behind a proxy it may
    be that of another server, and the key goes nowhere else.
    """
    found: dict[str, None] = {}
    before: tuple[str, ...] = ()
    for number in range(1, _MOST + 1):
        part = page(number)
        if part.datasets and part.datasets == before:  # it does not listen to the page's number
            break
        found.update(dict.fromkeys(part.datasets))
        if not part.more:
            return tuple(found)
        before = part.datasets
    raise PortalUnreachable("portal_not_udata", host=host, what=what)
