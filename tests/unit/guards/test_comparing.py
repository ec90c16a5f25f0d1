"""Two files are compared as a person looks at them: what went, what came, what is other."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.guards.comparison import Comparison, Rows
from syncd.guards.content import comparing
from tests.support.corpus import xlsx

NIR = "1 84 12 76 451 089 46"
IBAN = "FR14 2004 1010 0505 0001 3M02 606"
EMAIL = "lea.martin@exemple.fr"
TELEPHONE = "01 42 34 56 78"


def compared(
    before: bytes, after: bytes, name: str = "a.csv", by: Sequence[str] = (), most: int = 1000
) -> Comparison:
    with TemporaryDirectory() as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        old.write_bytes(before)
        new.write_bytes(after)
        with old.open("rb", buffering=0) as one, new.open("rb", buffering=0) as two:
            found = comparing.compare(one, name, two, name, by, most)
    again = Comparison.from_json(json.loads(found.to_json()))
    assert again == found
    return found


def rows(before: bytes, after: bytes, **options: object) -> Rows:
    found = compared(before, after, **options)  # type: ignore[arg-type]
    assert found.rows is not None, found.not_further
    return found.rows


def table(lines: Sequence[Sequence[object]], header: str = "id;nom;ville") -> bytes:
    return "\n".join([header, *(";".join(map(str, line)) for line in lines), ""]).encode()


def test_rows_are_known_again_by_the_column_that_identifies_them() -> None:
    old = table([(1, "Louvre", "Paris"), (2, "Unterlinden", "Colmar"), (3, "Fabre", "Sète")])
    new = table([(3, "Fabre", "Montpellier"), (1, "Louvre", "Paris"), (4, "Ingres", "Montauban")])

    found = rows(old, new)

    assert (found.by, found.same, found.added, found.removed, found.changed) == (
        ("id",), 1, 1, 1, 1,
    )  # fmt: skip
    (added,), (removed,), (changed,) = (
        found.first_added, found.first_removed, found.first_changed,
    )  # fmt: skip
    assert (added.line, [cell.after for cell in added.cells]) == (4, ["4", "Ingres", "Montauban"])
    assert (removed.line, removed.cells[1].before) == (3, "Unterlinden")
    assert changed.line == 2
    assert [(cell.column, cell.before, cell.after) for cell in changed.cells] == [
        ("ville", "Sète", "Montpellier")
    ]
    assert [(cell.column, cell.after) for cell in changed.key] == [("id", "3")]


def test_the_fewest_leading_columns_that_are_unique_identify_a_row() -> None:
    lines = [(2024, 1, "a"), (2024, 2, "b"), (2025, 1, "c")]

    found = rows(table(lines, "annee;mois;x"), table([*lines[:2], (2025, 1, "d")], "annee;mois;x"))

    assert (found.by, found.changed, found.added, found.removed) == (("annee", "mois"), 1, 0, 0)


def test_without_such_columns_a_row_is_one_as_a_whole_and_counted() -> None:
    old = table([("a", "b", "c")] * 3 + [("x", "y", "z")])

    found = rows(old, table([("a", "b", "c")] * 5))

    assert (found.by, found.same, found.added, found.removed) == ((), 3, 2, 1)


def test_columns_that_are_named_identify_the_rows() -> None:
    old = table([(1, "a", "Paris"), (2, "b", "Lyon")])
    new = table([(8, "a", "Paris"), (9, "b", "Lyon")])

    assert rows(old, new).removed == 2
    assert rows(old, new, by=["nom"]).changed == 2
    assert compared(old, new, by=["pays"]).not_further == "unknown_columns"


def test_columns_that_went_came_or_moved_are_named_and_change_no_row() -> None:
    old = table([(1, "Louvre", "Paris"), (2, "Fabre", "Sète")])
    new = table([("Paris", 1, 75), ("Sète", 2, 34)], "ville;id;departement")

    found = compared(old, new)

    assert found.columns is not None
    assert (found.columns.gone.first, found.columns.new.first) == (("nom",), ("departement",))
    assert found.columns.other.count == 1
    assert found.rows is not None
    assert (found.rows.same, found.rows.changed) == (2, 0)


def test_where_no_column_is_left_the_first_rows_may_be_no_names_and_are_not_shown() -> None:
    found = compared(b"id;nom\n1;a\n", b"Martin;Sophie\nDurand;Paul\n")

    assert (found.rows, found.not_further) == (None, "other_columns")
    assert found.columns is not None
    assert (found.columns.gone.count, found.columns.new.count) == (2, 2)
    assert found.columns.new.first == ()


@pytest.mark.parametrize("change", ["encoding", "delimiter", "line ends", "mark", "order"])
def test_another_way_to_write_the_same_rows_is_no_change_of_them(change: str) -> None:
    lines = [(n, f"Musée {n}", "Sète") for n in range(50)]
    old = table(lines)
    new = {
        "encoding": old.decode().encode("cp1252"),
        "delimiter": old.replace(b";", b","),
        "line ends": old.replace(b"\n", b"\r\n"),
        "mark": b"\xef\xbb\xbf" + old,
        "order": table(lines[::-1]),
    }[change]

    found = rows(old, new)

    assert (found.same, found.added, found.removed, found.changed) == (50, 0, 0, 0)


def test_gzipped_tables_are_compared_too() -> None:
    old, new = (gzip.compress(table([(n, "a", "b") for n in range(k)])) for k in (5, 7))

    assert rows(old, new, name="a.csv.gz").added == 2


def test_above_the_ceiling_one_row_in_so_many_is_compared_and_that_is_said() -> None:
    lines = [(n, f"nom {n}", random.Random(n).random()) for n in range(4000)]
    new = [*lines[:1000], *lines[1400:]]

    found = rows(table(lines), table(new), most=500)

    assert found.one_in == 8
    assert found.by == ("id",)
    assert found.changed == found.added == 0
    assert 20 <= found.removed <= 90  # 400 in 8
    assert found.same + found.removed <= 4000 / 8 * 1.4


def test_ten_of_each_are_shown_and_all_are_counted() -> None:
    lines = [(n, "a", "b") for n in range(100)]

    found = rows(table(lines), table([(n, "z", "b") for n in range(50, 150)]))

    assert (found.removed, found.added, found.changed) == (50, 50, 50)
    assert len(found.first_removed) == len(found.first_added) == len(found.first_changed) == 10


def test_tables_without_names_are_counted_and_no_value_is_shown() -> None:
    old = "".join(f"{n};12,5;Martin {n}\n" for n in range(20)).encode()
    new = "".join(f"{n};12,5;Martin {n}\n" for n in range(5, 30)).encode()

    found = compared(old, new)

    assert found.rows is not None
    assert (found.rows.added, found.rows.removed) == (10, 5)
    assert "Martin" not in found.to_json()
    assert found.rows.first_added == found.rows.first_removed == ()


def test_of_a_zip_the_members_are_named() -> None:
    def packed(members: dict[str, str]) -> bytes:
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return into.getvalue()

    found = compared(
        packed({"a.txt": "1", "b.txt": "2", "c.txt": "3"}),
        packed({"a.txt": "1", "b.txt": "zwei", "d.txt": "4"}),
        name="a.zip",
    )

    assert found.members is not None
    assert (found.members.gone.first, found.members.new.first, found.members.other.first) == (
        ("c.txt",), ("d.txt",), ("b.txt",),
    )  # fmt: skip
    assert found.not_further == "format"


@pytest.mark.parametrize(
    ("old", "new", "name", "limit"),
    [
        (b'[{"a": 1}]', b'[{"a": 1}, {"a": 2}]', "a.json", "format"),
        (table([(1, "a", "b")]), b"<!doctype html><html></html>", "a.csv", "other_format"),
        (table([(1, "a", "b")]), b'id;nom;ville\n1;"a;b\n', "a.csv", "cut"),
        (table([(1, "a", "b")]), b"1;2;3\n4;5;6\n", "a.csv", "no_header"),
        (b"%PDF-1.4", b"%PDF-1.5", "a.pdf", "format"),
    ],
)
def test_what_is_not_compared_row_by_row_says_why(
    old: bytes, new: bytes, name: str, limit: str
) -> None:
    found = compared(old, new, name=name)

    assert (found.rows, found.not_further) == (None, limit)


def test_json_has_its_number_of_items() -> None:
    found = compared(b'[{"a": 1}]', b'[{"a": 1}, {"a": 2}]', name="a.json")

    assert (found.before.rows, found.after.rows) == (1, 2)


def test_of_a_sheet_the_columns_are_compared() -> None:
    found = compared(
        xlsx([["id", "nom"], [1, "a"]]), xlsx([["id", "ville"], [1, "b"]]), name="a.xlsx"
    )

    assert found.columns is not None
    assert (found.columns.gone.first, found.columns.new.first) == (("nom",), ("ville",))


personal = st.sampled_from([NIR, IBAN, EMAIL, TELEPHONE, NIR.replace(" ", ""), f"voir {EMAIL} svp"])
harmless = st.text(alphabet="abcdéè xyz", max_size=8)


@given(
    st.lists(st.tuples(harmless | personal, harmless, personal | harmless), max_size=15),
    st.lists(st.tuples(harmless | personal, harmless, personal | harmless), max_size=15),
)
@settings(max_examples=60)
def test_nothing_personal_is_ever_shown(
    old: list[tuple[str, str, str]], new: list[tuple[str, str, str]]
) -> None:
    found = compared(table(old, "nom;x;contact"), table(new, "nom;x;contact")).to_json()

    for secret in (NIR, IBAN, EMAIL, TELEPHONE, NIR.replace(" ", "")):
        assert secret not in found


def test_a_column_that_is_marked_is_shown_in_no_row_and_on_neither_side() -> None:
    lines = [(n, f"p{n}@exemple.fr" if n else "inconnu", "x") for n in range(5)]

    found = rows(
        table(lines, "id;courriel;x"),
        table([(n, "secret", "y") for n in range(4)], "id;courriel;x"),
    )

    shown = [*found.first_changed, *found.first_removed]
    cells = [cell for row in shown for cell in row.cells if cell.column == "courriel"]
    assert len(cells) == 5
    assert {(cell.before, cell.after) for cell in cells} == {(None, None)}


def test_a_personal_number_is_not_shown_where_its_column_has_too_few_to_be_marked() -> None:
    bare = NIR.replace(" ", "")
    others = [f"{bare[:13]}{key:02}" for key in range(1, 90) if f"{key:02}" != bare[13:]]
    lines = [(n, number, "x") for n, number in enumerate(others, 1)]

    found = compared(table(lines), table([(0, bare, "x"), *lines]))

    assert found.after.personal == {}
    assert found.rows is not None
    (added,) = found.rows.first_added
    assert [(cell.column, cell.after) for cell in added.cells] == [
        ("id", "0"), ("nom", None), ("ville", "x"),
    ]  # fmt: skip
    assert bare not in found.to_json()
