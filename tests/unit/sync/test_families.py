"""Objects whose keys differ by a date, a number, a department: what `each` would say of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.config.manifest import loads
from syncd.core.patterns import Pattern
from syncd.core.portal import Resource
from syncd.sync.families import Family, Member, families
from tests.support.examples import examples

MANIFEST = """version: 1
portal: https://demo.data.gouv.fr
sources: {depot: {endpoint: 'https://s3.example.fr', bucket: depot}}
defaults: {source: depot}
datasets: """


def resource(identifier: str, name: str, title: str) -> Resource:
    url = f"https://static.example.fr/{name}"
    return Resource(identifier, title, "file", url, url, "a" * 40, 10, made_title=name)


def family(*titles: str, key: str, values: tuple[str, ...]) -> Family | None:
    """Of resources that have these titles, and objects whose keys have these values."""
    members = [
        Member(resource(value, f"x-{value}.csv", title), key.format(value), (key.format(value),))
        for title, value in zip(titles, values, strict=True)
    ]
    found = families(members)
    assert len(found) < 2
    return found[0] if found else None


def known(found: Family) -> dict[str, str]:
    return {value: resource.id for value, resource in found.known}


@pytest.mark.parametrize(
    ("key", "values", "pattern"),
    [
        ("f/f_{}.csv", ("2024", "2025"), "f/f_{annee:yyyy}.csv"),
        ("f/{}/f.csv", ("2024", "2025"), "f/{annee:yyyy}/f.csv"),
        ("f2024/{}.csv", ("2024", "2025"), "f2024/{annee:yyyy}.csv"),
        ("liste{}.csv", ("2024", "2025"), "liste{annee:yyyy}.csv"),
        ("f_{}.csv.gz", ("2024", "2025"), "f_{annee:yyyy}.csv.gz"),
        ("f_{}", ("2024", "2025"), "f_{annee:yyyy}"),
        ("f_{}.csv", ("2024-01", "2024-02"), "f_{annee:yyyy}-{mois:mm}.csv"),
        ("f_{}.csv", ("202401", "202502"), "f_{annee:yyyy}{mois:mm}.csv"),
        ("f_{}.csv", ("01-2024", "02-2024"), "f_{mois:mm}-{annee:yyyy}.csv"),
        ("f_{}.csv", ("2024-01-31", "2024-02-29"), "f_{annee:yyyy}-{mois:mm}-{jour:dd}.csv"),
        ("f_{}.csv", ("2023-2024", "2024-2025"), "f_{debut:yyyy}-{fin:yyyy}.csv"),
        ("f_{}.csv", ("01", "2A", "971"), "f_{departement}.csv"),
        ("T{}.csv", ("1", "2", "3"), "T{numero:int}.csv"),
        ("f_{}.csv", ("ain", "gers", "lot", "var"), "f_{nom}.csv"),
    ],
)
def test_what_varies_becomes_a_variable_and_the_values_are_known(
    key: str, values: tuple[str, ...], pattern: str
) -> None:
    found = family(*(f"Liste ({value})" for value in values), key=key, values=values)
    assert found is not None
    read = Pattern.parse(found.pattern)
    assert found.pattern == pattern
    said = {"-".join((read.match(key.format(value)) or {}).values()): value for value in values}
    assert known(found) == said
    shape = "-".join(f"{{{name}}}" for name in read.variables)
    assert (found.title, found.others) == (f"Liste ({shape})", ())
    ids = {value: f"47ac11c2-8a00-46a7-9fa8-9b80264300{n:02}" for n, value in enumerate(said)}
    entry = {"each": found.pattern, "title": found.title, "known": ids}
    dataset = {"dataset": "5d2c4f6e8b4c4110c5a1b2c3", "resources": [entry]}
    (read_back,) = loads(MANIFEST + json.dumps([dataset]), "m.yaml").datasets
    assert read_back.targets[0].rule.known == ids


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("f_{}.csv", ("2024",)),
        ("f_{}.csv", ("01", "02")),
        ("f_{}.csv", ("ain", "gers", "lot")),
        ("m/{}.csv", ("musees", "festivals", "cinemas", "monuments")),  # the whole name
        ("{{x}}/f_{}.csv", ("2024", "2025")),  # a pattern would read it as its own
        ("*/f_{}.csv", ("2024", "2025")),
    ],
)
def test_what_may_well_be_chance_is_no_family(key: str, values: tuple[str, ...]) -> None:
    assert family(*(f"Liste {value}" for value in values), key=key, values=values) is None


def test_words_are_a_family_only_where_the_titles_say_so() -> None:
    values = ("liste", "notice", "carte", "bilan")
    titles = ("Les musées", "Mode d'emploi", "Où ils sont", "En chiffres")
    assert family(*titles, key="musees_{}.csv", values=values) is None


def test_a_year_without_a_resource_is_named() -> None:
    keys = tuple(f"f/f_{year}.csv" for year in (2022, 2023, 2024, 2025))
    members = [
        Member(resource("a", "f-2023.csv", "Festivals 2023"), keys[1], keys),
        Member(resource("b", "f-2024.csv", "Festivals 2024"), keys[2], keys),
    ]
    (found,) = families(members)
    assert known(found) == {"2023": "a", "2024": "b"}
    assert found.others == ("f/f_2022.csv", "f/f_2025.csv")


def test_a_resource_without_its_object_is_known_by_the_date_of_its_file_or_title() -> None:
    keys = ("a/archives_2025.csv", "a/archives_2026.csv")
    (found,) = families([Member(resource("r", "archives-2024.csv", "Archives"), "", keys)])
    assert known(found) == {"2024": "r"}
    (found,) = families([Member(resource("r", "archives.csv", "Archives 2024"), "", keys)])
    assert (known(found), found.title) == ({"2024": "r"}, "Archives {annee}")
    assert families([Member(resource("r", "archives.csv", "Archives"), "", keys)]) == ()


def test_a_resource_is_in_one_family_alone_and_two_families_are_both_found() -> None:
    members = [
        Member(
            resource(f"{name}{y}", f"{name}-{y}.csv", f"{name} {y}"), f"{name}/{name}_{y}.csv", ()
        )
        for name in ("musees", "festivals")
        for y in (2023, 2024, 2025)
    ]
    members = [Member(one.resource, one.key, (one.key,)) for one in members]
    found = families(members)
    assert {one.pattern for one in found} == {
        "musees/musees_{annee:yyyy}.csv",
        "festivals/festivals_{annee:yyyy}.csv",
    }
    ids = [resource.id for one in found for _, resource in one.known]
    assert len(ids) == len(set(ids)) == 6


def test_titles_that_have_nothing_in_common_give_no_title() -> None:
    found = family("Un", "Deux", key="f_{}.csv", values=("2023", "2024"))
    assert found is not None
    assert found.title == ""


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.text(alphabet="ab019_-./é{2", min_size=1, max_size=14),
        min_size=1,
        max_size=8,
        unique=True,
    )
)
def test_every_pattern_matches_all_its_objects_and_is_read_as_known_has_it(keys: list[str]) -> None:
    members = [Member(resource(key, key, key), key, tuple(keys)) for key in keys]
    for found in families(members):
        read = Pattern.parse(found.pattern)
        for value, one in found.known:
            assert "-".join((read.match(one.id) or {}).values()) == value
        assert all(read.match(key) is not None for key in found.others)
