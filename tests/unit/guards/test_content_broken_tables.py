"""Tables that readers take in several ways: the fast scan says what the exact one says."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.guards.content import dialect, table
from tests.support.examples import examples


def exactly(content: bytes, block: int = table.BLOCK) -> table.Table:
    """Row by row, all of it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table._Scanner, "_is_plain", lambda *_: False)
        return table.scan(io.BytesIO(content).read, block)


def found(content: bytes, block: int = table.BLOCK) -> table.Table:
    return table.scan(io.BytesIO(content).read, block)


def without_filled(one: table.Table) -> table.Table:
    """What is known of empty columns may be less where it is only estimated."""
    one.filled = 0
    return one


HEADER = b"id;texte;note\n"
GOOD = b'1;un;a\n2;"deux; et";b\n'
SHIFTED = {
    "quotes in a quoted cell": b'"1";"dit "AB"; "CD"";"x"\n',
    "a quoted word behind a quote": b'1;"a" b;c";d\n',
    "a blank before a quote": b'1; "a;b";c\n',
    "a tab before a quote": b'1;\t"a;b";c\n',
    "a letter before a quote": b'1;x"a;b";c\n',
    "a blank behind a quote": b'1;"a" ;b;"c";d" \n',
    "delimiters within quotes within a cell": b'1;a ";b;" c;d\n',
    "a line end within quotes within a cell": b'1;a "\nb" c;d\n',
    "a lone carriage return": b"1;premier\rsecond;a\n",
    "a lone carriage return at the end of a cell": b"1;premier\r;a\n",
    "carriage returns alone in one row": b"1;a;b\r2;c;d;e\n",
}


@pytest.mark.parametrize("row", SHIFTED.values(), ids=SHIFTED)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("place", [0, 3, 40_000])
def test_a_row_that_is_read_with_other_columns_is_found(row: bytes, end: bytes, place: int) -> None:
    rows = GOOD * place + row + GOOD * 3
    content = (HEADER + rows).replace(b"\r\n", b"\n").replace(b"\n", end)

    assert found(content).uneven > 0


FINE = {
    "quotes within bare cells": b'1;dit "le Petit" x;5" neuf\n',
    "a quote behind a letter": b'1;12";b\n',
    "an empty quoted cell": b'1;"";b\n',
    "a quote alone, doubled": b'1;"""";b\n',
    "doubled quotes at the ends": b'1;"""a""";b\n',
    "quotes around all": b'"1";"a";"b"\n',
    "quotes around a delimiter": b'"1";";";"b"\n',
    "quotes around a line end": b'"1";"\n";"b"\n',
    "a carriage return within quotes": b'"1";"a\rb";"c"\n',
    "two carriage returns": b"1;a;b\r\r\n",
}


@pytest.mark.parametrize("row", FINE.values(), ids=FINE)
@pytest.mark.parametrize("place", [0, 40_000])
def test_a_row_that_all_read_alike_is_even(row: bytes, place: int) -> None:
    one = found(HEADER + GOOD * place + row + GOOD)

    assert (one.uneven, one.cut_line, one.rows) == (0, None, 2 * place + 4)


PIECES = st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", " ", "a", "é", ",,", '","', '"\n"'])


@given(st.lists(PIECES, max_size=60), st.integers(2, 3), st.sampled_from([16, 64, table.BLOCK]))
@settings(max_examples=examples(300))
@example(["a ", '"', ",", "a", ",", '"', " a", "\n"], 2, table.BLOCK)
def test_the_fast_scan_says_what_the_exact_one_says(
    pieces: list[str], width: int, block: int
) -> None:
    header = ",".join("abc"[:width]) + "\n"
    content = (header * 3 + "".join(pieces)).encode()
    assert without_filled(found(content, block)) == without_filled(exactly(content, block))


@given(st.lists(st.lists(st.text('a",;\n ', max_size=5), min_size=3, max_size=3), max_size=20),
       st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))  # fmt: skip
@settings(max_examples=examples(100))
def test_what_the_standard_library_writes_with_line_feeds_is_even(
    rows: list[list[str]], quoting: int
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]  # its own
    writer.writerows([["id", "texte", "note"], *rows, ["1", "2", "3"]])
    content = stream.getvalue().encode()
    if dialect.dialect_of(content, whole=True).delimiter == ",":
        assert (found(content).uneven, found(content).cut_line) == (0, None)
