"""The operators' page in a browser: no barrier on any screen, in both languages, on any width."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd import text
from syncd.simulator import Simulator
from tests.support.page_world import PageWorld, furnished, served
from tests.support.sync_harness import House
from tests.web.axe import violations
from tests.web.browser import Browser

SCREENS = ("to_do", "datasets", "dataset", "resource", "decision", "runs", "manifest", "refused")
PICTURES = os.environ.get("SYNCD_TEST_PICTURES")  # a folder, for who wants to look


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    text.speak(request.param)
    yield request.param
    text.speak("en")


@pytest.fixture
def world(simulator: Simulator, tmp_path: Path) -> PageWorld:
    return furnished(House(simulator, tmp_path))


@pytest.fixture
def home(world: PageWorld) -> Iterator[str]:
    with served(world.page) as address:
        yield address


def test_no_screen_has_a_barrier(
    chromium: Browser, axe_script: str, world: PageWorld, home: str, language: str
) -> None:
    assert set(world.screens) == set(SCREENS)
    found = []
    for name, path in world.screens.items():
        for width in (1280, 320):
            for scheme in ("light", "dark"):
                chromium.show(f"{home}{path}", width, scheme)
                place = f"{name} {language} {width} {scheme}"
                found += [f"{place}: {one}" for one in violations(chromium, axe_script)]
                wide = chromium.run("return document.documentElement.scrollWidth")
                found += [f"{place}: {wide} wide"] if wide > width else []
                if PICTURES:
                    chromium.picture(Path(PICTURES) / f"{name}-{language}-{width}-{scheme}.png")
    assert found == []
