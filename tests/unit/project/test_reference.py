"""The reference is part of the product: what it shows must be so, and nothing may be lacking."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from syncd import audit
from syncd.audit import EFFORTS
from syncd.cli.commands import syncd
from syncd.config.manifest import loads
from syncd.config.settings import Settings, SourceCredentials
from syncd.core.records import Act, Kept, Outcome
from syncd.core.results import PLANNED, UNREAD
from syncd.guards import GUARDS
from syncd.telemetry.readiness import not_ready
from tests.unit.telemetry.test_readiness import TROUBLE, WELL
from tools import reference
from tools.french_catalogue import forms, lacking, written

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))
GUIDES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "deploy" / "README.md", ROOT / "README.md"]


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def names(values: type[Act | Kept]) -> tuple[str, ...]:
    return tuple(one.value for one in values if one.value)


# -- what is made from the code -------------------------------------------------------------------


def test_the_tables_are_those_that_the_code_makes() -> None:
    made = reference.up_to_date_pages(reference.French(reference.catalogue()))

    stale = [file.name for file, content in made.items() if file.read_text("utf-8") != content]
    assert stale == [], "run `make reference`"


def test_every_table_has_its_place_and_only_one() -> None:
    assert sorted(reference.tables_named()) == sorted(reference.TABLES)


def test_every_sentence_of_the_tables_has_its_french() -> None:
    found = reference.up_to_date()

    assert [one.id for one in lacking(found)] == []
    assert written(found) == reference.FRENCH.read_bytes(), "run `make reference`"


def test_what_is_typed_stays_as_it_is_typed_in_french() -> None:
    def typed(words: str) -> set[str]:
        return set(re.findall(r"`[^`]+`", words))

    sentences = [one for one in reference.catalogue() if one.id]
    assert [one.id for one in sentences if typed(one.id) - typed(forms(one)[0])] == []


def test_an_english_sentence_without_french_is_said_and_shown_in_english() -> None:
    french = reference.French(reference.catalogue())

    assert french("Never said before.", "here") == "Never said before."
    assert french.asked == {"Never said before.": ["here"]}


def test_a_bar_in_a_cell_is_no_border() -> None:
    assert reference.table(["a"], [["b|c"]]) == "| a |\n| --- |\n| b\\|c |\n"


def test_the_table_has_a_described_row_for_every_setting() -> None:
    made = reference.settings(reference.French(reference.catalogue()))
    rows = made.splitlines()[2:]
    variables = [row.split("|")[1].strip(" `") for row in rows]
    own = len(SourceCredentials.model_fields)
    assert len(rows) == len(set(variables)) == len(Settings.model_fields) - 1 + own
    assert "SYNCD_SOURCES__<NOM>__SECRET_ACCESS_KEY" in variables
    assert all(len(row.split("|")[3].strip()) > 10 for row in rows)
    assert "| `SYNCD_SPOOL_LIMIT` | `50GiB` |" in made


# -- what is written by hand ----------------------------------------------------------------------


def test_the_manifest_shown_is_valid() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", page("manifest.md"), re.DOTALL)

    assert len(loads(shown, "manifest.md").datasets) == 2


def test_every_command_is_described() -> None:
    assert isinstance(syncd, click.Group)
    shown = page("commands.md")
    assert [name for name in syncd.commands if f"\n### `syncd {name}" not in shown] == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("guards.md", tuple(GUARDS)),
        ("commands.md", tuple(Outcome)),
        ("json.md", tuple(Outcome)),
        ("json.md", (UNREAD, *PLANNED.values())),
        ("json.md", tuple(EFFORTS)),
        ("json.md", tuple(audit.Rating)),
        ("json.md", tuple(audit.Visible)),
        ("json.md", names(Act)),
        ("json.md", names(Kept)),
    ],
)
def test_every_word_of_the_programs_answers_is_explained(file: str, words: tuple[str, ...]) -> None:
    shown = page(file)
    assert [word for word in words if f"`{word}`" not in shown] == []


def keys_of_documents() -> Iterator[str]:
    """The keys of the dictionaries that become JSON documents."""

    def makes_a_document(node: ast.AST) -> bool:
        if isinstance(node, ast.FunctionDef):
            return node.returns is not None and "dict[str, Any]" in ast.unparse(node.returns)
        return isinstance(node, ast.Call) and ast.unparse(node.func) == "put"

    for file in sorted((ROOT / "syncd" / "cli").rglob("*.py")):
        for node in filter(makes_a_document, ast.walk(ast.parse(file.read_text("utf-8")))):
            for each in ast.walk(node):
                if isinstance(each, ast.Dict):
                    yield from (key.value for key in each.keys if isinstance(key, ast.Constant))


def test_every_key_of_the_documents_is_shown() -> None:
    found = set(keys_of_documents())
    shown = page("json.md")

    assert {"actions", "outcomes", "targets", "problems", "publications", "findings"} <= found
    assert {"holds", "online", "service"} <= found
    assert sorted(key for key in found if f'"{key}"' not in shown) == []


def test_every_reason_for_not_being_ready_is_explained() -> None:
    shown = page("metrics.md")
    for fields, _ in TROUBLE:
        (reason,) = not_ready(replace(WELL, **fields))
        assert f"`{reason.partition(':')[0]}" in shown


@pytest.mark.parametrize("file", [ROOT / "README.md", *PAGES], ids=lambda file: file.name)
def test_every_option_shown_exists(file: Path) -> None:
    assert isinstance(syncd, click.Group)
    known = {"--help"} | {
        name
        for command in [syncd, *syncd.commands.values()]
        for option in command.params
        for name in option.opts
    }

    shown = file.read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", shown)) - known == set()


@pytest.mark.parametrize(
    "file", [*PAGES, *GUIDES], ids=lambda file: str(file.relative_to(ROOT).with_suffix(""))
)
def test_every_setting_named_exists(file: Path) -> None:
    known = {f"SYNCD_{name.upper()}" for name in Settings.model_fields}

    shown = file.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![A-Z_])SYNCD_(?!TEST_)[A-Z]+(?:_[A-Z]+)*", shown))
    assert named - known == set()
