"""A file is judged by what its resource ever held: harmless changes pass, mistakes are found."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from tests.support.builders import digest, judged, version
from tests.support.content_builders import case, codes
from tests.support.corpus import zipped
from tests.support.shared_reader import read_here

Rows = list[list[str]]
Said = tuple[list[str], list[str]]
HEADER = ["code", "commune", "type", "places", "tarif", "ouverture", "site"]
TOWNS = ["Orléans", "Saint-Étienne", "Besançon", "Nîmes", "Périgueux", "Évreux", "Mâcon", "Agen"]


def rows(count: int = 60, seed: int = 1, year: int = 2023) -> Rows:
    dice = random.Random(seed)
    return [
        [
            f"{at:05}",
            dice.choice(TOWNS),
            dice.choice(["gymnase", "piscine", "stade"]),
            str(dice.randint(20, 900)),
            f"{dice.randint(1, 30)}.{dice.randint(10, 99)}",
            f"{year}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
            f"https://exemple.fr/lieu?id={at}",
        ]
        for at in range(1, count + 1)
    ]


def written(rows: Rows, header: Sequence[str] = HEADER, encoding: str = "utf-8") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";", lineterminator="\n").writerows([header, *rows])
    return stream.getvalue().encode(encoding)


def with_column(place: int, change: Callable[[str], str], rows: Rows) -> Rows:
    return [[*row[:place], change(row[place]), *row[place + 1 :]] for row in rows]


class Resource:
    """Its publications so far, which were read as any file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.past: list[Profile] = []  # the newest first

    def read(self, content: bytes, name: str = "a.csv") -> Profile:
        path = self._folder / name
        path.write_bytes(content)
        kept = Profile.from_json(read_here(path, name).to_json())
        assert kept is not None
        return kept

    def publish(self, *contents: bytes, name: str = "a.csv") -> Resource:
        for content in contents:
            self.past.insert(0, self.read(content, name))
        return self

    def says(
        self, content: bytes, name: str = "a.csv", *, first_mapping: bool = False, **levels: str
    ) -> Said:
        past = tuple(self.past)
        found = guards.judge(
            case(
                version=version(name),
                digest=digest("x", 9),
                found=self.read(content, name),
                before=past[0] if past else None,
                past=() if first_mapping else past,
                published=None if first_mapping else judged("old", version(name)),
                accepted=frozenset({"csv", "zip"}),
            ),
            GuardPolicy(levels),  # type: ignore[arg-type]  # they are
        )
        assert found.faults == ()
        return codes(found.held), codes(found.warned)


@pytest.fixture
def resource(tmp_path: Path) -> Resource:
    return Resource(tmp_path).publish(
        written(rows(50)), written(rows(55)), written(rows(58)), written(rows(60))
    )


# -- harmless ------------------------------------------------------------------------------------


def added(rows: Rows) -> bytes:
    return written([[*row, str(at)] for at, row in enumerate(rows)], [*HEADER, "rang"])


def rotated(rows: Rows) -> bytes:
    return written([[*row[1:], row[0]] for row in rows], [*HEADER[1:], HEADER[0]])


@pytest.mark.parametrize(
    "content",
    [
        written(rows(60)),
        written(rows(63)),
        written([*rows(60), *rows(3)]),  # a few are there twice
        written(rows(60)[::-1]),
        written(rows(60, seed=2, year=2024)),
        written(with_column(2, lambda one: one.replace("stade", "patinoire"), rows(60))),
        written(with_column(3, lambda one: f"{one}00", rows(60))),  # a new largest
        written(with_column(4, lambda one: one.removesuffix(".00"), rows(60))),
        written(rows(90)),
        written(rows(60), encoding="cp1252"),
        written(with_column(6, lambda _: "", rows(60)[:12]) + rows(60)[12:]),
    ],
    ids=[
        "the same", "5 % more", "some twice", "another order", "another year", "a new category",
        "a new largest", "fewer decimals", "half as many more", "another encoding", "more blanks",
    ],
)  # fmt: skip
def test_what_harms_nobody_is_not_even_told_by_those_who_know_the_past(
    resource: Resource, content: bytes
) -> None:
    held, warned = resource.says(content, encoding="off")
    assert (held, warned) == ([], [])


def test_a_new_column_and_columns_that_moved_are_told_and_never_held(resource: Resource) -> None:
    assert resource.says(added(rows(60))) == ([], ["guard_column_new"])
    assert resource.says(rotated(rows(60)), columns="hold") == ([], ["guard_column_moved"])


def test_a_column_that_was_there_in_an_earlier_publication_is_not_new(resource: Resource) -> None:
    resource.past.insert(2, resource.read(added(rows(58))))
    assert resource.says(added(rows(60))) == ([], [])


# -- mistakes ------------------------------------------------------------------------------------


def garbled(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


def lost(text: str) -> str:
    return text.encode("ascii", "replace").decode()


MISTAKES: dict[str, tuple[bytes, Said]] = {
    "the header in the middle": (
        written([*rows(30), HEADER, *rows(60)[30:]]),
        (["guard_header_again"], []),
    ),
    "two files, one behind the other": (
        written(rows(60)) + b"\xef\xbb\xbf" + written(rows(60)),
        (["guard_header_again"], []),
    ),
    "pasted twice": (written([*rows(60), *rows(60)]), ([], ["guard_pasted"])),
    "each row twice": (
        written([row for row in rows(60) for _ in range(2)]),
        ([], ["guard_repeated"]),
    ),
    "doubled and shuffled": (
        written(random.Random(5).sample([*rows(60), *rows(60)], 120)),
        ([], ["guard_repeated"]),
    ),
    "fifty times as many": (written(rows(3000)), ([], ["guard_growth"])),
    "numbers as words": (
        written(with_column(3, lambda one: f"env. {one} places", rows(60))),
        (["guard_column_text"], []),
    ),
    "days the other way round": (
        written(with_column(5, lambda day: "/".join(reversed(day.split("-"))), rows(60))),
        ([], ["guard_column_written"]),
    ),
    "decimal commas": (
        written(with_column(4, lambda one: one.replace(".", ","), rows(60))),
        ([], ["guard_column_written"]),
    ),
    "days as numbers": (
        written(with_column(5, lambda day: "4" + day[-2:] + "21", rows(60))),
        ([], ["guard_column_kind"]),
    ),
    "nothing in a column": (
        written(with_column(1, lambda _: "NA", rows(60))),
        ([], ["guard_column_empty"]),
    ),
    "one value in a column": (
        written(with_column(2, lambda _: "stade", rows(60))),
        ([], ["guard_column_one_value"]),
    ),
    "UTF-8 read as Windows-1252": (
        written(with_column(1, garbled, rows(60))),
        (["guard_mojibake"], []),
    ),
    "question marks": (
        written(with_column(1, lost, rows(60))),
        (["guard_mojibake"], []),
    ),
    "signs for what was lost": (
        written(with_column(1, lambda one: one.replace("é", "\ufffd"), rows(60))),
        (["guard_mojibake"], []),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_against_the_past(resource: Resource, name: str) -> None:
    content, expected = MISTAKES[name]
    held, warned = resource.says(content)
    assert (held, warned) == expected


@pytest.mark.parametrize("name", MISTAKES)
def test_with_fewer_than_three_publications_it_is_only_told(resource: Resource, name: str) -> None:
    content, (held, warned) = MISTAKES[name]
    del resource.past[2:]
    levels = dict.fromkeys(("growth", "repeated", "columns", "mojibake", "other_table"), "hold")
    assert resource.says(content, **levels) == ([], [*held, *warned])


@pytest.mark.parametrize("name", MISTAKES)
def test_what_a_resource_always_had_is_not_said(tmp_path: Path, name: str) -> None:
    content = MISTAKES[name][0]
    resource = Resource(tmp_path).publish(content, content, content)
    assert resource.says(content) == ([], [])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("the header in the middle", "guard_header_again"),
        ("pasted twice", "guard_pasted"),
        ("UTF-8 read as Windows-1252", "guard_mojibake_first"),
    ],
)
def test_on_a_first_publication_it_is_told(tmp_path: Path, name: str, code: str) -> None:
    assert code in Resource(tmp_path).says(MISTAKES[name][0])[1]


def test_one_bad_publication_that_was_replaced_is_no_habit(resource: Resource) -> None:
    content = MISTAKES["UTF-8 read as Windows-1252"][0]
    resource.past.insert(1, resource.read(content))
    assert resource.says(content)[0] == ["guard_mojibake"]


def test_profiles_of_older_versions_say_nothing_of_columns(resource: Resource) -> None:
    resource.past = [replace(each, columns=()) for each in resource.past]
    for content, (held, _) in MISTAKES.values():
        found, warned = resource.says(content)
        assert found == []
        assert not set(held) & {"guard_column_text"} & set(warned)


def test_a_resource_that_grows_by_leaps_may_do_so_again(tmp_path: Path) -> None:
    resource = Resource(tmp_path).publish(*(written(rows(n)) for n in (10, 80, 640)))
    assert resource.says(written(rows(5000))) == ([], [])
    assert resource.says(written(rows(6400))) == ([], ["guard_growth"])


@pytest.mark.parametrize(("limit", "held"), [(60.0, []), (49.0, ["guard_growth"])])
def test_a_limit_in_the_manifest_says_how_many_times(
    resource: Resource, limit: float, held: list[str]
) -> None:
    now, past = resource.read(written(rows(3000))), tuple(resource.past)
    given = case(found=now, before=past[0], past=past, limits={"growth": limit})
    assert codes(guards.judge(given, GuardPolicy({"growth": "hold"})).held) == held


def test_each_table_of_a_zip_has_its_own_past(tmp_path: Path) -> None:
    def packed(one: bytes, other: bytes) -> bytes:
        return zipped({"lieux.csv": one, "clubs.csv": other})

    clubs = written([[row[0], row[1]] for row in rows(40)], ["numero", "club"])
    resource = Resource(tmp_path)
    for count in (50, 55, 60):
        resource.publish(packed(written(rows(count)), clubs), name="a.zip")
    content = packed(MISTAKES["numbers as words"][0], clubs)
    assert resource.says(content, "a.zip") == (["guard_column_text"], [])
    assert resource.says(packed(written(rows(61)), clubs), "a.zip") == ([], [])


# -- another table under the same header ---------------------------------------------------------


def theatres(count: int = 60) -> Rows:
    dice = random.Random(3)
    return [
        [
            f"TH-{at}-{dice.choice('ABC')}",
            dice.choice(["ΑΘΗΝΑ", "ΠΑΤΡΑ", "ΒΟΛΟΣ"]),
            dice.choice(["opéra", "cirque", "marionnettes"]),
            str(dice.randint(200_000, 900_000)),
            f"{dice.randint(1000, 3000)}.{dice.randint(10, 99)}",
            f"{dice.randint(1900, 1950)}-01-01",
            "voir l'affiche du théâtre",
        ]
        for at in range(count)
    ]


def test_another_table_under_the_same_header_is_told(resource: Resource) -> None:
    held, warned = resource.says(written(theatres()), columns="off")
    assert (held, warned) == ([], ["guard_other_table"])


def test_on_a_first_mapping_it_is_held(resource: Resource) -> None:
    held, _ = resource.says(written(theatres()), first_mapping=True, columns="off")
    assert held == ["guard_other_table_first"]


def test_a_first_mapping_of_the_same_table_is_not_held(resource: Resource) -> None:
    later = written(rows(70, seed=9, year=2025))
    assert resource.says(later, first_mapping=True) == ([], [])
