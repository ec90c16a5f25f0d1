"""syncd's own memory: what it saw, published, and was in the middle of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.adapters.ledger.store import SqlLedger

__all__ = ["SqlLedger"]


def __getattr__(name: str) -> type[SqlLedger]:
    """With it comes SQLAlchemy, for which a look at the ledger would wait."""
    if name != "SqlLedger":
        raise AttributeError(name)
    from syncd.adapters.ledger.store import SqlLedger

    return SqlLedger
