"""The floors of the house: imports point downward, and rooms have names that say something."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import syncd

PACKAGE = Path(syncd.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))
PURE = ["mapping", "decide", "verify", "retry", "report", "selection", "names", "patterns", "model"]
PURE += ["notices", "due", "readiness", "catalogue"]
PURE += [f"audit/{file.stem}" for file in sorted((PACKAGE / "audit").glob("*.py"))]
PURE += [f"guards/{file.stem}" for file in sorted((PACKAGE / "guards").glob("*.py"))]


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
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_does_not_reach_for_the_world(room: str) -> None:
    world = {"os", "io", "pathlib", "socket", "time", "random", "secrets", "uuid", "httpx", "boto3"}
    world |= {"sqlalchemy", "structlog", "subprocess", "tempfile", "shutil", "threading"}
    assert {name.split(".")[0] for name in imported(PACKAGE / f"{room}.py")} & world == set()


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_does_not_read_the_clock(room: str) -> None:
    tree = ast.parse((PACKAGE / f"{room}.py").read_text(encoding="utf-8"))
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert asked & {"now", "utcnow", "today"} == set()


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
        " 'alembic', 'rich', 'structlog', 'werkzeug') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
