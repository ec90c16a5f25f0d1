"""Who starts takes a manifest as it was read before; where that is odd, the file is read."""

from __future__ import annotations

import ast
import importlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd.config import configuration
from syncd.config.manifest import load, remembered
from syncd.config.manifest.remembered import NAME, recalled, remember
from syncd.config.settings import Settings
from syncd.core.errors import ManifestError
from syncd.service.manifest_reader import ManifestReader
from tests.support.manifest_builders import GOOD
from tests.unit.config.test_plain_form import FULL


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A manifest, remembered in its folder."""
    path = tmp_path / "manifest.yaml"
    path.write_text(FULL, encoding="utf-8")
    remember(load(path), tmp_path)
    return path


@pytest.mark.parametrize("text", [GOOD, FULL], ids=["small", "full"])
def test_what_is_recalled_is_what_was_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(text, encoding="utf-8")
    assert recalled(path, tmp_path) is None
    remember(load(path), tmp_path)
    assert recalled(path, tmp_path) == load(path)


def test_one_byte_more_is_another_manifest(file: Path) -> None:
    file.write_text(FULL + "\n", encoding="utf-8")
    assert recalled(file, file.parent) is None
    remember(load(file), file.parent)
    assert recalled(file, file.parent) == load(file)


def test_another_syncd_may_read_the_same_bytes_as_something_else(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "__version__", "9.9.9")
    assert recalled(file, file.parent) is None


def test_so_may_this_one_after_a_line_of_it_was_changed(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "syncd"
    for folder in remembered._FOLDERS:
        shutil.copytree(remembered._PROGRAM / folder, ours / folder, dirs_exist_ok=True)
    monkeypatch.setattr(remembered, "_PROGRAM", ours)
    assert recalled(file, file.parent) == load(file)  # a copy with its dates
    with (ours / "config/manifest/compiling.py").open("a") as module:
        module.write("# one line more\n")
    assert recalled(file, file.parent) is None
    remember(load(file), file.parent)
    assert recalled(file, file.parent) == load(file)


def test_all_that_a_manifest_is_read_by_is_in_the_folders_that_are_looked_at() -> None:
    """Else a change of it would not be seen. What reads files, or explains, changes no value."""
    from syncd.config.manifest import loading

    seen, todo, root = set[str](), [loading.__name__], remembered._PROGRAM
    while todo:
        name = todo.pop()
        module = importlib.import_module(name)
        if name in seen or module.__file__ is None:
            continue
        seen.add(name)
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("syncd."):
                todo.append(node.module or "")
    folders = {Path(str(importlib.import_module(name).__file__)).parent for name in seen}
    rest = {str(one.relative_to(root)) for one in folders} - set(remembered._FOLDERS)
    assert rest <= {"config"}, rest
    assert {"config/manifest", "core", "guards"} <= set(remembered._FOLDERS)


def edited(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """By what is done with all that follows its first line."""

    def edit(path: Path) -> None:
        head, end, values = path.read_bytes().partition(b"\n")
        path.write_bytes(head + end + change(values))

    return edit


def summed_up(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """By somebody who knows how the file is made."""

    def edit(path: Path) -> None:
        head, _, values = path.read_bytes().partition(b"\n")
        about = head[: head.rindex(b" ") + 1]
        path.write_bytes(remembered._head(about, change(values)) + change(values))

    return edit


def written(values: bytes) -> Callable[[Path], None]:
    return summed_up(lambda _: values)


def without_a_head(path: Path) -> None:
    path.write_bytes(path.read_bytes().partition(b"\n")[2])


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_file(path: Path) -> None:
    digest = path.read_bytes().split()[5]
    summed_up(lambda values: values.replace(digest, b"0" * 64))(path)


ODD: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "a pipe": a_pipe,
    "a folder": a_folder,
    "empty": lambda path: os.truncate(path, 0),
    "cut": edited(lambda values: values[:-20]),
    "no head": without_a_head,
    "only a head": written(b""),
    "null": written(b"null"),
    "deep": written(b"[" * 100_000),
    "no text": written(b"\xff\x00"),
    "another kind": written(b'[["SourceConfig"],[]]'),
    "another text": edited(lambda values: values.replace(b'"Trois"', b'"Quatre"')),
    "cut, summed up": summed_up(lambda values: values.replace(b'"Trois"', b"")[:-9]),
    "a number for a text": summed_up(lambda values: values.replace(b'"depot"', b"7")),
    "of another file": of_another_file,
    "writable by a group": lambda path: path.chmod(0o660),
    "writable by anybody": lambda path: path.chmod(0o606),
}
# Whoever can sum up can write the ledger as well: no damage is like it.
BY_A_PERSON = {
    "only a head", "null", "deep", "no text", "another kind", "cut, summed up",
    "a number for a text", "of another file",
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_nothing_and_the_manifest_is_read(file: Path, odd: str) -> None:
    ODD[odd](file.parent / NAME)
    assert recalled(file, file.parent) is None
    app = configuration.start(Settings(manifest=file, state_dir=file.parent))
    assert app.manifest == load(file)


@pytest.mark.parametrize("odd", sorted(set(ODD) - {"a folder", *BY_A_PERSON}))
def test_what_was_damaged_is_made_good_by_who_works_next(file: Path, odd: str) -> None:
    ODD[odd](file.parent / NAME)
    remember(load(file), file.parent)
    assert recalled(file, file.parent) == load(file)
    assert (file.parent / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_left_there_is_nothing(file: Path) -> None:
    os.chown(file.parent / NAME, 65534, 65534)
    assert recalled(file, file.parent) is None
    remember(load(file), file.parent)
    assert recalled(file, file.parent) == load(file)


def test_whoever_asks_for_the_file_itself_gets_it(file: Path) -> None:
    summed_up(lambda values: values.replace(b'"Trois"', b'"Quatre"'))(file.parent / NAME)
    settings = Settings(manifest=file, state_dir=file.parent)
    names = [
        configuration.start(settings, anew=anew).manifest.datasets[-1].name
        for anew in (False, True)
    ]
    assert names == ["Quatre", "Trois"]


def test_the_service_starts_by_it_too_and_makes_no_process_for_it(file: Path) -> None:
    def never() -> None:
        raise AssertionError

    reader = ManifestReader(file.parent, small=0, command=("/nowhere",))
    assert reader.load(file, never) == load(file)
    assert reader.load(file, never) is reader.load(file, never)
    file.write_text("version: 2\n", encoding="utf-8")
    with pytest.raises(ManifestError):
        ManifestReader(file.parent).load(file, lambda: None)


def test_a_manifest_that_cannot_be_read_is_explained_to_a_look(file: Path) -> None:
    file.write_text("version: 2\n", encoding="utf-8")
    with pytest.raises(ManifestError):
        configuration.start(Settings(manifest=file, state_dir=file.parent))


def test_it_is_whole_readable_by_its_owner_alone_and_written_once(file: Path) -> None:
    kept = file.parent / NAME
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_bytes().partition(b"\n")[2])
    before = kept.stat()
    remember(load(file), file.parent)
    assert kept.stat() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [NAME, file.name]


def test_where_nothing_can_be_written_nothing_is_remembered(file: Path) -> None:
    remember(load(file), file.parent / "nowhere")
    (file.parent / NAME).unlink()
    (file.parent / NAME).mkdir()
    remember(load(file), file.parent)
    assert sorted(path.name for path in file.parent.iterdir()) == [NAME, file.name]
