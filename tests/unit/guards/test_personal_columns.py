"""Which columns hold numbers of persons, and which hold numbers that only look like some."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.guards.content import personal as personal_numbers
from syncd.guards.content.numbers import is_nir, is_telephone
from syncd.guards.content.personal import Personal
from syncd.guards.content.personal_columns import PersonalColumns
from tests.support.corpus import IBAN, NIR, xlsx
from tests.support.shared_reader import read_here

PHONE = "0142961234"


def with_key(thirteen: int) -> str:
    return f"{thirteen}{97 - thirteen % 97:02}"


# Nobody's: the form is right, the places and orders are made up.
NIRS = [with_key(1_850_578_006_000 + 7 * n) for n in range(30)]


def personal(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> dict[str, object]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return dict(read_here(path, name).personal)


@pytest.mark.parametrize(
    "content",
    [
        f"ville,part\nA,0.{NIR}\n",
        f"ville;part\nA;0,{NIR}\n",
        f"ville;part\nA;12.{NIR}\n",
        f'ville,part\nA,"0,{NIR}"\n',
        f"ville;montant\nA;{NIR}.25\n",
        f"ville;montant\nA;{NIR},25\n",
        f"ville;montant\nA;{NIR[:13]}.{NIR[13:]}\n",
        f"ville;part\nA;-0.{NIR}\n",
        f"ville;part\nA;0.{PHONE}\n",
        f"ville;part\nA;{PHONE}.5\n",
    ],
)
def test_a_number_with_a_decimal_sign_is_nobodys(tmp_path: Path, content: str) -> None:
    assert personal(tmp_path, content) == {}


@pytest.mark.parametrize(
    "content",
    [
        f"ville,nir\nA,{NIR}\n",
        f"rang,nir\n1,{NIR}\n",  # a comma that separates cells is no decimal sign
        f"nir,rang\n{NIR},1\n",
        f"nir;texte\n{NIR};fin.\n",
        f"texte;rang\nNIR.{NIR};1\n",
        f"nir,rang\n{NIR}.0,1\n{NIRS[0]}.0,2\n",  # as programs write whole numbers beside holes
    ],
)
def test_a_number_beside_another_sign_is_found_as_before(tmp_path: Path, content: str) -> None:
    assert "nir" in personal(tmp_path, content)


def test_by_itself_a_text_of_decimals_is_nobodys() -> None:
    assert not is_nir(f"{NIR[:13]}.{NIR[13:]}")
    assert not is_telephone("01.42961234")
    assert is_telephone("01.42.96.12.34")


def test_cells_of_a_sheet_that_are_not_whole_are_not_looked_at(tmp_path: Path) -> None:
    shares = [["ville", "part", "texte"], ["A", 0.185057800608491, f"0.{NIR}"]]
    numbers = [["ville", "nir"], ["A", float(NIR)], ["B", int(NIRS[0])]]

    assert personal(tmp_path, xlsx(shares), "a.xlsx") == {}
    assert personal(tmp_path, xlsx(numbers), "a.xlsx") == {"nir": ("nir",)}


def registered(count: int, valid: int) -> list[str]:
    """Fifteen digits in the form of social security numbers: so many of them with their key."""
    dice = random.Random(count)
    wrong = [f"{int(with_key(2_900_175_056_000 + dice.randrange(900))) + 1}" for _ in range(count)]
    numbers = [*NIRS[:valid], *dict.fromkeys(wrong)][:count]
    dice.shuffle(numbers)
    return numbers


@pytest.mark.parametrize(
    ("count", "valid", "is_found"),
    [(1, 1, True), (2, 1, False), (40, 1, False), (40, 2, False), (3, 3, True), (40, 9, True)],
)
def test_a_column_of_registers_is_judged_by_whether_more_keys_hold_than_by_chance(
    tmp_path: Path, count: int, valid: int, is_found: bool
) -> None:
    """The same in text and in sheets."""
    numbers = registered(count, valid)
    table = "id,code\n" + "".join(f"{at},{number}\n" for at, number in enumerate(numbers))
    rows = [["id", "code"], *([at, number] for at, number in enumerate(numbers))]
    expected = {"nir": ("code",)} if is_found else {}

    assert personal(tmp_path, table) == expected
    assert personal(tmp_path, xlsx(rows), "a.xlsx") == expected


@pytest.mark.parametrize("valid", [0, 1, 2, 5])
def test_the_same_rows_once_more_change_no_verdict(tmp_path: Path, valid: int) -> None:
    numbers = registered(20, valid)
    lines = [f"{number}\n" for number in numbers]
    first = personal(tmp_path, "code\n" + "".join(lines))
    for at in range(len(lines)):
        assert personal(tmp_path, "code\n" + "".join([*lines, lines[at]])) == first


def test_account_numbers_are_judged_in_the_same_way(tmp_path: Path) -> None:
    wrong = [f"FR{at}30006000011234567890189" for at in range(10, 40)]
    rows = [["ref"], *([one] for one in [IBAN, *wrong])]

    assert personal(tmp_path, "ref\n" + "\n".join([IBAN, *wrong]) + "\n") == {}
    assert personal(tmp_path, xlsx(rows), "a.xlsx") == {}
    assert personal(tmp_path, xlsx([["ref"], [IBAN]]), "a.xlsx") == {"iban": ("ref",)}


def test_ten_digits_are_telephones_where_most_of_them_are(tmp_path: Path) -> None:
    codes = [f"{at}{at * 7919 % 10**8:08}" for at in range(10, 99)]
    rows = [["code"], *([code] for code in [*codes, PHONE])]

    assert personal(tmp_path, xlsx(rows), "a.xlsx") == {}
    assert personal(tmp_path, xlsx([["code"], [PHONE], ["06 11 22 33 44"]]), "a.xlsx") == {
        "telephone": ("code",)
    }


def test_what_is_told_apart_is_bounded() -> None:
    columns = PersonalColumns[int]()
    for at in range(200_000):
        columns.note("nir", at % 1000, str(at), is_valid=False)
    assert sum(map(len, columns._seen.values())) <= 100_000
    for at in range(200):
        columns.note("nir", 5, NIRS[at % 30], is_valid=True)
    assert columns.found() == {"nir": [5]}


# -- the short cuts through a table ----------------------------------------------------------------

NUMBERS = (
    "255081416802538",
    "2 55 08 14 168 025 38",
    "2550814168025 38",
    "255082A16802503",
    "2 55 08 2A 168 025 03",
    "FR7630006000011234567890189",
    "FR76 3000 6000 0112 3456 7890 189",
    "0142345678",
    "01 42 34 56 78",
    "+33 1 42 34 56 78",
)
SIGNS = st.text(st.sampled_from("0123456789abcdefABCDEF .-+\u00e9"), max_size=24)
CELL = st.one_of(st.sampled_from(NUMBERS), st.builds("".join, st.tuples(SIGNS, SIGNS)), SIGNS)


def counted(blocks: list[bytes]) -> dict[tuple[str, int], list[int]]:
    """How many numbers of each kind were valid, and looked at, in each column."""
    found = Personal(b",", ("a", "b", "c"))
    for block in blocks:
        found.look(block, found.gist(block), has_long_rows=False)
    return found._columns._counts


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=4), max_size=40))
def test_where_a_block_is_looked_at_no_closer_there_is_no_number(
    blocks: list[list[tuple[str, ...]]],
) -> None:
    views = ["".join(",".join(row) + "\n" for row in rows).encode() for rows in blocks]
    found = counted(views)
    with pytest.MonkeyPatch.context() as patch:
        for gate in ("_LONG", "_TELEPHONE_GATE", "_NIR_GATE"):
            patch.setattr(personal_numbers, gate, b"")
        patch.setattr(personal_numbers, "_IBAN_GATE", re.compile(b""))
        patch.setattr(personal_numbers, "_absent", lambda _classes: ())
        assert found == counted(views)
