"""Reads a manifest in which there is nothing to explain, in a tenth of the time.

libyaml says what stands where. It reads YAML 1.1, and where it stops it does not know what was
meant: whatever the two versions read in two ways, and each mistake, is left to
`syncd.config.manifest.careful_reading`. Of all the rest it says the same, and
tests/unit/config/test_plain_reading.py holds it to that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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

# Ends of lines that are none in YAML 1.2, tabs, escapes, unseen and private characters.
_ODD_SIGN = regex(
    "[^\\n\\r -\\[\\]-~\\xa0-\\u2027\\u202a-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufefe\\uff00-\\uffef"
    "\\U00010000-\\U0001ffff]"
)
_LONE_RETURN = regex("\\r(?!\\n)")
_ODD_BEGINNING = regex("^(?:%|\\.\\.\\.)", re.MULTILINE)  # directives, ends of documents
_ODD_COLON = regex("[\"']:\\S")
_LONG = 1_000  # characters of a line in which a key could be too far from its colon
_MOST = min(MAX_WRITTEN, MAX_NODES)
_SCALAR = yaml.ScalarEvent
_STYLES = frozenset({None, "", "'", '"'})  # no block texts
_LOADER = getattr(yaml, "CSafeLoader", None)  # None where PyYAML was built without libyaml


class _NotPlain(Exception):
    """Never leaves this module."""


def read_plain(text: str) -> Node | None:
    """The tree; None where the careful reading must be asked, which may find it sound."""
    if _LOADER is None or _is_odd(text):
        return None
    try:
        return _document(_LOADER(text).get_event)
    except (yaml.YAMLError, _NotPlain):
        return None


def _is_odd(text: str) -> bool:
    """Whether it has what the two may read in two ways. One expression for all would be slow."""
    return bool(
        _ODD_SIGN.search(text)
        or ("\r" in text and _LONE_RETURN.search(text))
        or _ODD_BEGINNING.search(text)
        or _ODD_COLON.search(text)
        or len(max(text.split("\n"), key=len)) >= _LONG
    )


def _document(get: Callable[[], Any]) -> Node:
    if [type(get()) for _ in range(2)] != [yaml.StreamStartEvent, yaml.DocumentStartEvent]:
        raise _NotPlain
    root = _Nodes(get).node(get(), 0)
    if [type(get()) for _ in range(2)] != [yaml.DocumentEndEvent, yaml.StreamEndEvent]:
        raise _NotPlain
    return root


class _Nodes:
    """Made of the events that `get` gives one after the other."""

    def __init__(self, get: Callable[[], Any]) -> None:
        self._get = get
        self._count = 0

    def node(self, event: Any, depth: int) -> Node:
        self._count += 1
        if self._count > _MOST or depth >= MAX_DEPTH:
            raise _NotPlain
        kind, mark = type(event), event.start_mark
        place = Place(mark.line + 1, mark.column + 1)
        if kind is _SCALAR:
            text: str = event.value
            is_quoted = _is_quoted(event)
            if len(text) > MAX_VALUE:
                raise _NotPlain
            return Scalar(place, text if is_quoted else value_of(text), text)
        if kind is yaml.AliasEvent or event.anchor or event.tag:
            raise _NotPlain
        if kind is yaml.SequenceStartEvent:
            return self._listing(place, depth + 1)
        return self._table(place, depth + 1)

    def _listing(self, place: Place, depth: int) -> Listing:
        items, get = [], self._get
        while type(event := get()) is not yaml.SequenceEndEvent:
            items.append(self.node(event, depth))
        return Listing(place, tuple(items))

    def _table(self, place: Place, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        get = self._get
        while type(event := get()) is not yaml.MappingEndEvent:
            if type(event) is not _SCALAR:
                raise _NotPlain
            key: str = event.value
            is_merge = not _is_quoted(event) and key == "<<"
            if is_merge or key in entries or len(key) > MAX_KEY or len(entries) >= MAX_BESIDE:
                raise _NotPlain
            self._count += 1
            mark = event.start_mark
            its_place = Place(mark.line + 1, mark.column + 1)
            entries[key] = Entry(key, its_place, self.node(get(), depth))
        return Table(place, tuple(entries.values()))


def _is_quoted(event: Any) -> bool:
    style = event.style
    if event.anchor or event.tag or style not in _STYLES:
        raise _NotPlain
    if not style and not event.value:  # the two see nothing at two places
        raise _NotPlain
    return bool(style)
