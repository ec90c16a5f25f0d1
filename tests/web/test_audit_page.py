"""The audit's page: no barrier for anybody, nothing from elsewhere, good on any screen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd import audit, text
from syncd.audit import Audit, Finding, Rating
from syncd.cli.output.audit_page import html_page
from syncd.core.reasons import Reason, because
from tests.support.audit_builders import (
    EDIT,
    NINE,
    SITE,
    days,
    deposited,
    entry,
    file,
    mapped,
    seen,
    subject,
)
from tests.support.builders import NOW, OTHER, PORTAL
from tests.web.axe import violations
from tests.web.browser import Browser

ODD = "<script>alert(1)</script> & “été” \x00\u2028 </h2>"
NOT_LISTED = replace(SITE, name="Mer", address="https://mer.example/une/tres/longue/adresse")


pytestmark = pytest.mark.usefixtures("language")


def example() -> Audit:
    """A poor dataset, a good one, one that could not be read, and one with an odd title."""
    bad = mapped(
        file("same", title="export final.csv", description=""), name="Liste Musées (1).csv"
    )
    twin = mapped(file("same", id=OTHER, title="Musées 2019"), name="musees_2020.csv", profile=None)
    late = replace(bad, row=seen(deposited("same", 60), deposited("same", 60)))
    poor = subject(
        late,
        twin,
        of=entry(
            bad.file,  # type: ignore[arg-type]  # it is there
            twin.file,  # type: ignore[arg-type]
            title="Musées de France, labellisés ou non, de métropole et d'outre-mer",
            tags=(),
            unmet=set(NINE),
            description="",
            description_short="",
            score=0,
            updated_at=NOW - days(60),
        ),
        contact="musees@culture.example",
    )
    good = subject(mapped(name=""))
    odd = subject(mapped(), of=entry(mapped().file, title=ODD, page="javascript:alert(1)"))  # type: ignore[arg-type]
    listed: dict[audit.ThematicSite, frozenset[str] | Reason]
    listed = {SITE: frozenset([good.entry.id]), NOT_LISTED: frozenset()}
    gone = because(
        "portal_not_found", what="dataset", host="h", status=404, words="", request_id=""
    )
    return audit.first_things_first(
        [
            audit.evaluate(poor, listed),
            audit.evaluate(good, listed),
            audit.evaluate(odd, {}),
            audit.failure("0" * 24, "", EDIT, gone, listed),
        ]
    )


def made(found: Audit) -> str:
    return html_page(found, PORTAL, datetime(2026, 3, 10, 18, 0, tzinfo=UTC))


@pytest.fixture
def page(tmp_path: Path) -> Path:
    written = tmp_path / "audit.html"
    written.write_text(made(example()), encoding="utf-8")
    return written


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_the_page_has_no_barrier(
    chromium: Browser, axe_script: str, page: Path, width: int, scheme: str
) -> None:
    chromium.show(page, width, scheme)

    assert violations(chromium, axe_script) == []


def test_a_page_with_barriers_is_found_out(chromium: Browser, axe_script: str, page: Path) -> None:
    spoilt = page.read_text(encoding="utf-8").replace("--soft: #4a4a4a", "--soft: #bbbbbb")
    spoilt = re.sub(r'<html lang="\w+"', "<html", spoilt)
    page.write_text(spoilt, encoding="utf-8")
    chromium.show(page, 1280, "light")

    found = {one.partition(":")[0] for one in violations(chromium, axe_script)}

    assert found >= {"color-contrast", "html-has-lang"}


def test_nothing_sticks_out_of_a_small_screen(chromium: Browser, page: Path) -> None:
    chromium.show(page, 320, "light")

    assert chromium.run("return document.documentElement.scrollWidth") <= 320


def test_the_first_thing_that_the_keyboard_meets_is_the_way_to_the_content(
    chromium: Browser, page: Path
) -> None:
    chromium.open(page)
    first = chromium.run("return document.querySelector('a').getAttribute('href')")
    assert first == "#main"
    assert chromium.run("return document.getElementById('main').tagName") == "MAIN"


def test_the_page_asks_for_nothing_else(page: Path) -> None:
    shown = page.read_text(encoding="utf-8")
    assert re.findall(r"<(script|link|img|iframe|object|form|base)\b", shown) == []
    assert re.findall(r"url\(|@import|\bsrc=|\bon\w+=", shown) == []


def test_what_others_wrote_is_text_and_no_code(page: Path) -> None:
    shown = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; “été” �  &lt;/h2&gt;" in shown
    assert "javascript:" not in shown


def test_the_page_says_which_language_it_speaks() -> None:
    assert made(Audit(())).startswith(f'<!DOCTYPE html>\n<html lang="{text.language()}"')


def test_every_state_is_said_in_words(page: Path) -> None:
    shown = page.read_text(encoding="utf-8")
    badges = re.findall(r'<span class="badge [\w-]+">([^<]*)</span>', shown)
    assert len(badges) > 15
    assert all(badges)


def test_links_say_where_they_lead(page: Path) -> None:
    """No two links of the same words lead to different places."""
    shown = page.read_text(encoding="utf-8")
    places: dict[str, set[str]] = {}
    for address, words in re.findall(r'<a href="([^"]*)">([^<]*)</a>', shown):
        places.setdefault(words, set()).add(address)
    assert {words: found for words, found in places.items() if len(found) > 1} == {}


def test_commands_are_set_apart(page: Path) -> None:
    assert "<code>syncd sync</code>" in page.read_text(encoding="utf-8")


def test_findings_are_in_the_order_of_the_audit() -> None:
    found = example()
    shown = made(found)
    poor = next(one for one in found.datasets if one.open)
    at = [shown.index(f"({text.text(f'criterion.{one.criterion}')})") for one in poor.open]
    assert at == sorted(at)
    assert Finding("license", Rating.OK, because("audit_ok")) not in poor.open
