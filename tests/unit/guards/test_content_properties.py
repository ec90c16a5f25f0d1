"""What holds for every table and for any bytes at all."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.content import dialect, table
from syncd.guards.profile import Profile
from tests.support.builders import digest, exactly, version
from tests.support.corpus import corpus
from tests.support.examples import examples
from tests.support.shared_reader import read_here

FILES = [sample for sample in corpus() if not sample.is_large and len(sample.content) < 20_000]
NAMES = sorted({sample.name for sample in FILES})
ACCEPTED = frozenset(name.rsplit(".", 1)[1] for name in NAMES)

# Letters, digits, and all that matters to a reader of CSV; no lone surrogates, no zero bytes,
# which no text has.
CELLS = st.text(
    st.one_of(
        st.sampled_from(",;\t|\"'\n\r \u00e9\u2026\U0001f600"),
        st.characters(codec="utf-8", exclude_characters="\x00\x1f", exclude_categories=["Cs"]),
    ),
    max_size=12,
)
HEADS = st.text(st.sampled_from("abcdefghij_"), min_size=1, max_size=9)


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, int]:
    """A CSV as the `csv` module writes it, and how many rows of data it has."""
    width = draw(st.integers(1, 6))
    header = draw(st.lists(HEADS, min_size=width, max_size=width, unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=9))
    # A row that reads as an empty line is one that no reader can tell from it.
    rows = [row for row in rows if any(cell.strip().strip("\ufeff\x1a") for cell in row)]
    rows = rows or [["x"] * width]
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream,
        delimiter=draw(st.sampled_from(dialect.DELIMITERS)),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator="\r\n",
    )
    writer.writerow(header)
    writer.writerows(rows)
    text = stream.getvalue()
    if draw(st.booleans()):
        text = text.removesuffix("\r\n")
    if draw(st.booleans()):
        text = text.replace("\r\n", "\n") if "\r\n" not in "".join(map("".join, rows)) else text
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode(), len(rows)


def profile(content: bytes, name: str = "a.csv") -> Profile:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.spool"
        file.write_bytes(content)
        return read_here(file, name)


def judged(content: bytes, name: str = "a.csv", before: Profile | None = None) -> guards.Findings:
    case = guards.CheckInput(
        version=version(name),
        digest=digest("x", len(content)),
        rule=exactly(name),
        online=None,
        published=None,
        accepted=ACCEPTED,
        found=profile(content, name),
        before=before,
    )
    return guards.judge(case, GuardPolicy({}))


@given(tables())
def test_every_table_that_the_standard_library_writes_passes(made: tuple[bytes, int]) -> None:
    content, rows = made
    before = profile(content)
    assert before.rows == rows
    assert (before.uneven, before.cut_line) == (0, None)
    findings = judged(content, before=before)
    assert (findings.held, findings.faults) == ((), ())


@given(tables(), st.sampled_from([5, 7, 16, 64, 1000]))
@settings(max_examples=examples(60))
def test_where_blocks_end_changes_nothing(made: tuple[bytes, int], size: int) -> None:
    """Also in the middle of a row, a quote or a letter."""
    header, body = made[0].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)
    body += b"" if body.endswith(b"\n") else b"\r\n"
    content = header + b"\n" + body * (dialect.HEAD // len(body) + 2)
    whole = table.scan(io.BytesIO(content).read)
    parts = table.scan(io.BytesIO(content).read, size)
    assert parts == whole
    assert (parts.uneven, parts.cut_line) == (0, None)


@given(tables(), st.data())
def test_what_is_left_of_a_table_is_valid_or_found(
    made: tuple[bytes, int], data: st.DataObject
) -> None:
    content, rows = made
    before = profile(content)
    cut = data.draw(st.integers(0, len(content) - 1))
    left = content[:cut]
    findings = judged(left, before=before)
    now = profile(left)
    lost_most = (now.rows or 0) < rows / 2
    assert findings.held or not lost_most
    if not findings.held:  # then it is a table by all that the standard library can say of it
        text = left.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=now.delimiter or "\x1f")
        widths = {len(row) for row in reader if row and (len(row) > 1 or row[0].strip())}
        assert len(widths) == 1


@given(st.binary(max_size=400), st.sampled_from(NAMES))
@settings(max_examples=examples(300))
@example(b"\xff\xfe", "a.csv")
@example(b"\xef\xbb\xbf", "a.csv")
@example(b"\x1f\x8b", "a.csv.gz")
@example(b'"' * 999, "a.csv")
@example(b"[" * 99_999, "a.json")
@example(b"<a>" * 9_999, "a.xml")
@example(b"PK\x05\x06" + bytes(18), "a.zip")
def test_guards_never_raise_whatever_bytes_they_get(content: bytes, name: str) -> None:
    assert judged(content, name).faults == ()


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(max_examples=examples(25))
def test_guards_never_raise_on_damaged_files(name: str, data: st.DataObject) -> None:
    """Real files with some bytes changed, cut out or doubled reach further than chance does."""
    whole = data.draw(st.sampled_from([s.content for s in FILES if s.name == name] or [b""]))
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        match data.draw(st.sampled_from(["change", "cut", "double"])):
            case "change" if content:
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[at : at + data.draw(st.integers(1, 50))]
            case _:
                content[at:at] = content[at : at + 30]
    findings = judged(bytes(content), data.draw(st.sampled_from([name, name, "a.csv"])))
    assert findings.faults == ()
    assert "guard_fault" not in {reason.code for reason in (*findings.held, *findings.warned)}


@given(st.binary(max_size=2000))
def test_compression_changes_nothing_of_what_is_found(content: bytes) -> None:
    packed = profile(gzip.compress(b"a,b\n" + content), "a.csv.gz")
    plain = profile(b"a,b\n" + content)
    if plain.format == "csv":
        assert packed.wrapped == "gzip"
        assert (packed.rows, packed.uneven, packed.header) == (
            plain.rows,
            plain.uneven,
            plain.header,
        )


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "3", "{", '{"rows": "many", "header": 3, "bom": 1, "personal": []}']
)
def test_a_profile_of_another_version_is_read_as_far_as_it_goes(text: str) -> None:
    found = Profile.from_json(text)
    assert found is None or found == Profile()


def test_unknown_keys_of_a_profile_are_skipped() -> None:
    assert Profile.from_json('{"rows": 3, "tomorrow": [1]}') == Profile(rows=3)
