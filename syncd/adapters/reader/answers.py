"""What the process may say of a file. It has seen hostile bytes: nothing is taken on trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from syncd.core import shortages
from syncd.core.reasons import Reason
from syncd.guards.content.troubles import FACTS
from syncd.guards.profile import Profile

_LONGEST = 300  # letters of a word


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no profile."""

    kind: Literal["memory", "disk", "shortage", "fault"]
    detail: str = ""  # of a shortage: its code
    where: str = ""


def read(answer: bytes) -> Profile | Trouble:
    """`ValueError` for what is no answer."""
    try:
        said = json.loads(answer)
    except RecursionError as error:
        raise ValueError("nested") from error
    if not isinstance(said, dict):
        raise ValueError("no object")
    if "profile" in said:
        return _profile(said["profile"])
    kind = said.get("trouble")
    if kind not in ("memory", "disk", "shortage", "fault"):
        raise ValueError("neither")
    if kind == "shortage" and _word(said.get("detail")) not in shortages.CODES:
        raise ValueError("an unknown shortage")
    return Trouble(kind, _word(said.get("detail")), _word(said.get("where")))


def _profile(said: object) -> Profile:
    found = Profile.from_json(json.dumps(said))
    if found is None or found.fault is not None:
        raise ValueError("no profile")
    if not all(map(_is_known, filter(None, (found.trouble, found.unseen, found.odd)))):
        raise ValueError("an unknown reason")
    return found


def _is_known(reason: Reason) -> bool:
    facts: Mapping[str, type] | None = FACTS.get(reason.code)
    return facts is not None and {
        name: type(value) for name, value in reason.facts.items() if _is_short(value)
    } == dict(facts)


def _is_short(value: object) -> bool:
    return not isinstance(value, str) or len(value) <= _LONGEST


def _word(value: object) -> str:
    """Printable, for the log and a sentence."""
    text = value if isinstance(value, str) else ""
    return "".join(letter for letter in text[:_LONGEST] if letter.isprintable())
