"""What a look before a cycle found: `syncd check --online`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncd.core.addresses import host_of
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
    def said(self) -> tuple[Reason, ...]:
        """What the checks say, and what the plan says again in other words: of one public address
        that does not answer, all others of its host are an echo."""
        told = tuple(check.reason for check in self.checks)
        closed = {_answer(reason) for reason in told if reason.code == "link_closed"}
        failures = self.plan.failures if self.plan else ()
        broken = (one.reason for one in failures if one.reason.code == "link_broken")
        return (*told, *(reason for reason in broken if _answer(reason) in closed))

    @property
    def exit_code(self) -> int:
        """As the `sync` would end; warnings do not count."""
        if any(check.grade is Grade.PROBLEM for check in self.checks):
            return FAILED
        return self.plan.exit_code if self.plan else OK


def _answer(reason: Reason) -> tuple[str, object]:
    """Who answered what."""
    return host_of(str(reason.facts.get("address", ""))), reason.facts.get("detail")
