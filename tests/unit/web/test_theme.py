"""A theme's folder: what is in it may be had, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncd.core.errors import UsageError
from syncd.web.access import Access
from syncd.web.people import Refusal
from syncd.web.protection import HEADERS
from syncd.web.theme import LARGEST, Theme
from tests.support.page_world import PageWorld, ask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "theme"
    for name in ("dsfr/fonts", ".hidden", "..data"):
        (home / name).mkdir(parents=True)
    (home / "theme.css").write_text("body { color: #000091 }")
    (home / "dsfr" / "fonts" / "Marianne-Regular.woff2").write_bytes(b"wOF2")
    (home / "dsfr" / "logo.svg").write_text("<svg/>")
    (home / "dsfr" / "script.js").write_text("alert(1)")
    (home / "page.html").write_text("<p>")
    (home / ".hidden" / "a.css").write_text("hidden")
    (home / "large.png").write_bytes(b"0" * (LARGEST + 1))
    (tmp_path / "outside.css").write_text("secret")
    (home / "out.css").symlink_to(tmp_path / "outside.css")
    (home / "above").symlink_to(tmp_path)
    (home / "..data" / "real.css").write_text("as Kubernetes mounts it")
    (home / "mounted.css").symlink_to("..data/real.css")
    os.mkfifo(home / "pipe.css")
    return home


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("theme.css", "text/css; charset=utf-8"),
        ("dsfr/fonts/Marianne-Regular.woff2", "font/woff2"),
        ("dsfr/logo.svg", "image/svg+xml"),
        ("mounted.css", "text/css; charset=utf-8"),
    ],
)
def test_sheets_fonts_and_pictures_are_there(
    world: PageWorld, folder: Path, name: str, kind: str
) -> None:
    world.page = world.made(theme=Theme(folder))
    answer = world.get(f"/theme/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert '<link rel="stylesheet" href="/theme/theme.css">' in world.get("/").text


@pytest.mark.parametrize(
    "path",
    [
        *("../outside.css", "..%2foutside.css", "%2e%2e/outside.css", "dsfr/../../outside.css"),
        *("out.css", "above/outside.css", "dsfr/script.js", "page.html", ".hidden/a.css"),
        *("..data/real.css", "large.png", "pipe.css", "", "dsfr", "/theme.css", "theme.css/"),
        *("theme.css%00", "THEME.CSS", "dsfr//logo.svg", "./theme.css"),
    ],
)
def test_nothing_else_is_there(world: PageWorld, folder: Path, path: str) -> None:
    world.page = world.made(theme=Theme(folder))
    answer = world.get(f"/theme/{path}")
    assert "secret" not in answer.text
    # An address is made plain before it is sent; what comes to be ours is ours.
    assert answer.status_code == (200 if path in {"./theme.css"} else 404)


def test_a_file_that_came_or_grew_later_is_not_there(world: PageWorld, folder: Path) -> None:
    world.page = world.made(theme=Theme(folder))
    (folder / "new.css").write_text("new")
    (folder / "dsfr" / "logo.svg").write_bytes(b"0" * (LARGEST + 1))
    (folder / "theme.css").unlink()
    for name in ("new.css", "dsfr/logo.svg", "theme.css"):
        assert world.get(f"/theme/{name}").status_code == 404


def test_a_folder_without_a_sheet_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UsageError) as raised:
            Theme(folder)
        assert raised.value.reason.code == "page_no_theme"


def test_who_may_not_read_has_the_sheet_of_the_refusal(world: PageWorld, folder: Path) -> None:
    def nobody(_: object) -> None:
        raise Refusal("page_signed_out")

    shown = world.made(Access(who=nobody, key="k" * 32), Theme(folder))
    refused = ask(shown, "/")
    assert refused.status_code == 403
    assert "/theme/theme.css" in refused.text
    assert ask(shown, "/theme/theme.css").status_code == 200
    assert ask(shown, "/theme/nothing.css").status_code == 403


def test_without_a_theme_there_is_none(world: PageWorld) -> None:
    assert world.get("/theme/theme.css").status_code == 404
    assert "/theme/" not in world.get("/").text
