"""A look takes a manifest as it was read before; whatever is odd about that, it reads it itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd.config import configuration
from syncd.config.manifest import load, remembered
from syncd.config.manifest.remembered import NAME, recalled, remember
from syncd.config.settings import Settings
from syncd.core.errors import ManifestError
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


def edited(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """By what is done with all that follows its first line."""

    def edit(path: Path) -> None:
        head, end, values = path.read_bytes().partition(b"\n")
        path.write_bytes(head + end + change(values))

    return edit


def written(values: bytes) -> Callable[[Path], None]:
    return edited(lambda _: values)


def without_a_head(path: Path) -> None:
    path.write_bytes(path.read_bytes().partition(b"\n")[2])


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_file(path: Path) -> None:
    digest = path.read_bytes().split()[2]
    edited(lambda values: values.replace(digest, b"0" * 64))(path)


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
    "a number for a text": edited(lambda values: values.replace(b'"depot"', b"7")),
    "of another file": of_another_file,
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_nothing_and_the_manifest_is_read(file: Path, odd: str) -> None:
    ODD[odd](file.parent / NAME)
    assert recalled(file, file.parent) is None
    app = configuration.start(Settings(manifest=file, state_dir=file.parent), only_looks=True)
    assert app.manifest == load(file)


def test_only_a_look_takes_what_is_remembered(file: Path) -> None:
    edited(lambda values: values.replace(b'"Trois"', b'"Quatre"'))(file.parent / NAME)
    settings = Settings(manifest=file, state_dir=file.parent)
    names = [
        configuration.start(settings, only_looks=only_looks).manifest.datasets[-1].name
        for only_looks in (True, False)
    ]
    assert names == ["Quatre", "Trois"]


def test_a_manifest_that_cannot_be_read_is_explained_to_a_look(file: Path) -> None:
    file.write_text("version: 2\n", encoding="utf-8")
    with pytest.raises(ManifestError):
        configuration.start(Settings(manifest=file, state_dir=file.parent), only_looks=True)


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
