"""Finds numbers that belong to persons in a block of CSV, and in which columns: never keeps one.

Numbers that must hold a file (NIR, IBAN) are looked for in every block. A cheap string of letter
classes says where one may be; the exact form and the key are checked on those places only, and
where there are very many, on some of them, spread over the block. E-mail addresses are looked for
in the same way, telephone numbers in the first blocks and in one of 16.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator

from syncd.guards.content.dialect import NO_DELIMITER
from syncd.guards.content.numbers import is_email, is_iban, is_nir, is_telephone
from syncd.guards.content.personal_columns import PersonalColumns

_MOST = 200  # places of one form that are looked at one by one in a block
_MOST_LATER = 10
_MOST_IN_LONG_ROWS = 20  # where finding the column takes a pass over the block
_FIRST_BLOCKS, _ONE_IN = 4, 16


def _classes(kept: bytes) -> bytes:
    """0 digit, A capital, " " what numbers are grouped with, x other letter, ":" other sign."""
    table = bytearray(b":" * 256)
    lower = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(128, 256))
    for codes, name in ((b"0123456789", b"0"), (b" .-", b" "), (lower, b"x"), (b"+", b"+")):
        for code in codes:
            table[code] = name[0]
    for code in range(ord("A"), ord("Z") + 1):
        table[code] = ord("A")
    for code in kept:
        table[code] = code
    return bytes(table)


_CLASS_OF = _classes(b"")
_BETWEEN = b" .-\r"  # what may stand within a number, or behind it
_DROPPED = _BETWEEN + bytes(range(ord("a"), ord("z") + 1)) + bytes(range(128, 256))
# A place is looked for in three steps, each dearer and on fewer blocks than the one before: any
# long number or word in capitals, whatever small letters are in it; the outline of one of the
# numbers; its exact form.
_LONG = b"0" * 15
_TELEPHONE_GATE = b"0" * 10
_NIR_GATE = b"0" * 15
_CORSICAN_GATE = b"000000A00000000"
_NIR_FORMS = (
    b"0" * 15,
    b"0 00 00 00 000 000 00",
    b"0000000000000 00",
    b"000000A00000000",
    b"0 00 00 0A 000 000 00",
)
_IBAN_GATE = re.compile(rb"AA00[A0]{11}")
_IBAN_FORM = re.compile(rb"AA00(?: ?[A0]{4}){2,7}(?: ?[A0]{1,3})?")
_TELEPHONE_FORMS = (
    b"0" * 10,
    b"00 00 00 00 00",
    b"+00000000000",
    b"+00 0 00 00 00 00",
)
_AROUND = 80  # letters of an address before and after its @
_IN_ADDRESSES = b"".join(
    bytes([code]) for code in range(128) if chr(code).isalnum() or chr(code) in "._%+-"
)
_DIGITS = re.compile(rb"0*")
_PASSES = 16  # as many times over a block at most, to find the columns of what was found in it


class Personal:
    """Looks at one block after the other; `delimiter` b"" means one column."""

    def __init__(self, delimiter: bytes, header: tuple[str, ...]) -> None:
        self._delimiter = delimiter
        self._header = header
        self._blocks = 0
        self._has_long = False  # the last block had some long number
        self._gist_of = _classes(b'\n"' + delimiter).replace(b"A", b"0")
        self._columns = PersonalColumns[int]()
        self._signs = b"." if delimiter == b"," else b".,"  # before decimals

    def gist(self, view: bytes) -> bytes:
        """The block's digits and capitals, all as "0", without most of the rest.

        Delimiters, line ends and quotes stay, so that rows can be counted in it. Where a gist would
        but say again that there are long numbers, it is the block itself.
        """
        if self._has_long and not self._is_sample:
            return view
        return view.translate(self._gist_of, _DROPPED)

    @property
    def _is_sample(self) -> bool:
        """Whether telephone numbers are looked for in the next block."""
        return self._blocks < _FIRST_BLOCKS or self._blocks % _ONE_IN == 0

    def look(self, view: bytes, gist: bytes, *, has_long_rows: bool) -> None:
        """`gist`: of this block. `has_long_rows`: some of its rows have quoted line ends."""
        most = _MOST if self._blocks < _FIRST_BLOCKS else _MOST_LATER
        if has_long_rows:
            most = _MOST_IN_LONG_ROWS
        if b"@" in view:
            self._note("email", view, _addresses(view, most), is_email, has_long_rows)
        is_sample = self._is_sample
        nir = iban = False
        self._has_long = gist is view or _LONG in gist
        if self._has_long:
            closer = view.translate(_CLASS_OF, _BETWEEN)
            has_capitals = b"A" in closer
            nir = _NIR_GATE in closer or (has_capitals and _CORSICAN_GATE in closer)
            iban = has_capitals and _IBAN_GATE.search(closer) is not None
        self._blocks += 1
        if not (nir or iban or is_sample):
            return
        classes = view.translate(_CLASS_OF)
        if nir:
            self._note("nir", view, _places(classes, _NIR_FORMS, most), is_nir, has_long_rows)
        if iban:
            self._note("iban", view, _matches(classes, most), is_iban, has_long_rows)
        if is_sample and _TELEPHONE_GATE in gist:
            places = _places(classes, _TELEPHONE_FORMS, most)
            self._note("telephone", view, places, is_telephone, has_long_rows)

    def found(self) -> dict[str, tuple[str, ...]]:
        """The columns of each kind, by name, or by number where they have none."""
        columns = self._columns.found()
        return {kind: tuple(map(self._name, sorted(found))) for kind, found in columns.items()}

    def _name(self, column: int) -> str:
        name = self._header[column] if column < len(self._header) else ""
        return name or f"#{column + 1}"

    def _note(
        self,
        kind: str,
        view: bytes,
        places: Iterator[tuple[int, int]],
        is_valid: Callable[[str], bool],
        has_long_rows: bool,
    ) -> None:
        left = max(_PASSES * len(view), 1 << 20)
        for start, end in places:
            if kind != "email" and self._is_decimal(view, start, end):
                continue
            text = view[start:end].decode("latin-1")
            place = view.index(b"@", start) if kind == "email" else start
            if left <= 0:  # a few very long rows
                return
            column, looked_at = self._column(view, place, has_long_rows)
            left -= looked_at
            self._columns.note(kind, column, text, is_valid=is_valid(text))

    def _is_decimal(self, view: bytes, start: int, end: int) -> bool:
        """Whether these digits are only a part of a number with a decimal sign.

        Whole numbers that are written with one (“.0”) are what they are without it.
        """
        before, after = view[max(start - 2, 0) : start], view[end : end + 3]
        quoted = after[:1] == b'"'  # there, a comma separates nothing
        signs = b".," if quoted else self._signs
        if len(before) == 2 and before[1] in signs and before[:1].isdigit():
            return True
        if after[:1] and after[0] in self._signs and after[1:2].isdigit():
            return after[1:2] != b"0" or after[2:3].isdigit()
        return False

    def _column(self, view: bytes, place: int, has_long_rows: bool) -> tuple[int, int]:
        """And how many bytes it took to find that out."""
        start = view.rfind(b"\n", 0, place) + 1
        if has_long_rows:
            odd = view.count(b'"', 0, start) % 2
            while odd and start:  # the row begins before the quote that is open here
                earlier = view.rfind(b"\n", 0, view.rfind(b'"', 0, start)) + 1
                odd ^= view.count(b'"', earlier, start) % 2
                start = earlier
        looked_at = place if has_long_rows else place - start
        before = view[start:place]
        if b'"' not in before:
            return before.count(self._delimiter) if self._delimiter else 0, looked_at
        delimiter = self._delimiter.decode() or NO_DELIMITER
        lines = before.decode("latin-1").splitlines(keepends=True)
        row = next(csv.reader(lines, delimiter=delimiter), [])
        return max(len(row) - 1, 0), looked_at


def _absent(classes: bytes) -> tuple[bytes, ...]:
    """What forms have beside digits and this block has not: said sooner than of a whole form."""
    return tuple(sign for sign in (b"A", b" ", b"+") if sign not in classes)


def _places(classes: bytes, forms: tuple[bytes, ...], most: int) -> Iterator[tuple[int, int]]:
    """Where one of the forms stands alone, not within a longer number or word."""
    absent = _absent(classes)
    for form in forms:
        if any(sign in form for sign in absent):
            continue
        size, place, looked = len(form), classes.find(form), 0
        while place >= 0:
            end = place + size
            if classes[end : end + 1] == b"0":  # a longer number: none of its parts
                end = _DIGITS.match(classes, end).end()  # type: ignore[union-attr]  # it may be empty
            elif classes[max(place - 1, 0) : place] not in {b"0", b"A"}:
                yield place, end
            looked += 1
            if looked > most:  # the others at a distance, so that all columns have their turn
                end += len(classes) // most
            place = classes.find(form, end)


def _matches(classes: bytes, most: int) -> Iterator[tuple[int, int]]:
    place, looked = 0, 0
    while found := _IBAN_FORM.search(classes, place):
        start, place = found.span()
        after, before = classes[place : place + 1], classes[max(start - 1, 0) : start]
        if after not in {b"0", b"A", b"x"} and before not in {b"0", b"A", b"x"}:
            yield start, place
        looked += 1
        if looked > most:
            place += len(classes) // most


def _addresses(view: bytes, most: int) -> Iterator[tuple[int, int]]:
    """What is around each @, from the beginning of its word on."""
    place, looked = view.find(b"@"), 0
    while place >= 0:
        before = view[max(place - _AROUND, 0) : place]
        yield place - len(before) + len(before.rstrip(_IN_ADDRESSES)), place + _AROUND
        looked += 1
        after = place + 1 if looked <= most else place + len(view) // most
        place = view.find(b"@", after)
