"""The ledger's pages for the service, on each engine: runs, requests, alerts, pauses, …"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from syncd.adapters.ledger import SqlLedger
from syncd.core.reasons import because
from syncd.core.records import CycleNote
from syncd.core.service_records import Alert, DatasetRun, Pause, ServiceNote
from tests.contract.ledger.conftest import Opening
from tests.support.builders import NOW, intent, judged, row

PORTAL, OTHER = "https://portal.example", "https://other.example"
HOUR = timedelta(hours=1)


def cycle(at: int, **summary: int) -> CycleNote:
    return CycleNote(NOW + at * HOUR, NOW + at * HOUR, "run", 0, summary)


def count(ledger: SqlLedger, table: str) -> int:
    with ledger._begin() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


# -- cycles and runs ---------------------------------------------------------------------------


def test_idle_cycles_are_kept_one_at_a_time(ledger: SqlLedger) -> None:
    for at in range(5):
        ledger.put_cycle(cycle(at, unchanged=at))
    assert count(ledger, "cycles") == 1
    assert ledger.last_cycle() == cycle(4, unchanged=4)
    ledger.put_cycle(cycle(5, replaced=1))
    ledger.put_cycle(cycle(6, unchanged=1))
    ledger.put_cycle(cycle(7, held=1, unchanged=1))
    assert count(ledger, "cycles") == 4


def test_a_failed_run_keeps_the_last_success(ledger: SqlLedger) -> None:
    good = DatasetRun(PORTAL, "d", NOW, NOW, 0, NOW)
    bad = DatasetRun(PORTAL, "d", NOW + HOUR, NOW + HOUR, 1)
    ledger.put_cycle(cycle(0), [good])
    assert ledger.runs(PORTAL) == {"d": good}
    ledger.put_cycle(cycle(1), [bad])
    assert ledger.runs(PORTAL) == {"d": replace(bad, succeeded_at=NOW)}
    assert ledger.runs(OTHER) == {}


def test_plans_are_those_of_the_last_time(ledger: SqlLedger) -> None:
    ledger.put_plans(PORTAL, {"a": NOW, "b": NOW + HOUR})
    ledger.put_plans(OTHER, {"a": NOW})
    ledger.put_plans(PORTAL, {"b": NOW})
    assert ledger.plans(PORTAL) == {"b": NOW}
    assert ledger.plans(OTHER) == {"a": NOW}
    ledger.put_plans(PORTAL, {})
    assert ledger.plans(PORTAL) == {}


def test_plans_that_change_leave_the_others_as_they_are(ledger: SqlLedger) -> None:
    ledger.put_plans(PORTAL, {"a": NOW, "b": NOW, "c": NOW})
    ledger.put_plans(OTHER, {"a": NOW})

    ledger.change_plans(PORTAL, {"b": NOW + HOUR, "d": NOW}, {"a"})

    assert ledger.plans(PORTAL) == {"b": NOW + HOUR, "c": NOW, "d": NOW}
    assert ledger.plans(OTHER) == {"a": NOW}


# -- requests ----------------------------------------------------------------------------------


def test_a_request_is_given_to_one_taker(ledger: SqlLedger) -> None:
    assert not ledger.has_requests()
    ledger.ask("d", NOW)
    ledger.ask("d", NOW)  # asked already
    ledger.ask("", NOW)
    assert ledger.has_requests()
    taken = ledger.take_requests(NOW)
    assert [request.dataset for request in taken] == ["d", ""]
    assert ledger.take_requests(NOW) == ()
    assert not ledger.has_requests()


def test_a_request_says_why_and_a_persons_is_not_an_events(ledger: SqlLedger) -> None:
    for why in ("event", "request", "event"):
        ledger.ask("d", NOW, why)
    assert sorted(request.why for request in ledger.take_requests(NOW)) == ["event", "request"]


def test_what_is_asked_while_the_last_is_carried_out_is_another(ledger: SqlLedger) -> None:
    ledger.ask("d", NOW)
    first = ledger.take_requests(NOW)
    ledger.ask("d", NOW + HOUR)
    second = ledger.take_requests(NOW)
    assert first[0].id != second[0].id
    ledger.done_with([first[0].id])
    ledger.release_requests()
    assert ledger.take_requests(NOW) == second


def test_a_dead_services_requests_are_taken_again(ledger: SqlLedger) -> None:
    ledger.ask("d", NOW)
    taken = ledger.take_requests(NOW)
    ledger.release_requests()
    assert ledger.take_requests(NOW) == taken


def test_two_takers_at_once_share_nothing(ledger: SqlLedger, opening: Opening) -> None:
    for number in range(40):
        ledger.ask(f"d{number}", NOW)

    def take(_: int) -> list[int]:
        with closing(opening()) as mine:
            return [request.id for request in mine.take_requests(NOW)]

    with ThreadPoolExecutor(4) as pool:
        taken = [one for part in pool.map(take, range(8)) for one in part]
    assert len(taken) == len(set(taken)) == 40


# -- alerts ------------------------------------------------------------------------------------


def alert(item: str = "r", **fields: object) -> Alert:
    made = Alert(PORTAL, "d", item, "held", because("guard_empty"), {"title": "É"}, NOW)
    return replace(made, **fields)  # type: ignore[arg-type]


def test_alerts_come_back_as_they_were(ledger: SqlLedger) -> None:
    told = alert("a", told_at=NOW + HOUR, since=NOW + HOUR)
    ledger.put_alerts([alert(), told])
    assert ledger.alerts(PORTAL) == (alert(), told)
    assert ledger.alerts(OTHER) == ()
    changed = alert(state="failed", reason=because("portal_unreachable", host="h"))
    ledger.put_alerts([changed], [told])
    assert ledger.alerts(PORTAL) == (changed,)


# -- pauses ------------------------------------------------------------------------------------


def test_a_pause_keeps_its_beginning_until_its_reason_changes(ledger: SqlLedger) -> None:
    first = Pause("d", "", "why", NOW)
    ledger.put_pauses(PORTAL, [first], NOW)
    ledger.put_pauses(PORTAL, [replace(first, since=NOW + HOUR), Pause("e", "k", "x", NOW)], NOW)
    assert set(ledger.pauses(PORTAL)) == {first, Pause("e", "k", "x", NOW)}
    ledger.put_pauses(PORTAL, [Pause("d", "", "other", NOW + HOUR)], NOW)
    assert ledger.pauses(PORTAL) == (Pause("d", "", "other", NOW + HOUR),)
    ledger.put_pauses(PORTAL, [], NOW)
    assert ledger.pauses(PORTAL) == ()


# -- services ----------------------------------------------------------------------------------


def test_services_come_and_go(ledger: SqlLedger) -> None:
    one = ServiceNote("h:1", NOW, {"pid": 1})
    two = ServiceNote("h:2", NOW + HOUR, {"pid": 2})
    ledger.put_service(one)
    ledger.put_service(two)
    ledger.put_service(replace(one, facts={"pid": 3}))
    assert ledger.services() == (replace(one, facts={"pid": 3}), two)
    ledger.drop_services("h:1")
    assert ledger.services() == (two,)
    ledger.drop_services()
    assert ledger.services() == ()


# -- retention ---------------------------------------------------------------------------------


def test_old_cycles_go_and_publications_stay(ledger: SqlLedger) -> None:
    for at in range(4):
        ledger.put_cycle(cycle(at, replaced=1))
    ledger.ask("d", NOW)
    published = row(judged("x"), judged("x"), published_at=NOW)
    ledger.finish(ledger.begin(intent("x", sent_at=NOW)), published)
    assert ledger.prune(NOW + 2 * HOUR) == 3  # two cycles and the request
    assert count(ledger, "cycles") == 2
    assert count(ledger, "intents") == 1
    assert ledger.rows(published.binding.portal, published.binding.dataset) == (published,)
    ledger.prune(NOW + 100 * HOUR)
    assert ledger.last_cycle() == cycle(3, replaced=1)
    assert count(ledger, "intents") == 1
