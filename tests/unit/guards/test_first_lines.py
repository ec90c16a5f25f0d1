"""What stands above a table, odd names of columns, and what a file begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from tests.support.builders import digest, version
from tests.support.content_builders import case, codes, table
from tests.support.corpus import NIR, parquet
from tests.support.shared_reader import read_here


def profile(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Profile:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_here(path, name)


def held(now: Profile, before: Profile | None, name: str = "a.csv") -> list[str]:
    accepted = frozenset({"csv", "pdf", "tsv"})
    given = case(version=version(name), digest=digest("x", 9), found=now, before=before,
                 accepted=accepted)  # fmt: skip
    return codes(guards.judge(given, GuardPolicy({})).held)


BODY = "id;nom;ville\n1;Louvre;Paris\n2;Fabre;Montpellier\n3;Le Petit;Évreux\n"
ABOVE = {
    "a title": "Liste des musées au 1er mars\n",
    "a title that fills the row": "Liste des musées;;\n",
    "a title and a blank line": "Musées\n\n",
    "a title, its source, a blank row": "Liste des musées\nSource : ministère\n;;\n",
    "a comment": "# produit le 2026-03-01; version 2\n",
    "comments": "# produit le 2026-03-01\n# par syncd\n",
    "the separator": "sep=;\n",
    "the separator in quotes": '"sep=;"\n',
    "the separator and a title": "sep=;\nListe des musées\n",
    "blank lines": "\n\n",
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
def test_what_stands_above_the_header_is_no_row(tmp_path: Path, above: str, end: str) -> None:
    found = profile(tmp_path, (above + BODY).replace("\n", end))

    assert (found.header, found.rows, found.uneven) == (("id", "nom", "ville"), 3, 0)
    assert found.above == sum(bool(line.strip("; ")) for line in above.split("\n"))
    assert found.delimiter == ";"


def test_lines_are_counted_from_the_first(tmp_path: Path) -> None:
    found = profile(tmp_path, ABOVE["a title and a blank line"] + BODY + "4;x\n")

    assert (found.uneven, found.uneven_line) == (1, 7)


def test_delimiters_within_quotes_are_no_matter(tmp_path: Path) -> None:
    rows = "Liste des musées\nid;nom;ville\n" + '1;"a; b";"c; d"\n' * 9 + "2;e;f\n"

    assert profile(tmp_path, rows).header == ("id", "nom", "ville")


def test_letters_above_the_header_are_letters_of_the_file(tmp_path: Path) -> None:
    content = "Liste des musées\nid;nom;ville\n1;a;b\n2;c;d\n".encode("cp1252")

    assert profile(tmp_path, content).encoding == "windows-1252"


def test_another_title_is_no_other_table(tmp_path: Path) -> None:
    one, other = (f"Liste des musées au {day} mars\n" + BODY for day in (1, 2))

    assert held(profile(tmp_path, one), profile(tmp_path, other)) == []
    assert held(profile(tmp_path, BODY), profile(tmp_path, BODY)) == []


def test_a_title_that_came_above_the_header_is_held(tmp_path: Path) -> None:
    """Whoever reads the file has names in its first line."""
    titled, plain = profile(tmp_path, ABOVE["a title"] + BODY), profile(tmp_path, BODY)

    assert held(titled, plain) == ["guard_columns"]
    assert held(profile(tmp_path, "\n" + BODY), plain) == []  # all readers go over those


def test_columns_below_a_title_are_compared(tmp_path: Path) -> None:
    before = profile(tmp_path, ABOVE["a title"] + BODY)
    renamed = profile(tmp_path, ABOVE["a title"] + BODY.replace("nom", "nom complet"))

    assert held(renamed, before) == ["guard_columns_renamed"]


def test_an_old_profile_that_took_the_title_for_the_header_holds_nothing(tmp_path: Path) -> None:
    now = profile(tmp_path, "Liste des musées;;\n" + BODY)
    old = table(header=("Liste des musées", "", ""), rows=4, delimiter=";")

    assert held(now, old) == []


@pytest.mark.parametrize(
    "content",
    [
        "nom;x;y\nDupont\nMartin;Jeanne;Paris\nDurand;Zoé;Lyon\n",
        "nom\nDupont, Jeanne, Paris\nMartin, Zoé, Lyon\nDurand, Luc, Nice\n",
        "nom complet\nDupont,Jeanne,0612345678\nMartin,Zoé,0612345679\n",
        "un titre\nDupont;Jeanne\nMartin;Zoé\n",
        "#id;nom\n1;a\n2;b\n",
        '"un titre, long";;\n"a";"b";"c"\n1;2;3\n',
    ],
)
def test_a_first_line_that_may_be_the_header_stays_the_header(tmp_path: Path, content: str) -> None:
    found = profile(tmp_path, content)

    assert found.above == 0
    assert not {"Dupont", "Martin"} & set(found.header)


def test_what_is_data_below_a_title_is_stored_nowhere(tmp_path: Path) -> None:
    found = profile(tmp_path, f"Liste des assurés\nDupont;Jeanne;{NIR}\nMartin;Zoé;{NIR}\n")

    assert "Dupont" not in found.to_json()


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("<DATE>\t<TIME>\t<OPEN>", "<DATE>"),
        ("<title>\tauteur\tan", "<title>"),
        ("<id>\tnom\tx", "<id>"),
        ('["id"]\t["nom"]\t["x"]', '["id"]'),
        ('{"id"}\t{"nom"}\t{"x"}', '{"id"}'),
        ("BZh\tx\ty", "BZh"),
        ("PAR1\tPAR2\tPAR3", "PAR1"),
        ("GIF8\tPNG\tx", "GIF8"),
    ],
)
def test_a_header_may_look_like_another_format(
    tmp_path: Path, name: str, header: str, first: str
) -> None:
    content = f"{header}\n1\ta\tb\n2\tc\td\n"
    found = profile(tmp_path, content if name == "a.tsv" else content.replace("\t", ";"), name)

    assert (found.format, found.header[0], found.rows) == ("csv", first, 2)
    assert held(found, None, name) == []


@pytest.mark.parametrize(
    "content",
    [
        parquet(),
        b"PAR1" + b"x" * 40 + b"PAR1",
        b"BZh91AY&SY" + bytes(30),
        b"GIF89a;a\n1;2\n",
        b"<html>\n<body>;</body></html>",
        b"<title>503</title>, sorry",
        b'<a>\n<b x="1">;</b></a>',
        b'{"id": 1, "nom": 2}',
        b'[["id"], ["nom"]]',
        b'["id", "nom"]',
    ],
)
def test_what_is_another_format_under_a_tables_name_is_held(tmp_path: Path, content: bytes) -> None:
    assert held(profile(tmp_path, content), None)[0] in {
        "guard_type", "guard_html", "guard_parquet",
    }  # fmt: skip


def test_a_line_end_within_a_quoted_name_is_a_blank(tmp_path: Path) -> None:
    one = profile(tmp_path, 'id;"nom\nlong";x\n1;a;b\n')
    other = profile(tmp_path, 'id;"nom\r\n long";x\r\n1;a;b\r\n')
    old = Profile.from_json(one.to_json().replace("nom long", "nom\\nlong"))

    assert one.header == other.header == ("id", "nom long", "x")
    assert held(other, one) == held(one, old) == []


# -- PDF ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", [b"\n", b"\r\n\r\n", b"  \t", b"\0\0", b"\n" * 900, b"\xef\xbb\xbf"]
)
def test_a_pdf_may_begin_with_blank_bytes(tmp_path: Path, before: bytes) -> None:
    document = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstartxref\n9\n%%EOF"
    found = profile(tmp_path, before + document, "a.pdf")

    assert found.format == "pdf"
    assert held(found, None, "a.pdf") == []
    (said,) = held(profile(tmp_path, before + b"<html>", "a.pdf"), None, "a.pdf")
    assert said in {"guard_html", "guard_type"}
