"""A month of publications: what is counted in it, what is late, and what nobody can know."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncd import text
from syncd.actions.report import DatasetMonth, MonthReport, month_of, report
from syncd.adapters.ledger import SqlLedger
from syncd.cli.output import report_csv, report_screen
from syncd.cli.output.report_json import report_document
from syncd.cli.output.report_page import report_page
from syncd.config.configuration import App
from syncd.config.manifest import loads
from syncd.config.settings import Settings
from syncd.core.errors import UsageError
from syncd.core.history_records import Event, LineKind
from syncd.core.objects import Digest, Fingerprint, KnownVersion
from syncd.core.reasons import because
from syncd.core.records import Act, Cause, CycleNote, DatasetNote, IntentState, Outcome, Publication
from syncd.core.targets import Binding
from tests.support.builders import DATASET, OTHER, PORTAL, RESOURCE, SOURCE, intent, row

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 5, 8, 0, tzinfo=UTC)
BINDING = Binding(PORTAL, DATASET, RESOURCE, SOURCE, "a.csv")
MANIFEST = f"""version: 1
portal: {PORTAL}
sources: {{depot: {{endpoint: 'https://s3.example', bucket: depot}}}}
defaults: {{source: depot}}
datasets:
  - dataset: {DATASET}
    name: Musées
    resources:
      - {{resource: {RESOURCE}, object: a.csv, expect: {{every: 7d, grace: 1d}}}}
"""


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class House:
    ledger: SqlLedger
    state: Path
    manifest: str = MANIFEST
    number: int = 0

    def publishes(self, when: datetime, **fields: Any) -> None:
        """By the bucket's file of an hour before, unless told otherwise."""
        self.number += 1
        digest = Digest(f"{self.number:040x}", 100)
        deposited = fields.pop("deposited", when - timedelta(hours=1))
        version = KnownVersion("a.csv", Fingerprint(f"{self.number}", 100, deposited), digest)
        given: dict[str, Any] = {
            "id": 0,
            "binding": BINDING,
            "judged": version,
            "title": "Liste",
            "link": "",
            "act": Act.REPLACED,
            "cause": Cause("schedule"),
            "begun_at": when,
            "titled_at": when,
        }
        self.ledger.record(Publication(**{**given, **fields}))

    def tells(self, kind: LineKind, when: datetime, **fields: Any) -> None:
        given = {"portal": PORTAL, "dataset": DATASET, "by": "Camille"}
        self.ledger.append(Event(kind, when, **{**given, **fields}))

    def report(self, month: str = "2026-11", now: datetime = NOW) -> MonthReport:
        settings = Settings(state_dir=self.state)
        app = App(settings, loads(self.manifest, "m.yaml"))
        return report(app, self.ledger, month_of(month, now, PARIS), now)

    def one(self, month: str = "2026-11", now: datetime = NOW) -> DatasetMonth:
        (found,) = self.report(month, now).datasets
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    text.speak("fr")
    with closing(SqlLedger(None, tmp_path)) as ledger:
        yield House(ledger, tmp_path)


# -- which month ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "now", "zone", "found"),
    [
        (None, NOW, PARIS, "2026-11"),
        (None, datetime(2027, 1, 3, tzinfo=UTC), PARIS, "2026-12"),
        (None, datetime(2026, 11, 30, 23, 30, tzinfo=UTC), PARIS, "2026-11"),  # December there
        (None, datetime(2026, 11, 30, 22, 30, tzinfo=UTC), PARIS, "2026-10"),
        (None, datetime(2026, 11, 30, 14, 0, tzinfo=UTC), ZoneInfo("Pacific/Noumea"), "2026-11"),
        ("2026-12", NOW, PARIS, "2026-12"),
        (" 2024-02 ", NOW, PARIS, "2024-02"),
    ],
)
def test_the_last_month_that_is_over_in_the_manifests_time_zone_is_meant(
    given: str | None, now: datetime, zone: ZoneInfo, found: str
) -> None:
    assert str(month_of(given, now, zone)) == found


@pytest.mark.parametrize(
    ("given", "code"),
    [("2026-13", "bad_month"), ("novembre", "bad_month"), ("2026-1", "bad_month"),
     ("0000-01", "bad_month"), ("9999-12", "bad_month"), ("2027-01", "month_ahead")],
)  # fmt: skip
def test_what_is_no_month_or_has_not_begun_is_refused(given: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        month_of(given, NOW, PARIS)
    assert refused.value.reason.code == code


def test_the_first_and_the_last_instant_of_a_month_are_the_manifests(house: House) -> None:
    for when in (at(10, 31, 22), at(10, 31, 23), at(11, 30, 22), at(11, 30, 23)):
        house.publishes(when)
    assert house.one().counts.published == 2  # winter: an hour before UTC's midnight
    assert house.one("2026-12").counts.published == 1


# -- what is counted ------------------------------------------------------------------------------


def test_what_was_sent_taken_over_released_forced_and_undone_is_counted_apart(house: House) -> None:
    held = because("guard_empty")
    house.publishes(at(11, 2))
    house.publishes(at(11, 3), act=Act.CREATED)
    house.publishes(at(11, 4), act=Act.ADOPTED)
    house.publishes(at(11, 4), act=Act.FOUND)
    house.publishes(at(11, 4), act=Act.UNPINNED)
    house.tells(LineKind.RELEASED, at(11, 5))
    house.publishes(at(11, 5), cause=Cause("release", "Camille"), findings=(held,), lifted=(held,))
    house.publishes(at(11, 6), cause=Cause("sync", "Camille"), findings=(held,), lifted=(held,))
    house.publishes(at(11, 7), cause=Cause("undo", "Camille"))
    house.tells(LineKind.PINNED, at(11, 8))
    house.tells(LineKind.PINNED, at(11, 8), by="")  # by syncd itself, its state being lost
    counts = house.one().counts
    assert (counts.published, counts.created, counts.size) == (4, 1, 400)
    assert (counts.adopted, counts.released, counts.undone) == (1, 2, 2)


def test_a_file_that_is_held_today_counts_for_the_months_since_its_deposit(house: House) -> None:
    version = KnownVersion("a.csv", Fingerprint("h", 1, at(11, 20)), Digest("h" * 40, 1))
    house.ledger.put(row(version, binding=BINDING, state=Outcome.HELD))
    assert [house.one(f"2026-{month}").held for month in (10, 11, 12)] == [0, 1, 1]
    assert house.one().open == (("held", 1),)


def test_a_dataset_of_the_history_alone_is_there_with_the_title_that_the_portal_told(
    house: House,
) -> None:
    other = "62cf95993d99f22480f49334"
    house.ledger.put_note(DatasetNote(PORTAL, other, "Notices", f"{PORTAL}/datasets/n", NOW))
    house.publishes(at(11, 2), binding=replace(BINDING, dataset=other), cause=Cause("push", "C"))
    house.publishes(at(9, 2), binding=replace(BINDING, dataset="7" * 24))
    mine, pushed = house.report().datasets
    assert (mine.title, mine.is_quiet) == ("Musées", True)
    assert (pushed.dataset, pushed.title, pushed.counts.published) == (other, "Notices", 1)


def test_failed_cycles_are_counted_and_from_when_they_are_known_is_said(house: House) -> None:
    for when, code in ((at(11, 10), 1), (at(11, 11), 3), (at(11, 12), 1), (at(12, 1), 1)):
        house.ledger.put_cycle(CycleNote(when, when, "run", code, {"failed": 1}))
    found = house.report()
    assert (found.failed_cycles, found.cycles_from) == (2, at(11, 10))


def test_uploads_that_came_to_nothing_are_counted_by_their_dataset(house: House) -> None:
    states = {2: IntentState.EXPIRED, 3: IntentState.REFUSED, 4: IntentState.OPEN}
    for day, state in states.items():
        begun = house.ledger.begin(intent(str(day), binding=BINDING, started_at=at(11, day)))
        house.ledger.amend(replace(begun, state=state))
    assert [house.one(f"2026-{month}").failed for month in (10, 11, 12)] == [0, 2, 0]


def test_an_upload_that_the_same_file_made_good_later_is_not_counted(house: House) -> None:
    for day, name in ((2, "again"), (3, "never")):
        begun = house.ledger.begin(intent(name, binding=BINDING, started_at=at(11, day)))
        house.ledger.amend(replace(begun, state=IntentState.EXPIRED))
    first = house.ledger.intents(PORTAL, DATASET)[0]
    house.publishes(at(11, 1), judged=first.judged)  # before it: it came to nothing still
    assert house.one().failed == 2
    house.publishes(at(11, 2, 13), judged=first.judged)
    assert house.one().failed == 1


# -- lateness -------------------------------------------------------------------------------------


def delays(house: House, month: str = "2026-11", now: datetime = NOW) -> list[tuple[Any, ...]]:
    return [(d.due, d.came, d.days) for d in house.one(month, now).delays]


def test_a_deposit_that_came_after_its_time_is_late_in_each_month_that_it_reaches_into(
    house: House,
) -> None:
    for deposited in (at(10, 26), at(11, 6), at(11, 13), at(11, 26)):
        house.publishes(deposited, deposited=deposited)
    assert delays(house) == [(at(11, 3), at(11, 6), 3), (at(11, 21), at(11, 26), 5)]
    assert delays(house, "2026-10") == []
    assert delays(house, "2026-12") == [(at(12, 4), None, 0)]
    assert delays(house, "2026-12", at(12, 20)) == [(at(12, 4), None, 16)]


def test_what_had_not_come_at_the_months_end_is_late_until_then(house: House) -> None:
    house.publishes(at(11, 1), deposited=at(11, 1))
    assert delays(house) == [(at(11, 9), None, 21)]
    house.publishes(at(12, 3), deposited=at(12, 3))
    assert delays(house) == [(at(11, 9), None, 21)]
    assert delays(house, "2026-12") == [(at(11, 9), at(12, 3), 24)]


def test_a_deposit_that_is_held_or_unchanged_is_a_deposit_all_the_same(house: House) -> None:
    house.publishes(at(11, 20), deposited=at(11, 20))
    version = KnownVersion("a.csv", Fingerprint("h", 1, at(11, 28)), Digest("h" * 40, 1))
    house.ledger.put(row(version, binding=BINDING, state=Outcome.HELD))
    assert delays(house) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [(", expect: {every: 7d, grace: 1d}", ""), ("    name: Musées", "    paused: travaux")],
)
def test_nobody_is_late_where_nothing_is_expected_or_it_is_paused(
    house: House, old: str, new: str
) -> None:
    house.publishes(at(10, 1), deposited=at(10, 1))
    house.manifest = house.manifest.replace(old, new)
    assert delays(house) == []


def test_a_file_that_was_somebody_elses_is_no_deposit(house: House) -> None:
    house.publishes(at(11, 1), deposited=at(11, 1))
    house.publishes(at(11, 10), deposited=at(11, 10), act=Act.FOUND)
    assert [came for _, came, _ in delays(house)] == [None]


# -- its forms ------------------------------------------------------------------------------------


def busy(house: House, title: str = "Liste") -> MonthReport:
    house.publishes(at(10, 20), deposited=at(10, 20), title=title)
    house.publishes(at(11, 6), deposited=at(11, 6), title=title)
    house.ledger.put_note(DatasetNote(PORTAL, DATASET, title, f"{PORTAL}/datasets/m", NOW))
    house.ledger.put(row(binding=replace(BINDING), state=Outcome.MISSING, title=title))
    return house.report()


def test_a_french_spreadsheet_opens_the_table(house: House) -> None:
    content = report_csv.table(busy(house, "Été ; l'œuvre"))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    heads, values = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    found = dict(zip(heads, values, strict=True))
    assert (found["Mois"], found["Jeu de données"]) == ("2026-11", "Été ; l'œuvre")
    assert (found["Fichiers publiés"], found["Taille en octets"]) == ("1", "100")
    assert (found["En retard"], found["Plus long retard (jours)"]) == ("2", "16")


def test_no_title_becomes_a_formula(house: House) -> None:
    content = report_csv.table(busy(house, "=HYPERLINK(1)")).decode("utf-8-sig")
    assert ";'=HYPERLINK(1);" in content


def test_the_page_needs_nothing_from_elsewhere_and_titles_are_no_markup(house: House) -> None:
    page = report_page(busy(house, "<script>alert(1)</script>"), NOW)
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!#|https://portal\.example/datasets/m")', page) == []
    assert "url(" not in page
    assert '<html lang="fr">' in page
    assert "novembre 2026" in page


def test_a_person_reads_what_happened_and_how_far_the_figures_go(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    found = busy(house)
    capsys.readouterr()
    report_screen.show(found)
    said = capsys.readouterr().out.replace("\xa0", " ").replace("\u202f", " ")
    assert said.startswith("Rapport : novembre 2026 (Europe/Paris)\n")
    assert "Fichiers publiés : 1 (100 o), dans 1 jeu de données" in said
    assert "absent : 1" in said
    assert "calculé avec l’`expect` d’aujourd’hui" in said


@pytest.mark.parametrize(
    ("month", "said"),
    [("2026-12", "n’est pas fini"), ("2026-10", "L’historique commence")],
)
def test_a_month_that_is_not_all_known_says_so(house: House, month: str, said: str) -> None:
    busy(house)
    assert any(said in note for note in report_screen.notes(house.report(month)))


def test_a_ledger_that_came_out_of_a_backup_is_told(house: House) -> None:
    house.tells(LineKind.RESTORED, at(11, 9), portal="", facts={"made": at(11, 8).isoformat()})
    found = house.report()
    assert found.restored == (at(11, 9),)
    assert any("sauvegarde" in note for note in report_screen.notes(found))


def test_the_document_has_what_the_table_has_and_each_delay(house: House) -> None:
    document = report_document(busy(house))
    assert (document["month"], document["timezone"]) == ("2026-11", "Europe/Paris")
    (one,) = document["datasets"]
    assert (one["dataset"], one["published"], one["open"]) == (DATASET, 1, {"missing": 1})
    assert [late["days"] for late in one["late"]] == [9, 16]


def test_an_empty_ledger_gives_an_empty_report(house: House) -> None:
    found = house.report()
    assert (found.begins, found.datasets[0].is_quiet) == (None, True)
    assert OTHER not in report_page(found, NOW)
