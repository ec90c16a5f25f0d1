"""What a person means who types a title, the name of a file, or the beginning of one. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from syncd.core.regular_expressions import regex
from syncd.core.targets import DatasetEntry

_CUT = regex(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Named:
    """Something of the manifest, under all that it is called. The nearest names come first:
    `names` are its own, `of_dataset` those that it shares with its dataset's others."""

    entry: DatasetEntry
    what: str  # as a command takes it: an id, a slug or an object's key
    names: tuple[str, ...]
    of_dataset: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return next(filter(None, (*self.names, self.what)))


def meant(named: Sequence[Named], text: str, *, wholly: bool = False) -> list[Named]:
    """Those that are called so, else, if not `wholly`, those whose name begins so.

    Capitals, accents and what stands between words are of no account: a slug is its title.
    """
    wanted = folded(text)
    if not wanted:
        return []
    for own in (True, False):
        called = [(one, _folded(one.names if own else one.of_dataset)) for one in named]
        same = [one for one, names in called if wanted in names]
        begun = [one for one, names in called if any(n.startswith(wanted) for n in names)]
        if found := same or ([] if wholly else begun):
            return found
    return []


def near(named: Sequence[Named], text: str) -> str:
    """The name that looks most like it; "" where none does."""
    called = {folded(name): name for one in named for name in (*one.names, *one.of_dataset)}
    found = get_close_matches(folded(text), [name for name in called if name], n=1, cutoff=0.7)
    return called[found[0]] if found else ""


def folded(text: str) -> str:
    """Letters and figures alone: "Liste des musées.csv" and `liste-des-musees-csv` are one."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _CUT.sub(" ", letters).strip()


def _folded(names: Iterable[str]) -> set[str]:
    return {folded(name) for name in names if name}
