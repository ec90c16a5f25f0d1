"""An operator decides in a browser: by keyboard alone, without scripts, and without a barrier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd import text
from syncd.core.records import Outcome
from syncd.web.people import Person, Role
from tests.support.page_world import PageWorld, note_service, served, table
from tests.web.axe import violations
from tests.web.browser import Browser
from tests.web.test_operators_page import ENTER, PICTURES, TAB, arrive, reach, sticking_out

LEA = Person("Léa Martin", Role.OPERATOR)
TITLE = "Fréquentation des musées de Normandie"


@pytest.fixture
def home(world: PageWorld) -> Iterator[str]:
    with served(world.opened_by(LEA)) as address:
        yield address


_OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true; });"


def test_no_form_is_a_barrier(
    chromium: Browser, axe_script: str, world: PageWorld, home: str, language: str
) -> None:
    screens = {name: world.screens[name] for name in ("to_do", "decision", "resource", "dataset")}
    with note_service(world.house):
        found = [
            one
            for name, path in screens.items()
            for one in barriers(chromium, axe_script, f"{home}{path}", f"{name} {language}")
        ]
        world.house.undo(world.held, by="Zoé")
        after = f"{home}{screens['resource']}"
        found += barriers(chromium, axe_script, after, f"pinned {language}")
    assert found == []


def barriers(chromium: Browser, axe_script: str, address: str, name: str) -> list[str]:
    found = []
    for width in (1280, 320):
        for scheme in ("light", "dark"):
            chromium.show(address, width, scheme)
            assert chromium.run("return document.querySelectorAll('form.act').length") != 0, name
            place = f"{name} {width} {scheme}"
            for opened in ("closed", "open"):
                if opened == "open":
                    chromium.run(_OPEN)
                found += [f"{place} {opened}: {one}" for one in violations(chromium, axe_script)]
                found += [f"{place} {opened}: {one}" for one in sticking_out(chromium)]
            if PICTURES:
                chromium.picture(Path(PICTURES) / f"act-{place.replace(' ', '-')}.png")
    return found


def test_what_is_said_of_a_decision_is_no_barrier(
    chromium: Browser, axe_script: str, world: PageWorld, home: str, language: str
) -> None:
    decision = f"{home}{world.screens['decision']}"
    for width in (1280, 320):
        for scheme in ("light", "dark"):
            chromium.show(decision, width, scheme)
            world.house.bucket.put("musees/frequentation.csv", table(20 + width % 7))
            world.house.pass_time(60)
            world.house.sync()
            press(chromium, "page.act_release")
            arrive(chromium, f"{home}/decide")
            name = f"not-done-{language}-{width}-{scheme}"
            found = [*violations(chromium, axe_script), *sticking_out(chromium)]
            assert [f"{name}: {one}" for one in found] == []
            if PICTURES:
                chromium.picture(Path(PICTURES) / f"act-{name}.png")
            world.house.bucket.put("musees/frequentation.csv", table(24))
            world.house.sync()
    chromium.show(decision, 320, "light")
    press(chromium, "page.act_leave")
    arrive(chromium, f"{home}{world.screens['resource']}")
    assert [*violations(chromium, axe_script), *sticking_out(chromium)] == []


def press(chromium: Browser, key: str) -> None:
    """As with a mouse."""
    words = text.text(key, title=TITLE)
    chromium.run(
        "[...document.querySelectorAll('button')]"
        f".find(one => one.textContent.trim() === {words!r}).click()"
    )


def test_a_held_file_is_published_and_put_back_by_keyboard_alone_and_without_script(
    chromium: Browser, world: PageWorld, home: str
) -> None:
    house = world.house
    resource, decision = (f"{home}{world.screens[name]}" for name in ("resource", "decision"))
    before = house.bytes_online(world.held)
    chromium.without_scripts()
    try:
        chromium.open(f"{home}/")
        reach(chromium, text.text("page.look_decision", title=TITLE))
        chromium.press(ENTER)
        arrive(chromium, decision)
        assert "Montpellier" in chromium.source()  # what would change
        write_and_press(chromium, "vu avec le service", text.text("page.act_release", title=TITLE))
        arrive(chromium, resource)
        assert "That is done." in chromium.source()
        assert house.bytes_online(world.held) == before

        house.pass_time(60)
        house.sync()

        assert house.bytes_online(world.held) != before
        chromium.open(resource)
        when = [line.titled_at for line in house.history(world.held)][-2]
        assert when is not None
        reach(chromium, text.text("page.put_back_here", date=when.isoformat()), at_most=60)
        chromium.press(ENTER)  # opens what is under it
        shown = text.figures.local_date(when.isoformat())
        words = text.text("page.act_undo", when=shown, size=len(before))
        house.pass_time(60)
        write_and_press(chromium, "trop tôt", words)
        arrive(chromium, resource)
        said = chromium.source()
    finally:
        chromium.without_scripts(off=False)
    assert house.bytes_online(world.held) == before
    assert "released by Léa Martin “vu avec le service”" in said
    assert "undone by Léa Martin “trop tôt”" in said
    states = {row.binding.resource: row.state for row in house.rows()}
    assert states[world.held] is Outcome.PINNED


def write_and_press(chromium: Browser, note: str, words: str) -> None:
    """To the next note, by the tabulator, then to the button."""
    for _ in range(60):
        if chromium.tag() == "textarea":
            break
        chromium.press(TAB)
    chromium.press(*note)
    reach(chromium, words, at_most=5)
    chromium.press(ENTER)
