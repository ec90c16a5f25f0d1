"""The manifest's text as a tree in which every key and value knows its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from syncd.core.regular_expressions import regex
from syncd.core.targets import Place

_NO_TEXT = frozenset("nNtTfF~+-.0123456789")  # how a plain scalar begins that is none
_NULL = regex(r"null|Null|NULL|~|")
_TRUE = regex(r"true|True|TRUE")
_FALSE = regex(r"false|False|FALSE")
_NUMBER = regex(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_LONGEST, _LONGEST_PATH = 80, 600  # characters that are written of a step, and of all of them


class Number(str):
    """A plain number, kept as it is written: an id of digits only is still an id."""

    __slots__ = ()


# Named tuples: of these there are tens of thousands, and they are made twice as fast.
class Scalar(NamedTuple):
    """`value` is a text, a `Number`, True, False or None, by YAML 1.2's core schema."""

    place: Place
    value: str | bool | None
    text: str


class Listing(NamedTuple):
    place: Place
    items: tuple[Node, ...]


class Entry(NamedTuple):
    """A key as written, its place, and its value."""

    key: str
    place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping without its duplicate keys: the first of each counts."""

    place: Place
    entries: tuple[Entry, ...]
    _by_key: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {entry.key: entry for entry in self.entries})

    def entry(self, key: str) -> Entry | None:
        return self._by_key.get(key)

    def get(self, key: str) -> Node | None:
        found = self._by_key.get(key)
        return found.node if found else None


Node = Scalar | Listing | Table
Step = str | int


def plain(node: Node) -> object:
    """The tree as dicts, lists, texts, booleans and None."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {
        key: within.value if isinstance(within, Scalar) else plain(within)
        for key, _, within in node.entries
    }


def value_of(text: str) -> str | bool | None:
    """What a plain scalar means, by YAML 1.2's core schema."""
    if text and text[0] not in _NO_TEXT:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return _TRUE.fullmatch(text) is not None
    return Number(text) if _NUMBER.fullmatch(text) else text


def find(root: Node, steps: Sequence[Step]) -> Node | None:
    """The value at these steps, None where there is none."""
    node: Node | None = root
    for step in steps:
        if isinstance(node, Table) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def written(steps: Sequence[Step]) -> str:
    """Steps as an operator reads them: `datasets[0].resources[2].object`."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if len(step) <= _LONGEST else step[: _LONGEST - 1] + "…"
            text += f".{name}" if text else name
    return text if len(text) <= _LONGEST_PATH else text[: _LONGEST_PATH - 1] + "…"


def walk(node: Node, steps: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Node]]:
    """Every value of the tree with its steps."""
    yield steps, node
    if isinstance(node, Table):
        for entry in node.entries:
            yield from walk(entry.node, (*steps, entry.key))
    elif isinstance(node, Listing):
        for at, item in enumerate(node.items):
            yield from walk(item, (*steps, at))


def mapping_at(node: Node | None, key: str) -> Table | None:
    """The mapping under `key`, None for anything else."""
    found = node.get(key) if isinstance(node, Table) else None
    return found if isinstance(found, Table) else None


def items_at(node: Node | None, key: str) -> tuple[Node, ...]:
    """The items of the list under `key`, none for anything else."""
    found = node.get(key) if isinstance(node, Table) else None
    return found.items if isinstance(found, Listing) else ()


def text_at(node: Node | None, key: str) -> str | None:
    """The text under `key`, None for anything else."""
    found = node.get(key) if isinstance(node, Table) else None
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None
