"""The same data published again, in ways that harm: made of the bytes of a real file.

Each kind is one that went online somewhere: what a program, a person or a disk does to an export.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import openpyxl
from python_calamine import CalamineWorkbook

from benchmarks.republished import cells_of, is_made_again, line_end, taken_apart
from syncd.core.file_names import extensions_of
from syncd.guards.profile import Profile

MAPPING = "a wrong mapping"  # made by who knows the other files: nothing of the file is changed
QUOTE, RETURN = "a quote shifted", "a lone carriage return"
GROWN, TWICE, DOUBLED = "rows x 50", "pasted twice", "each row doubled"
HEADER, HALF, CUT = "header again inside", "half the rows", "cut in a row"
TEXT, DATES = "numbers become text", "dates in another form"
EMPTY, ONE = "a column emptied", "a column all one value"
READ_WRONG, ASKED, REPLACED = "utf-8 read as latin-1", "accents to ?", "accents to U+FFFD"
OTHER, SHIFTED = "another table's rows", "values shifted by a column"
AXES, KEYS = "axes swapped", "a key lost"
MEMBER, MEMBER_EMPTY, SHEET = "a member gone", "a member emptied", "a sheet gone"
TRUNCATED = "truncated"
KINDS = (
    MAPPING, QUOTE, RETURN, GROWN, TWICE, DOUBLED, HEADER, HALF, CUT, TEXT, DATES, EMPTY, ONE,
    READ_WRONG, ASKED, REPLACED, OTHER, SHIFTED, AXES, KEYS, MEMBER, MEMBER_EMPTY, SHEET, TRUNCATED,
)  # fmt: skip

FEWEST = 10  # rows of a table of which a bad one is made
_LARGEST = 200_000  # bytes of one that is made 50 times as long
_TIMES = 50
_LEFT = 0.49  # of the rows
_MOST = 0.8  # share of a column's cells that makes it one of numbers or dates
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_LETTERS = str.maketrans("0123456789", "abcdefghij")
_ACCENT = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]")

Made = Iterator[tuple[str, bytes]]
Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another file of the folder."""

    path: str
    content: bytes
    profile: Profile
    past: tuple[Profile, ...]  # of its publications, the newest first


def spoiled(
    name: str,
    content: bytes,
    profile: Profile,
    dice: random.Random,
    others: Sequence[Neighbour],
) -> Made:
    """Each bad publication with its kind. `others`: files of the same extension."""
    inside, around = extensions_of(name)
    if profile.trouble is not None or profile.fault is not None:
        return
    if around or inside in {"xlsx", "ods", "zip", "pdf", "png", "jpg", "jpeg", "parquet", "json"}:
        yield TRUNCATED, content[: max(1, len(content) * 7 // 10)]
    if around:
        return
    if inside in {"csv", "tsv"} and is_made_again(profile):
        yield from _of_table(content, profile, dice, others)
    elif inside in {"json", "geojson"}:
        yield from _of_json(content)
    elif inside == "zip":
        yield from _of_zip(content)
    elif inside == "xlsx":  # the one kind that is written here
        yield from _of_workbook(content)


def foreign(profile: Profile, others: Sequence[Neighbour], dice: random.Random) -> Profile | None:
    """Of a file that this one is mapped onto by mistake: one that has no column of it."""
    mine = frozenset(profile.header)
    fits = [
        other.profile
        for other in others
        if mine and other.profile.header and mine.isdisjoint(other.profile.header)
    ]
    return dice.choice(fits) if fits else None


# -- tables ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Table:
    """A table's rows as they are written, and their cells."""

    encoding: str
    mark: bytes
    end: str
    delimiter: str
    head: list[str]  # down to the header
    body: list[str]
    rows: Rows  # without the header, of its width

    def packed(self, body: Sequence[str]) -> bytes:
        return self.mark + "".join([*self.head, *body]).encode(self.encoding)

    def written(self, rows: Rows) -> bytes:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=self.delimiter or "\x1f", lineterminator=self.end)
        writer.writerows(rows)
        return self.packed([stream.getvalue()])

    def with_column(self, at: int, change: Callable[[str], str]) -> bytes:
        return self.written([[*row[:at], change(row[at]), *row[at + 1 :]] for row in self.rows])


def _table(content: bytes, profile: Profile) -> _Table | None:
    """None for what has too few rows, or no header."""
    encoding, mark, text, head, body = taken_apart(content, profile)
    delimiter = profile.delimiter
    rows = cells_of("".join(head[-1:] + body), delimiter)
    if profile.headless or rows is None or len(body) < FEWEST:
        return None
    whole = [row for row in rows[1:] if len(row) == len(rows[0])]
    if len(whole) < FEWEST:
        return None
    return _Table(encoding, mark, line_end(text), delimiter, head, body, whole)


def _of_table(
    content: bytes, profile: Profile, dice: random.Random, others: Sequence[Neighbour]
) -> Made:
    table = _table(content, profile)
    if table is None:
        return
    body, middle = table.body, len(table.body) // 2
    yield from _misread(table, dice)
    if len(content) <= _LARGEST:
        columns = list(zip(*table.rows, strict=True))
        count = _TIMES * len(table.rows)
        mixed = [[dice.choice(column) for column in columns] for _ in range(count)]
        yield GROWN, table.written(mixed)
    last = body[-1] if body[-1].endswith(("\n", "\r")) else body[-1] + table.end
    whole = [*body[:-1], last]
    yield TWICE, table.packed([*whole, *whole])
    yield DOUBLED, table.packed([row for row in whole for _ in range(2)])
    yield HEADER, table.packed([*body[:middle], table.head[-1], *body[middle:]])
    yield HALF, table.packed(body[: int(len(body) * _LEFT)])
    place = _inside(body[middle], table.delimiter)
    if place:
        yield CUT, table.packed([*body[:middle], body[middle][:place]])
    yield from _of_columns(table)
    yield from _of_accents(content, profile)
    wide = [
        found
        for other in others
        if set(other.profile.header).isdisjoint(profile.header)
        and is_made_again(other.profile)
        and (found := _table(other.content, other.profile)) is not None
        and len(found.rows[0]) >= len(table.rows[0])
    ]
    if wide and len(table.rows[0]) > 1:
        other = dice.choice(wide)
        rows = [[_recoded(cell, other, table) for cell in row] for row in other.rows]
        rows = rows * (len(table.rows) // len(rows) + 1)
        yield OTHER, table.written([row[: len(table.rows[0])] for row in rows[: len(table.rows)]])
    if len(table.rows[0]) > 1:
        yield SHIFTED, table.written([[row[-1], *row[:-1]] for row in table.rows])


def _recoded(cell: str, of: _Table, to: _Table) -> str:
    """Bytes stand for letters in both, unless they are written in wide ones."""
    return cell if of.encoding == to.encoding else cell.encode("ascii", "replace").decode()


def _inside(row: str, delimiter: str) -> int:
    """Where a row is cut so that a cell is missing; 0 = nowhere."""
    if '"' in row:
        return row.find('"') + 1
    return row.rfind(delimiter) if delimiter else 0


def _misread(table: _Table, dice: random.Random) -> Made:
    """One row that some programs read with other columns."""
    bare = [
        at
        for at, row in enumerate(table.body)
        if '"' not in row and len(row.strip()) > 1 and table.delimiter in row.strip()
    ]
    if not bare or not table.delimiter:
        return
    at = dice.choice(bare)
    before, after = table.body[:at], table.body[at + 1 :]
    cells = table.body[at].rstrip("\r\n").split(table.delimiter)
    quoted = [*cells[:-1], f' "{cells[-1]}', 'suite"']
    yield QUOTE, table.packed([*before, table.delimiter.join(quoted) + table.end, *after])
    if table.end != "\r":
        broken = [*cells[:-1], f"{cells[-1]}\rsuite"]
        yield RETURN, table.packed([*before, table.delimiter.join(broken) + table.end, *after])


def _of_columns(table: _Table) -> Made:
    columns = [list(column) for column in zip(*table.rows, strict=True)]
    numbers = [at for at, column in enumerate(columns) if _are(_NUMBER, column)]
    if numbers:
        yield TEXT, table.with_column(numbers[-1], lambda cell: cell.translate(_LETTERS))
    if dates := [at for at, column in enumerate(columns) if _are(_DATE, column)]:
        yield DATES, table.with_column(dates[0], lambda cell: _DATE.sub(r"\3/\2/\1", cell))
    many = [
        at
        for at, column in enumerate(columns)
        if sum(map(bool, column)) > len(column) / 2 and len(set(column)) > FEWEST / 2
    ]
    if many and len(columns) > 1:
        yield EMPTY, table.with_column(many[-1], lambda _: "")
        usual = next(cell for cell in columns[many[-1]] if cell)
        yield ONE, table.with_column(many[-1], lambda _: usual)


def _are(pattern: re.Pattern[str], column: Sequence[str]) -> bool:
    filled = [cell for cell in column if cell.strip()]
    found = sum(pattern.fullmatch(cell.strip()) is not None for cell in filled)
    return len(filled) >= FEWEST and found >= _MOST * len(filled)


def _of_accents(content: bytes, profile: Profile) -> Made:
    """Where there are some below the header."""
    if profile.encoding != "utf-8" or profile.header == ():
        return
    head, end, body = content.decode("utf-8", "replace").partition("\n")
    if len(_ACCENT.findall(body)) < FEWEST:
        return
    yield READ_WRONG, (head + end + body.encode().decode("latin-1")).encode()
    yield ASKED, (head + end + _ACCENT.sub("?", body)).encode()
    yield REPLACED, (head + end + _ACCENT.sub("\ufffd", body)).encode()


# -- other formats -----------------------------------------------------------------------------


def _of_json(content: bytes) -> Made:
    whole = json.loads(content)
    features = whole.get("features") if isinstance(whole, dict) else None
    items = features if isinstance(features, list) else whole

    def packed() -> bytes:
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")

    if not isinstance(items, list) or len(items) < FEWEST:
        return
    kept = list(items)
    items[:] = kept[: int(len(kept) * _LEFT)]
    yield HALF, packed()
    items[:] = kept * 2
    yield TWICE, packed()
    if len(content) <= _LARGEST:
        items[:] = kept * _TIMES
        yield GROWN, packed()
    items[:] = kept
    described = [each["properties"] if features else each for each in kept if _is_described(each)]
    named = [each for each in described if isinstance(each, dict) and len(each) > 1]
    if len(named) == len(kept):
        lost = next(iter(named[0]))
        for each in named:
            each.pop(lost, None)
        yield KEYS, packed()
        whole = json.loads(content)
    if features:
        for each in whole["features"]:
            geometry = each.get("geometry") or {}
            for one in geometry.get("geometries", [geometry]):
                one["coordinates"] = _swapped(one.get("coordinates"))
        yield AXES, packed()


def _is_described(item: Any) -> bool:
    return isinstance(item, dict) and ("type" not in item or "properties" in item)


def _swapped(place: Any) -> Any:
    if not isinstance(place, list) or not place:
        return place
    if isinstance(place[0], list):
        return [_swapped(each) for each in place]
    return [*place[1::-1], *place[2:]]


def _of_zip(content: bytes) -> Made:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    full = [name for name, inner in files.items() if inner and PurePosixPath(name).suffix]
    if len(full) < 2:
        return
    yield MEMBER, _zipped({name: inner for name, inner in files.items() if name != full[0]})
    yield MEMBER_EMPTY, _zipped({**files, full[0]: b""})


def _zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in files.items():
            archive.writestr(name, inner)
    return stream.getvalue()


def _of_workbook(content: bytes) -> Made:
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {name: read.get_sheet_by_name(name).to_python() for name in read.sheet_names}
    longest = max(sheets, key=lambda name: len(sheets[name]))
    head, *body = sheets[longest] or [[]]
    changed: dict[str, dict[str, list[list[Any]]]] = {}
    if len(sheets) > 1:
        changed[SHEET] = {name: rows for name, rows in sheets.items() if name != longest}
    if len(body) >= FEWEST:
        for kind, rows in _bad_sheets(head, body):
            changed[kind] = {**sheets, longest: [head, *rows]}
    for kind, book in changed.items():
        try:
            yield kind, _saved(book)
        except (ValueError, TypeError, AttributeError):  # openpyxl writes less than is read
            return


def _bad_sheets(head: list[Any], body: list[list[Any]]) -> Iterator[tuple[str, list[list[Any]]]]:
    middle = len(body) // 2
    yield HALF, body[: int(len(body) * _LEFT)]
    yield TWICE, body * 2
    yield HEADER, [*body[:middle], head, *body[middle:]]
    columns = list(zip(*body, strict=True))
    numbers = [
        at
        for at, column in enumerate(columns)
        if sum(isinstance(cell, int | float) for cell in column) >= _MOST * len(column)
    ]
    if numbers:
        at = numbers[-1]
        yield TEXT, [[*r[:at], str(r[at]).translate(_LETTERS), *r[at + 1 :]] for r in body]
    many = [at for at, column in enumerate(columns) if len({str(c) for c in column}) > FEWEST / 2]
    if many and len(columns) > 1:
        at = many[-1]
        yield EMPTY, [[*r[:at], "", *r[at + 1 :]] for r in body]
        yield ONE, [[*r[:at], body[0][at], *r[at + 1 :]] for r in body]


def _saved(sheets: Mapping[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
