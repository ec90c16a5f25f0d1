"""A person asks not to be named any more."""

from __future__ import annotations

from datetime import datetime

from syncd.core.errors import UsageError
from syncd.core.history_records import Forgotten
from syncd.core.ports import Ledger


def forget(ledger: Ledger, name: str, by: str, now: datetime) -> Forgotten:
    """Replace the name wherever syncd says who did something. `UsageError` when nobody has it."""
    name = name.strip()
    found = ledger.forget_name(name, by, now) if name else None
    if found is None:
        raise UsageError("name_unknown", given=name)
    return found
