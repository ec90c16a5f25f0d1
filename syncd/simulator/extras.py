"""The rules about extras that both kinds of them share. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from syncd.simulator.exchange import Refusal
from syncd.simulator.records import Json, Person


def reserved(names: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    return [n for n in names if any(fnmatchcase(n, p) for p in patterns)]


def check_writable(given: Json, patterns: tuple[str, ...], person: Person) -> dict[str, Json]:
    """The body of a PUT of extras, or the portal's refusal."""
    if not isinstance(given, dict):
        raise Refusal(400, "Wrong payload format, dict expected")
    check_not_reserved(given, patterns, person)
    if any(name.startswith("$") for name in given):
        message = 'Invalid dictionary key name - keys may not startswith "$" characters'
        raise Refusal(400, {"errors": {}, "message": message})
    return given


def check_not_reserved(names: Iterable[str], patterns: tuple[str, ...], person: Person) -> None:
    found = [] if person.sysadmin else reserved(names, patterns)
    if found:
        raise Refusal(400, f"Extras keys reserved to platform services: {', '.join(found)}")


def merge(extras: dict[str, Json], given: dict[str, Json]) -> dict[str, Json]:
    """Keys that are given null go; the others are added."""
    kept = {name: value for name, value in extras.items() if given.get(name, 0) is not None}
    return {**kept, **{name: value for name, value in given.items() if value is not None}}
