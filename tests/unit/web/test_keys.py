"""The key that the page signs with: made once, ours alone, or set for several machines."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from syncd.config.settings import Settings
from syncd.core.errors import SyncdError
from syncd.service.signing_key import FILE, signing_key


def settings(folder: Path, **others: object) -> Settings:
    return Settings(state_dir=folder / "state", **others)  # type: ignore[arg-type]  # as loaded


def test_a_key_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    made = signing_key(settings(tmp_path))
    kept = tmp_path / "state" / FILE
    assert len(made) == 43
    assert signing_key(settings(tmp_path)) == made
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert signing_key(settings(tmp_path / "other")) != made


def test_a_key_that_was_half_written_is_made_anew(tmp_path: Path) -> None:
    signing_key(settings(tmp_path))
    (tmp_path / "state" / FILE).write_text("abc", encoding="ascii")
    assert len(signing_key(settings(tmp_path))) == 43


def test_a_key_that_is_set_is_taken_and_nothing_is_kept(tmp_path: Path) -> None:
    assert signing_key(settings(tmp_path, web_key="k" * 32)) == "k" * 32
    assert not (tmp_path / "state").exists()


def test_a_key_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SyncdError) as raised:
        signing_key(settings(tmp_path))
    assert raised.value.reason.code == "page_no_key"
