"""The floors of the house: imports point downward, and rooms have names that say something."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import syncd

PACKAGE = Path(syncd.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
(LISTED,) = (one["source_modules"] for one in CONTRACTS if one["name"].startswith("pure rooms"))


def files_of(module: str) -> list[Path]:
    """A module's file; of a package, the files that stand in it."""
    path = ROOT / module.replace(".", "/")
    return sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


PURE = [str(file.relative_to(PACKAGE)) for module in LISTED for file in files_of(module)]


@pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="runs from the project's folder")
def test_imports_point_downward() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and {one.name for one in node.names} != {
            "PurePosixPath"
        }:
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_does_not_reach_for_the_world(room: str) -> None:
    world = {"os", "io", "pathlib", "socket", "time", "random", "secrets", "uuid", "httpx", "boto3"}
    world |= {"sqlalchemy", "structlog", "subprocess", "tempfile", "shutil", "threading"}
    assert {name.split(".")[0] for name in imported(PACKAGE / room)} & world == set()


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_does_not_read_the_clock(room: str) -> None:
    tree = ast.parse((PACKAGE / room).read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = {called.attr for called in calls if isinstance(called, ast.Attribute)}
    assert asked & {"now", "utcnow", "today"} == set()


def test_a_room_that_calls_itself_pure_is_in_the_list() -> None:
    def says_so(file: Path) -> bool:
        words = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        return re.search(r"\bPure[.:]", words) is not None

    claiming = {str(file.relative_to(PACKAGE)) for file in FILES if says_so(file)}
    assert claiming - set(PURE) == set()


def test_no_room_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "base"}
    assert [f for f in FILES if vague & {f.stem, f.parent.name}] == []


def test_every_module_says_what_it_is_for() -> None:
    def silent(file: Path) -> bool:
        text = file.read_text(encoding="utf-8")
        return bool(text.strip()) and ast.get_docstring(ast.parse(text)) is None

    assert [str(f.relative_to(ROOT)) for f in FILES if silent(f)] == []


def test_help_needs_none_of_the_heavy_packages() -> None:
    code = (
        "import sys; from syncd.cli import commands; commands.run(['--help']);"
        "print([m for m in ('boto3', 'botocore', 'sqlalchemy', 'httpx', 'pydantic', 'ruamel.yaml',"
        " 'alembic', 'rapidfuzz', 'rich', 'structlog', 'werkzeug', 'starlette', 'uvicorn')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
