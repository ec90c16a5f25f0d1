"""Why something was decided or went wrong: a stable code, and its sentence's figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Fact = str | int | float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided or went wrong: a stable code, and the figures of the sentence.

    The sentence itself is made in `syncd.text`, in the reader's language, so a reason can be
    stored in the ledger and read later by someone else.
    """

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))


def because(code: str, **facts: Fact) -> Reason:
    """Shorthand for `Reason`; a test holds every code used against the catalogue of sentences."""
    return Reason(code, facts)
