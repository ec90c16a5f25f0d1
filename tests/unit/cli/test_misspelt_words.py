"""Where an option takes one of a few words, the nearest to a misspelt one is proposed."""

from __future__ import annotations

import click
import pytest

from syncd import text
from syncd.actions.status import STATES
from syncd.cli.commands import StateParam, run


@pytest.fixture
def french() -> None:
    text.speak("fr")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("retnu", "retenu"), ("hled", "held"), ("En retar", "'en retard'"), ("abssents", "absents")],
)
def test_the_nearest_state_is_proposed_in_either_language(
    typed: str, meant: str, french: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status", "--state", typed]) == 2
    assert f"Vouliez-vous dire {meant}\N{NO-BREAK SPACE}?" in capsys.readouterr().err


def test_what_is_near_no_state_is_told_with_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--state", "zzz"]) == 2
    said = capsys.readouterr().err
    assert "held, missing, ambiguous" in said
    assert "Did you mean" not in said


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_known_by_all_its_words(state: str, french: None) -> None:
    words = {state, *(text.text(f"word.{state}", count=count).upper() for count in (1, 2))}
    assert {StateParam().convert(word, None, None) for word in words} == {state}


def test_accents_and_hyphens_of_a_state_do_not_matter(french: None) -> None:
    assert StateParam().convert("remplace", None, None) == "replaced"
    assert StateParam().convert("en-retard", None, None) == "late"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["check", "--online", "--notify-test=contcts"], "contacts"),
        (["schemas", "updaet"], "update"),
    ],
    ids=["option", "argument"],
)
def test_the_nearest_word_of_any_choice_is_proposed(
    typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    assert f"Did you mean {meant}?" in capsys.readouterr().err.replace("\n", " ")


def test_no_option_has_a_choice_that_proposes_nothing() -> None:
    from syncd.cli.commands import OneOf, syncd

    params = [param for command in syncd.commands.values() for param in command.params]
    choices = [param.type for param in params if isinstance(param.type, click.Choice)]
    assert choices
    assert [one for one in choices if not isinstance(one, OneOf)] == []
