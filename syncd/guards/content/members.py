"""The tables of a ZIP, or sheets of a workbook, beside those of the last publication's, whatever
their order in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from syncd.core.file_names import dateless, extensions_of
from syncd.guards.profile import Profile


@dataclass(frozen=True, slots=True)
class Pair:
    """`before`: None where the table is new."""

    name: str
    now: Profile
    before: Profile | None


def pairs(now: Profile, before: Profile | None) -> list[Pair]:
    """Of one table, or of something else, the whole file is the only pair, without a name."""
    members = _members(now, before)
    if not members:
        return [Pair("", now, before)]
    if before is None:
        return [Pair(name, table, None) for name, table in members.items()]
    known = _members(before, now) or {"": before}
    if before.sheets is not None and not before.members:  # older versions of syncd kept all as one
        return [Pair(name, table, before) for name, table in members.items()]
    matched = _matched(members, known)
    if not matched and len(known) == 1:  # as alike as their order
        matched = {next(iter(members)): next(iter(known))}
    return [
        Pair(name, table, known[matched[name]] if name in matched else None)
        for name, table in members.items()
    ]


def gone(now: Profile, before: Profile | None) -> list[str]:
    """Names of the tables that the last publication had and none of these is."""
    if before is None or not before.members or not (now.wrapped == "zip" or now.members):
        return []
    found = set(_matched(_members(now, before), before.members).values())
    alike = {dateless(name) for name in now.members}
    return [
        name for name in before.members if name not in found and dateless(name) not in alike - {""}
    ]


def files_gone(now: Profile, before: Profile | None) -> list[str]:
    """Names of the files, but for tables, that the last publication had and none of these is."""
    if before is None or not now.parts:
        return []
    known = {*_same_files(now, before), *before.members}
    return [name for name in before.parts if name not in known and _kind(name) not in _NOTES]


def files_emptied(now: Profile, before: Profile | None) -> list[str]:
    """Names of the files without a byte that had some."""
    if before is None:
        return []
    matched = _same_files(now, before).items()
    return [name for former, name in matched if before.parts[former] and not now.parts[name]]


def shapes_alone(now: Profile) -> list[str]:
    """Names of the files of shapes that lack one of those without which programs do not open them,
    or do not know where they are."""
    stems = {name.lower() for name in now.parts}
    shapes = (name for name in now.parts if name.lower().endswith(".shp"))
    return [name for name in shapes if not all(name[:-4].lower() + end in stems for end in _BESIDE)]


_BESIDE = (".dbf", ".shx", ".prj")
# What programs make beside a map to find its features sooner, or write notes in.
_NOTES = frozenset(
    {"sbn", "sbx", "qix", "fbn", "fbx", "ain", "aih", "atx", "ixs", "mxs", "qmd", "qml", "qpj"}
    | {"lock", "lyr", "aux", "ovr"}
)


def _same_files(now: Profile, before: Profile) -> dict[str, str]:
    """Former name -> name: the same, or without its dates, or one more of the same kind."""
    found = {name: name for name in before.parts if name in now.parts}
    stems = {dateless(name): name for name in now.parts}
    stems.pop("", None)
    free = defaultdict(list)
    for name in now.parts:
        if name not in found:
            free[_kind(name)].append(name)
    for name in before.parts:
        if name in found:
            continue
        if (same := stems.get(dateless(name))) is not None:
            found[name] = same
            if same in free[_kind(same)]:
                free[_kind(same)].remove(same)
    for name in before.parts:
        if name not in found and free[_kind(name)]:
            found[name] = free[_kind(name)].pop(0)
    return found


def _kind(name: str) -> str:
    return extensions_of(name)[0]


def _members(profile: Profile, other: Profile | None) -> Mapping[str, Profile]:
    """A single table has no name of its own: it is kept where there are several beside it."""
    if profile.members or other is None or not other.members or profile.wrapped != "zip":
        return profile.members
    return {"": profile}


def _matched(now: Mapping[str, Profile], before: Mapping[str, Profile]) -> dict[str, str]:
    """By name, else by name without its dates, else by equal columns: each former one at most once,
    but for tables of one name with several dates."""
    found = {name: name for name in now if name in before}
    left = [name for name in before if name not in found]
    by_stem: dict[str, list[str]] = defaultdict(list)
    for name in left:
        by_stem[dateless(name)].append(name)
    for name, table in now.items():
        if name in found:
            continue
        if (stem := dateless(name)) and by_stem[stem]:
            found[name] = by_stem[stem][-1]
            continue
        alike = (each for each in left if before[each].header == table.header)
        if (match := next(alike, None)) is not None:
            found[name] = match
            left.remove(match)
    return found
