"""Why something was decided or went wrong: a stable code, and its sentence's figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

Fact = str | int | float | None

WHOSE = ("target", "dataset")  # facts that `Reason.about` adds


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

    def about(self, *, target: str, dataset: str) -> Self:
        """The same, with whose it is: what a sentence needs that gives a whole command.

        `target`: a resource's id or an object's key. What the reason says itself is kept.
        """
        return replace(self, facts={"target": target, "dataset": dataset, **self.facts})


def because(code: str, **facts: Fact) -> Reason:
    """Shorthand for `Reason`; a test holds every code used against the catalogue of sentences."""
    return Reason(code, facts)
