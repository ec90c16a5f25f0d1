"""TARGET by what people see: titles, names of files, beginnings; several are listed whole."""

from __future__ import annotations

import sys
from typing import cast

import pytest

from syncd.actions import selection
from syncd.actions.purge import kept_files
from syncd.actions.selection import Selection
from syncd.cli.errors import ended_well
from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core.errors import SeveralMeant, UsageError
from tests.support.sync_harness import House


@pytest.fixture
def titled(house: House) -> dict[str, str]:
    """The ids by their titles, after a first cycle; and one of which no cycle knows."""
    ids = {}
    for title, key in (
        ("Fréquentation 2024", "m/freq_2024.csv"),
        ("Fréquentation 2023", "m/freq_2023.csv"),
        ("Liste d'été", "m/liste été.csv"),
    ):
        ids[title] = house.resource(title)
        house.target(ids[title], key)
        house.bucket.put(key, f"id\n{title}\n".encode())
    house.sync()
    ids["new"] = house.resource("Nouveau")
    house.target(ids["new"], "m/Nouveautés.csv")
    return ids


def app_of(house: House) -> App:
    """No setting is read of it."""
    return App(cast(Settings, None), house.manifest)


def select(house: House, target: str | None, dataset: str | None = None) -> Selection:
    with house.adapters(read_only=True) as adapters:
        return selection.select(app_of(house), adapters.ledger, dataset, target)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("liste d'ete", "Liste d'été"),
        ("LISTE", "Liste d'été"),
        ("liste ete.csv", "Liste d'été"),
        ("frequentation 2024", "Fréquentation 2024"),
        ("freq_2023", "Fréquentation 2023"),
        ("nouveautes", "new"),
    ],
)
def test_a_target_is_meant_by_what_people_call_it(
    house: House, titled: dict[str, str], typed: str, title: str
) -> None:
    assert select(house, typed).only == titled[title]


def test_where_several_fit_each_is_said_with_the_whole_command(
    house: House,
    titled: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["syncd", "release", "fréq", "--by", "Anne Été"])

    def command() -> int:
        select(house, "fréq")
        return 0

    assert ended_well(command) == 2
    said = capsys.readouterr().err
    for title in ("Fréquentation 2024", "Fréquentation 2023"):
        assert f"  syncd release {titled[title]} --by 'Anne Été'  # {title}\n" in said


def test_an_option_is_replaced_as_well(
    house: House,
    titled: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["syncd", "plan", "--resource=fréq", "--fast"])
    ended_well(lambda: len(select(house, "fréq").only))
    said = capsys.readouterr().err
    assert f"  syncd plan --resource={titled['Fréquentation 2024']} --fast  # Fréq" in said


def test_what_is_near_is_proposed(house: House, titled: dict[str, str]) -> None:
    del titled
    with pytest.raises(UsageError) as caught:
        select(house, "Frecuentation 2023")
    assert caught.value.reason.code == "no_such_target_near"
    assert caught.value.reason.facts["near"] == "Fréquentation 2023"


def test_a_dataset_is_meant_by_its_title_and_the_manifests_name(
    house: House, titled: dict[str, str]
) -> None:
    del titled
    with house.adapters(read_only=True) as adapters:
        (entry,) = house.manifest.datasets
        title = selection.known(app_of(house), adapters.ledger, entry).title
    assert title
    assert select(house, None, title.upper()).entries == (entry,)
    assert select(house, None, title[:5]).entries == (entry,)
    with pytest.raises(UsageError) as caught:
        select(house, None, f"{title[:-1]}q")
    assert caught.value.reason.code == "no_such_dataset_near"


def test_what_lifts_a_guard_goes_by_no_beginning_of_a_name(
    house: House, titled: dict[str, str]
) -> None:
    with house.adapters(read_only=True) as adapters:
        app, ledger = app_of(house), adapters.ledger
        for typed in ("liste d'ete", "liste ete.csv", titled["Liste d'été"][:6]):
            chosen = selection.select(app, ledger, None, typed, acts=True)
            assert titled["Liste d'été"].startswith(chosen.only)
        with pytest.raises(UsageError) as caught:
            selection.select(app, ledger, None, "liste", acts=True)
        assert caught.value.reason.facts["near"] == "Liste d'été"
        with pytest.raises(SeveralMeant):
            selection.select(app, ledger, None, "fréq", acts=True)


def test_a_push_goes_nowhere_by_half_a_name(house: House, titled: dict[str, str]) -> None:
    """What somebody puts online by hand goes where it says, exactly."""
    del titled
    with house.adapters(read_only=True) as adapters, pytest.raises(UsageError) as caught:
        selection.select(app_of(house), adapters.ledger, None, "liste", exactly=True)
    assert caught.value.reason.code == "no_such_target"
    assert not isinstance(caught.value, SeveralMeant)


def test_the_beginning_of_an_id_that_begins_a_title_too_is_asked_about(
    house: House, titled: dict[str, str]
) -> None:
    begins = titled["Liste d'été"][:3]
    other = house.resource(f"{begins}, le guide")
    house.target(other, "m/guide.csv")
    house.bucket.put("m/guide.csv", b"id\n9\n")
    house.sync()

    with pytest.raises(SeveralMeant) as caught:
        select(house, begins)

    assert {what for what, _ in caught.value.choices} == {titled["Liste d'été"], other}
    assert select(house, titled["Liste d'été"]).only == titled["Liste d'été"]


def test_what_is_purged_unasked_is_named_exactly(house: House, titled: dict[str, str]) -> None:
    with house.adapters() as adapters:
        asked = kept_files(app_of(house), adapters, "liste", exactly=False)
        assert asked.row.binding.resource == titled["Liste d'été"]
        with pytest.raises(UsageError, match="no_such_target"):
            kept_files(app_of(house), adapters, "liste", exactly=True)
        named = kept_files(app_of(house), adapters, "m/liste été.csv", exactly=True)
        assert named.row.binding.resource == titled["Liste d'été"]
