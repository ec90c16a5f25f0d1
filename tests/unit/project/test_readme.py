"""The README is part of the product: what it shows must be so. So are the links of all pages."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from syncd.cli.commands import syncd
from syncd.config.manifest import loads

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("d*/**/*.md"))]


def test_the_manifest_shown_is_valid() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert len(loads(shown, "README.md").datasets) == 2


def test_it_is_a_page_and_the_reference_is_elsewhere() -> None:
    assert len(README) < 8000
    assert "docs/reference/README.md" in README


def test_every_command_named_exists() -> None:
    assert isinstance(syncd, click.Group)
    assert set(re.findall(r"`syncd ([a-z]+)", README)) - set(syncd.commands) == set()


def test_every_command_stands_in_the_references_table_of_tasks_and_has_its_part() -> None:
    assert isinstance(syncd, click.Group)
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    head = page.partition("\n## ")[0].partition("\n|")[2]
    assert sorted(re.findall(r"`syncd ([a-z]+)`", head)) == sorted(syncd.commands)
    assert set(re.findall(r"^### `syncd ([a-z]+)", page, re.MULTILINE)) == set(syncd.commands)


def test_every_target_of_make_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))

    assert named
    assert [one for one in named if f"\n{one}: " not in makefile] == []


def anchors(file: Path) -> set[str]:
    """Of the headings, as forges make them: small letters, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_no_file_points_to_a_design_that_is_not_in_the_project() -> None:
    word = "DES" + "IGN"  # so that this file does not hold what it looks for
    folders = ("syncd", "tests", "tools", "docs", "deploy", "benchmarks", "config")
    kinds = {".py", ".md", ".yaml", ".yml", ".toml", ".po", ".mako"}
    files = [file for folder in folders for file in (ROOT / folder).rglob("*")]
    files += [file for file in ROOT.iterdir() if file.is_file()]
    found = [
        str(file.relative_to(ROOT))
        for file in files
        if file.suffix in kinds and re.search(rf"\b{word}\b", file.read_text(encoding="utf-8"))
    ]
    assert found == []
