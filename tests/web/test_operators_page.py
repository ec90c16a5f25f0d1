"""The operators' page in a browser: no barrier on any screen, in both languages, on any width."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd import text
from syncd.web.screens.accessibility import AXE, SCHEMES, WIDTHS
from syncd.web.theme import Theme
from tests.support.page_world import PageWorld, served
from tests.web.axe import violations
from tests.web.browser import Browser

SCREENS = (
    *("to_do", "datasets", "dataset", "resource", "decision", "audit", "audited"),
    *("runs", "manifest", "accessibility", "refused"),
)
PICTURES = os.environ.get("SYNCD_TEST_PICTURES")  # a folder, for who wants to look


@pytest.fixture
def home(world: PageWorld) -> Iterator[str]:
    with served(world.page) as address:
        yield address


def test_no_screen_has_a_barrier(
    chromium: Browser, axe_script: str, world: PageWorld, home: str, language: str
) -> None:
    assert set(world.screens) == set(SCREENS)
    found = []
    for name, path in {**world.screens, **world.of_contacts}.items():
        for width in (WIDTHS[0], WIDTHS[-1]):
            for scheme in SCHEMES:
                chromium.show(f"{home}{path}", width, scheme)
                place = f"{name} {language} {width} {scheme}"
                found += [f"{place}: {one}" for one in violations(chromium, axe_script)]
                found += [f"{place}: {one}" for one in sticking_out(chromium)]
                if PICTURES:
                    chromium.picture(Path(PICTURES) / f"{name}-{language}-{width}-{scheme}.png")
    assert found == []


# What was asked for, once the style sheet is among it: browsers note it after they have it.
_ASKED = """
const done = arguments[arguments.length - 1];
const names = () => performance.getEntriesByType('resource').map(one => one.name);
const tell = () => { if (names().some(one => one.endsWith('/page.css'))) done(names()); };
new PerformanceObserver(tell).observe({type: 'resource', buffered: true});
tell();
"""


def test_the_statement_names_the_checker_that_runs(
    chromium: Browser, axe_script: str, home: str
) -> None:
    chromium.open(f"{home}/accessibility")
    chromium.run(axe_script)
    assert chromium.run("return axe.version") == AXE
    assert f"axe-core {AXE}" in chromium.source()


TAB, ENTER = "\ue004", "\ue007"


def test_a_held_file_is_found_and_compared_by_keyboard_alone_and_without_script(
    chromium: Browser, world: PageWorld, home: str
) -> None:
    chromium.without_scripts()
    try:
        chromium.open(f"{home}/")
        chromium.press(TAB)
        assert chromium.focused() == text.text("html.skip")
        chromium.press(ENTER)  # past the head
        wanted = text.text("page.look_decision", title="Fréquentation des musées de Normandie")
        reach(chromium, wanted)
        chromium.press(ENTER)
        arrive(chromium, f"{home}{world.screens['decision']}")
        assert "Montpellier" in chromium.source()
        reach(chromium, text.text("page.datasets"))
        chromium.press(ENTER)
        arrive(chromium, f"{home}/datasets")
        reach(chromium, "", at_most=7)  # the field to search in
        chromium.press(*"piscines", ENTER)
        arrive(chromium, f"{home}/datasets?q=piscines&state=&sort=needs")
        assert "1 dataset." in chromium.source()
    finally:
        chromium.without_scripts(off=False)


def arrive(chromium: Browser, address: str) -> None:
    """A key is let go before the page that it asks for is there."""
    for _ in range(500):
        if chromium.address() == address:
            return
    raise AssertionError(f"{chromium.address()} instead of {address}")


def reach(chromium: Browser, words: str, at_most: int = 30) -> None:
    """Tab by tab to what has these words."""
    for _ in range(at_most):
        chromium.press(TAB)
        if chromium.focused() == words:
            return
    raise AssertionError(f"{words} is not reached")


def test_nothing_is_asked_of_anybody_else(chromium: Browser, world: PageWorld, home: str) -> None:
    for path in world.screens.values():
        chromium.open(f"{home}{path}")
        asked = chromium.run_async(_ASKED)
        assert [one for one in asked if not one.startswith(f"{home}/")] == []
        assert chromium.run("return document.cookie + document.scripts.length") == "0"


def test_a_page_can_be_read_at_twice_its_size(
    chromium: Browser, axe_script: str, world: PageWorld, home: str
) -> None:
    """A window of 1 280 pixels at 200 % is one of 640."""
    for path in world.screens.values():
        chromium.show(f"{home}{path}", WIDTHS[1], "light")
        assert sticking_out(chromium) == [], path
        assert violations(chromium, axe_script) == []


def test_a_theme_stands_over_our_sheet_with_its_own_fonts_and_pictures(
    chromium: Browser, world: PageWorld, tmp_path: Path
) -> None:
    folder = tmp_path / "theme"
    (folder / "parts").mkdir(parents=True)
    (folder / "theme.css").write_text('@import url("parts/more.css"); h1 { color: rgb(1, 2, 3) }')
    (folder / "parts" / "more.css").write_text('main { background: url("../logo.svg") }')
    (folder / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    with served(world.made(theme=Theme(folder))) as address:
        chromium.show(f"{address}/", 1280, "light")
        assert chromium.run("return getComputedStyle(document.querySelector('h1')).color") == (
            "rgb(1, 2, 3)"
        )
        asked = chromium.run_async(_ASKED.replace("/page.css", "/logo.svg"))
    ours = {f"{address}/theme/{one}" for one in ("theme.css", "parts/more.css", "logo.svg")}
    assert ours <= set(asked)


def test_a_page_is_printed_dark_on_light(chromium: Browser, home: str) -> None:
    chromium.prefer("dark", media="print")
    try:
        chromium.open(f"{home}/")
        ground = chromium.run("return getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
    finally:
        chromium.prefer("light")


def sticking_out(chromium: Browser) -> list[str]:
    """What makes the page wider than its window."""
    found: list[str] = chromium.run(
        "const wide = window.innerWidth, sheets = document.styleSheets;"
        "if (sheets.length != 1 || sheets[0].cssRules.length < 50) return ['no style'];"
        "if (document.documentElement.scrollWidth <= wide) return [];"
        "return [...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > wide)"
        ".map(e => `${e.outerHTML.slice(0, 100)} ${e.getBoundingClientRect().right} > ${wide}`);"
    )
    return found
