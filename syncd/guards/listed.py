"""Names as a sentence of a guard lists them."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 3  # names in a sentence


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown
