"""What looks at a file before it goes online. Pure: a guard takes a `Case` and returns a reason.

One file per guard; each exports `look(case) -> Reason | None`, None meaning "pass".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from syncd.guards import backwards, empty, extension, shrink
from syncd.guards.case import Case
from syncd.model import GuardPolicy, Reason

Guard = Callable[[Case], Reason | None]

# `brake` is not here: it looks at a whole cycle (see `syncd.guards.brake`).
GUARDS: Mapping[str, Guard] = {
    "empty": empty.look,
    "extension": extension.look,
    "backwards": backwards.look,
    "shrink": shrink.look,
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What the guards say: any `held` keeps the old file online, `warned` is only told."""

    held: tuple[Reason, ...] = ()
    warned: tuple[Reason, ...] = ()


def judge(case: Case, policy: GuardPolicy) -> Findings:
    """Ask every guard that the policy does not switch off."""
    held: list[Reason] = []
    warned: list[Reason] = []
    for name, guard in GUARDS.items():
        level = policy.levels.get(name, "hold")
        reason = None if level == "off" else guard(case)
        if reason is not None:
            (held if level == "hold" else warned).append(reason)
    return Findings(tuple(held), tuple(warned))


__all__ = ["GUARDS", "Case", "Findings", "Guard", "judge"]
