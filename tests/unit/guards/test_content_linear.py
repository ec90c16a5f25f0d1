"""The work of looking into a file is in proportion to its size, whatever stands in it.

Measured in seconds of the processor, never of the clock: of four times as many bytes.
"""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.content import numbers
from syncd.guards.profile import Profile
from tests.support.content_builders import case
from tests.support.examples import shared_out
from tests.support.shared_reader import read_here

TIMES = 4
# Of something quadratic it is 16. Below `NOTHING` seconds nothing can be told apart.
AT_MOST, NOTHING = 9, 0.05

Maker = Callable[[int], bytes]  # about so many bytes


def filled(unit: bytes, before: bytes = b"", after: bytes = b"") -> Maker:
    return lambda size: before + unit * (size // len(unit)) + after


def nested(opening: bytes, closing: bytes) -> Maker:
    def made(size: int) -> bytes:
        count = size // (len(opening) + len(closing))
        return opening * count + closing * count

    return made


def declared(size: int) -> bytes:
    names = b"".join(b'<!ATTLIST a x%d CDATA "v">' % at for at in range(size // 26))
    return b"<!DOCTYPE a [" + names + b"]><a/>"


def members(method: int = zipfile.ZIP_STORED, content: bytes = b"") -> Maker:
    def made(size: int) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            for at in range(size // 110):
                archive.writestr(f"{at:06}.csv", content)
        return packed.getvalue()

    return made


def addressed(size: int) -> bytes:
    """Tables of one column each, whose name no other has."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for at in range(size // 200):
            archive.writestr(f"{at}.csv", f"c{at},x\na@b.example,1\n")
    return packed.getvalue()


def attributed(size: int) -> bytes:
    return b"<r " + b" ".join(b"a%d=''" % at for at in range(size // 10)) + b"/>"


def registers(size: int) -> bytes:
    """As many digits as a social security number has, each another."""
    return b"id\n" + b"".join(b"%d\n" % (10**14 + at * 7919) for at in range(size // 16))


LONG_ROW = b'1,"' + b"\n" * 300_000 + b'"\n'
NIR = b"185057800608491"
GEO = b'{"type":"FeatureCollection","features":['

# Name, bytes of the smaller one, what is in it.
FILES: dict[str, tuple[str, int, Maker]] = {
    "a word and an @, without a line end": ("a.csv", 500_000, filled(b"a", after=b" @")),
    "the same behind a header": ("a.csv", 1_000_000, filled(b"a", b"id,nom\n1,", b" @\n")),
    "nothing but @": ("a.csv", 1_000_000, filled(b"a@", b"id\n")),
    "addresses in one long row": ("a.csv", 1_500_000, filled(b"a@b.example,")),
    "addresses in one long quoted row": ("a.csv", 1_500_000, filled(b'"a@b.example",')),
    "addresses in quoted lines": (
        "a.csv",
        1_500_000,
        filled(b'a@b.example\n', b'id,nom\n1,"', b'"\n'),
    ),
    "digits alone": ("a.csv", 2_000_000, filled(b"1", b"id\n")),
    "numbers of persons in one row": ("a.csv", 1_500_000, filled(NIR + b";", b"id;nom\n")),
    "account numbers in one row": ("a.csv", 1_500_000, filled(b"FR7630006000011234567890189;")),
    "telephone numbers": ("a.csv", 1_500_000, filled(b"01 23 45 67 89;")),
    "delimiters alone": ("a.csv", 2_000_000, filled(b";")),
    "line ends alone": ("a.csv", 2_000_000, filled(b"\n", b"a")),
    "quotes alone": ("a.csv", 2_000_000, filled(b'"')),
    "a quote that is never closed": ("a.csv", 1_500_000, filled(b"\n1", b'a,b\n1,"')),
    "long rows of quoted lines": ("a.csv", 1_500_000, filled(LONG_ROW, b"a,b\n")),
    "quotes that open no cell": ("a.csv", 800_000, filled(b'1;a "b;c" d\n', b"id;nom\n")),
    "quotes around some cells": ("a.csv", 1_500_000, filled(b'1;"a, b";2\n', b"id;nom;x\n")),
    "carriage returns alone": ("a.csv", 800_000, filled(b"1;a\r", b"id;nom\n1;b\n")),
    "blank rows above": ("a.csv", 1_500_000, filled(b";;\n", after=b"id;nom;x\n1;a;b\n")),
    "titles above": ("a.csv", 1_500_000, filled(b"un titre\n", after=b"id;nom;x\n1;a;b\n")),
    "empty columns and short rows": (
        "a.csv",
        800_000,
        filled(b"1" + b";" * 40 + b"\n1\n", b"id" + b";x" * 40 + b"\n"),
    ),
    "numbers of registers": ("a.csv", 1_000_000, registers),
    "rows of another width": ("a.csv", 1_000_000, filled(b"1,2,3\n", b"a,b\n")),
    "UTF-16": ("a.csv", 1_000_000, lambda size: ("a;b\n" * (size // 8)).encode("utf-16")),
    "spaces before JSON": ("a.json", 2_000_000, filled(b" ", after=b"[]")),
    "a long text in JSON": ("a.json", 16_000_000, filled(b"a", b'["', b'"]')),
    "a long text of quotes in JSON": ("a.json", 8_000_000, filled(b'\\"', b'["', b'"]')),
    "digits up to the limit in JSON": ("a.json", 800_000, filled(b"1" * 4300 + b",", b"[", b"1]")),
    "small numbers in JSON": ("a.json", 800_000, filled(b"1,", b"[", b"1]")),
    "lists in lists": ("a.json", 800_000, nested(b"[", b"]")),
    "places in places": (
        "a.geojson",
        800_000,
        filled(b'{"coordinates":[],"b":', GEO),
    ),
    "a mistake far down in JSON Lines": (
        "a.jsonl",
        400_000,
        filled(b'{"a":1}\n', after=b"{]}\n"),
    ),
    "elements in elements": ("a.xml", 800_000, nested(b"<a>", b"</a>")),
    "elements": ("a.xml", 800_000, filled(b"<a/>", b"<r>", b"</r>")),
    "a long comment": ("a.xml", 3_000_000, filled(b"a", b"<r><!--", b"--></r>")),
    "a long tag": ("a.xml", 3_000_000, filled(b"a", b"<r x='", b"'/>")),
    "attributes": ("a.xml", 800_000, attributed),
    "declared attributes": ("a.xml", 400_000, declared),
    "empty members": ("a.zip", 400_000, members()),
    "members of bzip2": ("a.zip", 200_000, members(zipfile.ZIP_BZIP2, b"a,b\n")),
    "tables with addresses": ("a.zip", 400_000, addressed),
}  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def is_linear(work: Callable[[int], Callable[[], object]], size: int) -> None:
    """The best of a few, since what is beside it on the machine takes its caches."""
    small, large = work(size), work(TIMES * size)
    least = max(min(seconds(small) for _ in range(2)), NOTHING)
    took = seconds(large)
    for _ in range(2):
        if took > AT_MOST * least:
            took = min(took, seconds(large))
    assert took <= AT_MOST * least, f"{least:.2f} s, then {took:.2f} s"


@pytest.mark.parametrize(("label", "packed"), shared_out(5, FILES, [False, True]))
def test_four_times_the_bytes_take_no_more_than_their_share(
    tmp_path: Path, label: str, packed: bool
) -> None:
    name, size, made = FILES[label]
    if packed and name.endswith(".zip"):
        pytest.skip("an archive in an archive is not opened")

    def work(size: int) -> Callable[[], Profile]:
        path = tmp_path / f"{size}"
        path.write_bytes(gzip.compress(made(size), 1) if packed else made(size))
        return lambda: read_here(path, f"{name}.gz" if packed else name)

    is_linear(work, size)


@pytest.mark.parametrize("name", guards.OF_A_FILE)
def test_each_guard_takes_no_more_than_its_share(name: str) -> None:
    """Of the columns, before and after, of which none has kept its name."""

    def columns(count: int, mark: str) -> Profile:
        names = tuple(f"{mark}{at}" for at in range(count))
        found = dict.fromkeys(("nir", "iban", "email", "telephone"), names)
        return Profile("csv", header=names, width=count, rows=9, personal=found)

    def work(count: int) -> Callable[[], object]:
        now = case(found=columns(count, "a"), before=columns(count, "b"))
        return lambda: guards.judge(now, GuardPolicy(_all_but(name)))

    is_linear(work, 20_000)


def _all_but(name: str) -> dict[str, str]:
    return {other: "off" for other in guards.GUARDS if other != name}


CELLS = ["a" * 9, "a@", "a.a", "1", "0 ", "A1", "a@a.", "@", "-", " "]


LOOKS = ("has_email", "is_email", "is_nir", "is_iban", "is_telephone")


@pytest.mark.parametrize(("unit", "look"), shared_out(3, CELLS, LOOKS))
def test_a_long_cell_takes_no_more_than_its_share(unit: str, look: str) -> None:
    def work(size: int) -> Callable[[], object]:
        cell = unit * (size // len(unit)) + "!"
        return lambda: getattr(numbers, look)(cell)

    is_linear(work, 1_000_000)
