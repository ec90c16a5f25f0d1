"""A held file against the one online: why it was held, and what would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncd.actions.file_diff import FileDiff
from syncd.actions.needs import NAME, handles, steps
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.objects import Digest
from syncd.core.records import Outcome
from syncd.guards.comparison import Cell, Named, Names, Rows, ShownRow
from syncd.guards.profile import Profile
from syncd.text import command, finding, sentence, text
from syncd.text.figures import number, size
from syncd.web.comparisons import Comparisons
from syncd.web.forms import about_target
from syncd.web.reading import Look, Reading, target_of
from syncd.web.rendering import address
from syncd.web.screens.to_do import place

_PARTS = ("gone", "new", "other")


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table of both files. "": it is not known."""

    name: str  # the key of its words
    online: str
    held: str

    @property
    def differs(self) -> bool:
        return bool(self.online and self.held) and self.online != self.held


@dataclass(frozen=True, slots=True)
class Shown:
    """Rows that came or went, with their columns; `cells`: None in place of what is not shown."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Change:
    line: int
    key: str
    column: str
    before: str | None
    after: str | None


def shown(
    look: Look,
    reading: Reading,
    ledger: ServiceLedger,
    comparisons: Comparisons,
    asked: Mapping[str, str],
) -> dict[str, object] | None:
    """None where the manifest means no such resource."""
    one = target_of(look, *(asked.get(name, "") for name in ("dataset", "resource", "object")))
    if one is None:
        return None
    row = reading.row(look, ledger, one)
    # The row is of this moment: the look may be from before somebody decided.
    state = row.state.value if row is not None else one.state
    facts = {"one": one, "state": state, "resource": address("/resource", **place(one))}
    if state != Outcome.HELD or row is None or row.judged is None:
        return {**facts, "is_held": False}
    found, target = comparisons.of(look.app, row), one.resource or row.judged.key
    todo = steps(one, handles(look.report.resources))
    return {
        **facts,
        "is_held": True,
        "forms": about_target(one, row),
        "release": row.release,
        "again": address("/decision", **place(one)),
        "said": finding(row.reason.about(target=target, dataset=one.dataset)),
        "deposited": row.judged.fingerprint.modified,
        "looked": row.checked_at,
        "commands": [
            text(f"step.{each.why}", command=_typed(each.command), look=_typed(each.look))
            for each in todo
        ],
        "found": found,
        **_compared(found),
    }


def _typed(words: Sequence[str]) -> str:
    return f"`{command(words, NAME)}`"


def _compared(diff: FileDiff | None) -> dict[str, object]:
    found = diff.found if diff is not None else None
    trouble = diff.trouble if diff is not None else None
    rows = found.rows if found is not None else None
    return {
        "trouble": sentence(trouble) if trouble is not None else "",
        "same": diff is not None and diff.is_same,
        "facts": _facts(diff) if diff is not None and trouble is None else (),
        "names": [*_names("columns", found.columns), *_names("members", found.members)]
        if found is not None
        else [],
        "limit": text(f"compared.limit_{found.not_further}")
        if found is not None and found.not_further
        else "",
        "rows": rows,
        "rows_shown": list(_shown(rows)) if rows is not None else [],
        "changes": _changes(rows.first_changed) if rows is not None else [],
    }


def _facts(diff: FileDiff) -> tuple[Fact, ...]:
    found = diff.found
    before = _of_file(diff.before, found.before if found else None)
    after = _of_file(diff.after, found.after if found else None)
    every = (Fact(name, before[name], after[name]) for name in before)
    return tuple(one for one in every if one.online or one.held)


def _of_file(digest: Digest | None, profile: Profile | None) -> dict[str, str]:
    profile = profile or Profile()
    columns = profile.width or len(profile.header) or None
    return {
        "page.size": size(digest.size) if digest else "",
        "page.rows": "" if profile.rows is None else number(profile.rows),
        "page.columns": "" if columns is None else number(columns),
        "page.sheets": "" if profile.sheets is None else number(profile.sheets),
        "page.format": text(f"format.{profile.format}")
        if profile.format in _FORMATS
        else profile.format,
        "page.encoding": profile.encoding,
        "page.delimiter": profile.delimiter.strip(),
        "page.sha1": digest.sha1 if digest else "",
    }


_FORMATS = frozenset(
    {"csv", "text", "json", "geojson", "xml", "html", "xlsx", "xls", "ods", "parquet", "zip"}
)


def _names(what: str, found: Named | None) -> list[str]:
    said = []
    for part in _PARTS if found is not None else ():
        names: Names = getattr(found, part)
        if names.count:
            more = ", …" if names.count > len(names.first) else ""
            listed = text("diff_names", names=", ".join(names.first) + more) if names.first else ""
            said.append(text(f"compared.{what}_{part}", count=names.count, names=listed))
    return said


def _shown(rows: Rows) -> list[Shown]:
    found = [
        _table("page.rows_removed", rows.first_removed, before=True),
        _table("page.rows_added", rows.first_added, before=False),
    ]
    return [one for one in found if one.rows]


def _table(name: str, rows: Sequence[ShownRow], *, before: bool) -> Shown:
    columns = tuple(dict.fromkeys(cell.column for row in rows for cell in row.cells))
    lines = []
    for row in rows:
        said = {cell.column: cell.before if before else cell.after for cell in row.cells}
        lines.append((row.line, tuple(said.get(column, "") for column in columns)))
    return Shown(name, columns, tuple(lines))


def _changes(rows: Sequence[ShownRow]) -> list[Change]:
    return [
        Change(row.line, ", ".join(map(_pair, row.key)), cell.column, cell.before, cell.after)
        for row in rows
        for cell in row.cells
    ]


def _pair(cell: Cell) -> str:
    value = text("page.not_shown") if cell.after is None else cell.after
    return f"{cell.column}={value}"
