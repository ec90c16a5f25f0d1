"""YAML text to a tree with places (YAML 1.2, by ruamel's node composition)."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from syncd.config.manifest.diagnostics.secrecy import shown
from syncd.config.manifest.diagnostics.syntax_errors import syntax_problem
from syncd.config.manifest.limits import (
    MAX_BESIDE,
    MAX_DEPTH,
    MAX_KEY,
    MAX_NODES,
    MAX_VALUE,
    MAX_WRITTEN,
)
from syncd.config.manifest.lines import place_of
from syncd.config.manifest.reading import Problems
from syncd.config.manifest.tree import Entry, Listing, Node, Scalar, Step, Table, value_of, written
from syncd.core.errors import Problem
from syncd.core.reasons import Fact, Reason, because
from syncd.core.targets import Place

_YAML = "tag:yaml.org,2002:"
_SCALAR_TAGS = {
    _YAML + kind for kind in ("null", "bool", "int", "float", "str", "timestamp", "merge", "value")
}


class _Refused(Exception):
    """Stops the reading; never leaves this module."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


def read_carefully(text: str, file: str) -> tuple[Node | None, Problems]:
    """As `reading.read`, whatever the text holds."""
    try:
        composed = _compose(text, file)
        if composed is None:
            raise _Refused(Problem(because("file_empty"), file, 1, 1))
        _refuse_bombs(composed, file)
        builder = _Builder(file)
        return builder.build(composed, ()), builder.problems
    except _Refused as refused:
        return None, Problems([refused.problem])


def _compose(text: str, file: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # reused anchors and unknown directives do no harm
            yaml = YAML(typ="safe", pure=True)
            yaml.Composer = partial(_Composer, file)  # type: ignore[assignment]  # only called
            return yaml.compose(text)
    except _Refused:
        raise
    except ReaderError as error:
        place = place_of(text, error.position)
        reason = because("yaml_character", character=f"U+{ord(text[error.position]):04X}")
        raise _Refused(Problem(reason, file, place.line, place.column)) from None
    except MarkedYAMLError as error:
        raise _Refused(syntax_problem(error, text, file)) from None
    except RecursionError:
        raise _Refused(Problem(because("yaml_too_deep", limit=MAX_DEPTH), file, 1, 1)) from None
    except Exception as error:
        # The parser has bugs of its own on odd input; a manifest never ends in a traceback.
        reason = because("yaml_syntax", detail=type(error).__name__)
        raise _Refused(Problem(reason, file, 1, 1)) from None


class _Composer(Composer):
    """Stops where the file goes too deep or on for too long: what lies behind is not read."""

    def __init__(self, file: str, loader: Any) -> None:
        super().__init__(loader=loader)
        self._file = file
        self._depth = self._count = 0
        self._names = [""]  # of the mappings and lists that are open

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._count += 1
        if self._depth > MAX_DEPTH:
            raise self._refused("yaml_too_deep", MAX_DEPTH)
        if self._count > MAX_WRITTEN:
            raise self._refused("yaml_too_many", MAX_WRITTEN)
        # Each of them would be read in Python, to be one more unknown key.
        is_mapping = isinstance(parent, MappingNode) and self._names[-1] != "known"
        if is_mapping and len(parent.value) >= MAX_BESIDE:
            raise self._refused("yaml_too_many_beside", MAX_BESIDE)
        self._depth += 1
        self._names.append(str(index.value) if isinstance(index, ScalarNode) else "")
        node = super().compose_node(parent, index)
        self._names.pop()
        self._depth -= 1
        return node

    def _refused(self, code: str, limit: int) -> _Refused:
        return _Refused(_at(self.parser.peek_event(), self._file, code, limit=limit))


# -- aliases -------------------------------------------------------------------------------------


def _refuse_bombs(root: Any, file: str) -> None:
    """Bounds the size and depth that the tree has once its aliases are expanded."""
    sizes: dict[int, tuple[int, int]] = {}  # node -> (nodes, depth) below it
    open_nodes: set[int] = set()

    def measure(node: Any) -> tuple[int, int]:
        known = sizes.get(id(node))
        if known:
            return known
        if id(node) in open_nodes:
            raise _Refused(_at(node, file, "yaml_alias_loop"))
        if len(open_nodes) > MAX_DEPTH:
            raise _Refused(_at(node, file, "yaml_too_deep", limit=MAX_DEPTH))
        open_nodes.add(id(node))
        count, depth = 1, 0
        for child in _children(node):
            child_count, child_depth = measure(child)
            count, depth = count + child_count, max(depth, child_depth)
        open_nodes.discard(id(node))
        if count > MAX_NODES:
            raise _Refused(_at(node, file, "yaml_alias_bomb", limit=MAX_NODES))
        if depth >= MAX_DEPTH:
            raise _Refused(_at(node, file, "yaml_too_deep", limit=MAX_DEPTH))
        sizes[id(node)] = count, depth + 1
        return sizes[id(node)]

    measure(root)


def _children(node: Any) -> list[Any]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


# -- the tree ------------------------------------------------------------------------------------


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems = Problems()

    def build(self, node: Any, steps: tuple[Step, ...]) -> Node:
        place = _place(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node, place, steps)
        self._refuse_tag(node, {_YAML + "map", _YAML + "seq"}, steps)
        if isinstance(node, SequenceNode):
            items = (self.build(item, (*steps, at)) for at, item in enumerate(node.value))
            return Listing(place, tuple(items))
        return self._table(node, place, steps)

    def _table(self, node: Any, place: Place, steps: tuple[Step, ...]) -> Table:
        entries: dict[str, Entry] = {}
        in_list, two_in_one = bool(steps) and isinstance(steps[-1], int), False
        for key_node, value_node in node.value:
            key_place = _place(key_node)
            if not isinstance(key_node, ScalarNode):
                self._add("yaml_key", key_place, steps)
                continue
            key = str(key_node.value)
            if len(key) > MAX_KEY:
                self._add("key_too_long", key_place, steps, size=len(key), limit=MAX_KEY)
            elif key == "<<" and not key_node.style:
                self._add("yaml_merge", key_place, (*steps, key))
            elif key in entries:
                first = entries[key].place.line
                begins = in_list and key == next(iter(entries))
                code = "dash_missing" if begins else "duplicate_key"
                if not two_in_one:  # the other keys of the second entry follow from its dash
                    self._add(code, key_place, (*steps, key), key=shown(key), first=first)
                two_in_one = two_in_one or begins
            else:
                value = self.build(value_node, (*steps, key))
                entries[key] = Entry(key, key_place, value)
        return Table(place, tuple(entries.values()))

    def _scalar(self, node: Any, place: Place, steps: tuple[Step, ...]) -> Scalar:
        self._refuse_tag(node, _SCALAR_TAGS, steps)
        text = str(node.value)
        if len(text) > MAX_VALUE:
            self._add("value_too_long", place, steps, size=len(text), limit=MAX_VALUE)
            return Scalar(place, "…", "…")
        is_text = node.style or str(node.tag) == _YAML + "str"
        return Scalar(place, text if is_text else value_of(text), text)

    def _refuse_tag(self, node: Any, allowed: set[str], steps: tuple[Step, ...]) -> None:
        if str(node.tag) not in allowed:
            tag = shown(str(node.tag).replace(_YAML, "!!"))
            self._add("yaml_tag", _place(node), steps, tag=tag if tag.strip() else "!")

    def _add(self, code: str, place: Place, steps: tuple[Step, ...], **facts: Fact) -> None:
        if self.problems.only_counted():
            return
        problem = Problem(
            Reason(code, facts), self.file, place.line, place.column, path=written(steps)
        )
        self.problems.append(problem)


def _place(node: Any) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _at(node: Any, file: str, code: str, **facts: Fact) -> Problem:
    place = _place(node)
    return Problem(Reason(code, facts), file, place.line, place.column)
