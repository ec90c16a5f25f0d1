"""`syncd status` of a thousand targets, ten of which need somebody."""

from __future__ import annotations

import os
import re
from contextlib import closing
from time import monotonic

import pytest

from syncd.adapters.disk.activity import ActivityBoard
from syncd.core.clock import now
from syncd.core.records import Outcome
from syncd.service.instance_lock import InstanceLock
from tests.support import terminals
from tests.support.cli_harness import Done, Running
from tests.support.examples import shared_out
from tests.support.many_targets import TROUBLE, House, resource_of, thousand_targets


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return thousand_targets(tmp_path_factory.mktemp("house"))


def on_a_terminal(house: House, columns: int, *asked: str, **settings: str) -> str:
    """What the installed command shows, without its colours."""
    usual = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "NO_COLOR": "1", "TZ": "UTC"}
    environment = {**usual, **house.environment, **settings}
    folder = house.state.parent
    seen = terminals.typed(("status", *asked), environment, folder, columns=columns)
    return re.sub(r"\x1b\[[0-9;]*m", "", seen).replace("\r\n", "\n")


@pytest.mark.parametrize(("columns", "language"), shared_out(3, [80, 120], ["en", "fr"]))
def test_ten_of_a_thousand_targets_are_told_on_one_screen_of_forty_lines(
    house: House, columns: int, language: str
) -> None:
    with InstanceLock(house.state), closing(ActivityBoard(house.state, monotonic, now)) as board:
        dataset = f"{42:024x}"
        with board.doing("look", dataset), board.doing("fetch", what="d42/g.csv", size=10) as part:
            part.advance(10)
            shown = on_a_terminal(house, columns, SYNCD_LANG=language)

    lines = shown.splitlines()
    assert len(lines) <= 40
    assert [line for line in lines if len(line) > columns] == []
    total = {"en": "1,000 targets: 10 need", "fr": "1\N{NARROW NO-BREAK SPACE}000 cibles"}
    assert lines[0].startswith(total[language])
    commands = re.findall("`(syncd [^`]*)`", shown)
    assert [c for c in commands if "…" in c or "\n" in c] == []
    for number, _, state, _ in TROUBLE:
        if state is not Outcome.FAILED:
            identifier = resource_of(number)[:6]
            assert [c for c in commands if identifier in c]
    assert "g.csv" in shown
    assert "4711" in shown


def test_on_a_narrow_terminal_titles_and_dates_stay_whole(house: House) -> None:
    shown = on_a_terminal(house, 80, SYNCD_LANG="fr")
    alone = [TROUBLE[at] for at in (0, 1, 2, 3, 4, 5, 6, 9)]  # the others are told together
    assert [number for number, *_ in alone if f"Fichier {number % 10} de 2026" not in shown] == []
    heads = [line for line in shown.splitlines() if line.startswith(("retenu", "absent", "modif"))]
    assert len(heads) == 6
    assert [line for line in heads if not re.search(r"depuis le \d\d/\d\d/\d{4}$", line)] == []


def test_the_oldest_need_comes_first_and_the_rest_is_for_all(house: House) -> None:
    done = run(house)
    heads = [line for line in done.splitlines() if re.search(r"since \d{4}", line)]
    dates = [re.findall(r"since (\S+)", line)[0] for line in heads]
    assert dates == sorted(dates)
    assert "d5/fichier-5.csv" not in done
    assert "d5/fichier-5.csv" in run(house, "--all")
    # In a pipe nothing is shortened.
    assert "Bibliothèques de Nouvelle-Aquitaine: Fichier 7 de 2026" in done


def test_a_dataset_or_a_state_alone_can_be_asked_for(house: House) -> None:
    one = run(house, "--dataset", f"{12:024x}")
    assert one.count("fichier-") == 11  # ten targets, and the sentence of one
    assert one.splitlines()[0] == "10 targets: 1 needs somebody, 9 well."

    held = run(house, "--state", "held", "--state", "late", SYNCD_LANG="fr")
    assert held == run(house, "--state", "retenu", "--state", "En retard", SYNCD_LANG="fr")
    assert "4 cibles" in held.splitlines()[0].replace("\N{NO-BREAK SPACE}", " ")

    document = start(house, "--json", "--state", "late").document
    (late,) = document["targets"]
    assert late["commands"] == [f"syncd history {resource_of(512)[:6]}"]
    assert late["since"].startswith("2026-11-28")
    assert document["now"] == document["troubles"] == []


def test_a_state_that_is_none_is_told_with_those_that_are(house: House) -> None:
    done = start(house, "--state", "stuck")
    assert done.code == 2
    assert "stuck" in done.err
    assert "held, missing, ambiguous" in done.err


def start(house: House, *typed: str, **settings: str) -> Done:
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC", **house.environment, **settings}
    with Running(("status", *typed), environment, house.state.parent) as running:
        return running.finish()


def run(house: House, *typed: str, **settings: str) -> str:
    done = start(house, *typed, **settings)
    assert (done.code, done.err) == (0, "")
    return done.out
