"""A contact's link shows one dataset's deposits, in a producer's words, and opens nothing else."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from html import unescape

import pytest

from syncd import text
from syncd.notify.links import PREFIX, token
from syncd.web.access import Access
from syncd.web.people import Refusal
from syncd.web.protection import HEADERS
from tests.support.page_world import CONTACT, LINK_KEY, PageWorld, ask
from tests.unit.notify.test_producers import FOR_OPERATORS


def read(html: str) -> str:
    body = html.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_contact_reads_what_became_of_each_deposit(world: PageWorld) -> None:
    answer = world.get(world.link())
    said = read(answer.text)
    assert answer.status_code == 200
    assert "Deposits for “Musées de France”" in said
    assert "held Fréquentation des musées de Normandie" in said
    assert "missing Adresses des bibliothèques" in said
    assert "please" in said.lower()
    assert "musees/frequentation.csv" in said
    assert "Received" in said
    assert "piscines" not in said.lower()  # of another dataset
    assert "vieux.csv" not in said  # found on the portal, and deposited by nobody


def test_what_is_too_young_to_be_read_is_not_told_to_be_online(world: PageWorld) -> None:
    house = world.house
    house.target(house.resource("Les piscines"), "musees/bassins.csv", settle="10m")
    house.bucket.put("musees/bassins.csv", b"id\n1\n", at=house.now().replace(microsecond=0))
    house.sync()
    said = read(world.get(world.link()).text)
    (deposit,) = re.findall(r"(?:waits|is online) Les piscines .*?(?=Received|$)", said)
    assert deposit.startswith("waits")
    assert "musees/bassins.csv was deposited a moment ago" in said


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_nothing_there_is_for_operators(world: PageWorld, language: str) -> None:
    text.speak(language)
    html = world.get(world.link()).text
    assert FOR_OPERATORS.findall(read(html)) == []
    ours = set(re.findall(r'href="(/[^"]*)"', html))
    assert ours == {"/page.css", "/icon.svg", "/accessibility"}
    assert "<nav" not in html
    assert "<form" not in html


@pytest.mark.parametrize("days", [-30, -0.001, 0])
def test_an_old_link_is_gone(world: PageWorld, days: float) -> None:
    answer = world.get(world.link(days))
    assert answer.status_code == 410
    assert text.text("page.deposits_old_link") in read(answer.text)
    assert "Musées" not in answer.text


def test_a_forged_link_opens_nothing(world: PageWorld) -> None:
    until = world.house.now().replace(year=2100)
    forged = [
        token("x" * 43, world.house.dataset, CONTACT, until),
        token(LINK_KEY, world.house.dataset, "autre@ville.example", until),
        token(LINK_KEY, world.house.dataset, "", until),
        token(LINK_KEY, "nothing", CONTACT, until),
        token(LINK_KEY, world.house.dataset, CONTACT, until).rpartition(".")[0],
        *("", "a", "a.b.c", "../runs", "%2e%2e/runs", "a" * 3000),
    ]
    for one in forged:
        answer = world.get(f"{PREFIX}{one}")
        assert answer.status_code in {403, 404} or "runs" in one, one
        assert "Fréquentation" not in answer.text


def test_a_link_is_taken_back_with_the_contact(world: PageWorld) -> None:
    given = world.link()
    assert world.get(given).status_code == 200
    world.house.contact = "nouveau@ville.example"
    assert world.get(given).status_code == 403
    assert world.get(world.link(contact="nouveau@ville.example")).status_code == 200
    world.house.contact = ""
    assert world.get(given).status_code == 403


def test_who_has_a_link_has_nothing_else(world: PageWorld) -> None:
    def nobody(_: object) -> None:
        raise Refusal("page_signed_out")

    shown = world.made(Access(who=nobody, key="k" * 32))
    assert ask(shown, world.link()).status_code == 200
    for address in ("/", "/datasets", "/audit", f"/resource?dataset={world.house.dataset}"):
        assert ask(shown, f"{address}{'&' if '?' in address else '?'}t=1").status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_link_takes_nothing(world: PageWorld, method: str) -> None:
    sent = {"Origin": "http://127.0.0.1:8080"}
    assert world.get(world.link(), method, **sent).status_code == 405


def test_a_link_is_kept_by_nobody_and_told_to_nobody(world: PageWorld) -> None:
    logged = io.StringIO()
    with redirect_stdout(logged):
        answers = [world.get(world.link()), world.get(world.link(-1)), world.get(f"{PREFIX}x.1.y")]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert HEADERS["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert PREFIX not in logged.getvalue()


def test_without_a_key_no_link_opens_anything(world: PageWorld) -> None:
    empty = token("", world.house.dataset, CONTACT, world.house.now().replace(year=2100))
    assert world.get(f"{PREFIX}{empty}").status_code == 403
