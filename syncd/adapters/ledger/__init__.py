"""syncd's own memory: what it saw, published, and was in the middle of."""

from syncd.adapters.ledger.store import SqlLedger

__all__ = ["SqlLedger"]
