"""Families: objects whose keys differ by a year, a month, a department alone. Pure.

What is found is proposed to a person as `each`, and never followed by itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from syncd.core.patterns import natural_order
from syncd.core.portal import Resource

_YEAR, _MONTH, _DAY = r"(?:19|20)[0-9]{2}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_BETWEEN = r"([-_.]?)"  # what separates the first two parts of a date separates the others, too


class _Kind(Enum):
    """What may vary: how it is written, a pattern's variables, and how many objects make it one.

    The first that fits counts. Two dates are a family; of what is a date to nobody, more.
    """

    DAY = (f"({_YEAR}){_BETWEEN}({_MONTH})\\2({_DAY})", ("annee:yyyy", "mois:mm", "jour:dd"), 2)
    DAY_FIRST = (
        f"({_DAY}){_BETWEEN}({_MONTH})\\2({_YEAR})",
        ("jour:dd", "mois:mm", "annee:yyyy"),
        2,
    )
    SPAN = (f"({_YEAR})([-_])({_YEAR})", ("debut:yyyy", "fin:yyyy"), 2)
    MONTH = (f"({_YEAR}){_BETWEEN}({_MONTH})", ("annee:yyyy", "mois:mm"), 2)
    MONTH_FIRST = (f"({_MONTH}){_BETWEEN}({_YEAR})", ("mois:mm", "annee:yyyy"), 2)
    YEAR = (f"({_YEAR})", ("annee:yyyy",), 2)
    DEPARTMENT = ("(0[1-9]|2[ab]|[1-8][0-9]|9[0-5]|97[1-6])", ("departement",), 3)
    NUMBER = ("([0-9]{1,6})", ("numero:int",), 3)
    WORD = (r"([^\W\d_]{2,})", ("nom",), 4)

    def __init__(self, written: str, variables: tuple[str, ...], least: int) -> None:
        edge = "[^\\W_]" if variables in (("departement",), ("nom",)) else "[0-9]"
        self.found = re.compile(f"(?<!{edge}){written}(?!{edge})", re.IGNORECASE)
        self.variables = variables
        self.least = least

    @property
    def is_date(self) -> bool:
        return self.least == 2


_ORDER = {kind: place for place, kind in enumerate(_Kind)}


@dataclass(frozen=True, slots=True)
class Member:
    """A resource, and the keys that may be its file's; `key`: the one that is; "" = none is."""

    resource: Resource
    key: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """What an `each` says, and the objects for which there is no resource yet."""

    pattern: str
    title: str  # with the pattern's variables; "" where the titles have nothing in common
    known: tuple[tuple[str, Resource], ...]  # by what the variables stand for, as `known` has it
    others: tuple[str, ...]  # keys


@dataclass(frozen=True, slots=True)
class _Varied:
    """A text of which one part varies. `value`: that part, as `known` writes it."""

    pattern: str
    part: str
    value: str
    kind: _Kind


_Known = dict[str, tuple[_Varied, Resource]]  # by value


def families(members: Sequence[Member]) -> tuple[Family, ...]:
    """Those of one dataset, the largest first; a resource is in one of them at most."""
    by_key: defaultdict[str, list[Member]] = defaultdict(list)
    for member in members:
        for key in member.keys:
            by_key[key].append(member)
    alike: defaultdict[str, dict[str, _Varied]] = defaultdict(dict)  # by pattern and key
    for key in sorted(by_key):
        for one in _parts_of_key(key):
            alike[one.pattern][key] = one
    found = []
    for pattern, keys in alike.items():
        kind = next(iter(keys.values())).kind
        if len({one.value.lower() for one in keys.values()}) < kind.least:
            continue
        known = _known(keys, by_key, kind)
        title = _title(known, pattern)
        if known and (title or kind is not _Kind.WORD):  # words may differ for any reason
            found.append(((-len(known), -len(keys), _ORDER[kind], pattern), known, title))
    found.sort(key=lambda each: each[0])
    taken: set[str] = set()
    chosen = []
    for (*_, pattern), known, title in found:
        mine = {resource.id for _, resource in known.values()}
        if taken.isdisjoint(mine):
            taken |= mine
            chosen.append(_family(pattern, title, known, alike[pattern]))
    return tuple(chosen)


def _family(pattern: str, title: str, known: _Known, keys: Mapping[str, _Varied]) -> Family:
    ordered = sorted(known, key=natural_order)
    others = [key for key, one in keys.items() if one.value not in known]
    return Family(
        pattern,
        title,
        tuple((value, known[value][1]) for value in ordered),
        tuple(sorted(others, key=natural_order)),
    )


def _known(keys: Mapping[str, _Varied], by_key: Mapping[str, list[Member]], kind: _Kind) -> _Known:
    """Of a resource without an object, its file's name and its title say of which date it is."""
    found: _Known = {}
    for member in {member.resource.id: member for key in keys for member in by_key[key]}.values():
        one = keys.get(member.key)
        if one is None and kind.is_date:
            named = (member.resource.made_title, member.resource.title)
            dates = (v for name in named for v in _parts(name) if v.kind is kind)
            one = next(dates, None)
        if one is not None:
            found.setdefault(one.value, (one, member.resource))
    return found


def _parts_of_key(key: str) -> Iterator[_Varied]:
    """Not the extension; nor what a pattern would read as its own; nor the whole of a name."""
    if set(key) & set("*{}"):
        return
    name = key.rsplit("/", 1)[-1]
    end = key.rindex(".") if "." in name else len(key)
    for one in _parts(key, end):
        rest = one.pattern.rsplit("/", 1)[-1].rpartition(".")[0]
        if one.kind is not _Kind.WORD or re.search(r"\w", rest.replace("{nom}", "")):
            yield one


def _parts(text: str, end: int | None = None) -> Iterator[_Varied]:
    taken: set[int] = set()
    for kind in _Kind:
        for part in kind.found.finditer(text, 0, len(text) if end is None else end):
            places = set(range(*part.span()))
            if places & taken:
                continue
            taken |= places
            first, *rest = part.groups()
            between = rest[0] if rest else ""
            shape = between.join(f"{{{variable}}}" for variable in kind.variables)
            pattern = f"{text[: part.start()]}{shape}{text[part.end() :]}"
            yield _Varied(pattern, part.group(), "-".join([first, *rest[1:]]), kind)


def _title(known: _Known, pattern: str) -> str:
    """What most titles are with the variables in the place of their values: `Festivals {annee}`."""
    names = "-".join(f"{{{name}}}" for name in re.findall(r"\{(\w+)", pattern))
    shapes: Counter[str] = Counter()
    for one, resource in known.values():
        if set(resource.title) & set("{}") or resource.has_made_title:
            continue
        for words in dict.fromkeys((one.part, one.value)):
            alone = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)
            if len(alone.findall(resource.title)) == 1:
                shapes[alone.sub(names, resource.title)] += 1
                break
    most = max(shapes, key=lambda shape: (shapes[shape], shape), default="")
    return most if shapes[most] * 2 >= len(known) else ""
