"""Reads a CSV of any size in flat memory, some hundred megabytes per second.

A block of the file is reduced to its delimiters, line ends and quotes (`bytes.translate`). In an
even table that string is one unit over and over, which a comparison shows. Where it is not, or
where a quote or a line end is not as all readers take it, the rows are taken apart one by one by
the `csv` module: the fast way never decides against a file, nor for one that is read in two ways.
"""

from __future__ import annotations

import csv
import io
import re
from codecs import utf_8_decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from syncd.guards.content.dialect import HEAD, NO_DELIMITER, Dialect, dialect_of, rows_of
from syncd.guards.content.personal import Personal
from syncd.guards.content.sample import Sample, Sampled

BLOCK = 1 << 18  # bytes: what a processor keeps at hand
LONGEST_ROW = 8 << 20  # bytes; beyond, a quote was opened and never closed
_MOST_BLANK = 16  # columns at the end of a row that are looked at: each takes a pass over a block
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_BLANK = "\x1a\ufeff"  # what old systems leave at the end of a file, beside spaces

Read = Callable[[int], bytes]  # at most so many bytes, none at the end
RowsTo = Callable[[Dialect], Callable[[bytes], None] | None]


@dataclass(slots=True)
class Table:
    """What was found; becomes part of a `Profile`."""

    dialect: Dialect
    encoding: str = "ascii"
    rows: int = 0  # with the header
    uneven: int = 0
    uneven_long: int = 0  # of these, with a cell too many that is not empty
    uneven_short: int | None = None  # cells of the shortest that has too few
    filled: int = 0  # place of the last column that is known to have a cell that is not empty
    uneven_line: int | None = None
    uneven_width: int | None = None
    cut_line: int | None = None
    has_zeros: bool = False  # bytes that no text has: it was read no further
    personal: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sample: Sampled = field(default_factory=Sampled)

    @property
    def data_rows(self) -> int:
        return max(self.rows - (not self.dialect.is_headless), 0)

    @property
    def is_blank_uneven(self) -> bool:
        """Whether all uneven rows have only empty cells too many, or too few, at their end.

        What is too few is known by rows that have all, and where the last row is not cut; by the
        header alone, where it ends in columns without a name.
        """
        if not self.uneven or self.uneven_long:
            return False
        needed = self.filled or _filled_of(list(self.dialect.names)) or self.dialect.width
        return self.uneven_short is None or needed <= self.uneven_short


def scan(read: Read, block: int = BLOCK, rows_to: RowsTo | None = None) -> Table:
    """Read to the end, from after the byte order mark. Nothing is raised but what `read` raises.

    `rows_to` says who is told the rows, as they are read, once the dialect is known.
    """
    return _Scanner(read, block, rows_to).run()


class _Scanner:
    def __init__(self, read: Read, block: int, rows_to: RowsTo | None) -> None:
        self._read = read
        self._block = block
        enough = max(block, HEAD)
        first = _filled(read, enough)
        self._more = len(first) >= enough
        self._old_mac = b"\r" in first and b"\n" not in first
        self._first = self._ends(first)
        dialect = dialect_of(self._first, whole=not self._more)
        above, self._first = self._first[: dialect.start], self._first[dialect.start :]
        self._table = Table(dialect)
        self._lines = dialect.above  # before the buffer
        self._width = dialect.width
        self._header = -1 if dialect.is_headless else dialect.above  # lines above its end, at least
        delimiter = dialect.delimiter.encode()
        keep = delimiter + b'\n"'
        self._delete = bytes(code for code in range(256) if code not in keep)
        self._unit = delimiter * (self._width - 1) + b"\n"
        self._quoted = _quoted_by(delimiter)
        self._personal = Personal(delimiter, dialect.names)
        if not above.isascii():
            self._note_letters(above, last=False)
        self._tell_rows = rows_to(dialect) if rows_to is not None else None
        self._sample = Sample(dialect, self._first)

    def run(self) -> Table:
        buffer, last = self._first, not self._more
        while True:
            if b"\x00" in buffer:
                self._table.has_zeros = True
                break
            lines = self._lines
            taken = self._take(buffer, last)
            if taken:
                self._sample.add(buffer, taken, lines)
            if self._tell_rows is not None and taken:
                self._tell_rows(buffer[:taken])
            if last:
                break
            tail = buffer[taken:]
            if len(tail) > LONGEST_ROW:
                self._table.cut_line = self._lines + 1
                break
            # A long row is looked at anew each time: at double the length, not at one block more.
            wanted = max(self._block, len(tail))
            chunk = self._ends(_filled(self._read, wanted))
            last = len(chunk) < wanted
            buffer = tail + chunk
        self._table.personal = self._personal.found()
        self._table.sample = self._sample.found(self._table.data_rows, self._table.dialect.above)
        return self._table

    def _ends(self, chunk: bytes) -> bytes:
        return chunk.replace(b"\r", b"\n") if self._old_mac else chunk

    # -- rows -----------------------------------------------------------------------------------

    def _take(self, buffer: bytes, last: bool) -> int:
        """Count the rows that are whole; returns how many bytes they have."""
        gist = self._personal.gist(buffer)
        structure = gist.translate(None, self._delete)
        if last:
            end = len(buffer)
            if buffer and not buffer.endswith(b"\n"):
                structure += b"\n"
        else:
            end, structure = _whole_rows(buffer, structure)
        lines = structure.count(b"\n")
        is_plain = bool(end) and self._is_plain(buffer, end, structure)
        rows = self._even_rows(buffer, structure) if is_plain else None
        if rows is None:
            return self._exactly(buffer if last or not end else buffer[:end], gist, last)
        if self._table.filled < self._width:
            self._table.filled = max(self._table.filled, self._filled(buffer, rows))
        self._table.rows += rows
        self._look_at(buffer, gist, last, has_long_rows=rows != lines)
        self._lines += lines
        return end

    def _is_plain(self, buffer: bytes, end: int, structure: bytes) -> bool:
        """Whether each quote opens or closes a cell, and each carriage return is in a line end.

        All else is read in several ways: by some, with other columns. `end`: of the whole rows.
        """
        if b"\r" in buffer and _LONE_RETURN.search(buffer, 0, end):
            return False
        # Where nothing is between two quotes that could end a cell, all find the same cells.
        if b'"' not in structure or b'"' not in structure.replace(b'""', b""):
            return True
        if self._is_all_quoted(buffer, end, structure):
            return True
        return self._quoted.fullmatch(buffer, 0, end) is not None

    def _is_all_quoted(self, buffer: bytes, end: int, structure: bytes) -> bool:
        """Whether the first quote, the last one, and those around what ends a cell are all."""
        line_end = b"\r\n" if buffer.endswith(b"\r\n", 0, end) else b"\n"
        is_around = buffer.startswith(b'"') and buffer.endswith((b'"', b'"' + line_end), 0, end)
        if not is_around or self._width == 1:
            return False
        between, below = b'"%b"' % self._unit[:1], b'"%b"' % line_end
        # None of them is counted twice: no cell is only a delimiter, or only a line end.
        for twice in (between[:2] + below, below[:-1] + between):
            if twice.replace(b"\r", b"") in structure and twice in buffer:
                return False
        found = buffer.count(below, 0, end) + buffer.count(between, 0, end)
        return structure.count(b'"') == 2 * found + 2

    def _even_rows(self, buffer: bytes, structure: bytes) -> int | None:
        """How many rows these are if all have the header's width; None: look closer."""
        if b'"' in structure:
            # Pairs change nothing for what stands outside of them; what remains are quoted
            # delimiters and line ends, whose quotes come in twos.
            structure = structure.replace(b'""', b"")
            if b'"' in structure:
                structure = _unquoted(structure)
        if self._width == 1 and _has_blank_line(buffer):
            return None
        rows, rest = divmod(len(structure), self._width)
        return rows if not rest and structure == self._unit * rows else None

    def _filled(self, buffer: bytes, rows: int) -> int:
        """The last column that is not empty in all of the block's rows, or a later one."""
        blank = 0
        while blank < min(self._width, _MOST_BLANK):
            end = self._unit[:1] * (blank + 1)
            if buffer.count(end + b"\n") + buffer.count(end + b"\r\n") < rows - 1:
                break
            blank += 1
        return self._width - blank

    def _exactly(self, buffer: bytes, gist: bytes, last: bool) -> int:
        """The same, row by row, as the `csv` module reads them."""
        csv.field_size_limit(LONGEST_ROW * 4)
        lines = _Lines(buffer if last else buffer[: buffer.rfind(b"\n") + 1])
        reader = csv.reader(lines, delimiter=self._table.dialect.delimiter or NO_DELIMITER)
        taken = begun = rows = 0
        for row in rows_of(reader):
            if lines.is_spent:  # it asked for more: this row's last quote was not closed
                if last:
                    self._table.cut_line = self._lines + begun + 1
                break
            if not _is_blank(row):
                rows += 1
                if len(row) != self._width:
                    self._note_uneven(self._lines + begun + 1, row)
                    if last and lines.given == len(buffer) and not buffer.endswith((b"\n", b"\r")):
                        self._table.filled = self._width  # cut
                elif self._table.filled != self._width and self._lines + begun > self._header:
                    self._table.filled = max(self._table.filled, _filled_of(row))
            taken, begun = lines.given, reader.line_num
        if last:
            taken = len(buffer)
        self._table.rows += rows
        self._look_at(buffer, gist, last, has_long_rows=rows != begun)
        self._lines += begun
        return taken

    def _note_uneven(self, line: int, row: list[str]) -> None:
        table, width = self._table, len(row)
        table.uneven += 1
        if width > self._width:
            table.uneven_long += _filled_of(row) > self._width
        else:
            table.uneven_short = min(width, table.uneven_short or width)
        if table.uneven_line is None:
            table.uneven_line, table.uneven_width = line, width

    # -- letters --------------------------------------------------------------------------------

    def _look_at(self, buffer: bytes, gist: bytes, last: bool, has_long_rows: bool) -> None:
        if not buffer.isascii():
            self._note_letters(buffer, last)
        self._personal.look(buffer, gist, has_long_rows=has_long_rows)

    def _note_letters(self, buffer: bytes, last: bool) -> None:
        """The buffer's last letter may be cut: it comes again with the next one."""
        if self._table.encoding == "windows-1252":
            return
        try:
            _, whole = utf_8_decode(buffer, "strict", False)
        except UnicodeDecodeError:
            self._table.encoding = "windows-1252"
        else:
            self._table.encoding = "utf-8"
            if last and whole < len(buffer):
                self._table.cut_line = self._lines + buffer.count(b"\n", 0, whole) + 1


class _Lines:
    """The buffer's lines for `csv.reader`, which takes them as it needs them."""

    def __init__(self, buffer: bytes) -> None:
        # Latin-1 gives each byte one letter: places stay the same, and nothing is invalid.
        self._lines = io.TextIOWrapper(io.BytesIO(buffer), "latin-1", newline="")
        self.given = 0
        self.is_spent = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.given += len(line)
            yield line
        self.is_spent = True


def _filled(read: Read, size: int) -> bytes:
    """At least `size` bytes, fewer only at the end: what unpacks gives as it likes."""
    chunk = read(size)
    if not chunk or len(chunk) >= size:
        return chunk
    parts, got = [chunk], len(chunk)
    while got < size and (chunk := read(size - got)):
        parts.append(chunk)
        got += len(chunk)
    return b"".join(parts)


def _whole_rows(buffer: bytes, structure: bytes) -> tuple[int, bytes]:
    """Where the last row ends that lies wholly in the buffer (0: none does), and its structure.

    By the quotes before it, of which there must be an even number.
    """
    end = structure.rfind(b"\n") + 1
    place = buffer.rfind(b"\n") + 1
    odd = structure.count(b'"', 0, end) % 2 if b'"' in structure else 0
    while odd and end:
        # No row ends between the quote that is open here and the line end.
        earlier = structure.rfind(b"\n", 0, structure.rfind(b'"', 0, end)) + 1
        odd ^= structure.count(b'"', earlier, end) % 2
        end = earlier
        place = buffer.rfind(b"\n", 0, buffer.rfind(b'"', 0, place)) + 1
    return place, structure[:end]


def _unquoted(structure: bytes) -> bytes:
    """Without what stands in quotes, of which there is an even number."""
    start = structure.index(b'"')
    first = structure[start : structure.index(b'"', start + 1) + 1]
    if 2 * structure.count(first) == structure.count(b'"'):  # all quotes are around the same
        return structure.replace(first, b"")
    return b"".join(structure.split(b'"')[::2])


def _quoted_by(delimiter: bytes) -> re.Pattern[bytes]:
    """All of a text where each quote opens or closes a cell, or is doubled in one.

    Possessive, so that it takes one pass and no memory.
    """
    ends = re.escape(delimiter) + rb"\n"
    opened, closed = rb'"(?<![^%b]")' % ends, rb'"(?![^\r%b])' % ends
    cell = opened + rb'[^"]*+(?:""[^"]*+)*+' + closed
    return re.compile(rb'[^"]*+(?:%b[^"]*+)*+' % cell)


def _has_blank_line(view: bytes) -> bool:
    return b"\n\n" in view or b"\n\r\n" in view or view[:1] == b"\n" or view[:2] == b"\r\n"


def _filled_of(row: list[str]) -> int:
    """The place of its last cell that is not empty."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1].strip()), 0)


def _is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip().strip(_BLANK))
