"""Numbers, sizes, instants and durations as a person reads them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_NARROW, _NO_BREAK = "\u202f", "\u00a0"


@dataclass(frozen=True, slots=True)
class _Style:
    """What a language does with figures."""

    thousands: str
    point: str
    units: tuple[str, str, str, str, str]  # bytes, and their thousands upwards
    unit_gap: str
    date: str  # as `strftime` takes it
    durations: tuple[tuple[str, str], ...]  # days, hours, minutes, seconds; for one, for many
    duration_gap: str
    duration_joint: str


_STYLES: Mapping[str, _Style] = {
    "en": _Style(
        thousands=",",
        point=".",
        units=("B", "kB", "MB", "GB", "TB"),
        unit_gap=" ",
        date="%Y-%m-%d %H:%M",
        durations=(("d", "d"), ("h", "h"), ("m", "m"), ("s", "s")),  # as the manifest writes it
        duration_gap="",
        duration_joint="",
    ),
    "fr": _Style(
        thousands=_NARROW,
        point=",",
        units=("o", "ko", "Mo", "Go", "To"),
        unit_gap=_NO_BREAK,
        date=f"%d/%m/%Y{_NO_BREAK}à{_NO_BREAK}%H:%M",
        durations=(("jour", "jours"), ("h", "h"), ("min", "min"), ("s", "s")),
        duration_gap=_NO_BREAK,
        duration_joint=_NO_BREAK,
    ),
}
_LENGTHS = (86400, 3600, 60, 1)  # seconds of a day, an hour, a minute, a second

_style = _STYLES["en"]
_zone = ZoneInfo("UTC")


def speak(language: str) -> None:
    """Choose the language of the figures: one of those that syncd speaks."""
    global _style  # noqa: PLW0603 - goes with the language of the sentences
    _style = _STYLES[language]


def tell_time_in(zone: ZoneInfo) -> None:
    """Choose the time zone of all instants: the manifest's, and UTC until one is read.

    Never the machine's: containers live in UTC, and nobody who reads a mail knows where it was made.
    """
    global _zone  # noqa: PLW0603 - as above
    _zone = zone


def show(value: object, spec: str) -> str:
    """Fill one field of a sentence.

    `spec`: "n" (a count, in groups of three), "size" (bytes), "duration" (seconds), "date" (ISO 8601
    text), "request" (an id in brackets, or nothing), none. Ids, ports and line numbers have none.
    """
    if value is None:
        return "?"
    if spec == "n" and isinstance(value, int | float):
        return number(value)
    if spec == "size" and isinstance(value, int):
        return size(value)
    if spec == "date" and isinstance(value, str):
        return date(value)
    if spec == "day" and isinstance(value, str):
        return date(value).split()[0]
    if spec == "duration" and isinstance(value, int):
        return duration(value)
    if spec == "request":
        return f" [{value}]" if value else ""
    return str(value)


def number(value: float) -> str:
    """A count in groups of three: 1,234,567. A fraction only where there is one."""
    return _local(f"{int(value) if float(value).is_integer() else value:,}")


def size(count: int) -> str:
    """A number of bytes: exact below 1 000, then in decimal units with three figures."""
    if count < 0:
        return "?"
    if count < 1000:
        return f"{count}{_style.unit_gap}{_style.units[0]}"
    amount = float(count)
    for unit in _style.units[1:]:
        amount /= 1000
        if amount < 999.5 or unit == _style.units[-1]:
            break
    digits = 2 if amount < 9.995 else 1 if amount < 99.95 else 0
    return _local(f"{amount:,.{digits}f}") + _style.unit_gap + unit


def duration(seconds: int) -> str:
    """Days, hours, minutes and seconds, as far as there are any: `1d6h`."""
    found = []
    for (one, many), length in zip(_style.durations, _LENGTHS, strict=True):
        count, seconds = divmod(seconds, length)
        if count:
            found.append(f"{count}{_style.duration_gap}{many if count > 1 else one}")
    return _style.duration_joint.join(found) or f"0{_style.duration_gap}s"


def date(iso: str) -> str:
    """An instant to the minute, in the manifest's time zone, with the zone's name."""
    return f"{local_date(iso)} {_zone.key}" if iso else "?"


def local_date(iso: str) -> str:
    """The same, where the zone is named once for many."""
    local = _there(iso)
    # The hour that comes twice when summer time ends has its offset's name beside it.
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    which = f" {local.tzname()}" if twice else ""
    return f"{local.strftime(_style.date)}{which}"


def offset_date(iso: str) -> str:
    """An instant as a table's cell: ISO 8601 in the manifest's time zone, with its offset."""
    return _there(iso).isoformat()


def _there(iso: str) -> datetime:
    """Where a text names no zone, it is of UTC, as everything that syncd stores."""
    found = datetime.fromisoformat(iso)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return aware.astimezone(_zone)
    except OverflowError:  # beyond the first or last day that there is, as a server may say
        return aware


def _local(written: str) -> str:
    swap = {",": _style.thousands, ".": _style.point}
    return "".join(swap.get(letter, letter) for letter in written)
