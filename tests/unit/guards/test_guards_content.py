"""Guards that look at what a file holds, one by one, and how their levels are found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd import guards
from syncd.core.file_names import extensions_of
from syncd.core.reasons import Reason, because
from syncd.core.targets import GuardPolicy
from syncd.guards import CheckInput
from syncd.guards.content import reading
from syncd.guards.content.dialect import dialect_of
from syncd.guards.content.numbers import has_email, is_email, is_iban, is_nir, is_telephone
from syncd.guards.content.personal import Personal
from syncd.guards.profile import Profile
from tests.support.builders import digest, resource, version
from tests.support.content_builders import TABLE, case, codes, table
from tests.support.corpus import IBAN, NIR, parquet, xlsx
from tests.support.shared_reader import looked_into, read_here

# -- levels ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "before", "held", "warned"),
    [
        ({}, None, [], ["guard_uneven"]),
        ({}, TABLE, ["guard_uneven"], []),
        ({"uneven": "hold"}, None, ["guard_uneven"], []),
        ({"uneven": "warn"}, TABLE, [], ["guard_uneven"]),
        ({"uneven": "off"}, TABLE, [], []),
    ],
)
def test_the_manifests_level_outranks_the_usual_one(
    stated: Any, before: Profile | None, held: list[str], warned: list[str]
) -> None:
    uneven = table(uneven=2, uneven_line=7, uneven_width=3)
    findings = guards.judge(case(found=uneven, before=before), GuardPolicy(stated))
    assert (codes(findings.held), codes(findings.warned)) == (held, warned)


def test_only_guards_of_content_that_are_on_ask_for_the_bytes() -> None:
    off = dict.fromkeys(guards.OF_CONTENT, "off")
    assert guards.reads(GuardPolicy({}))
    assert not guards.reads(GuardPolicy(off))  # type: ignore[arg-type]  # a dict of levels
    assert guards.reads(GuardPolicy({**off, "names": "warn"}))  # type: ignore[dict-item]


def test_without_the_bytes_guards_of_content_say_nothing() -> None:
    findings = guards.judge(case(found=None, digest=digest("x", 0)), GuardPolicy({}))
    assert codes(findings.held) == ["guard_empty"]


def test_a_hold_for_content_says_under_which_settings() -> None:
    policy = GuardPolicy({"names": "off"})
    (reason,) = guards.judge(case(found=Profile("html")), policy).held
    assert reason.facts[guards.SETTINGS] == policy.identity


def test_a_guard_that_stumbles_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(_: CheckInput) -> Reason | None:
        raise ZeroDivisionError

    stumbling = {name: replace(guards.OF_A_FILE[name], look=stumble) for name in ("names", "rows")}
    monkeypatch.setattr(guards, "OF_A_FILE", {**guards.OF_A_FILE, **stumbling})
    findings = guards.judge(case(found=table(rows=0)), GuardPolicy({"names": "warn"}))
    assert codes(findings.held) == ["guard_fault"]
    assert codes(findings.warned) == ["guard_no_rows"]  # said once, at its highest level
    assert [type(fault) for fault in findings.faults] == [ZeroDivisionError, ZeroDivisionError]


@pytest.mark.parametrize(
    ("stated", "held", "warned"),
    [
        ({}, ["guard_fault"], []),
        ({"format": "off", "personal": "warn"}, ["guard_fault"], []),
        (dict.fromkeys(guards.OF_CONTENT, "warn"), [], ["guard_fault"]),
        (dict.fromkeys(guards.OF_CONTENT, "off"), [], []),
    ],
)
def test_a_file_that_could_not_be_looked_into_never_passes_in_silence(
    stated: Any, held: list[str], warned: list[str]
) -> None:
    unread = Profile(fault=because("guard_fault", detail="KeyError"))
    findings = guards.judge(case(found=unread), GuardPolicy(stated))
    assert (codes(findings.held), codes(findings.warned)) == (held, warned)


def test_a_parquet_file_without_its_end_is_seen_before_its_library_panics(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x"
    file.write_bytes(parquet()[:-9])
    trouble = looked_into(file, "a.parquet").trouble
    assert trouble == because("guard_parquet")
    assert capfd.readouterr().err == ""


def test_a_sheet_too_large_for_the_memory_is_not_opened_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 100)
    file = tmp_path / "x"
    file.write_bytes(xlsx([["nom"], ["Louvre"]]))
    found = read_here(file, "a.xlsx")
    assert found.rows is None
    findings = guards.judge(case(version=version("a.xlsx"), found=found), GuardPolicy({}))
    assert (codes(findings.held), codes(findings.warned)) == ([], ["guard_unseen"])


# -- what they say -----------------------------------------------------------------------------


def look(name: str, **fields: Any) -> Reason | None:
    return guards.OF_A_FILE[name].look(case(**fields))


def test_lost_rows_are_said_in_figures() -> None:
    found = look("rows", found=table(rows=413), before=table(rows=5210))
    assert found == because("guard_rows", rows=413, before=5210, lost=92, limit=50)


@pytest.mark.parametrize(("limit", "is_found"), [(0.1, True), (0.5, True), (0.6, False)])
def test_the_limit_of_lost_rows_can_be_moved(limit: float, is_found: bool) -> None:
    found = look("rows", found=table(rows=45), before=TABLE, limits={"rows": limit})
    assert (found is not None) == is_found


def test_rows_are_not_compared_between_formats() -> None:
    assert look("rows", found=Profile("json", rows=1), before=TABLE) is None


def test_renamed_columns_are_named_and_a_few_are_enough() -> None:
    before = table(header=tuple("abcde"))
    found = look("header", found=table(header=("a", "x")), before=before)
    assert found == because("guard_columns_renamed", count=4, gone="“b”, “c”, “d”, …", new="“x”")


def test_where_no_known_name_is_left_the_new_ones_are_not_spoken_of() -> None:
    """They may be a person's, in a file that lost its first row."""
    found = look("header", found=table(header=("x", "y")), before=table(header=("a", "b")))
    assert found == because("guard_columns", count=2, gone="“a”, “b”")


def test_a_baseline_of_another_format_says_nothing_of_columns() -> None:
    assert look("header", found=TABLE, before=Profile("json", rows=3)) is None


@pytest.mark.parametrize(
    ("now", "before", "is_found"),
    [
        ("json", "csv", True),
        ("xlsx", "csv", True),
        ("csv", "zip", True),
        ("pdf", "csv", True),
        ("binary", "csv", True),
        ("csv", "csv", False),
        ("ods", "xls", False),  # the same programs open both
        ("geojson", "json", False),  # a matter of its name
        ("html", "csv", False),  # other guards speak of these
        ("empty", "csv", False),
        ("csv", "html", False),  # what was there by mistake
        ("csv", "empty", False),
        ("csv", "text", False),
        ("csv", "binary", False),
        ("csv", "", False),
    ],
)
def test_a_file_of_another_format_is_noticed(now: str, before: str, is_found: bool) -> None:
    found = look("format_change", found=Profile(now), before=Profile(before))
    assert found == (because("guard_other_format", found=now, before=before) if is_found else None)


def test_a_damaged_file_says_nothing_of_its_format() -> None:
    damaged = Profile("zip", trouble=because("guard_archive_broken"))
    assert look("format_change", found=TABLE, before=damaged) is None
    assert look("format_change", found=damaged, before=TABLE) is None
    assert look("format_change", found=TABLE, before=None) is None


@pytest.mark.parametrize(
    ("found", "before", "is_held"),
    [
        (table(uneven=2), table(uneven=1), False),  # 2 % of the rows, where it was 1 %
        (table(uneven=3), table(uneven=1), True),
        (table(uneven=6, rows=300), table(uneven=1), False),
        (table(uneven=1), table(), True),
        (table(uneven=1, cut_line=9), table(uneven=1), True),
        (table(rows=0), table(rows=9), True),
    ],
)
def test_what_is_no_worse_than_before_is_only_told(
    found: Profile, before: Profile, is_held: bool
) -> None:
    policy = GuardPolicy({"rows": "off"})
    findings = guards.judge(case(found=found, before=before), policy)
    assert (len(findings.held), len(findings.warned)) == ((1, 0) if is_held else (0, 1))


def test_only_guards_of_changes_that_are_on_ask_for_the_file_before() -> None:
    off = dict.fromkeys(guards.OF_CHANGES, "off")
    assert guards.compares(GuardPolicy({}))
    assert not guards.compares(GuardPolicy(off))  # type: ignore[arg-type]  # a dict of levels
    assert guards.compares(GuardPolicy({**off, "header": "warn"}))  # type: ignore[dict-item]
    assert not guards.compares(GuardPolicy({**off, "schema": "hold"}))  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("name", "size", "is_found"),
    [
        ("a.csv", 100_000_000, False),
        ("a.csv", 100_000_001, True),
        ("a.CSV.GZ", 100_000_001, True),
        ("a.xlsx", 12_500_001, True),
        ("a.zip", 10**12, False),
    ],
)
def test_a_file_above_the_portals_preview_is_told(name: str, size: int, is_found: bool) -> None:
    found = look("preview", version=version(name), digest=digest("x", size))
    assert (found is not None) == is_found


@pytest.mark.parametrize(
    ("title", "key", "is_found"),
    [
        ("Musées 2025", "2023/musees_2024.csv", True),
        ("Musées 2024", "2023/musees_2024.csv", False),
        ("Musées 2023-2024", "musees_2024.csv", False),
        ("Musées", "musees_2024.csv", False),
        ("Musées 2025", "musees.csv", False),
        ("Musées 2025", "musees_20240131.csv", True),
        ("Musées 2024", "musees_20240131.csv", False),
        ("Musées 2025", "musees_12024.csv", False),
        ("Lot 1024", "musees_2024.csv", False),
    ],
)
def test_another_year_than_the_titles_is_told(title: str, key: str, is_found: bool) -> None:
    assert (look("year", title=title, version=version(key)) is not None) == is_found


def test_a_twin_is_another_resource_with_the_same_bytes() -> None:
    same = resource("new", size=100)
    assert look("twin", siblings=(resource("old", size=100),)) is None
    assert look("twin", siblings=(same,)) == because("guard_twin", title=same.title)
    assert look("twin", siblings=(same,), digest=digest("new", 0)) is None  # `empty` says it


def test_a_tab_is_named_since_it_cannot_be_seen() -> None:
    found = look("delimiter", found=table(delimiter="\t"), before=TABLE)
    assert found == because("guard_delimiter", found="TAB", before=";")


@pytest.mark.parametrize(
    ("key", "extensions"),
    [
        ("e/a.csv", ("csv", "")),
        ("e.csv/a", ("", "")),
        ("a.CSV.gz", ("csv", "gz")),
        ("a.2024.csv", ("csv", "")),
        ("a.gz", ("", "gz")),
    ],
)
def test_the_name_says_what_is_inside_and_what_is_around(
    key: str, extensions: tuple[str, str]
) -> None:
    assert extensions_of(key) == extensions


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("nom, prénom;age\nA, B;3\n", ";"),
        ("a, b, c;d\n1, 2, 3;4\n", ";"),
        ("a, b, c\n1, 2, 3\n", ","),
        ("nom;x;y\nA;1,5;2,5\n", ";"),
        ("nom,note\nA,1;2\nB,3\n", ","),
        ("nom\nParis, Rhône\nLyon\nNice\n", ""),
        ("nom\nParis, France\nRome, Italie\nBerne, Suisse\n", ""),
        ("", ""),
    ],
)
def test_the_delimiter_is_the_one_that_makes_an_even_table(text: str, delimiter: str) -> None:
    assert dialect_of(text.encode(), whole=True).delimiter == delimiter


# -- numbers of persons ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (NIR, True),
        (f" {NIR[:13]} {NIR[13:]} ", True),
        (f"{NIR[0]}.{NIR[1:3]}.{NIR[3:5]}.{NIR[5:7]}.{NIR[7:10]}.{NIR[10:13]}-{NIR[13:]}", True),
        ("253072B07300470", True),
        ("253072C07300470", False),
        (NIR[:-1] + "2", False),
        (NIR[:13], False),
        ("9" + NIR[1:], False),
        ("185137800608400", False),  # month 13
        ("", False),
    ],
)
def test_a_nir_is_known_by_form_and_key(text: str, is_one: bool) -> None:
    assert is_nir(text) == is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (IBAN, True),
        ("FR76 3000 6000 0112 3456 7890 189", True),
        ("GB82WEST12345698765432", True),
        (IBAN[:-1], False),
        (IBAN[:-1] + "8", False),
        ("XX82WEST12345698765432", False),
        ("FR0000000000001", False),
    ],
)
def test_an_iban_is_known_by_country_length_and_key(text: str, is_one: bool) -> None:
    assert is_iban(text) == is_one


def test_addresses_and_telephones_are_known_by_their_form() -> None:
    assert is_email("a.b+c@musee.example.fr; x")
    assert has_email("écrire à a@b.fr")
    assert not is_email("@musee")
    assert not has_email("a @ b.fr")
    assert is_telephone("01 42 96 12 34")
    assert is_telephone("+33 (0)6.11.22.33.44") or is_telephone("+33611223344")
    assert not is_telephone("0042961234")
    assert not is_telephone("1142961234")


def test_a_column_of_numbers_is_found_beside_one_of_other_long_numbers() -> None:
    """Only some of many places are looked at: they must be spread over all columns."""
    rows = [f"{100_000_000_000_000 + n * 104_729};{NIR};{n}" for n in range(10_000)]
    view = ("\n".join(rows) + "\n").encode()
    finder = Personal(b";", ("code", "nir", "n"))
    for _ in range(8):
        finder.look(view, finder.gist(view), has_long_rows=False)
    assert finder.found() == {"nir": ("nir",)}


def test_columns_are_told_apart_behind_quotes_and_line_ends() -> None:
    view = f'1;"a;b\nc";"{NIR}"\n2;d;{NIR}\n'.encode()
    finder = Personal(b";", ("id", "note", "nir"))
    finder.look(view, finder.gist(view), has_long_rows=True)
    assert finder.found() == {"nir": ("nir",)}
