"""Our values as columns, and back: most are one, a binding and a known version are several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from json import dumps, loads
from operator import attrgetter
from types import NoneType
from typing import Any

from syncd.core.objects import Digest, Fingerprint, KnownVersion
from syncd.core.reasons import Reason
from syncd.core.records import Cause, Edit, Pin, Release
from syncd.core.targets import Binding

# What reading raises where a value is none that we store.
WRONG = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)

_CAUSE = tuple(field.name for field in fields(Cause))

# -- one column -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What a column holds. `sql`: its type; `plain`: that of its values as the database has them.

    Where they are not ours as they are, `store` makes them, `load` makes ours of them, and `absent`
    is ours of NULL.
    """

    sql: str
    plain: type = str
    store: Callable[[Any], str] | None = None
    load: Callable[[Any], Any] | None = None
    absent: Callable[[], object] = NoneType
    length: int | None = None  # of a text, as far as the database cares

    def loaded(self, found: object) -> Any:
        """Our value. Raises one of `WRONG` where it is none that we store."""
        if found is None:
            return self.absent()
        if self.load is None:
            _expect((self.plain,), found)
            return found
        return self.load(found)


TEXT = Kind("VARCHAR")
INTEGER = Kind("INTEGER", int)
BIGINT = Kind("BIGINT", int)
BLOB = Kind("BLOB", bytes)


@cache
def text_of(length: int) -> Kind:
    return Kind(f"VARCHAR({length})", length=length)


def instant_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    """`ValueError` also for one without a zone, and at the ends of time, where nothing is added."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not MINYEAR < found.year < MAXYEAR:
        raise ValueError("no instant")
    return found


# An aware datetime, as text of fixed width in UTC: exact, readable, and its order is time.
INSTANT = Kind("VARCHAR(32)", str, instant_text, instant)


def enumerated(kind: type[StrEnum]) -> Kind:
    return Kind("VARCHAR(16)", str, str, {one.value: one for one in kind}.__getitem__)


def json_of(
    parts: Callable[[Any], object],
    whole: Callable[[Any], object],
    absent: Callable[[], object] = NoneType,
) -> Kind:
    """`parts`: what JSON can hold of the value; `whole`: the value of it."""
    return Kind("JSON", str, lambda value: dumps(parts(value)), lambda t: whole(loads(t)), absent)


def _same(value: object) -> object:
    return value


def _expect(kinds: tuple[type, ...], *values: object) -> None:
    if not all(isinstance(value, kinds) for value in values):
        raise TypeError("another kind of value")


def _mapping_of(*kinds: type) -> Callable[[Any], object]:
    def checked(found: Any) -> object:
        _expect(kinds, *found.values())
        return found

    return checked


def _names(found: Any) -> tuple[str, ...]:
    _expect((list,), found)
    _expect((str,), *found)
    return tuple(found)


def _cause_parts(cause: Cause) -> dict[str, str]:
    return {name: getattr(cause, name) for name in _CAUSE}


def _cause(found: Mapping[str, Any]) -> Cause:
    _expect((str,), *found.values())
    return Cause(**found)


def _reason_parts(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


def _reason(found: Mapping[str, Any]) -> Reason:
    code, facts = found["code"], found["facts"]
    _expect((str,), code)
    _expect((str, int, float, NoneType), *facts.values())
    return Reason(code, facts)


def _pin_parts(pin: Pin) -> dict[str, Any]:
    version = dict(zip(_version_columns("judged"), _version_parts(pin.judged), strict=True))
    version["judged_modified"] = pin.judged.fingerprint.modified.isoformat()
    who = {"trigger": pin.trigger, "by": pin.by, "note": pin.note, "at": pin.at.isoformat()}
    return {**version, **who, "content": pin.content}


def _pin(found: Mapping[str, Any]) -> Pin:
    parts = {name: found[name] for name in _version_columns("judged")}
    _expect_digest(parts["judged_sha1"], parts["judged_bytes"])
    _expect((str,), parts["judged_key"], parts["judged_etag"])
    _expect((int,), parts["judged_size"])
    version = _version(*parts.values())
    if version is None:
        raise ValueError("a pin without a digest")
    at = instant(found["at"])
    content = found.get("content", "")  # older pins have none
    _expect((str,), found["trigger"], found["by"], found["note"], content)
    return Pin(version, found["trigger"], found["by"], found["note"], at, content)


def _edit_parts(edits: Mapping[str, Edit]) -> dict[str, Any]:
    return {name: [list(edit.stale), edit.wanted] for name, edit in edits.items()}


def _edits(found: Mapping[str, Any]) -> dict[str, Edit]:
    _expect((list,), *(stale for stale, _ in found.values()))
    return {name: Edit(tuple(stale), wanted) for name, (stale, wanted) in found.items()}


def _release_parts(release: Release) -> dict[str, Any]:
    return {
        "sha1": release.digest.sha1,
        "bytes": release.digest.size,
        "by": release.by,
        "note": release.note,
        "at": release.at.isoformat(),
    }


def _release(found: Mapping[str, Any]) -> Release:
    _expect_digest(found["sha1"], found["bytes"])
    _expect((str,), found["by"], found["note"])
    digest = Digest(found["sha1"], found["bytes"])
    return Release(digest, found["by"], found["note"], instant(found["at"]))


def _expect_digest(sha1: object, size: object) -> None:
    _expect((str,), sha1)
    _expect((int,), size)


PLAIN = json_of(_same, _same)  # what JSON holds as it is
NAMES = json_of(list, _names)
MAPPING = json_of(dict, _mapping_of(object))
# Guard -> how it was loosened. NULL, which we never store, is none.
LOOSENED = json_of(dict, _mapping_of(str), dict)
COUNTS = json_of(dict, _mapping_of(int))
WORDS = json_of(dict, _mapping_of(str))
FACTS = json_of(dict, _mapping_of(str, int, float, NoneType))
REASON = Kind(
    "JSON",
    str,
    lambda reason: dumps(_reason_parts(reason)),
    lru_cache(256)(lambda text: _reason(loads(text))),  # nearly all rows have the same
)
# The oldest intents have neither causes nor findings.
REASONS = json_of(
    lambda reasons: [_reason_parts(one) for one in reasons],
    lambda found: tuple(_reason(one) for one in found),
    absent=tuple,
)
CAUSE = json_of(_cause_parts, _cause, absent=Cause)
PIN = json_of(_pin_parts, _pin)
RELEASE = json_of(_release_parts, _release)
EDITS = json_of(_edit_parts, _edits, dict)


def expect_kinds(kinds: Sequence[Kind], values: Sequence[object]) -> None:
    """`TypeError` where a value has another type than its column: SQLite keeps what it is given.

    What we store in a form of our own is checked where it is loaded.
    """
    for kind, value in zip(kinds, values, strict=True):
        if value is not None and kind.load is None:
            _expect((kind.plain,), value)


def expect_kinds_of_all(kinds: Sequence[Kind], rows: Iterable[Sequence[object]]) -> None:
    """`expect_kinds` of each row; nearly all have the same."""
    for row in {tuple(map(type, row)): row for row in rows}.values():
        expect_kinds(kinds, row)


# -- several columns --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """A field in several columns: they hold `parts` of its value, and `whole` makes it of them, as
    the database has them."""

    columns: tuple[str, ...]
    parts: Callable[[Any], Sequence[object]]
    whole: Callable[..., object]


def group_of(field: str) -> Group:
    """How a record's field is stored that has no column of its own name."""
    if field == "binding":
        return Group(BINDING, attrgetter(*BINDING), Binding)
    return Group(_version_columns(field), _version_parts, _version)


BINDING = tuple(field.name for field in fields(Binding))
_KINDS = {
    "key": TEXT,
    "etag": TEXT,
    "size": BIGINT,  # as listed
    "modified": INSTANT,
    "sha1": text_of(40),
    "bytes": BIGINT,  # as read
}
_VERSION = tuple(_KINDS)


def version_kinds(field: str) -> Mapping[str, Kind]:
    """The columns of a `KnownVersion`."""
    return dict(zip(_version_columns(field), _KINDS.values(), strict=True))


def _version_columns(field: str) -> tuple[str, ...]:
    return tuple(f"{field}_{part}" for part in _VERSION)


def versions_in(columns: Collection[str]) -> Iterator[tuple[str, ...]]:
    """The names of each `KnownVersion`'s columns among those of a table."""
    for field in ("judged", "published"):
        names = _version_columns(field)
        if set(names).issubset(columns):
            yield names


def missing_part(names: Sequence[str], values: Sequence[object]) -> str | None:
    """The column that makes a stored version none: it has a sha1, but not all else."""
    known = dict(zip(_VERSION, values, strict=True))
    if known.pop("sha1") is None or None not in known.values():
        return None
    empty = [part for part, value in known.items() if value is None]
    return names[_VERSION.index("sha1" if len(empty) == len(known) else empty[0])]


def _version_parts(version: KnownVersion | None) -> Sequence[object]:
    if version is None:
        return (None,) * len(_VERSION)
    seen, digest = version.fingerprint, version.digest
    return version.key, seen.etag, seen.size, seen.modified, digest.sha1, digest.size


def _version(  # in the order of `_VERSION`, as `_version_parts`
    key: str, etag: str, size: int, modified: str, sha1: str | None, size_read: int
) -> KnownVersion | None:
    if sha1 is None:
        return None
    if None in (key, etag, size, modified, size_read):
        raise TypeError("a part of a version")
    return KnownVersion(key, Fingerprint(etag, size, instant(modified)), Digest(sha1, size_read))
