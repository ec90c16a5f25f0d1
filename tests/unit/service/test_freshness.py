"""Who is late, and since when that counts; and a key that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import cast

import pytest
import time_machine
from structlog.testing import capture_logs

from syncd.adapters.ledger import SqlLedger
from syncd.config.configuration import App
from syncd.config.manifest import LoadedManifest, loads
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.errors import PortalUnreachable
from syncd.core.ports import Adapters, Portal
from syncd.core.reasons import because
from syncd.core.service_records import DatasetRun
from syncd.notify import Mailer
from syncd.notify.delivery import AlertDelivery
from syncd.service import freshness
from syncd.service.freshness import FreshnessMonitor
from syncd.service.runtime import Runtime
from syncd.service.state import ServiceState
from syncd.text import sentence

PORTAL = "https://portal.example"
OLD, NEW = "a" * 24, "b" * 24
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRACE = HOUR + HOUR / 10  # a cycle's deadline, and the jitter of an hourly schedule


def manifest(*datasets: str, schedule: str = "every: 1h") -> LoadedManifest:
    return loads(
        f"version: 1\nportal: {PORTAL}\ntimezone: UTC\n"
        "sources:\n  s: {endpoint: 'https://s3.example', bucket: bucket}\n"
        f"defaults: {{source: s, schedule: {{{schedule}}}}}\ndatasets:\n"
        + "".join(
            f"  - dataset: {dataset}\n    resources:\n"
            f"      - {{resource: {at:08}-0000-4000-8000-000000000000, object: {at}.csv}}\n"
            for at, dataset in enumerate(datasets)
        ),
        "m.yaml",
    )


def runtime(found: LoadedManifest) -> Runtime:
    """One that opens nothing: what is tested here asks no server."""
    settings = Settings(cycle_deadline=HOUR.total_seconds())
    return Runtime(App(settings, found), nullcontext(cast("Adapters", None)))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(SqlLedger(None, tmp_path)) as opened:
        yield opened


@pytest.fixture
def state(ledger: SqlLedger) -> ServiceState:
    mailer = Mailer(None, None, proxy=None, ca_bundle=None)
    alerts = AlertDelivery(ledger, mailer, PORTAL, clock.now)
    return ServiceState(runtime(manifest(OLD)), alerts, Event())


@pytest.fixture
def day() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def run(succeeded_at: datetime) -> dict[str, DatasetRun]:
    return {OLD: DatasetRun(PORTAL, OLD, succeeded_at, succeeded_at, 0, succeeded_at)}


def late_at(monitor: FreshnessMonitor, day: time_machine.Traveller, at: datetime) -> list[str]:
    day.move_to(at)
    monitor.find_late()
    return list(monitor.late)


def test_a_dataset_that_never_succeeded_has_time_from_the_start_on(
    state: ServiceState, day: time_machine.Traveller
) -> None:
    monitor = FreshnessMonitor(state, {}, NOW)
    assert late_at(monitor, day, NOW + HOUR + GRACE) == []
    assert late_at(monitor, day, NOW + HOUR + GRACE + timedelta(seconds=1)) == [OLD]


def test_a_restart_makes_nobody_punctual(
    state: ServiceState, ledger: SqlLedger, day: time_machine.Traveller
) -> None:
    monitor = FreshnessMonitor(state, run(NOW - DAY), NOW)
    monitor.follow(NOW)  # as a reload does: it was there at the start all the same
    with capture_logs() as logged:
        assert late_at(monitor, day, NOW) == late_at(monitor, day, NOW + HOUR) == [OLD]
    assert [line["event"] for line in logged] == ["dataset.late"]
    (alert,) = ledger.alerts(PORTAL)
    assert (alert.dataset, alert.item, alert.reason.code) == (OLD, "late", "dataset_late")


def test_a_clock_that_was_years_ahead_makes_nobody_punctual_for_so_long(
    state: ServiceState, day: time_machine.Traveller
) -> None:
    before = FreshnessMonitor(state, run(NOW + 3650 * DAY), NOW)
    assert late_at(before, day, NOW) == []
    assert late_at(before, day, NOW + HOUR + GRACE + timedelta(seconds=1)) == [OLD]
    meanwhile = FreshnessMonitor(state, {}, NOW + 3650 * DAY)
    assert late_at(meanwhile, day, NOW) == []
    assert late_at(meanwhile, day, NOW + HOUR + GRACE + timedelta(seconds=1)) == [OLD]


def test_a_dataset_that_waits_for_a_colleague_too_long_says_for_whom(
    state: ServiceState, ledger: SqlLedger, day: time_machine.Traveller
) -> None:
    who = {"command": "sync", "by": "Léa", "pid": 7, "host": "a"}
    state.waiting[OLD] = because("lock_held_by", dataset=OLD, **who)
    assert late_at(FreshnessMonitor(state, run(NOW - DAY), NOW), day, NOW) == [OLD]
    (alert,) = ledger.alerts(PORTAL)
    assert alert.reason.code == "dataset_late_waiting"
    assert "`syncd sync`, started by Léa, works on it" in sentence(alert.reason)


def test_a_success_ends_it(state: ServiceState, day: time_machine.Traveller) -> None:
    monitor = FreshnessMonitor(state, run(NOW - DAY), NOW)
    assert late_at(monitor, day, NOW) == [OLD]
    monitor.succeeded[OLD] = NOW
    assert late_at(monitor, day, NOW) == []


def test_a_dataset_that_comes_or_comes_back_has_time_until_its_first_success(
    state: ServiceState, day: time_machine.Traveller
) -> None:
    monitor = FreshnessMonitor(state, run(NOW), NOW)
    state.runtime = runtime(manifest(NEW))
    monitor.follow(NOW + HOUR)
    assert monitor.succeeded == {}
    state.runtime = runtime(manifest(OLD, NEW))
    monitor.follow(NOW + DAY)
    assert late_at(monitor, day, NOW + HOUR + HOUR + GRACE) == []
    assert late_at(monitor, day, NOW + 3 * HOUR + GRACE) == [NEW]
    assert late_at(monitor, day, NOW + DAY + 2 * HOUR + GRACE) == [OLD, NEW]


class Asked:
    """As much of a portal as knows when its key ends."""

    def __init__(self, expiry: datetime | None) -> None:
        self.expiry = expiry
        self.times = 0
        self.down = False

    def key_expiry(self) -> datetime | None:
        self.times += 1
        if self.down:
            raise PortalUnreachable("portal_unreachable", host="portal.example", detail="x")
        return self.expiry


def check(monitor: FreshnessMonitor, portal: Asked) -> None:
    monitor.check_key(cast("Portal", portal))


@pytest.mark.parametrize(
    ("left", "code"),
    [(40, None), (30, "key_expires_30"), (7, "key_expires_7"), (1, "key_expires_1")],
)
@pytest.mark.usefixtures("day")
def test_a_key_that_ends_is_an_alert_and_a_new_one_ends_that(
    state: ServiceState, ledger: SqlLedger, left: int, code: str | None
) -> None:
    monitor, portal = FreshnessMonitor(state, {}, NOW), Asked(NOW + left * DAY)
    check(monitor, portal)
    check(monitor, portal)
    assert portal.times == 1  # once a day
    assert [alert.reason.code for alert in ledger.alerts(PORTAL)] == ([code] if code else [])
    assert monitor.key_expiry == NOW + left * DAY

    portal.expiry = None
    monitor.forget_key()
    check(monitor, portal)
    assert ledger.alerts(PORTAL) == ()
    assert monitor.key_expiry is None


def test_a_portal_that_cannot_be_asked_is_asked_again_after_an_hour(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(freshness.time, "monotonic", lambda: seconds[0])
    monitor, portal = FreshnessMonitor(state, {}, NOW), Asked(None)
    portal.down = True
    for seconds[0] in (0.0, 3599.0, 3600.0):
        check(monitor, portal)
    assert portal.times == 2
