"""A service that is well, for tests of what it says when it is not."""

from __future__ import annotations

from syncd.telemetry.readiness import Facts
from tests.support.builders import NOW

WELL = Facts(
    now=NOW,
    turned=0.5,
    manifest="valid",
    portal=True,
    sources={"depot": True},
    late=(),
    overdue=(),
    stopping=False,
    ledger=True,
)
