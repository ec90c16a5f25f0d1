"""Names as a tired person types them: no capitals, no accents, half of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.actions.typed_names import Named, folded, meant, near
from syncd.core.targets import DatasetEntry, Place, Schedule

ENTRY = DatasetEntry("d", "", None, Schedule(every=timedelta(minutes=15)), (), Place(1, 1))


def named(what: str, *names: str, dataset: str = "Musées de France") -> Named:
    return Named(ENTRY, what, names, (dataset,))


LIST = named("r1", "Liste des musées de France", "liste_musees.csv", "m/liste_musees.csv")
VISITS = named("r2", "Fréquentation 2024", "freq_2024.csv", "m/freq_2024.csv")
OLDER = named("r3", "Fréquentation 2023", "freq_2023.csv", "m/freq_2023.csv")
ALL = (LIST, VISITS, OLDER)


@pytest.mark.parametrize(
    "typed",
    [
        "Liste des musées de France",
        "LISTE DES MUSEES DE FRANCE",
        "liste-des-musees-de-france",
        "  liste des muse\N{COMBINING ACUTE ACCENT}es  de france ",
        "liste des",
        "liste_musees.csv",
        "Liste musees",
    ],
)
def test_a_title_or_a_files_name_is_understood(typed: str) -> None:
    assert meant(ALL, typed) == [LIST]


def test_the_beginning_of_several_is_none_of_them() -> None:
    assert meant(ALL, "frequentation") == [VISITS, OLDER]


def test_a_whole_name_is_meant_although_another_begins_so() -> None:
    short = named("r4", "Liste")
    assert meant((*ALL, short), "liste") == [short]


def test_a_datasets_title_means_its_targets_where_none_is_called_so() -> None:
    alone = named("r9", "Lieux", dataset="Festivals")
    assert meant((*ALL, alone), "festivals") == [alone]
    assert meant((*ALL, alone), "musees de france") == list(ALL)


@pytest.mark.parametrize("nothing", ["", " ", "-", "…", "'\"'"])
def test_what_has_no_letter_means_nothing(nothing: str) -> None:
    assert meant(ALL, nothing) == []


def test_what_is_near_is_proposed_by_its_own_name() -> None:
    assert near(ALL, "Frequantation 2024") == "Fréquentation 2024"
    assert near(ALL, "zzz") == ""


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)
