"""What a guard of the content is given, and what it says."""

from __future__ import annotations

from typing import Any

from syncd.core.reasons import Reason
from syncd.guards import CheckInput
from syncd.guards.profile import Profile
from tests.support.builders import digest, exactly, version

TABLE = Profile("csv", encoding="utf-8", delimiter=";", header=("id", "nom"), rows=100)


def case(**fields: Any) -> CheckInput:
    given: dict[str, Any] = {
        "version": version("e/a.csv"),
        "digest": digest("new", 100),
        "rule": exactly("e/a.csv"),
        "online": None,
        "published": None,
        "accepted": frozenset({"csv", "xlsx"}),
        "found": TABLE,
    }
    return CheckInput(**{**given, **fields})


def table(**fields: Any) -> Profile:
    known = {name: getattr(TABLE, name) for name in TABLE.__dataclass_fields__}
    return Profile(**{**known, **fields})


def codes(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.code for reason in reasons]
