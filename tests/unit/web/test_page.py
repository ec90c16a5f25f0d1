"""The screens on a simulated house: what is told is what `status`, `holds` and `history` tell."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from html import unescape

import pytest

from syncd import text
from syncd.actions.file_diff import FileDiff
from syncd.audit import Audit
from syncd.audit.wording import score, well
from syncd.cli.output.audit_page import html_page
from syncd.cli.output.status_screen import StatusScreen
from syncd.config.configuration import App
from syncd.config.settings import load_settings
from syncd.core.errors import SettingsError, SyncdError
from syncd.core.reasons import because
from syncd.core.records import Cause, CycleNote, Outcome, Row
from syncd.text import sentence
from syncd.web.access import Access
from syncd.web.application import page
from syncd.web.audits import KEPT, Audits
from syncd.web.comparisons import Comparisons
from syncd.web.people import Refusal
from syncd.web.reading import Reading
from syncd.web.screens import manifest, to_do
from tests.support.page_world import PageWorld, ask, furnished, table
from tests.support.sync_harness import House


def shown(html: str) -> str:
    """As a person reads it."""
    body = html.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def seen(world: PageWorld, address: str) -> str:
    answer = world.get(address)
    assert answer.status_code == 200, answer.text
    return shown(answer.text)


# -- every screen ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_screen_is_there_in_the_language_that_syncd_speaks(
    world: PageWorld, language: str
) -> None:
    text.speak(language)
    for name, address in world.screens.items():
        answer = world.get(address)
        assert answer.status_code == (404 if name == "refused" else 200), name
        assert f'<html lang="{language}">' in answer.text
        assert answer.text.count("<h1>") == 1
        assert text.text("page.manifest") in answer.text


def test_nothing_that_others_wrote_becomes_a_part_of_the_page(world: PageWorld) -> None:
    screens = [*world.screens.values(), world.address("resource", resource_called(world, "alert"))]
    pages = [world.get(address).text for address in screens]
    pages += [world.get(f'/datasets?q="><script>alert(3)</script>&state={"x" * 9}').text]

    assert any("&lt;script&gt;alert(1)" in one for one in pages)
    assert any("&lt;img src=x onerror=alert(2)&gt;" in one for one in pages)
    for one in pages:
        assert re.findall(r"<script|<img|javascript:|\u202e|\x00|\u2028", one) == []


def resource_called(world: PageWorld, words: str) -> str:
    (row,) = (row for row in world.house.rows() if words in row.title)
    return row.binding.resource


# -- what there is to do ---------------------------------------------------------------------


def test_what_needs_a_person_is_listed_with_its_reason_and_what_to_type(world: PageWorld) -> None:
    said = seen(world, "/")

    assert "7 targets: 4 need somebody, 2 well, 1 paused." in said
    assert "4 things need somebody" in said
    assert "held Fréquentation des musées de Normandie" in said
    assert "web page" in said
    assert f"syncd release {world.held[:6]} --by NAME" in said
    assert "missing Adresses des bibliothèques" in said
    assert "late Marchés publics conclus" in said
    assert "travaux jusqu’en janvier" in said


def test_the_oldest_stands_first(world: PageWorld) -> None:
    dates = re.findall(r"Since (\d{4}-\d\d-\d\d)", seen(world, "/"))
    assert len(dates) == 4
    assert dates == sorted(dates)


def test_a_house_without_a_cycle_has_its_page(world: PageWorld) -> None:
    world.house.state = world.house.folder / "nothing yet"
    world.page, world._app = world.made(), None
    assert "No cycle has run yet." in seen(world, "/")
    assert "unknown" in seen(world, world.address("dataset"))


# -- datasets --------------------------------------------------------------------------------


def test_datasets_are_searched_without_regard_to_accents_and_capitals(world: PageWorld) -> None:
    assert "1 dataset. The" in seen(world, "/datasets?q=OUVERTURE+des+piscin")
    assert "Musées de France" in seen(world, "/datasets?q=musee")
    assert "Musées de France" in seen(world, "/datasets?q=biblio/adresses")
    assert "0 datasets." in seen(world, "/datasets?q=nulle+part")


def test_datasets_are_filtered_by_state(world: PageWorld) -> None:
    for state, found in (("needy", 1), ("held", 1), ("unchanged", 2), ("pinned", 0), ("odd", 2)):
        assert f" {found} dataset" in seen(world, f"/datasets?state={state}"), state


def test_datasets_are_sorted(world: PageWorld) -> None:
    def order(how: str) -> list[str]:
        said = seen(world, f"/datasets?sort={how}").partition("Next file")[2]
        return sorted(["Musées de France", "Jours d’ouverture"], key=said.index)

    assert order("needs") == order("odd") == ["Musées de France", "Jours d’ouverture"]
    assert order("title") == ["Jours d’ouverture", "Musées de France"]


def test_each_day_of_the_last_thirty_has_its_mark(world: PageWorld) -> None:
    found = world.get("/datasets").text
    assert "Published on 5 of 30 days. Needs somebody since" in found
    assert "Published on 1 of 30 days." in found
    (museums, _) = re.findall(r'<svg class="strip".*?</svg>', found)
    published = re.search(r'class="published" d="([^"]*)"', museums)
    assert published is not None
    assert published[1].count("M") == 5


def test_a_file_that_is_expected_is_said_to_be_late(world: PageWorld) -> None:
    assert "was due by 2026-01-02" in seen(world, "/datasets")


# -- a resource ------------------------------------------------------------------------------


def test_a_resource_shows_both_files_and_its_history(world: PageWorld) -> None:
    said = seen(world, world.address("resource", world.held))

    assert "Size 3.04 kB 626 B" in said
    assert "Rows 121 –" in said
    assert said.count(" replaced ") == 4
    assert f"To put it back: syncd undo {world.held[:6]} --to" in said
    assert "Size of the file online, over time; 3.04 kB at most." in said


def test_what_a_person_did_stands_in_the_history(world: PageWorld) -> None:
    house = world.house
    house.release(world.held, by="Léa <b>", note="vu & bon")
    house.pass_time(60)
    house.undo(world.held, by="Zoé")
    world.page = world.made()

    said = seen(world, world.address("resource", world.held))

    assert "released by Léa <b> “vu & bon”" in said
    assert "Pinned by Zoé" in said
    assert "pinned" in said


def test_what_an_event_caused_stands_in_the_history(world: PageWorld) -> None:
    world.house.bucket.put("musees/frequentation.csv", table(125))
    world.house.pass_time(60)
    world.house.sync(cause=Cause("event"))
    said = seen(world, world.address("resource", world.held))
    assert said.count("told of by the bucket's server") == 1


def test_what_is_not_in_the_manifest_is_not_found(world: PageWorld) -> None:
    for screen in ("resource", "decision", "dataset"):
        assert world.get(f"/{screen}").status_code == 404
        assert world.get(f"/{screen}?dataset=x&resource=y&object=z").status_code == 404
    assert world.get(world.address("resource", "0" * 8)).status_code == 404


# -- a decision ------------------------------------------------------------------------------


def test_a_held_file_is_shown_against_the_one_online(world: PageWorld) -> None:
    said = seen(world, world.address("decision", world.held))

    assert "The file has 626 B, 79 % less than the 3.04 kB online" in said
    assert "Rows (differs) 121 25" in said
    assert "Rows: 97 removed, 1 added, 0 changed, 24 the same." in said
    assert "900 Fabre Montpellier 12" in said
    assert f"syncd release {world.held[:6]} --by NAME" in said


def test_files_are_compared_once_until_another_cycle_has_looked(world: PageWorld) -> None:
    address = world.address("decision", world.held)
    for _ in range(3):
        seen(world, address)
    assert world.compared == 1

    world.house.pass_time(60)
    world.house.sync()
    seen(world, address)
    assert world.compared == 2


def test_what_is_not_held_has_nothing_to_decide(world: PageWorld) -> None:
    other = resource_called(world, "Marchés")
    assert "there is nothing to decide" in seen(world, world.address("decision", other))
    assert world.compared == 0


def test_what_was_decided_a_moment_ago_is_not_asked_again(world: PageWorld) -> None:
    kept = page(Reading(world.app, now=world.house.now, monotonic=lambda: 0.0))
    address = world.address("decision", world.held)
    assert "held Fréquentation" in shown(ask(kept, "/").text)
    world.house.release(world.held)
    assert "there is nothing to decide" in shown(ask(kept, address).text)


def test_no_page_waits_for_a_long_comparison(world: PageWorld) -> None:
    may_end = threading.Event()

    def slowly(app: App, row: Row) -> FileDiff:
        assert may_end.wait(60)
        return world.compare(app, row)

    comparisons = Comparisons(slowly, patience=0.0)
    shown_page = page(Reading(world.app, now=world.house.now), comparisons)
    address = world.address("decision", world.held)
    assert "still being compared" in ask(shown_page, address).text
    may_end.set()
    job = next(iter(comparisons._jobs.values()))
    assert job.done.wait(60)
    assert "Fabre" in ask(shown_page, address).text
    assert world.compared == 1


def test_a_comparison_that_fails_is_said_and_tried_again(world: PageWorld) -> None:
    def broken(app: App, row: Row) -> FileDiff:
        world.compared += 1
        raise ZeroDivisionError

    shown_page = page(Reading(world.app, now=world.house.now), Comparisons(broken, patience=30))
    for _ in range(2):
        answer = ask(shown_page, world.address("decision", world.held))
        assert answer.status_code == 200
        assert "syncd has a fault here, and cannot compare these files" in shown(answer.text)
    assert world.compared == 2


def test_a_comparison_that_cannot_be_made_says_why(world: PageWorld) -> None:
    world.house.bucket.delete("musees/frequentation.csv")
    said = seen(world, world.address("decision", world.held))
    assert "The bucket does not have the held bytes" in said


# -- runs, manifest, trouble -----------------------------------------------------------------


def test_the_last_cycles_are_listed_newest_first(world: PageWorld) -> None:
    said = seen(world, "/runs")
    assert "somebody is needed" in said
    listed = said.partition("the newest first")[2].partition("As of")[0]
    dates = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", listed)
    assert len(dates) >= 6
    assert dates == sorted(dates, reverse=True)


def test_a_chart_of_the_cycles_is_drawn_where_they_took_any_time(world: PageWorld) -> None:
    assert '<svg class="chart"' not in world.get("/runs").text
    with world.house.adapters() as adapters:
        ended = adapters.clock()
        begun = ended - timedelta(seconds=90)
        adapters.ledger.put_cycle(CycleNote(begun, ended, "run", 0, {}))
    assert '<svg class="chart"' in world.get("/runs").text


def test_problems_of_the_manifest_stand_at_their_lines(world: PageWorld) -> None:
    app = world.app()
    broken = world.house.text.replace("version: 1", "version: 1\nsecret_access_key: hunter2hunter2")
    app.settings.manifest.write_text(broken, encoding="utf-8")

    answer = world.get("/manifest")

    assert "hunter2" not in answer.text
    assert 'href="/manifest?page=1#line-2"' in answer.text
    assert re.search(r'<li id="line-2" class="wrong">.*?class="problem">', answer.text, re.DOTALL)
    assert f"object: {manifest.HIDDEN}" not in answer.text
    assert "musees/frequentation.csv" in answer.text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a: [\n", b"&a [*a]\n" * 9])
def test_whatever_lies_there_for_a_manifest_is_shown(world: PageWorld, content: bytes) -> None:
    world.app().settings.manifest.write_bytes(content)
    assert "Problems" in seen(world, "/manifest")


def test_a_manifest_that_is_gone_is_said(world: PageWorld) -> None:
    world.app().settings.manifest.unlink()
    assert "Problems" in seen(world, "/manifest")


def test_a_ledger_that_cannot_be_read_is_said_in_a_sentence(world: PageWorld) -> None:
    (world.house.state / "ledger.sqlite").write_bytes(b"no ledger at all" * 400)
    answer = world.get("/")
    assert answer.status_code == 503
    assert "ledger" in shown(answer.text)


# -- how often it is looked -------------------------------------------------------------------


def test_another_manifest_is_looked_at_at_once(world: PageWorld) -> None:
    reading = Reading(world.app, now=world.house.now, monotonic=lambda: 0.0, worked=lambda: 0.0)
    before = reading.look()
    world.house.entry(resource="0" * 8 + "-0000-0000-0000-" + "0" * 12, object="neu.csv")
    assert len(reading.look().report.targets) == len(before.report.targets) + 1


def test_the_page_tells_what_status_tells(world: PageWorld) -> None:
    look = Reading(world.app, now=world.house.now).look()
    states = [one.state for one in look.report.targets]
    assert states.count(Outcome.HELD) == 2
    assert len(look.needs) == 4


def test_the_page_counts_as_status_does(
    world: PageWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    look = Reading(world.app, now=world.house.now).look()
    StatusScreen().morning(look.report)
    total = capsys.readouterr().out.splitlines()[0]
    assert to_do.total(look.report) == total


def test_what_was_never_looked_at_and_what_is_to_be_made_have_their_pages(house: House) -> None:
    house.stop_the_clock()
    world = PageWorld(house)
    house.entry(each="bilans/bilan_{annee:yyyy}.csv")
    for folder in ("bilans/bilan_2024.csv", "bilans/bilan_2025.csv"):
        house.bucket.put(folder, b"id\n1\n")
    named = f"dataset={house.dataset}&object="
    assert "unknown" in seen(world, f"/resource?{named}bilans/bilan_{{annee:yyyy}}.csv")

    house.sync()

    assert "held" in seen(world, f"/resource?{named}bilans/bilan_2025.csv")
    said = seen(world, f"/decision?{named}bilans/bilan_2025.csv")
    assert "Why it is held" in said
    assert "Look again" in said
    assert "2 things need somebody" in seen(world, "/")


def test_a_ledger_on_postgresql_has_the_same_page(house: House, database: str) -> None:
    house.database = database
    world = furnished(house)
    said = {name: world.get(address) for name, address in world.screens.items()}
    assert [name for name, answer in said.items() if answer.status_code != 200] == ["refused"]
    assert "4 things need somebody" in shown(said["to_do"].text)
    assert "Published on 5 of 30 days." in said["datasets"].text


# -- the audit -------------------------------------------------------------------------------


def test_the_audit_is_that_of_the_command(world: PageWorld) -> None:
    said = seen(world, "/audit")
    found = world.inspect(world.app(), world.house.now())
    one = next(each for each in found.datasets if each.dataset == world.house.dataset)

    assert [each.title for each in found.datasets if each.title not in said] == []
    full = seen(world, world.address("audit"))
    written = shown(html_page(Audit((one,)), world.app().manifest.portal, world.house.now()))
    for each in one.first:
        assert sentence(each.reason) in full
        assert sentence(each.reason) in written
    assert [name for name in well(one) if name not in full] == []
    assert [name for name in well(one) if name not in written] == []
    assert score(one) in full


def test_an_audit_is_kept_for_an_hour_and_made_anew_for_another_manifest(
    world: PageWorld,
) -> None:
    clock = [0.0]
    world.audits = Audits(world.inspect, patience=30, monotonic=lambda: clock[0])
    world.page = world.made()
    for _ in range(3):
        seen(world, "/audit")
    assert world.audited == 1

    clock[0] = KEPT
    seen(world, "/audit")
    assert world.audited == 2

    world.house.target(world.house.resource("Archives"), "archives.csv")
    world.house.sync()
    seen(world, "/audit")
    assert world.audited == 3


def test_an_audit_that_takes_long_is_waited_for_elsewhere(world: PageWorld) -> None:
    go_on = threading.Event()

    def slow(app: App, now: datetime) -> Audit:
        assert go_on.wait(30)
        return world.inspect(app, now)

    world.audits = Audits(slow, patience=0.01)
    world.page = world.made()
    assert text.text("page.audit_soon") in seen(world, "/audit")
    assert text.text("page.audit_soon") in seen(world, "/audit")
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "audit":
            thread.join(30)
    assert text.text("html.summary_caption") in seen(world, "/audit")
    assert world.audited == 1


def test_an_audit_that_fails_is_said_and_made_anew(world: PageWorld) -> None:
    def broken(_: App, __: datetime) -> Audit:
        raise SyncdError("key_missing")

    clock = [0.0]
    world.audits = Audits(broken, patience=30, monotonic=lambda: clock[0])
    world.page = world.made()
    assert sentence(because("key_missing")).replace("`", "") in seen(world, "/audit")

    def faulty(_: App, __: datetime) -> Audit:
        raise ValueError

    world.audits = Audits(faulty, patience=30)
    world.page = world.made()
    assert "has a fault here, and cannot make the audit (ValueError)" in seen(world, "/audit")


def test_a_dataset_that_the_audit_does_not_know_is_not_found(world: PageWorld) -> None:
    assert world.get("/audit?dataset=nothing").status_code == 404


# -- accessibility ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "link"),
    [
        ("data@ville.example", "mailto:data@ville.example"),
        ("https://ville.example/aide", "https://ville.example/aide"),
    ],
)
def test_the_accessibility_statement_says_whose_it_is_and_where_to_write(
    world: PageWorld, given: str, link: str
) -> None:
    world.set(web_contact=given, web_entity="Ville de Rouen")
    html = world.get("/accessibility").text
    said = shown(html)
    assert "Ville de Rouen undertakes" in said
    assert f'<a href="{link}">{given}</a>' in html
    assert "does not conform to the RGAA" in said
    assert "Défenseur des droits" in said
    assert '<a href="/accessibility">' in world.get("/runs").text


def test_whoever_is_refused_may_read_the_accessibility_statement(world: PageWorld) -> None:
    def nobody(_: object) -> None:
        raise Refusal("page_signed_out")

    world.page = world.made(Access(who=nobody, key="k" * 32))
    assert world.get("/").status_code == 403
    assert world.get("/accessibility").status_code == 200


@pytest.mark.parametrize("given", ["javascript:alert(1)", "http://a.example", "a@b@c", "a b@c.fr"])
def test_an_odd_address_to_write_to_is_refused(given: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"SYNCD_WEB_CONTACT": given})
    assert [one.reason.code for one in raised.value.problems] == ["setting_mail_or_page"]
