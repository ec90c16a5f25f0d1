"""The manifest's text as a tree in which every key and value knows its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncd.core.targets import Place


class Number(str):
    """A plain number, kept as it is written: an id of digits only is still an id."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scalar:
    """`value` is a text, a `Number`, True, False or None, by YAML 1.2's core schema."""

    place: Place
    value: str | bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key as written, its place, and its value."""

    key: str
    place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping without its duplicate keys: the first of each counts."""

    place: Place
    entries: tuple[Entry, ...]

    def entry(self, key: str) -> Entry | None:
        return next((e for e in self.entries if e.key == key), None)

    def get(self, key: str) -> Node | None:
        found = self.entry(key)
        return found.node if found else None


Node = Scalar | Listing | Table
Step = str | int


def plain(node: Node) -> object:
    """The tree as dicts, lists, texts, booleans and None."""
    match node:
        case Scalar():
            return node.value
        case Listing():
            return [plain(item) for item in node.items]
        case Table():
            return {entry.key: plain(entry.node) for entry in node.entries}


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
            text += f".{step}" if text else step
    return text


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
