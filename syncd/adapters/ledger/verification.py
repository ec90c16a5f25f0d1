"""A walk along the history's chain: is each line what was written, and is none missing?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from syncd.adapters.ledger import chain
from syncd.adapters.ledger.database import Database
from syncd.adapters.ledger.reads import inflated
from syncd.core.history_records import ChainBreak, ChainReport, LineKind
from syncd.core.reasons import Fact, because

SHOWN = 20  # breaks that are named
_ENDS_KEEPING = frozenset({LineKind.PURGED.value, LineKind.LET_GO.value})


class Verification(Database):
    def verify_history(self, noted: str = "") -> ChainReport:
        """`noted`: a hash, or the beginning of one, that somebody wrote down earlier."""
        with self._snapshot() as connection:
            walk = _Walk(connection, noted)
            walk.along()
        return ChainReport(walk.number, walk.hash, tuple(walk.breaks), walk.count, walk.noted_line)


@dataclass(slots=True)
class _Walk:
    connection: sa.Connection
    noted: str
    number: int = 0
    hash: str = ""
    breaks: list[ChainBreak] = field(default_factory=list)
    count: int = 0
    noted_line: int | None = None
    kept: dict[int, object] = field(default_factory=dict)  # publication -> where its bytes are
    pseudonyms: dict[int, str] = field(default_factory=dict)  # line -> who its person is now
    renamed: dict[int, object] = field(default_factory=dict)  # line -> a word without a salt
    manifests: set[str] = field(default_factory=set)
    damaged: set[int] = field(default_factory=set)

    def along(self) -> None:
        for line in _lines(self.connection):
            self._step(line)
        self._look_at_end()
        if self.noted and self.noted_line is None:
            self._break(0, "history_not_noted", hash=self.noted)
        self._look_at_names()
        self._look_at_publications()
        self._look_at_manifests()

    def _break(self, line: int, code: str, **facts: Fact) -> None:
        self.count += 1
        self.damaged.add(line)
        if len(self.breaks) < SHOWN:
            self.breaks.append(ChainBreak(line, because(code, line=line, **facts)))

    # -- the chain itself ---------------------------------------------------------------------

    def _step(self, line: Mapping[str, Any]) -> None:
        number = line["id"]
        found = chain.line_hash(line)
        if number > self.number + 1:
            self._break(self.number + 1, "history_removed", count=number - 1 - self.number)
        elif line["former"] != self.hash and number > 0 and found == line["hash"]:
            self._break(
                number, "history_cut", expected=_shown(line["former"]), found=_shown(self.hash)
            )
        if number < 1:
            self._break(number, "history_inserted")
        elif found != line["hash"]:
            self._break(number, "history_changed", expected=_shown(line["hash"]), found=found)
        if self.noted and str(line["hash"]).startswith(self.noted):
            self.noted_line = number
        self.number, self.hash = number, str(_shown(line["hash"]) or "")
        try:
            content = json.loads(line["content"])
            self._read(number, line, content)
        except (ValueError, TypeError, KeyError, AttributeError):
            if number not in self.damaged:
                self._break(number, "history_changed", expected=_shown(line["hash"]), found=found)

    def _read(self, number: int, line: Mapping[str, Any], content: dict[str, Any]) -> None:
        of, facts = line["publication"], content.get("facts", {})
        who = content["cause"]["by"] or None if of is not None else content["by"]
        self._look_at_name(number, who, line["name"], line["salt"])
        if of is not None:
            self._look_at_publication(number, of, who, line["name"], content)
        elif line["kind"] in _ENDS_KEEPING:
            self.kept |= {one: "" for one in facts["publications"] if one in self.kept}
        elif line["kind"] == LineKind.FORGOTTEN:
            self.pseudonyms |= dict.fromkeys(facts["lines"], facts["as"])
        elif line["kind"] == LineKind.MANIFEST:
            self.manifests.add(facts["manifest"])

    def _look_at_end(self) -> None:
        found = self.connection.execute(sa.text("SELECT id, count, hash FROM history_head")).all()
        if [one[0] for one in found] != [1] or not isinstance(found[0][1], int):
            self._break(self.number, "history_head_lost")
            return
        _, count, expected = found[0]
        if count > self.number:
            self._break(self.number + 1, "history_removed", count=count - self.number)
        elif count < self.number:
            self._break(count + 1, "history_inserted")
        elif expected != self.hash:
            self._break(
                self.number, "history_changed", expected=_shown(expected), found=_shown(self.hash)
            )

    # -- names --------------------------------------------------------------------------------

    def _look_at_name(self, number: int, who: object, name: object, salt: object) -> None:
        if who is None:
            if (name, salt) != (None, None):
                self._break(number, "history_name", name=_shown(name))
        elif salt is not None:
            if not isinstance(name, str) or chain.commitment(str(salt), name) != who:
                self._break(number, "history_name", name=_shown(name))
        else:
            self.renamed[number] = name

    def _look_at_names(self) -> None:
        """A name may be another word than it was only where a line says so."""
        for number, name in self.renamed.items():
            if self.pseudonyms.get(number) != name:
                self._break(number, "history_name", name=_shown(name))

    # -- what the lines are about -------------------------------------------------------------

    def _look_at_publication(
        self, number: int, of: int, who: str | None, name: str | None, content: dict[str, Any]
    ) -> None:
        stored = chain.publication(self.connection, of)
        if stored is None:
            self._break(number, "history_publication_removed", number=_shown(of))
            return
        if of in self.kept:
            self._break(number, "history_inserted")
        self.kept[of] = content["kept"]
        found = _as_content(stored, name, who)
        differing = [
            column
            for column in sorted({*content, *found} - {"id", "kept"})
            if content.get(column, _NOTHING) != found.get(column, _NOTHING)
        ]
        for column in differing:
            is_blob = isinstance(stored.get(column), bytes)
            read = stored[column] if is_blob else found.get(column)
            expected = _shown(content.get(column))
            facts = {"column": column, "expected": expected, "found": _shown(read)}
            self._break(number, "history_publication_changed", number=_shown(of), **facts)

    def _look_at_publications(self) -> None:
        every = sa.text("SELECT id, kept FROM publications ORDER BY id")
        for of, kept in self.connection.execute(every):
            if of not in self.kept:
                self._break(0, "history_publication_inserted", number=of)
            elif kept != self.kept[of]:
                facts = {"column": "kept", "expected": _shown(self.kept[of]), "found": _shown(kept)}
                self._break(0, "history_publication_changed", number=of, **facts)

    def _look_at_manifests(self) -> None:
        stored = set()
        every = sa.text("SELECT digest, text FROM manifests ORDER BY digest")
        for digest, text in self.connection.execute(every):
            stored.add(digest)
            if digest not in self.manifests or not _is_of(digest, text):
                self._break(0, "history_manifest_changed", manifest=_shown(digest))
        for digest in sorted(self.manifests - stored):
            self._break(0, "history_manifest_removed", manifest=_shown(digest))


_NOTHING = object()


def _lines(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    columns = ", ".join(chain.COLUMNS)
    found = connection.execute(sa.text(f"SELECT {columns} FROM history ORDER BY id"))  # noqa: S608 -- names of our own
    for line in found:
        yield line._asdict()


def _as_content(stored: Mapping[str, object], name: str | None, who: str | None) -> dict[str, Any]:
    """What the line's content would be of what is stored now: as JSON gives it back."""
    try:
        content = chain.content_of(stored, name, who)
    except (ValueError, TypeError):
        content = dict(stored)
    return dict(json.loads(chain.canonical(content)))


def _is_of(digest: str, text: bytes) -> bool:
    try:
        return hashlib.sha256(inflated(text)).hexdigest() == digest
    except ValueError:
        return False


def _shown(value: object) -> Fact:
    """As a fact: bytes as SQL writes them, what is JSON as its text."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, bytes):
        return f"x'{_cut(value.hex())}'"
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:119]}…"


__all__: Sequence[str] = ("SHOWN", "Verification")
