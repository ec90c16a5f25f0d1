"""One browser for all the pages of a test process, and a house to show in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from syncd import text
from syncd.simulator import Simulator
from tests.packaging.deploy.tools import Skipped
from tests.support.page_world import PageWorld, furnished
from tests.support.sync_harness import House
from tests.web import axe
from tests.web.browser import REQUIRED, Browser, browser


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(browser(tmp_path_factory.mktemp("chromium")))
        except Skipped as why:
            _without(why)
        yield opened


@pytest.fixture(scope="session")
def axe_script() -> str:
    try:
        return axe.script()
    except Skipped as why:
        _without(why)


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    text.speak(request.param)
    return str(request.param)


@pytest.fixture
def world(simulator: Simulator, tmp_path: Path) -> PageWorld:
    return furnished(House(simulator, tmp_path))


def _without(why: Skipped) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, but {why}", pytrace=False)
    pytest.skip(str(why))
