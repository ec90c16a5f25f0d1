"""Reads a manifest in which there is nothing to explain, in a tenth of the time.

libyaml says what stands where. It reads YAML 1.1, and where it stops it does not know what was
meant: whatever the two versions read in two ways, and each mistake, is left to
`syncd.config.manifest.careful_reading`. Of all the rest it says the same, and
tests/unit/config/test_plain_reading.py holds it to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from syncd.config.manifest.limits import (
    MAX_BESIDE,
    MAX_DEPTH,
    MAX_KEY,
    MAX_NODES,
    MAX_VALUE,
    MAX_WRITTEN,
)
from syncd.config.manifest.tree import Entry, Listing, Node, Scalar, Table, value_of
from syncd.core.regular_expressions import regex
from syncd.core.targets import Place

# Ends of lines that are none in YAML 1.2, tabs, unseen and private characters, escapes, directives,
# ends of documents,
# and lines in which a key could be too far from its colon.
_ODD = regex(
    "[^\\n\\r -~\\xa0-\\u2027\\u202a-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufefe\\uff00-\\uffef"
    "\\U00010000-\\U0001ffff]|\\r(?!\\n)|\\\\|^(?:%|\\.\\.\\.)|.{1000}|[\"']:\\S",
    re.MULTILINE,
)
_MOST = min(MAX_WRITTEN, MAX_NODES)
_LOADER = getattr(yaml, "CSafeLoader", None)  # None where PyYAML was built without libyaml


class _NotPlain(Exception):
    """Never leaves this module."""


def read_plain(text: str) -> Node | None:
    """The tree; None where the careful reading must be asked, which may find it sound."""
    if _LOADER is None or _ODD.search(text):
        return None
    try:
        return _document(yaml.parse(text, Loader=_LOADER))
    except (yaml.YAMLError, _NotPlain):
        return None


def _document(events: Iterator[Any]) -> Node:
    kinds = [type(next(events)) for _ in range(2)]
    if kinds != [yaml.StreamStartEvent, yaml.DocumentStartEvent]:
        raise _NotPlain
    root = _Nodes(events).node(next(events), 0)
    kinds = [type(event) for event in events]
    if kinds != [yaml.DocumentEndEvent, yaml.StreamEndEvent]:
        raise _NotPlain
    return root


class _Nodes:
    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._count = 0

    def node(self, event: Any, depth: int) -> Node:
        self._count += 1
        if self._count > _MOST or depth >= MAX_DEPTH:
            raise _NotPlain
        if type(event) is yaml.ScalarEvent:
            text: str = event.value
            is_quoted = self._is_quoted(event)
            if len(text) > MAX_VALUE:
                raise _NotPlain
            return Scalar(_place(event), text if is_quoted else value_of(text), text)
        if type(event) is yaml.AliasEvent or event.anchor or event.tag:
            raise _NotPlain
        if type(event) is yaml.SequenceStartEvent:
            return self._listing(_place(event), depth + 1)
        return self._table(_place(event), depth + 1)

    def _listing(self, place: Place, depth: int) -> Listing:
        items = []
        for event in self._events:
            if type(event) is yaml.SequenceEndEvent:
                break
            items.append(self.node(event, depth))
        return Listing(place, tuple(items))

    def _table(self, place: Place, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        for event in self._events:
            if type(event) is yaml.MappingEndEvent:
                break
            if type(event) is not yaml.ScalarEvent:
                raise _NotPlain
            key: str = event.value
            is_merge = not self._is_quoted(event) and key == "<<"
            if is_merge or key in entries or len(key) > MAX_KEY or len(entries) >= MAX_BESIDE:
                raise _NotPlain
            self._count += 1
            entries[key] = Entry(key, _place(event), self.node(next(self._events), depth))
        return Table(place, tuple(entries.values()))

    def _is_quoted(self, event: Any) -> bool:
        if event.anchor or event.tag or event.style not in {None, "", "'", '"'}:
            raise _NotPlain
        if not event.style and not event.value:  # the two see nothing at two places
            raise _NotPlain
        return bool(event.style)


def _place(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)
