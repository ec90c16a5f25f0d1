"""The same data published again, in ways that harm nobody: made of the bytes of a real file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath

import openpyxl
from python_calamine import CalamineWorkbook

from syncd.core.file_names import extensions_of
from syncd.guards.content.dialect import dialect_of
from syncd.guards.content.sniffing import encoding_of, mark_of
from syncd.guards.profile import Profile

MORE = 0.05  # of the rows come again
EARLIER = (0.99, 0.98, 0.97)  # of the rows were there already
SAME, ROWS, SHUFFLED = "the same", "5 % more rows", "shuffled"
LINE_ENDS, MARK, QUOTES = "other line ends", "a byte order mark", "other quotes"
COLUMN, ROTATED = "a column more", "columns rotated"

Made = Iterator[tuple[str, bytes]]


def again(name: str, content: bytes, profile: Profile, dice: random.Random) -> Made:
    """Each later publication with its label. `profile`: of the file, for a table's delimiter."""
    yield SAME, content
    inside, around = extensions_of(name)
    if profile.trouble is not None or profile.fault is not None:
        return
    made = partial(_of_table, profile) if inside in {"csv", "tsv"} else _MAKERS.get(inside)
    if around == "gz" and profile.wrapped == "gzip" and made is not None:
        for label, later in made(gzip.decompress(content), dice):
            yield label, gzip.compress(later)
    elif not around and made is not None and (inside in {"zip", "xlsx"} or not profile.wrapped):
        yield from made(content, dice)


def earlier(name: str, content: bytes, profile: Profile) -> Iterator[bytes]:
    """A table as it was before its last rows came, the newest first; of what is none, nothing."""
    inside, around = extensions_of(name)
    if inside not in {"csv", "tsv"} or around or not is_made_again(profile):
        return
    encoding, mark, _, head, body = taken_apart(content, profile)
    for left in EARLIER:
        rows = body[: round(len(body) * left)]
        yield mark + "".join([*head, *rows]).encode(encoding)


def _of_table(profile: Profile, content: bytes, dice: random.Random) -> Made:
    """Of rows as they stand in the file, so that nothing but the one change is made."""
    if not is_made_again(profile):
        return
    encoding, mark, text, head, body = taken_apart(content, profile)

    def packed(text: str) -> bytes:
        return mark + text.encode(encoding)

    if not body:
        return
    records, above = [*head, *body], len(head) - (not profile.headless)
    end = line_end(text)
    more = [dice.choice(body) for _ in range(max(1, round(len(body) * MORE)))]
    yield ROWS, packed("".join([*head, *body, *more]))
    mixed = list(body)
    dice.shuffle(mixed)
    yield SHUFFLED, packed("".join([*head, *mixed]))
    other = text.replace("\r\n", "\n") if end == "\r\n" else text.replace(end, "\r\n")
    yield LINE_ENDS, packed(other)
    if profile.encoding in {"ascii", "utf-8"}:
        yield MARK, content[3:] if mark else b"\xef\xbb\xbf" + content
    delimiter = profile.delimiter
    titles = "".join(records[:above])
    rows = cells_of("".join(records[above:]), delimiter)
    if rows is None:
        return

    def written(rows: list[list[str]], quoting: int = csv.QUOTE_MINIMAL) -> bytes:
        stream = io.StringIO(newline="")
        writer = csv.writer(
            stream,
            delimiter=delimiter or "\x1f",
            quoting=quoting,  # type: ignore[arg-type]  # one of the `csv` module's own
            lineterminator=end,
        )
        writer.writerows(rows)
        return packed(titles + stream.getvalue())

    yield QUOTES, written(rows, csv.QUOTE_ALL if '"' not in text else csv.QUOTE_MINIMAL)
    if delimiter and not profile.headless:
        width = len(rows[0])
        added = [
            [*row, str(at) if at else "ajout"] if len(row) == width else row
            for at, row in enumerate(rows)
        ]
        yield COLUMN, written(added)
        yield ROTATED, written([[*row[1:], row[0]] if len(row) == width else row for row in rows])


def is_made_again(profile: Profile) -> bool:
    return profile.format == "csv" and bool(profile.rows)


def line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\r" if "\n" not in text else "\n"


def taken_apart(content: bytes, profile: Profile) -> tuple[str, bytes, str, list[str], list[str]]:
    """Encoding, byte order mark, text, and its lines down to the header, and its rows."""
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    is_wide = profile.encoding in {"utf-16", "utf-32"}
    encoding = _encoding_of(content) if is_wide else "latin-1"  # each byte a letter, and back
    text = content.removeprefix(mark).decode(encoding)
    records = records_of(text if text.endswith(("\n", "\r")) else text + line_end(text))
    plain = text.encode("utf-8" if is_wide else "latin-1").replace(b"\r\n", b"\n")
    above = dialect_of(plain.replace(b"\r", b"\n"), whole=True).above
    first = above + (not profile.headless)
    return encoding, mark, text, records[:first], records[first:]


def _encoding_of(content: bytes) -> str:
    """With its mark, so that it is written again."""
    found = encoding_of(content[:512])
    return found if not mark_of(content) else found[:6]


def records_of(text: str) -> list[str]:
    """Rows with their line ends; those inside quotes end none."""
    found: list[str] = []
    is_open = False
    for line in io.StringIO(text, newline=""):
        if is_open:
            found[-1] += line
        else:
            found.append(line)
        is_open ^= line.count('"') % 2 == 1
    return found


def cells_of(text: str, delimiter: str) -> list[list[str]] | None:
    csv.field_size_limit(1 << 25)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or "\x1f"))
    except csv.Error:
        return None
    rows = [row for row in rows if row]
    return rows if len(rows) > 1 else None


def _of_json(content: bytes, dice: random.Random) -> Made:
    """Of a list, or of the features of a collection; else only written otherwise."""
    whole = json.loads(content)
    items = whole if isinstance(whole, list) else None
    if isinstance(whole, dict) and isinstance(whole.get("features"), list):
        items = whole["features"]

    def packed() -> bytes:
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")

    yield LINE_ENDS, json.dumps(whole, indent=2).encode().replace(b"\n", b"\r\n")
    if not items:
        return
    dice.shuffle(items)
    yield SHUFFLED, packed()
    items += [dice.choice(items) for _ in range(max(1, round(len(items) * MORE)))]
    yield ROWS, packed()


def _of_lines(content: bytes, dice: random.Random) -> Made:
    lines = [line for line in content.split(b"\n") if line.strip()]
    yield LINE_ENDS, b"\r\n".join(line.rstrip(b"\r") for line in lines)
    more = [dice.choice(lines) for _ in range(max(1, round(len(lines) * MORE)))]
    yield ROWS, b"\n".join([*lines, *more]) + b"\n"
    dice.shuffle(lines)
    yield SHUFFLED, b"\n".join(lines)


def _of_workbook(content: bytes, dice: random.Random) -> Made:
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {name: read.get_sheet_by_name(name).to_python() for name in read.sheet_names}

    def packed(changed: Callable[[list[list[object]]], list[list[object]]]) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in changed(rows):
                sheet.append([None if cell == "" else cell for cell in row])
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def more(rows: list[list[object]]) -> list[list[object]]:
        body = rows[1:]
        return [*rows, *(dice.choice(body) for _ in range(round(len(body) * MORE)))]

    for label, changed in (
        (ROWS, more),
        (COLUMN, lambda rows: [[*row, at or "ajout"] for at, row in enumerate(rows)]),
        (ROTATED, lambda rows: [[*row[1:], *row[:1]] for row in rows]),
    ):
        try:
            later = packed(changed)
        except (ValueError, TypeError, AttributeError):  # openpyxl writes less than is read
            return
        yield label, later


def _of_zip(content: bytes, dice: random.Random) -> Made:
    """Its members in another order; each table in it with more rows."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}

    def packed(members: dict[str, bytes]) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, inner in members.items():
                archive.writestr(name, inner)
        return stream.getvalue()

    yield SHUFFLED, packed(dict(reversed(members.items())))
    grown = {}
    for name, inner in members.items():
        lines = inner.splitlines(keepends=True)
        is_table = PurePosixPath(name).suffix.lower() in {".csv", ".txt"} and b'"' not in inner
        if is_table and len(lines) > 1 and inner.endswith(b"\n"):
            lines += [dice.choice(lines[1:]) for _ in range(max(1, round(len(lines) * MORE)))]
        grown[name] = b"".join(lines)
    yield ROWS, packed(grown)


_MAKERS: dict[str, Callable[[bytes, random.Random], Made]] = {
    "json": _of_json,
    "geojson": _of_json,
    "jsonl": _of_lines,
    "ndjson": _of_lines,
    "xlsx": _of_workbook,
    "zip": _of_zip,
}
