"""A file beside the one online: for a person, and as a document with English keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.actions.file_diff import FileDiff
from syncd.cli.output.writer import Writer
from syncd.core.objects import Digest
from syncd.core.reasons import Fact
from syncd.guards.comparison import Cell, Named, Names, Rows, ShownRow
from syncd.guards.profile import Profile
from syncd.text import sentence, text
from syncd.text.figures import size

_PARTS = ("gone", "new", "other")
_HIDDEN = "•••"


# -- the document ------------------------------------------------------------------------------


def diff_document(one: FileDiff) -> dict[str, Any]:
    found = one.found
    return {
        "dataset": one.dataset,
        "resource": one.resource or None,
        "title": one.title,
        "object": one.object,
        "held": one.is_held,
        "same": one.is_same,
        "online": _file(one.before, found.before if found else None),
        "file": _file(one.after, found.after if found else None),
        "columns": _named(found.columns if found else None),
        "rows": _rows(found.rows if found else None),
        "members": _named(found.members if found else None),
        "not_further": found.not_further or None if found else None,
        "reason": sentence(one.trouble) if one.trouble else None,
    }


def _file(digest: Digest | None, profile: Profile | None) -> dict[str, Any] | None:
    if digest is None:
        return None
    facts: dict[str, Any] = {"size": digest.size, "sha1": digest.sha1}
    if profile is not None:
        facts |= {name: value for name, value in _profile(profile).items() if value is not None}
    return facts


def _profile(profile: Profile) -> dict[str, Any]:
    return {
        "format": profile.format or None,
        "wrapped": profile.wrapped or None,
        "encoding": profile.encoding or None,
        "delimiter": profile.delimiter or None,
        "columns": profile.width or len(profile.header) or None,
        "rows": profile.rows,
        "sheets": profile.sheets,
        "uneven": profile.uneven or None,
    }


def _named(found: Named | None) -> dict[str, Any] | None:
    if found is None:
        return None
    parts: Mapping[str, Names] = {name: getattr(found, name) for name in _PARTS}
    return {name: {"count": one.count, "first": list(one.first)} for name, one in parts.items()}


def _rows(found: Rows | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "by": list(found.by),
        "one_in": found.one_in,
        "same": found.same,
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
        "first_added": [
            {"line": row.line, "cells": [[c.column, c.after] for c in row.cells]}
            for row in found.first_added
        ],
        "first_removed": [
            {"line": row.line, "cells": [[c.column, c.before] for c in row.cells]}
            for row in found.first_removed
        ],
        "first_changed": [
            {
                "line": row.line,
                "by": [[c.column, c.after] for c in row.key],
                "cells": [[c.column, c.before, c.after] for c in row.cells],
            }
            for row in found.first_changed
        ],
    }


# -- the screen --------------------------------------------------------------------------------


def show_diff(one: FileDiff, margin: str = "") -> None:
    _Shown(margin).diff(one)


class _Shown:
    def __init__(self, margin: str) -> None:
        self._writer = Writer()
        self._margin = margin

    def _say(self, key: str, style: str = "", **facts: Fact) -> None:
        self._writer.say(self._margin + text(key, **facts), style)

    def diff(self, one: FileDiff) -> None:
        if not self._margin:
            self._writer.say(f"{one.title}  {one.object}", "bold")
        if one.trouble is not None:
            self._writer.say(self._margin + sentence(one.trouble), "yellow")
            return
        found = one.found
        self._file("diff_online", one.before, found.before if found else None)
        self._file(
            "diff_held" if one.is_held else "diff_planned",
            one.after,
            found.after if found else None,
        )
        if one.is_same:
            self._say("diff_same")
        if found is None:
            return
        if found.columns is not None:
            self._names("columns", found.columns)
        if found.members is not None:
            self._names("members", found.members)
        if found.rows is not None:
            self._rows(found.rows)
        if found.not_further:
            self._say(f"compared.limit_{found.not_further}", "yellow")

    def _file(self, key: str, digest: Digest | None, profile: Profile | None) -> None:
        parts = [size(digest.size) if digest is not None else "?"]
        if profile is not None:
            facts = _profile(profile)
            parts += [
                text(f"compared.{name}", count=value)
                for name, value in facts.items()
                if name in {"rows", "columns", "sheets", "uneven"} and value is not None
            ]
            parts += list(filter(None, [profile.format, profile.wrapped, profile.encoding]))
            if delimiter := profile.delimiter.strip():
                parts.append(text("diff_delimiter", of=delimiter))
        self._say(key, facts=", ".join(parts))

    def _names(self, what: str, found: Named) -> None:
        for part in _PARTS:
            names: Names = getattr(found, part)
            if names.count:
                more = ", …" if names.count > len(names.first) else ""
                said = (
                    text("diff_names", names=", ".join(names.first) + more) if names.first else ""
                )
                self._say(f"compared.{what}_{part}", count=names.count, names=said)

    def _rows(self, found: Rows) -> None:
        if found.one_in > 1:
            self._say("diff_one_in", "yellow", count=found.one_in)
        self._say(
            "diff_rows",
            added=found.added,
            removed=found.removed,
            changed=found.changed,
            same=found.same,
        )
        self._say("diff_by" if found.by else "diff_by_none", names=", ".join(found.by))
        for row in found.first_removed:
            self._row("-", "red", row, [(c.column, c.before) for c in row.cells])
        for row in found.first_added:
            self._row("+", "green", row, [(c.column, c.after) for c in row.cells])
        for row in found.first_changed:
            key = ", ".join(_pair(c.column, c.after) for c in row.key)
            cells = "; ".join(map(_change, row.cells))
            line = text("diff_line", line=row.line)
            self._writer.say(f"{self._margin}  ~ {line}  {key}  {cells}", "yellow")

    def _row(
        self, sign: str, style: str, row: ShownRow, cells: list[tuple[str, str | None]]
    ) -> None:
        said = ", ".join(_pair(column, value) for column, value in cells)
        line = text("diff_line", line=row.line)
        self._writer.say(f"{self._margin}  {sign} {line}  {said}", style)


def _pair(column: str, value: str | None) -> str:
    return f"{column}={_HIDDEN if value is None else value}"


def _change(cell: Cell) -> str:
    if cell.before is None or cell.after is None:
        return _pair(cell.column, None)
    return f"{cell.column}: {cell.before} → {cell.after}"
