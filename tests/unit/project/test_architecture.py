"""The page for whoever changes the code names what there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
# A path of the project, as it stands between backticks, and perhaps a test in it.
PATH = re.compile(r"`((?:syncd|tests|tools|docs|config|deploy)(?:/[\w.-]+)+)(?:::(\w+))?`")
NAMED = sorted(set(PATH.findall(PAGE)))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize(("path", "test"), NAMED, ids=lambda value: value or "file")
def test_every_path_and_test_that_is_named_exists(path: str, test: str) -> None:
    file = ROOT / path

    assert file.exists()
    assert not test or re.search(rf"^def {test}\(", file.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_every_path_that_a_decision_names_exists(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))

    assert [path for path, _ in named if not (ROOT / path).exists()] == []


def test_the_picture_has_the_floors_that_the_linter_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (floors,) = (
        one["layers"]
        for one in project["tool"]["importlinter"]["contracts"]
        if one["type"] == "layers"
    )
    assert " → ".join(floors) in PAGE


def test_every_room_has_its_line() -> None:
    rooms = {path.parent.name for path in (ROOT / "syncd").glob("*/*.py")}
    assert [room for room in sorted(rooms) if f"`syncd/{room}`" not in SECTIONS["Rooms"]] == []


def test_every_step_of_a_pass_has_its_place() -> None:
    steps = {path.stem for path in (ROOT / "syncd" / "sync").glob("[a-z]*.py")}
    way = SECTIONS["The way of one object"]
    assert sorted(step for step in steps if f"`syncd/sync/{step}.py`" not in way) == []


def test_every_promise_is_held_by_a_test() -> None:
    promises = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", SECTIONS["Promises"], re.MULTILINE)

    assert [int(number) for number, _ in promises] == list(range(1, 14))
    assert all(PATH.search(held) for _, held in promises)


def test_what_code_and_tests_point_to_is_there() -> None:
    pointed = {
        found
        for folder in ("syncd", "tests", "tools")
        for file in (ROOT / folder).rglob("*.py")
        for found in re.findall(
            r"\bdocs/architecture\.md,\s+([A-Z]\w+(?: [a-z]+)?)", file.read_text("utf-8")
        )
    }
    known = {*SECTIONS, "Promise"}
    assert sorted(one for one in pointed if not any(one.startswith(name) for name in known)) == []
