"""What the columns of a file held in the publications before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from syncd.guards.check_input import CheckInput
from syncd.guards.column import Column
from syncd.guards.listed import listed
from syncd.guards.profile import Profile

FEWEST = 10  # cells, or rows, of which something can be said


@dataclass(frozen=True, slots=True)
class Known:
    """A column, and what it was in the publications that had it, the last one first."""

    now: Column
    cells: int  # that are not empty, of those that were looked at
    past: tuple[Column, ...]

    @property
    def before(self) -> Column:
        return self.past[0]


def earlier(case: CheckInput) -> tuple[Profile, ...]:
    """The publications before, the last one first: that may be another's, or nobody's yet."""
    if case.before is None:
        return ()
    return (case.before, *(each for each in case.past if each != case.before))


def looked_into(case: CheckInput) -> tuple[Profile, ...]:
    """Those of them whose columns are known: older versions of syncd did not look."""
    return tuple(each for each in earlier(case) if each.columns)


def known_columns(case: CheckInput) -> list[Known]:
    """Those that the last publication had, too."""
    past = looked_into(case)
    if case.before is None or not case.before.columns:
        return []
    rows = case.profile.sampled or case.profile.rows or 0
    former = [_by_name(each) for each in past]
    found = []
    for name, column in _by_name(case.profile).items():
        if name in former[0]:
            seen = tuple(each[name] for each in former if name in each)
            found.append(Known(column, round(rows * (1 - column.empty)), seen))
    return found


def _by_name(profile: Profile) -> dict[str, Column]:
    """Names that occur twice are nobody's; columns without one are known by their place."""
    width = f"/{len(profile.columns)}" if profile.headless else ""
    counts = Counter(column.name for column in profile.columns if column.name)
    return {
        column.name or f"#{at}{width}": column
        for at, column in enumerate(profile.columns, 1)
        if counts[column.name] < 2
    }


def named(columns: list[Known], profile: Profile) -> str:
    """Columns of this profile, for a sentence."""
    places = {id(column): at for at, column in enumerate(profile.columns, 1)}
    return listed([each.now.name or f"#{places[id(each.now)]}" for each in columns])
