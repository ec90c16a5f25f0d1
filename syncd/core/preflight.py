"""What a look before a cycle found: `syncd check --online`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncd.core.reasons import Reason
from syncd.core.results import FAILED, OK, Report


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    # Stable: state_folder, disk, route, clock, portal, key, key_expiry, key_reach,
    # extensions, bucket, events, link, notify.
    name: str
    about: str  # a host, a source's name, a folder or an object
    grade: Grade
    reason: Reason


@dataclass(frozen=True, slots=True)
class Preflight:
    """`plan` is None where the portal could not be asked."""

    checks: tuple[Check, ...]
    account: str | None
    plan: Report | None

    @property
    def exit_code(self) -> int:
        """As the `sync` would end; warnings do not count."""
        if any(check.grade is Grade.PROBLEM for check in self.checks):
            return FAILED
        return self.plan.exit_code if self.plan else OK
