"""What looks at a file before it goes online. Pure: a `CheckInput` goes in, a reason comes out.

One file per guard, which declares all there is to know of it in its `GUARD`; a new file is found by
itself. Guards of content look at the file's `Profile`, which is made by one reading, and at the
last publication's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from syncd.core.reasons import Reason, because
from syncd.core.shortages import shortage_in
from syncd.core.targets import GuardLevel, GuardPolicy
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FAULT, UNSEEN, FileGuard, Group, Guard, Scope


def _declared() -> Iterator[Guard]:
    for file in iter_modules(__path__, f"{__name__}."):
        if not file.ispkg:
            found = getattr(import_module(file.name), "GUARD", None)
            if isinstance(found, Guard):
                yield found


_BY_RANK = sorted(_declared(), key=lambda guard: guard.rank)

# In the manifest's order.
GUARDS: Mapping[str, Guard] = {
    guard.name: guard for guard in sorted(_BY_RANK, key=lambda guard: guard.group)
}
# Those that look at one file, in the order in which their findings are told. `brake` is not among
# them: it looks at a whole cycle (see `syncd.guards.brake`).
OF_A_FILE: Mapping[str, FileGuard] = {
    guard.name: guard for guard in _BY_RANK if isinstance(guard, FileGuard)
}
# Those that need the bytes themselves.
OF_CONTENT = frozenset(name for name, guard in OF_A_FILE.items() if guard.needs_bytes)
# Those that compare with the file online, whoever put it there.
OF_CHANGES = frozenset(
    name for name, guard in OF_A_FILE.items() if guard.scope is Scope.CHANGES and not guard.own_past
)

# In the order that is part of a hold's identity. The limits of guards that came later are part of
# it only where the manifest says them: what was held before is not judged anew.
USUAL_LIMITS: Mapping[str, float] = {
    guard.name: guard.limit for guard in _BY_RANK if guard.limit is not None and not guard.learns
}

# The fact of a hold that needed the bytes: under which settings they were held, so that they are
# not read again as long as neither changes.
SETTINGS = "settings"
# Another one: the sha1 of a file of somebody else's that they were compared with.
COMPARED = "compared_with"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the guards say: any `held` keeps the old file online, `warned` is only told."""

    held: tuple[Reason, ...] = ()
    warned: tuple[Reason, ...] = ()
    faults: tuple[Exception, ...] = ()  # of guards that stumbled, for the log


def reads(policy: GuardPolicy) -> bool:
    """Whether any guard wants to see the bytes."""
    return any(policy.levels.get(name) != "off" for name in OF_CONTENT)


def compares(policy: GuardPolicy) -> bool:
    """Whether any guard compares with the file before, also with one that is not syncd's."""
    return any(policy.levels.get(name) != "off" for name in OF_CHANGES)


def loosened(policy: GuardPolicy) -> dict[str, str]:
    """The guards that let more pass than usual -> "off", "warn", or the share that may be lost."""
    found = {}
    for name, guard in GUARDS.items():
        stated, limit = policy.levels.get(name), policy.limits.get(name)
        if stated is not None and _STRICT.index(stated) < _STRICT.index(guard.level):
            found[name] = str(stated)
        elif guard.limit is not None and limit is not None and limit > guard.limit:
            found[name] = f"{limit:g}x" if guard.is_factor else f"{limit * 100:g}%"
    return found


def is_looser(one: str, than: str | None) -> bool:
    """Of two values of `loosened`; None: as strict as usual."""
    return than is None or _looseness(one) > _looseness(than)


_STRICT: tuple[GuardLevel, ...] = ("off", "warn", "hold")


def _looseness(value: str) -> float:
    return {"off": 3.0, "warn": 2.0}.get(value) or float(value.rstrip("%x")) / 100


def judge(case: CheckInput, policy: GuardPolicy) -> Findings:
    """Ask every guard that the policy does not switch off; `Shortage`, which is no verdict."""
    held: list[Reason] = []
    warned: list[Reason] = []
    faults: list[Exception] = []
    for name, guard in OF_A_FILE.items():
        stated = policy.levels.get(name)
        if stated == "off" or (guard.needs_bytes and case.found is None):
            continue
        looked = case
        try:
            reason = case.profile.fault if guard.needs_bytes else None
            if reason is None:
                reason, looked = _found(guard, case)
        except Exception as error:
            if (shortage := shortage_in(error)) is not None:
                raise shortage from error
            # What a guard stumbles over was not looked at: that must not pass for "good".
            faults.append(error)
            reason = because("guard_fault", detail=type(error).__name__)
        if reason is None:
            continue
        level = stated or guard.usual_level(reason, looked)
        is_new = reason.code in guard.learns and not looked.has_learnt
        if level == "hold" and (is_new or reason.code in guard.only_told):
            level = "warn"
        if level == "hold" and guard.needs_bytes:
            reason = Reason(reason.code, {**reason.facts, SETTINGS: policy.identity})
        found = held if level == "hold" else warned
        if reason not in found:
            found.append(reason)
    said = {reason.code for reason in held}
    told = tuple(reason for reason in warned if reason.code not in said)
    return Findings(tuple(held), told, tuple(faults))


def _found(guard: FileGuard, case: CheckInput) -> tuple[Reason | None, CheckInput]:
    """Its finding, and on what: of several tables, the first one that it would hold."""
    parts = case.tables if guard.by_table else (case,)
    found = [(reason, part) for part in parts if (reason := guard.look(part)) is not None]
    held = [each for each in found if guard.usual_level(*each) == "hold"]
    return next(iter([*held, *found]), (None, case))


__all__ = [
    "COMPARED",
    "FAULT",
    "GUARDS",
    "OF_A_FILE",
    "OF_CHANGES",
    "OF_CONTENT",
    "SETTINGS",
    "UNSEEN",
    "USUAL_LIMITS",
    "CheckInput",
    "FileGuard",
    "Findings",
    "Group",
    "Guard",
    "Scope",
    "compares",
    "is_looser",
    "judge",
    "loosened",
    "reads",
]
