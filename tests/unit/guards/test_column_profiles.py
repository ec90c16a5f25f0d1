"""What a profile knows of the columns of a table, of how many rows, and what it does not keep."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.adapters.reader import answers
from syncd.adapters.reader.limits import LONGEST
from syncd.guards.column import MOST, Column
from syncd.guards.content import columns as collecting
from syncd.guards.content import sample
from syncd.guards.content.columns import Columns, Found
from syncd.guards.profile import Profile
from tests.support.shared_reader import read_here


def column(*cells: str, name: str = "a") -> Column:
    columns = Columns([name])
    columns.add([[cell] for cell in cells])
    return columns.found().columns[0]


@pytest.mark.parametrize(
    ("cells", "kind", "written", "smallest", "largest"),
    [
        (("3", "-7", "00012"), "whole", "", -7, 12),
        (("3.5", "2", "-0.25"), "decimal", ".", -0.25, 3.5),
        (("3,5", "2", "1 250,75"), "decimal", ",", 2, 1251),
        (("1\u202f250", "12 %", "8 €"), "whole", "", 8, 1250),
        (("1'250", "1\u2009300", "€ 8"), "whole", "", 8, 1300),
        (("1,234,000", "\u22127,000,000"), "whole", "", -7_000_000, 1_234_000),
        (("\u22123,5", "2,5"), "decimal", ",", -3.5, 2.5),
        (("1,084.75", "990.00"), "decimal", ".", 990, 1085),
        (("12345678", "1"), "whole", "", 1, 12350000),  # four digits of it
        (("2024-05-01", "2023-11-30"), "date", "y-m-d", "2023-11", "2024-05"),
        (("31/12/2023", "01/02/2024"), "date", "d-m-y", "2023-12", "2024-02"),
        (("12/31/2023", "02/01/2024"), "date", "m-d-y", "2023-12", "2024-02"),
        (("01/02/2023", "03/04/2024"), "date", "?-?-y", "2023", "2024"),
        (("2024-05-01T08:00:00Z", "2024-05-02 09:30"), "date", "y-m-d", "2024-05", "2024-05"),
        (("oui", "NON", "oui"), "boolean", "", None, None),
        (("Orléans", "2A", "Mâcon"), "text", "", None, None),
        (("1_000", "infinity", "nano"), "text", "", None, None),
        (("192.168.0.1", "10.0.0.1"), "text", "", None, None),
        (("", "NA", "n.d."), "", "", None, None),
    ],
)
def test_a_column_is_of_a_kind_with_a_form_and_a_range(
    cells: tuple[str, ...], kind: str, written: str, smallest: Any, largest: Any
) -> None:
    found = column(*cells)
    assert (found.kind, found.written) == (kind, written)
    assert (found.smallest, found.largest) == (smallest, largest)


def test_a_number_beyond_all_numbers_is_no_end_of_a_range() -> None:
    found = column("1" * 400, "5")
    assert (found.kind, found.smallest, found.largest) == ("whole", 5, None)


def test_of_several_kinds_the_share_of_the_main_one_is_said() -> None:
    found = column(*["12"] * 6, *["environ 12"] * 2, "", "NA")
    assert (found.kind, found.share, found.empty, found.distinct) == ("whole", 0.75, 0.2, 2)


def test_letters_accents_and_what_an_encoding_destroyed_are_counted() -> None:
    whole = column("Orléans", "Mâcon", "Agen", "Où aller ?", "https://a.fr/x?y=z")
    assert (whole.accents, whole.garbled, whole.lost) == (3, 0, 0)
    assert column("OrlÃ©ans", "NÂ°3", "lâ€™an", "SÃO PAULO", "a\ufffdb").garbled == 4
    assert column("Orl?ans", "M?con", "Agen", "quoi ?").lost == 2
    greek = column("Αθήνα", "Πάτρα")
    assert (greek.foreign > 0.8, greek.latin, greek.digits) == (True, 0, 0)


@pytest.mark.parametrize("count", [1, 60, 128, 1000, 30_000])
def test_how_many_values_there_are_is_known_within_a_quarter(count: int) -> None:
    found = column(*(f"valeur {at}" for at in range(count)))
    assert found.distinct == pytest.approx(count, rel=0.25 if count > 128 else 0)


def test_of_few_values_that_recur_signs_are_kept_and_of_others_none() -> None:
    recurring = column(*["gymnase", "stade"] * 20)
    assert len(recurring.marks) == 2
    assert recurring.marks == column(*["stade", "gymnase"] * 9).marks
    assert column(*(f"personne {at}" for at in range(40))).marks == ()


def test_signs_are_the_same_in_every_process() -> None:
    code = (
        "from syncd.guards.content.columns import Columns\n"
        "c = Columns(['a']); c.add([['gymnase'], ['stade']] * 9); print(c.found().columns[0].marks)"
    )
    seeded = {**os.environ, "PYTHONHASHSEED": "77"}
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=seeded
    )
    assert said.stdout.strip() == str(column(*["gymnase", "stade"] * 9).marks)


# -- rows ----------------------------------------------------------------------------------------


def found_in(names: list[str], rows: list[list[str]], at_once: int = 10_000) -> Found:
    columns = Columns(names)
    for start in range(0, len(rows), at_once):
        columns.add(rows[start : start + at_once])
    return columns.found()


def test_rows_that_came_before_are_counted_and_blank_ones_are_not() -> None:
    rows = [["1", "a"], ["2", "b"], ["1", "a"], ["", ""], ["", ""], ["1", "a"], ["3"]]
    found = found_in(["id", "nom"], rows)
    assert (found.rows, found.repeated, found.header_again) == (6, 2, None)


def test_empty_cells_behind_the_last_column_are_no_others() -> None:
    rows = [["1", "x"], ["2", "y", " ", ""], ["3", "z", "more"], ["4"]]

    assert found_in(["a", "b"], rows).rows == 2


def test_of_rows_of_another_width_nothing_is_known(tmp_path: Path) -> None:
    found = profile(tmp_path, "a;b\n" + "1;2\n" * 3 + "1;2;3\n" * 40)

    assert (found.rows, found.sampled) == (43, 3)


def test_the_header_among_the_rows_is_found_at_its_place() -> None:
    assert found_in(["id", "nom"], [["1", "a"], ["2"], ["id", "nom"]]).header_again == 3
    assert found_in(["id"], [["1"], ["id"]]).header_again is None  # a value may be called so


@given(
    st.lists(
        st.lists(st.sampled_from(["", "1", "é", "2024-01-02", "x?y"]), min_size=2, max_size=2)
    ),
    st.integers(1, 7),
)
@settings(max_examples=40)
def test_how_rows_are_divided_changes_nothing(rows: list[list[str]], at_once: int) -> None:
    assert found_in(["a", "b"], rows, at_once) == found_in(["a", "b"], rows)


def test_many_rows_take_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_MOST_ROWS", 1000)
    monkeypatch.setattr(collecting, "_CELLS", 2048)
    columns = Columns(["id", "nom"])
    tracemalloc.start()
    try:
        for start in range(0, 20_000, 1000):
            columns.add([[str(at), f"nom {at}"] for at in range(start, start + 1000)])
        columns.found()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2 << 20  # the rows would take 4 MiB


# -- in files ------------------------------------------------------------------------------------


def profile(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Profile:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_here(path, name)


def numbered(count: int, first: int = 0) -> str:
    return "".join(f"{at};nom {at % 91};{at * 7 % 1000},5\n" for at in range(first, first + count))


HEADER = "id;nom;part\n"


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows of a table that is large: for what is ordinary, a smaller limit is set."""
    monkeypatch.setattr(sample, "WHOLE", 1 << 18)
    return 60_000


def test_of_a_large_file_some_rows_are_looked_at_and_of_others_all(
    tmp_path: Path, many: int
) -> None:
    small = profile(tmp_path, HEADER + numbered(1000))
    large = profile(tmp_path, HEADER + numbered(many))
    assert (small.sampled, large.rows) == (None, many)
    assert large.sampled is not None
    assert many / 6 < large.sampled < many / 2
    assert [each.kind for each in large.columns] == [each.kind for each in small.columns]
    assert float(large.columns[0].largest or 0) > 0.7 * many  # nearly to the end
    assert large == profile(tmp_path, HEADER + numbered(many))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_far_within_a_large_file_is_found_at_its_line(
    tmp_path: Path, many: int, end: str
) -> None:
    text = HEADER + numbered(many) + HEADER + numbered(9, many)
    found = profile(tmp_path, text.replace("\n", end))
    assert (found.header_again, found.pasted_line) == (many + 2, None)


def test_a_large_table_that_is_there_twice_is_found_at_its_line(tmp_path: Path, many: int) -> None:
    found = profile(tmp_path, HEADER + numbered(many) * 2)
    assert (found.header_again, found.pasted_line) == (None, many + 2)


def test_rows_of_megabytes_are_passed_over(tmp_path: Path) -> None:
    cell = "\U0001f600" * 700_000  # four bytes each, in memory as in the file
    tracemalloc.start()
    try:
        found = profile(tmp_path, f"id;nom\n1;{cell}\n2;{cell}\n" + "3;a\n" * 9)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.rows, found.sampled, found.columns) == (11, 0, ())
    assert most < 64 << 20


def test_doubled_rows_of_a_large_file_are_estimated(tmp_path: Path, many: int) -> None:
    lines = numbered(many).splitlines(keepends=True)
    found = profile(tmp_path, HEADER + "".join(line * 2 for line in lines))
    assert found.repeated == pytest.approx(many, rel=0.02)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('"id";"nom"\n1;a\n2;b\n"id";nom\n3;c\n', 4),
        ("sep=;\nid;nom\n1;a\n2;b\nid;nom\n", 5),
        ("id;nom\r1;a\r2;b\rid;nom\r4;d\r", 4),
        ("id;nom\n1;a\n\ufeffid;nom\n4;d\n", 3),
    ],
    ids=["in other quotes", "below a first line", "with old line ends", "with a mark"],
)
def test_a_header_is_found_again_however_it_is_written(
    tmp_path: Path, content: str, line: int
) -> None:
    assert profile(tmp_path, content).header_again == line


def test_quoted_and_windows_1252_cells_are_what_they_are(tmp_path: Path) -> None:
    text = 'nom;ville\n"Musée; des\nBeaux-Arts";Orléans\n"a ""b""";Mâcon\n'
    for encoding in ("utf-8", "cp1252"):
        found = profile(tmp_path, text.encode(encoding))
        assert [each.accents for each in found.columns] == [1, 2]
        assert [each.garbled for each in found.columns] == [0, 0]


def test_a_last_letter_that_is_cut_spoils_no_other(tmp_path: Path) -> None:
    cut = "id;ville\n1;Orléans\n2;Besançon\n3;Mé".encode()[:-1]
    assert [each.garbled for each in profile(tmp_path, cut).columns] == [0, 0]


def test_of_columns_with_numbers_of_persons_no_value_is_kept(tmp_path: Path) -> None:
    numbers = [f"1850578006{at:03}" for at in range(1, 30)]
    rows = [f"{at};{n}{97 - int(n) % 97:02}" for n, at in zip(numbers, range(1, 30), strict=True)]
    found = profile(tmp_path, "id;assuré\n" + "\n".join(rows) + "\n")
    assert found.personal == {"nir": ("assuré",)}
    identifier, person = found.columns
    assert identifier.largest == 29
    assert (person.kind, person.smallest, person.largest, person.marks) == ("whole", None, None, ())


def test_no_text_of_a_cell_is_in_the_profile(tmp_path: Path) -> None:
    rows = "".join(f"{at};Jeanne Secrète;rue Cachée {at};oui\n" for at in range(300))
    said = profile(tmp_path, "id;nom;adresse;accord\n" + rows).to_json()
    assert "Secr" not in said
    assert "Cach" not in said


# -- kept ----------------------------------------------------------------------------------------


def test_a_profile_with_columns_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = profile(tmp_path, HEADER + numbered(500) + HEADER)
    assert found.columns
    assert found.header_again == 502
    assert Profile.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "columns",
    [None, "x", [None], [7], [{"name": "a"}], [["a", "colour", "x", True, [], {}, -1e400]],
     [["a"] * 40], [[7, 7, 7, 7.5, True]], [["a", "text", 1, 2, 3, 4, 5, 6, 7, 8, 9, "x", 1, 1, -1,
                                              -1, "zz"]]],
)  # fmt: skip
def test_what_is_no_column_harms_nobody(columns: object) -> None:
    found = Profile.from_json(json.dumps({"format": "csv", "columns": columns}))
    assert found is not None
    assert all(isinstance(each, Column) for each in found.columns)
    assert Profile.from_json(found.to_json()) == found


def test_a_profile_of_an_older_version_has_no_columns() -> None:
    found = Profile.from_json('{"format": "csv", "header": ["a"], "rows": 3}')
    assert found is not None
    assert (found.columns, found.repeated, found.sampled) == ((), 0, None)


def test_thousands_of_columns_are_answered_and_the_first_ones_looked_at(tmp_path: Path) -> None:
    width = 5000
    stream = io.StringIO(newline="")
    names = [f"colonne {at} {'x' * 20}" for at in range(width)]
    csv.writer(stream, lineterminator="\n").writerows(
        [names, *([f"valeur {at % 7}"] * width for at in range(30))]
    )
    found = profile(tmp_path, stream.getvalue())
    assert (len(found.header), len(found.columns)) == (width, MOST)
    said = json.dumps({"profile": json.loads(found.to_json())}).encode()
    assert len(said) < LONGEST // 8
    assert answers.read(said) == found
