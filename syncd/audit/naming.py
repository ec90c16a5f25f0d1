"""File names that people and programs read easily (the portal's good practice). Pure.

It is the object's name that is judged, not the portal's address: the portal turns `_` into `-`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_FINE = re.compile(r"[a-z0-9.][a-z0-9._-]*")
_ENDINGS = re.compile(r"(\.[a-z0-9]{1,7}){1,2}$")
_FILE = re.compile(
    r".+\.(7z|csv|dbf|docx?|geojson|gpkg|gz|jpe?g|json|kmz?|ods|odt|parquet|pdf|png|pptx?|rar|rdf"
    r"|rtf|shp|sqlite|tar|tgz|tsv|txt|ttl|xlsx?|xml|zip)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def faults(name: str) -> tuple[str, ...]:
    """What is wrong with the letters of a name: `capitals`, `accents`, `spaces`, `signs`."""
    bare = "".join(letter for letter in name.lower() if not (_accented(letter) or letter.isspace()))
    found = {
        "capitals": name.lower() != name,
        "accents": any(_accented(letter) for letter in name),
        "spaces": any(letter.isspace() for letter in name),
        "signs": bool(bare) and _FINE.fullmatch(bare) is None,
    }
    return tuple(fault for fault, is_there in found.items() if is_there)


def _accented(letter: str) -> bool:
    """Letters of other scripts are signs."""
    is_foreign = letter.isalpha() and not letter.isascii()
    return is_foreign and unicodedata.normalize("NFKD", letter)[0].isascii()


def stem(name: str) -> str:
    """`liste_musees_2025` of `liste_musees_2025.csv.gz`."""
    return _ENDINGS.sub("", name.lower())


def has_number(name: str) -> bool:
    """Whether a year, a date or a number tells the file from its neighbours."""
    return _DIGITS.search(stem(name)) is not None


def series(name: str) -> str:
    """The same for all the files of a series: `liste_musees_2024.csv`, `Liste musees 2025.csv`."""
    words = [_DIGITS.sub("", word) for word in _SEPARATORS.split(stem(name))]
    return " ".join(word for word in words if word)


def needs_date(name: str, others: Iterable[str], *, in_series: bool) -> bool:
    """Whether only a year or a date would tell this file from the others of its dataset."""
    if has_number(name):
        return False
    return in_series or any(series(other) == series(name) for other in others)


def is_file_name(title: str) -> bool:
    """Whether a title is one that a machine made of a file's name, now or at an earlier upload."""
    return _FILE.fullmatch(title.strip()) is not None
