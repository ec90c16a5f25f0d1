"""Whether what is being done is still ours to do, asked at the last moment.

A lock that outlives the process that took it (a row in a database, unlike a lock of the kernel)
can pass to another syncd while its first holder sleeps. Whoever takes one puts it up here for what
runs inside; the edges ask before they send what cannot be taken back, and before they remember.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Hold(Protocol):
    """Datasets that a lock keeps for us. `token` is nobody else's, now or later."""

    @property
    def token(self) -> str: ...

    @property
    def count(self) -> int:
        """How many datasets."""
        ...

    def confirm(self) -> None:
        """They are ours, and for a while yet; `LockLost` where one is another's by now."""
        ...


_holds: ContextVar[tuple[Hold, ...]] = ContextVar("holds", default=())


@contextmanager
def behind(hold: Hold) -> Iterator[None]:
    """What runs inside is done for this hold, and for those around it."""
    token = _holds.set((*_holds.get(), hold))
    try:
        yield
    finally:
        _holds.reset(token)


def holds() -> tuple[Hold, ...]:
    return _holds.get()


def confirm() -> None:
    """`LockLost` where something that is held here is not ours any more."""
    for hold in _holds.get():
        hold.confirm()
