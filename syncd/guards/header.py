"""A table whose columns went away, took other names, or have none; a map or JSON that lost keys."""

from __future__ import annotations

import unicodedata
from collections import Counter

from syncd.core.file_names import dateless, slug
from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.geography import MOST, Geography
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.listed import listed
from syncd.guards.past import FEWEST
from syncd.guards.profile import Profile

SOME_KEYS = "guard_keys_some"
_NEARLY_ALL, _SOME = 95, 10  # per cent of the records that had a key


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if now.format == "json":
        return _keys_gone(case)
    if now.geography is not None and not now.has_columns:
        if not now.rows or now.trouble is not None:
            return None  # other guards speak of these
        return _properties(now.geography, before)
    if not now.has_columns or (not now.rows and now.headless):
        return None
    known = before.header if before is not None and before.format == now.format else ()
    if now.format != "csv" and not known:
        return None  # it may begin with anything
    if now.format == "sheet":
        return _of_a_sheet(now, known)
    is_below = before is not None and now.above > before.above == 0
    is_same = before is not None and (before.header, before.headless) == (now.header, now.headless)
    if is_same and not is_below:
        return None
    if now.headless:
        return because("guard_no_header")
    names, former = Counter(filter(None, now.header)), Counter(filter(None, known))
    if is_below and _is_title(former, names):
        return None
    # Names that occur twice must do so again. To all who read the file, a title that came above
    # them is its first row.
    gone = list(former) if is_below and names & former else list(former - names)
    if not gone:
        return None
    new = [name for name in names if name not in former]
    if case.is_foreign and not is_below and _spelled(former) <= _spelled(names):
        shown = {"gone": listed(gone), "new": listed(new)}
        return because("guard_columns_spelled", count=len(gone), **shown)
    # Where no known name is left, the first row may be a person's: it is not shown.
    if not new or not names & former:
        return because("guard_columns", count=len(gone), gone=listed(gone))
    return because("guard_columns_renamed", count=len(gone), gone=listed(gone), new=listed(new))


def _of_a_sheet(now: Profile, known: tuple[str, ...]) -> Reason | None:
    """Sheets are made for eyes: a date in the name of a column moves with the data."""
    if now.headless:
        return because("guard_no_header") if (now.rows or 0) >= FEWEST else None
    names = {dateless(name) for name in now.header}
    former = [name for name in known if name and name not in now.header and dateless(name)]
    gone = [name for name in former if dateless(name) not in names]
    if not gone:
        return None
    new = [name for name in now.header if name and name not in known]
    if not new or not {*known} & {*now.header}:
        return because("guard_columns", count=len(gone), gone=listed(gone))
    return because("guard_columns_renamed", count=len(gone), gone=listed(gone), new=listed(new))


def _properties(now: Geography, before: Profile | None) -> Reason | None:
    """Those that some features lack may be lacking in all of a smaller file."""
    if before is None or before.geography is None:
        return None
    known, rare = {*now.properties}, {*before.geography.rare}
    if (before.rows or 0) <= 2:  # older versions of syncd counted the one of a `crs`
        rare.add("name")
    gone = [name for name in before.geography.properties if name not in known and name not in rare]
    if not gone or len(known) >= MOST:
        return None
    return because("guard_properties", count=len(gone), gone=listed(gone))


def _keys_gone(case: CheckInput) -> Reason | None:
    """Those that no record has any more. Names that few records had may have been values; so are
    the dates in names, as in those of a sheet's columns."""
    now, before = case.profile, case.before
    if before is None or now.trouble is not None or not now.rows:
        return None
    dated = {_without_date(key) for key in now.keys}
    gone = {
        key: share
        for key, share in before.keys.items()
        if key not in now.keys and ((name := _without_date(key)) is None or name not in dated)
    }
    of_all = [key for key, share in gone.items() if share >= _NEARLY_ALL]
    if of_all:
        return because("guard_keys", count=len(of_all), gone=listed(of_all))
    of_some = [key for key, share in gone.items() if share >= _SOME]
    return because(SOME_KEYS, count=len(of_some), gone=listed(of_some)) if of_some else None


def _without_date(key: str) -> str | None:
    """What is left of it; None where it has no date."""
    name = dateless(key)
    return name if name != slug(key) else None


def _is_title(former: Counter[str], names: Counter[str]) -> bool:
    """Older versions of syncd took a title for the header, as the only name in it."""
    return len(former) == 1 and not former & names and all(" " in name for name in former)


def _spelled(names: Counter[str]) -> Counter[str]:
    """Without capitals, accents and separators: two programs export one table."""
    found: Counter[str] = Counter()
    for name, times in names.items():
        letters = unicodedata.normalize("NFKD", name).casefold()
        found["".join(filter(str.isalnum, letters)) or name] += times
    return found


GUARD = FileGuard(
    name="header",
    group=Group.COLUMNS,
    rank=100,
    summary=N_(
        "CSV, sheets, Parquet: columns removed or renamed, or no names of columns; maps: "
        "properties removed; JSON: keys that nearly all records had and none has: hold by default. "
        "Keys that some records had, and on a first mapping names that are spelled otherwise than "
        "online: warn."
    ),
    detail=N_("Compared with the last publication."),
    scope=Scope.CHANGES,
    first="warn",
    by_code={"guard_columns_spelled": "warn"},
    only_told=frozenset({SOME_KEYS}),
    look=look,
    by_table=True,
)
