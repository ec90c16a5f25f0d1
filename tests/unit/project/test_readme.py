"""The README is part of the product: what it shows must be so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from syncd import audit
from syncd.audit import EFFORTS
from syncd.cli.commands import syncd
from syncd.config.manifest import loads
from syncd.config.settings import settings_table
from syncd.core.records import Action, Outcome
from syncd.guards import GUARDS
from tools.guard_table import MARKED, guard_table, pages, with_tables

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_one_that_the_program_makes() -> None:
    assert settings_table().strip() in README


def test_the_manifest_shown_is_valid() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert len(loads(shown, "README.md").datasets) == 2


def test_the_tables_of_guards_are_made_of_what_each_guard_declares() -> None:
    read = {page.name: page.read_text(encoding="utf-8") for page in pages()}

    assert [name for name, page in read.items() if with_tables(page) != page] == []
    assert {found[2] for page in read.values() for found in MARKED.finditer(page)} >= {"en"}


def test_a_table_of_guards_speaks_french_where_a_page_asks_for_it() -> None:
    page = "<!-- guards:fr -->\n| old |\n<!-- guards:end -->\n"

    assert "| `empty` | Un fichier sans un octet. | `hold` |\n" in with_tables(page)
    assert len(guard_table("fr").splitlines()) == len(GUARDS) + 2


def test_every_command_is_described() -> None:
    assert isinstance(syncd, click.Group)
    assert [name for name in syncd.commands if f"`syncd {name}" not in README] == []


@pytest.mark.parametrize(
    "words", [tuple(GUARDS), tuple(Action), tuple(EFFORTS), tuple(audit.Status)]
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
