"""What a plan has in place of the ledger: it reads, and drops what a pass would record."""

from __future__ import annotations

from typing import Any, cast

from syncd.core.ledger_ports import Ledger

# What a pass records without having sent anything. Any other writing of a plan reaches the ledger,
# which was opened for reading, and is a loud fault.
_DROPPED = frozenset(
    {
        "put",
        "seen_again",
        "put_note",
        "keep",
        "record",
        "amend",
        "finish",
        "begin_reading",
        "end_reading",
    }
)


class _Unwritten:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return _drop if name in _DROPPED else getattr(self._ledger, name)


def _drop(*_: object, **__: object) -> None:
    pass


def unwritten(ledger: Ledger) -> Ledger:
    """The same ledger to read from, in which nothing is written."""
    return cast("Ledger", _Unwritten(ledger))
