"""Compares two files in bounded memory: tables row by row, by hashes; the others from outside.

A row is known again by its columns in both files. Of very large tables one row in so many is
compared, chosen by its hash: what is the same row is chosen, or not, in both files.
"""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from io import FileIO
from itertools import islice
from typing import Any, cast

from syncd.guards.comparison import FIRST, Cell, Comparison, Named, Names, Rows, ShownRow
from syncd.guards.content import sniffing, unpacking
from syncd.guards.content.decoding import Decoded
from syncd.guards.content.dialect import NO_DELIMITER
from syncd.guards.content.numbers import has_email, is_iban, is_nir, is_telephone
from syncd.guards.content.personal import Personal
from syncd.guards.content.reading import profile_of
from syncd.guards.content.table import LONGEST_ROW
from syncd.guards.profile import Profile

MOST = 400_000  # rows whose hashes are held at once: some 60 MB
_LEADING = 4  # columns at most that are tried together
_COLUMNS = 20  # of a shown row
_LETTERS = 80  # of a shown value
_LOOKED_AT = 2_000  # letters of a value in which a personal number is looked for; longer: not shown
_BLANK = "\x1a\ufeff"
_TELLING = ("id", "identifiant", "code", "uuid", "siret", "siren", "uai", "insee", "reference")

Column = tuple[str, int]  # its name, and which one of that name it is


class NotATable(Exception):
    """What was taken for a table turned out to be none."""


def compare(
    before: FileIO,
    before_name: str,
    after: FileIO,
    after_name: str,
    by: Sequence[str] = (),
    most: int = MOST,
) -> Comparison:
    """`by`: the columns that identify a row, by name; where none are given they are found.

    Raises `OSError` and `MemoryError` only.
    """
    old, new = profile_of(before, before_name), profile_of(after, after_name)
    found = Comparison(old, new)
    if old.format != new.format or old.wrapped != new.wrapped:
        return replace(found, not_further="other_format")
    if old.header and new.header:
        found = replace(found, columns=_columns(_counted(old.header), _counted(new.header)))
    if "zip" in {old.format, old.wrapped} and old.trouble is None and new.trouble is None:
        found = replace(found, members=_members(before, after))
    if not (old.is_table and new.is_table) or "zip" in {old.wrapped, new.wrapped}:
        return replace(found, not_further="format")
    if old.cut_line is not None or new.cut_line is not None:
        return replace(found, not_further="cut")
    if old.headless != new.headless or (old.headless and old.width != new.width):
        return replace(found, not_further="no_header")
    if not old.headless and not set(_counted(old.header)) & set(_counted(new.header)):
        return replace(found, not_further="other_columns")
    try:
        tables = _Tables(_Table(before, old), _Table(after, new), most)
        key = tables.given(by) if by else tables.key()
        if key is None:
            return replace(found, not_further="unknown_columns")
        return replace(found, rows=tables.compared(key))
    except NotATable:
        return replace(found, not_further="cut")


# -- names -------------------------------------------------------------------------------------


def _counted(header: Iterable[str]) -> list[Column]:
    times: dict[str, int] = {}
    found = []
    for name in header:
        times[name] = times.get(name, 0) + 1
        found.append((name, times[name]))
    return found


def _columns(old: list[Column], new: list[Column]) -> Named:
    """Moved is the fewest that must be, for the others to be in their order."""
    common = [one for one in new if one in set(old)]
    if not common:  # what was taken for names may be a person's row
        return Named(Names(len(old)), Names(len(new)))
    place = {one: at for at, one in enumerate(old)}
    still = set(_longest_rise([place[one] for one in common]))
    moved = [one for one in common if place[one] not in still]
    known = set(common)
    return Named(
        _names(one[0] for one in old if one not in known),
        _names(one[0] for one in new if one not in known),
        _names(one[0] for one in moved),
    )


def _longest_rise(places: Sequence[int]) -> list[int]:
    """A longest part of it, in order, that only rises."""
    ends: list[int] = []  # the smallest end of a rise of each length
    at: list[int] = []  # where these are
    came_from: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        came_from.append(at[length - 1] if length else -1)
        ends[length:] = [place] if length == len(ends) else [place, *ends[length + 1 :]]
        at[length : length + 1] = [index]
    rise, index = [], at[-1] if at else -1
    while index >= 0:
        rise.append(places[index])
        index = came_from[index]
    return rise


def _names(found: Iterable[str]) -> Names:
    every = list(found)
    return Names(len(every), tuple(name[:200] for name in every[:FIRST]))


def _members(before: FileIO, after: FileIO) -> Named:
    old, new = _listed(before), _listed(after)
    return Named(
        _names(name for name in old if name not in new),
        _names(name for name in new if name not in old),
        _names(name for name in new if name in old and old[name] != new[name]),
    )


def _listed(file: FileIO) -> dict[str, tuple[int, int]]:
    """The members' sizes and checksums."""
    file.seek(0)
    with unpacking.opened_zip(file) as archive:
        return {info.filename: (info.file_size, info.CRC) for info in archive.infolist()}


# -- rows --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    file: FileIO
    profile: Profile

    @property
    def columns(self) -> list[Column]:
        if self.profile.headless:
            return [(f"#{at + 1}", 1) for at in range(self.profile.width or 0)]
        return _counted(self.profile.header)

    @property
    def masked(self) -> set[Column]:
        """The columns that hold numbers or addresses of persons."""
        marked = {name for names in self.profile.personal.values() for name in names}
        return {
            column
            for at, column in enumerate(self.columns, 1)
            if column[0] in marked or f"#{at}" in marked
        }

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row of data with its first line, 1-based."""
        self.file.seek(0)
        if self.profile.wrapped == "gzip":
            with gzip.open(self.file) as stream:
                yield from self._rows(cast("Any", stream))
        else:
            yield from self._rows(self.file)

    def _rows(self, stream: Any) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(LONGEST_ROW * 4)
        decoded = io.BufferedReader(_Raw(Decoded(stream.read(sniffing.HEAD), stream)), 1 << 18)
        encoding = "cp1252" if self.profile.encoding == "windows-1252" else "utf-8"
        lines = _Lines(io.TextIOWrapper(decoded, encoding, "replace", newline=""))
        reader = csv.reader(lines, delimiter=self.profile.delimiter or NO_DELIMITER)
        is_header, begun = not self.profile.headless, 0
        while True:
            lines.left = LONGEST_ROW * 2
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise NotATable from error
            line, begun = begun + 1, reader.line_num
            if not row or (len(row) == 1 and not row[0].strip().strip(_BLANK)):
                continue
            if is_header:
                is_header = False
                continue
            yield line, row


class _Raw(io.RawIOBase):
    def __init__(self, inner: Decoded) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        chunk = self._inner.read(len(into))
        into[: len(chunk)] = chunk
        return len(chunk)


class _Lines:
    """`left`: letters that the row may still have."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.left = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.left -= len(line)
            if self.left < 0:
                raise NotATable
            yield line


class _Tables:
    def __init__(self, old: _Table, new: _Table, most: int) -> None:
        self._old, self._new = old, new
        rows = max(old.profile.rows or 0, new.profile.rows or 0)
        self._one_in = 1 + (rows - 1) // most if rows else 1
        known = set(old.columns)
        self._common = [one for one in new.columns if one in known]
        self._masked = old.masked | new.masked
        self._shows = not (old.profile.headless or new.profile.headless)

    # -- what identifies a row --------------------------------------------------------------

    def given(self, names: Sequence[str]) -> tuple[Column, ...] | None:
        """None where both files do not have them."""
        wanted = tuple((name, 1) for name in names)
        return wanted if set(wanted) <= set(self._common) else None

    def key(self) -> tuple[Column, ...]:
        """The first that is unique in both: a telling name, else the fewest leading columns."""
        telling = [one for one in self._common if _is_telling(one[0])][:2]
        leading = [self._common[:count] for count in range(1, _LEADING + 1)]
        for key in [[one] for one in telling] + [one for one in leading if one]:
            if len(key) <= len(self._common) and self._is_unique(key):
                return tuple(key)
        return ()

    def _is_unique(self, key: Sequence[Column]) -> bool:
        for table in (self._old, self._new):
            seen: set[int] = set()
            for _, _, known_as, _ in self._chosen(table, key):
                if known_as in seen:
                    return False
                seen.add(known_as)
        return True

    # -- what became of them ----------------------------------------------------------------

    def compared(self, key: tuple[Column, ...]) -> Rows:
        """A key that is not unique counts its rows as often as they are there."""
        left: Counter[int] = Counter()  # by what they are known by
        contents: Counter[int] = Counter()
        for _, _, known_as, content in self._chosen(self._old, key):
            left[known_as] += 1
            contents[content] += 1
        same = added = changed = 0
        first_added: list[ShownRow] = []
        changes: dict[int, tuple[int, list[str]]] = {}  # known as -> line and row, of the first
        for line, row, known_as, content in self._chosen(self._new, key):
            if not left[known_as]:
                added += 1
                if len(first_added) < FIRST:
                    first_added.append(self._shown(line, row, is_new=True))
                continue
            left[known_as] -= 1
            if contents[content]:
                same += 1
                contents[content] -= 1
            else:
                changed += 1
                if len(changes) < FIRST:
                    changes.setdefault(known_as, (line, row))
        removed = left.total()
        first_removed, first_changed = self._from_old(key, left, contents, changes)
        return Rows(
            by=tuple(name[:200] for name, _ in key) if self._shows else (),
            one_in=self._one_in,
            same=same,
            added=added,
            removed=removed,
            changed=changed,
            first_added=tuple(first_added) if self._shows else (),
            first_removed=tuple(first_removed) if self._shows else (),
            first_changed=tuple(first_changed) if self._shows else (),
        )

    def _from_old(
        self,
        key: tuple[Column, ...],
        left: Counter[int],
        contents: Counter[int],
        changes: dict[int, tuple[int, list[str]]],
    ) -> tuple[list[ShownRow], list[ShownRow]]:
        """The first rows that went, and what the changed ones were."""
        removed: list[ShownRow] = []
        changed: list[ShownRow] = []
        waiting = dict(changes)
        want = min(FIRST, left.total())
        for line, row, known_as, content in self._chosen(self._old, key):
            if len(removed) >= want and not waiting:
                break
            if len(removed) < want and left[known_as] and contents[content]:
                left[known_as] -= 1
                contents[content] -= 1
                removed.append(self._shown(line, row, is_new=False))
            elif known_as in waiting:
                at, after = waiting.pop(known_as)
                changed.append(self._change(at, key, row, after))
        return removed, sorted(changed, key=lambda one: one.line)

    def _chosen(
        self, table: _Table, key: Sequence[Column]
    ) -> Iterator[tuple[int, list[str], int, int]]:
        """Line, row, and the hashes of what it is known by and of all that both files have."""
        places = {column: at for at, column in enumerate(table.columns)}
        width = len(places)
        by = [places[one] for one in key]
        every = [places[one] for one in self._common]
        for line, row in table.rows():
            padded = row if len(row) >= width else [*row, *[""] * (width - len(row))]
            known_as = _hash([padded[at] for at in by]) if by else None
            if known_as is not None and known_as % self._one_in:
                continue  # most rows of a large table: no further work
            content = _hash([padded[at] for at in every] + padded[width:])
            known_as = content if known_as is None else known_as
            if by or not known_as % self._one_in:
                yield line, padded, known_as, content

    # -- what is shown ----------------------------------------------------------------------

    def _shown(self, line: int, row: list[str], *, is_new: bool) -> ShownRow:
        columns = (self._new if is_new else self._old).columns
        cells = []
        for column, value in islice(zip(columns, row, strict=False), _COLUMNS):
            said = self._value(column, value)
            name = column[0][:200]
            cells.append(Cell(name, None, said) if is_new else Cell(name, said, None))
        return ShownRow(line, tuple(cells))

    def _change(
        self, line: int, key: tuple[Column, ...], before: list[str], after: list[str]
    ) -> ShownRow:
        old = dict(zip(self._old.columns, before, strict=False))
        new = dict(zip(self._new.columns, after, strict=False))
        other = [one for one in self._common if one not in key and old[one] != new[one]]
        return ShownRow(
            line,
            tuple(self._cell(one, old[one], new[one]) for one in other[:_COLUMNS]),
            tuple(self._cell(one, old[one], new[one]) for one in key),
        )

    def _cell(self, column: Column, before: str, after: str) -> Cell:
        said = self._value(column, before), self._value(column, after)
        # One of them alone would say what the other is like.
        return Cell(column[0][:200], *(said if None not in said else (None, None)))

    def _value(self, column: Column, value: str) -> str | None:
        if not self._shows or column in self._masked or _is_personal(value):
            return None
        return value if len(value) <= _LETTERS else f"{value[: _LETTERS - 1]}…"


def _is_personal(value: str) -> bool:
    """Whether a number or address of a person stands in it; also where its column has few."""
    if len(value) > _LOOKED_AT:
        return True
    if is_nir(value) or is_iban(value) or has_email(value) or is_telephone(value):
        return True
    found = Personal(b"", ())
    # Without line ends, so that it is one row; a space stands around it, as around a word.
    block = f" {' '.join(value.split())} ".encode("latin-1", "replace")
    found.look(block, found.gist(block), has_long_rows=False)
    return bool(found.found())


def _is_telling(name: str) -> bool:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().strip()
    plain = plain.replace(" ", "_").replace("-", "_")
    return plain in _TELLING or plain.startswith(("id_", "code_")) or plain.endswith("_id")


def _hash(cells: list[str]) -> int:
    # No cell has a zero in it: such a file is no table.
    joined = "\x00".join(cells).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big")
