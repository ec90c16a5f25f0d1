"""What the Debian package is made of; tests/packaging/deb installs it."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from datetime import UTC, datetime
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from syncd.cli.commands import syncd
from syncd.config.settings import Settings
from tools import deb, man_page, reference

ROOT = Path(__file__).parents[3]
DAY = datetime(2026, 11, 30, tzinfo=UTC)


def library(folder: Path, content: bytes, recorded: bytes) -> Distribution:
    """Installed in `folder`, with one module."""
    (folder / "one.py").write_bytes(content)
    info = folder / "one-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(recorded).digest()).rstrip(b"=").decode()
    (info / "RECORD").write_text(f"one.py,sha256={digest},{len(recorded)}\n")
    return Distribution.at(info)


def test_a_library_is_packed_as_it_was_published(tmp_path: Path) -> None:
    found = library(tmp_path, b"x = 1\n", b"x = 1\n")
    (file,) = found.files or []
    assert deb.as_published(found, file) == b"x = 1\n"


def test_a_library_that_was_changed_after_its_installation_is_not_packed(tmp_path: Path) -> None:
    found = library(tmp_path, b"x = 2\n", b"x = 1\n")
    (file,) = found.files or []
    with pytest.raises(SystemExit, match=r"one\.py of one was changed"):
        deb.as_published(found, file)


def test_the_list_of_a_librarys_files_tells_nothing_of_where_it_was_installed() -> None:
    kept = "one.py,sha256=a,6\none-1.0.dist-info/RECORD,,\n"
    there = "../../../bin/one,sha256=b,9\n__pycache__/one.cpython-311.pyc,,\n"
    assert deb.record(kept + there) == kept


def test_the_package_has_the_clients_that_the_image_has() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"! -name (\S+)", image)) == deb.AWS_SERVICES


def test_the_package_has_all_that_can_be_added_to_the_service() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) - {"demo", "dev"} == deb.EXTRAS


def test_the_manual_has_every_command_option_and_setting_in_both_languages() -> None:
    french = reference.manual(reference.French(reference.catalogue()), DAY)
    for page in (reference.english_manual(DAY), french):
        plain = page.replace(r"\-", "-")
        for name, command in syncd.commands.items():
            assert f'.SS "syncd {name}' in plain
            assert [
                o for p in command.params for o in p.opts if o[0] == "-" and o not in plain
            ] == []
        names = [f"SYNCD_{name.upper()}" for name in Settings.model_fields if name != "sources"]
        assert [name for name in names if f"\\fB{name}\\fR" not in page] == []
    assert "Une personne doit regarder" in french


@pytest.mark.parametrize(
    ("said", "roff"),
    [
        (".env is read", r"\&.env is read"),
        ("'x' or\n.y", "\\&'x' or\n\\&.y"),
        (r"a\b --c", r"a\eb \-\-c"),
        ("see `syncd plan`", r"see \fBsyncd plan\fR"),
    ],
    ids=["dot", "quote", "backslash", "typed"],
)
def test_words_mean_nothing_to_roff(said: str, roff: str) -> None:
    assert man_page.roff(said) == roff
