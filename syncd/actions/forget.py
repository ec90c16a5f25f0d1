"""A person asks not to be named any more."""

from __future__ import annotations

from datetime import datetime

from syncd.core.errors import UsageError
from syncd.core.history_records import Forgotten
from syncd.core.ledger_ports import Ledger
from syncd.core.unseen import as_shown


def forget(ledger: Ledger, name: str, by: str, now: datetime) -> Forgotten:
    """Replace the name wherever syncd says who did something. `UsageError` when nobody has it."""
    for one in dict.fromkeys((name.strip(), as_shown(name))):  # it may have been given otherwise
        found = ledger.forget_name(one, by, now) if one else None
        if found is not None:
            return found
    raise UsageError("name_unknown", given=name)
