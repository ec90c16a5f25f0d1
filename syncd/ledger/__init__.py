"""syncd's own memory: what it saw, published, and was in the middle of."""

from syncd.ledger.store import SqlLedger

__all__ = ["SqlLedger"]
