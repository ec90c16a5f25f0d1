"""What looks at a file before it goes online. Pure: a `CheckInput` goes in, a reason comes out.

One file per guard; each exports `look(case) -> Reason | None`, None meaning "pass". Guards of
content look at the file's `Profile`, which is made by one reading, and at the last publication's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from syncd.core.reasons import Reason, because
from syncd.core.targets import GuardLevel, GuardPolicy
from syncd.guards import (
    archive,
    backwards,
    contacts,
    delimiter,
    empty,
    encoding,
    extension,
    format,  # noqa: A004 - the module is named as the guard is
    header,
    html,
    kind,
    names,
    no_rows,
    personal,
    preview,
    rows,
    shrink,
    twin,
    uneven,
    year,
)
from syncd.guards.check_input import CheckInput

Guard = Callable[[CheckInput], Reason | None]

# `brake` is not here: it looks at a whole cycle (see `syncd.guards.brake`).
GUARDS: Mapping[str, Guard] = {
    "empty": empty.look,
    "extension": extension.look,
    "html": html.look,
    "type": kind.look,
    "archive": archive.look,
    "format": format.look,
    "backwards": backwards.look,
    "personal": personal.look,
    "uneven": uneven.look,
    "header": header.look,
    "no_rows": no_rows.look,
    "shrink": shrink.look,
    "rows": rows.look,
    "encoding": encoding.look,
    "delimiter": delimiter.look,
    "names": names.look,
    "contacts": contacts.look,
    "twin": twin.look,
    "year": year.look,
    "preview": preview.look,
}
# Those that need the bytes themselves.
OF_CONTENT = frozenset(
    {"html", "type", "archive", "format", "personal", "uneven", "header", "no_rows", "rows"}
    | {"encoding", "delimiter", "names", "contacts"}
)


# The fact of a hold that needed the bytes: under which settings they were held, so that they are
# not read again as long as neither changes.
SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the guards say: any `held` keeps the old file online, `warned` is only told."""

    held: tuple[Reason, ...] = ()
    warned: tuple[Reason, ...] = ()
    faults: tuple[Exception, ...] = ()  # of guards that stumbled, for the log


def reads(policy: GuardPolicy) -> bool:
    """Whether any guard wants to see the bytes."""
    return any(policy.levels.get(name) != "off" for name in OF_CONTENT)


def judge(case: CheckInput, policy: GuardPolicy) -> Findings:
    """Ask every guard that the policy does not switch off."""
    held: list[Reason] = []
    warned: list[Reason] = []
    faults: list[Exception] = []
    for name, guard in GUARDS.items():
        stated = policy.levels.get(name)
        if stated == "off" or (name in OF_CONTENT and case.found is None):
            continue
        try:
            reason = (case.profile.fault if name in OF_CONTENT else None) or guard(case)
        except Exception as error:
            # What a guard stumbles over was not looked at: that must not pass for "good".
            faults.append(error)
            reason = because("guard_fault", detail=type(error).__name__)
        if reason is None:
            continue
        level = stated or usual_level(name, reason, case)
        if level == "hold" and name in OF_CONTENT:
            reason = Reason(reason.code, {**reason.facts, SETTINGS: policy.identity})
        found = held if level == "hold" else warned
        if reason not in found:
            found.append(reason)
    said = {reason.code for reason in held}
    told = tuple(reason for reason in warned if reason.code not in said)
    return Findings(tuple(held), told, tuple(faults))


_ONLY_TOLD = frozenset({"delimiter", "names", "contacts", "twin", "year", "preview"})
_TOLD_AT_FIRST = frozenset({"header", "no_rows", "uneven"})
_TOLD_CODES = frozenset({"guard_encoding", "guard_unseen"})


def usual_level(name: str, reason: Reason, case: CheckInput) -> GuardLevel:
    """What becomes of a finding where the manifest says nothing of its guard."""
    if name in _ONLY_TOLD or reason.code in _TOLD_CODES:
        return "warn"
    if name in _TOLD_AT_FIRST and case.before is None and reason.code != "guard_fault":
        return "warn"
    return "hold"


__all__ = [
    "GUARDS",
    "OF_CONTENT",
    "SETTINGS",
    "CheckInput",
    "Findings",
    "Guard",
    "judge",
    "reads",
    "usual_level",
]
