"""What the process may say of a file. It has seen hostile bytes: nothing is taken on trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from syncd.core import shortages
from syncd.core.reasons import Reason
from syncd.guards.comparison import Comparison
from syncd.guards.content.troubles import FACTS, OF_SCHEMAS
from syncd.guards.profile import Profile

_LONGEST = 300  # letters of a word


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no profile."""

    kind: Literal["memory", "disk", "shortage", "fault"]
    detail: str = ""  # of a shortage: its code
    where: str = ""


def read(answer: bytes) -> Profile | Trouble:
    """Of one file. `ValueError` for what is no answer."""
    said = _object(answer)
    return _profile(said["profile"]) if "profile" in said else _trouble(said)


def read_comparison(answer: bytes) -> Comparison | Trouble:
    """Of two files. `ValueError` for what is no answer."""
    said = _object(answer)
    if "comparison" not in said:
        return _trouble(said)
    found = Comparison.from_json(said["comparison"])
    _must_be_known(found.before)
    _must_be_known(found.after)
    return found


def _object(answer: bytes) -> dict[str, object]:
    try:
        said = json.loads(answer)
    except RecursionError as error:
        raise ValueError("nested") from error
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def _trouble(said: Mapping[str, object]) -> Trouble:
    kind = said.get("trouble")
    if kind not in ("memory", "disk", "shortage", "fault"):
        raise ValueError("neither")
    if kind == "shortage" and _word(said.get("detail")) not in shortages.CODES:
        raise ValueError("an unknown shortage")
    return Trouble(kind, _word(said.get("detail")), _word(said.get("where")))


def _profile(said: object) -> Profile:
    found = Profile.from_json(json.dumps(said))
    if found is None:
        raise ValueError("no profile")
    _must_be_known(found)
    return found


def _must_be_known(found: Profile) -> None:
    """Its reasons are of those that a reader may give."""
    if found.fault is not None:
        raise ValueError("no profile")
    if not all(map(_is_known, filter(None, (found.trouble, found.unseen, found.odd)))):
        raise ValueError("an unknown reason")
    if found.schema is not None and found.schema.trouble not in {"", *OF_SCHEMAS}:
        raise ValueError("an unknown reason")


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
