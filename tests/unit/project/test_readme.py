"""The README is part of the product: what it shows must be so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from syncd import audit
from syncd.audit import EFFORTS
from syncd.cli.commands import syncd
from syncd.config.manifest import GUARDS, loads
from syncd.config.settings import settings_table
from syncd.core.records import Outcome
from syncd.core.results import PLANNED, UNREAD

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_one_that_the_program_makes() -> None:
    assert settings_table().strip() in README


def test_the_manifest_shown_is_valid() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert len(loads(shown, "README.md").datasets) == 2


def test_every_command_is_described() -> None:
    assert isinstance(syncd, click.Group)
    assert [name for name in syncd.commands if f"`syncd {name}" not in README] == []


@pytest.mark.parametrize(
    "words", [GUARDS, (UNREAD, *PLANNED.values()), tuple(EFFORTS), tuple(audit.Status)]
)
def test_every_word_of_the_programs_answers_is_explained(words: tuple[str, ...]) -> None:
    assert [word for word in words if f"`{word}`" not in README] == []


def test_every_outcome_that_a_cycle_can_have_today_is_explained() -> None:
    assert [o for o in Outcome if f"`{o}`" not in README] == []


def test_every_option_shown_exists() -> None:
    assert isinstance(syncd, click.Group)
    known = {
        name
        for command in syncd.commands.values()
        for option in command.params
        for name in option.opts
    }

    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", README)) - known == set()
