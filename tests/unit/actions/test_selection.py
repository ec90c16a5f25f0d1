"""Which datasets `--dataset` and `--resource` mean."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.actions import selection
from syncd.actions.selection import KnownDataset, by_dataset, by_target
from syncd.adapters.ledger import SqlLedger
from syncd.config import configuration
from syncd.config.settings import Settings
from syncd.core.errors import UsageError
from syncd.core.targets import DatasetEntry, Place, Schedule, Target
from tests.support.builders import (
    BINDING,
    DATASET,
    OTHER,
    RESOURCE,
    each,
    exactly,
    newest,
    row,
    target,
)
from tests.support.many_targets import thousand_targets

WWW = "https://www.data.gouv.fr"
SLUG = "liste-des-musees"
CREATED = "11111111-0000-0000-0000-000000000001"
KNOWN = "22222222-0000-0000-0000-000000000002"


def entry(name: str, line: int, *targets: Target) -> DatasetEntry:
    every = Schedule(every=timedelta(minutes=15))
    return DatasetEntry(name, "Nom", None, every, targets, Place(line, 5))


MUSEUMS = entry(
    DATASET,
    1,
    target(exactly("m/liste.csv"), 2),
    target(newest("m/exports/x_*.csv"), 3, resource=OTHER),
)
FESTIVALS = entry(SLUG, 10, target(each("f/f_{annee:yyyy}.csv", _2024=KNOWN), 11))
ENTRIES = (MUSEUMS, FESTIVALS)
ROWS = [row(binding=replace(BINDING, resource=CREATED, key="f/f_2023.csv"))]


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_name_is_no_target_even_where_there_is_one_alone(nothing: str) -> None:
    alone = entry(DATASET, 1, target(exactly("m/liste.csv"), 2))
    with pytest.raises(UsageError) as caught:
        by_target([alone], WWW, [], nothing)
    assert caught.value.reason.code == "no_such_target"


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        (DATASET, None, MUSEUMS),
        (DATASET.upper(), None, MUSEUMS),
        (SLUG, None, FESTIVALS),
        (f"https://www.data.gouv.fr/fr/datasets/{SLUG}/", None, FESTIVALS),
        (f"https://www.data.gouv.fr/datasets/{DATASET}", None, MUSEUMS),
        ("un-slug-de-l-annuaire", DATASET, MUSEUMS),  # as the ledger resolved it
    ],
)
def test_a_dataset_is_meant_by_id_slug_or_page(
    text: str, known: str | None, found: DatasetEntry
) -> None:
    assert by_dataset(ENTRIES, WWW, text, known) is found


def test_an_unknown_dataset_is_an_error_with_what_is_near() -> None:
    with pytest.raises(UsageError) as caught:
        by_dataset(ENTRIES, WWW, "liste-des-musee", None)
    assert caught.value.reason.code == "no_such_dataset"
    assert caught.value.reason.facts == {"given": "liste-des-musee", "near": SLUG}


@pytest.mark.parametrize(
    ("text", "found", "what"),
    [
        (RESOURCE, MUSEUMS, RESOURCE),
        (RESOURCE[:5], MUSEUMS, RESOURCE),
        (f"https://www.data.gouv.fr/fr/datasets/r/{RESOURCE}", MUSEUMS, RESOURCE),
        ("m/liste.csv", MUSEUMS, RESOURCE),
        ("m/exports/x_1.csv", MUSEUMS, OTHER),
        ("m/exports/x_*.csv", MUSEUMS, OTHER),
        (KNOWN, FESTIVALS, KNOWN),
        (CREATED, FESTIVALS, CREATED),
        (CREATED[:8], FESTIVALS, CREATED),
        ("f/f_2023.csv", FESTIVALS, "f/f_2023.csv"),
        ("f/f_2031.csv", FESTIVALS, "f/f_2031.csv"),
    ],
)
def test_a_target_is_meant_by_resource_or_object(text: str, found: DatasetEntry, what: str) -> None:
    assert by_target(ENTRIES, WWW, ROWS, text) == (found, what)


@pytest.mark.parametrize("text", ["9" * 8, "m/autre.csv", "f/f_24.csv", CREATED + "0"])
def test_what_means_nothing_is_an_error(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        by_target(ENTRIES, WWW, ROWS, text)
    assert caught.value.reason.code == "no_such_target"


def test_what_means_several_is_an_error_that_names_them() -> None:
    twin = entry("autre", 20, target(exactly("b.csv"), 21, resource=RESOURCE[:-1] + "0"))
    with pytest.raises(UsageError) as caught:
        by_target((MUSEUMS, twin), WWW, (), RESOURCE[:8])
    assert caught.value.reason.code == "target_not_unique"
    assert caught.value.reason.facts["found"] == f"{RESOURCE[:-1]}0, {RESOURCE}"


def test_an_empty_text_names_nothing_in_particular() -> None:
    with pytest.raises(UsageError):
        by_target(ENTRIES, WWW, ROWS, "")


def test_an_address_of_another_portal_is_an_error_that_says_so() -> None:
    demo = "https://demo.data.gouv.fr"
    with pytest.raises(UsageError) as of_dataset:
        by_dataset(ENTRIES, WWW, f"{demo}/datasets/{SLUG}/", None)
    with pytest.raises(UsageError) as of_resource:
        by_target(ENTRIES, WWW, ROWS, f"{demo}/fr/datasets/r/{RESOURCE}")
    for caught in (of_dataset, of_resource):
        assert caught.value.reason.code == "other_portal"
        assert caught.value.reason.facts == {"read": demo, "portal": WWW}


def test_what_is_known_of_all_datasets_at_once_is_what_is_known_of_each(tmp_path: Path) -> None:
    house = thousand_targets(tmp_path, 210)  # more than are asked for in one statement
    settings = Settings(manifest=house.manifest, state_dir=house.state)
    app = configuration.start(settings)
    with closing(SqlLedger(None, house.state)) as ledger:
        at_once = list(selection.all_known(app, ledger))
        one_by_one = [selection.known(app, ledger, entry) for entry in app.manifest.datasets]
    assert len(at_once) == 210
    assert [in_order(one) for one in at_once] == [in_order(one) for one in one_by_one]
    assert all(len(one.rows) == 10 and one.note for one in at_once)


def in_order(dataset: KnownDataset) -> KnownDataset:
    """Neither way promises one."""
    return replace(dataset, rows=tuple(sorted(dataset.rows, key=lambda row: row.binding.key)))
