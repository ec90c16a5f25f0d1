"""Sizes, instants and durations as a person reads them."""

from __future__ import annotations

from datetime import datetime

_UNITS = ("kB", "MB", "GB", "TB")


def show(value: object, spec: str) -> str:
    """Fill one field of a sentence.

    `spec`: "size" (bytes), "duration" (seconds), "date" (ISO 8601 text), "request" (an id in brackets, or nothing), none.
    """
    if value is None:
        return "?"
    if spec == "size" and isinstance(value, int):
        return size(value)
    if spec == "date" and isinstance(value, str):
        return date(value)
    if spec == "duration" and isinstance(value, int):
        return duration(value)
    if spec == "request":
        return f" [{value}]" if value else ""
    return str(value)


def size(count: int) -> str:
    """A number of bytes: exact below 1 000, then in decimal units with three figures."""
    if count < 0:
        return "?"
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in _UNITS:
        amount /= 1000
        if amount < 999.5 or unit == _UNITS[-1]:
            break
    digits = 2 if amount < 9.995 else 1 if amount < 99.95 else 0
    return f"{amount:.{digits}f} {unit}"


def duration(seconds: int) -> str:
    """As the manifest writes it: `1d6h`."""
    found = ""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        found += f"{count}{unit}" if count else ""
    return found or "0s"


def date(iso: str) -> str:
    """An instant, in local time, to the minute."""
    if not iso:
        return "?"
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
