"""Whatever a portal answers: a sentence and an exit code of the table; online is an object's bytes
or what was there; and once it answers as it should, all becomes well."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from syncd.actions.check import check_online
from syncd.actions.init import InitRequest, Origin, addresses_of, described, draft
from syncd.actions.status import status
from syncd.adapters.disk.spool import Spool
from syncd.audit.inspect import inspect
from syncd.bootstrap import Silence, event_queue
from syncd.cli.output import json_documents, manifest_text
from syncd.cli.output.audit_json import audit_document
from syncd.cli.output.audit_page import html_page
from syncd.cli.output.audit_screen import AuditScreen
from syncd.cli.output.screen import Screen
from syncd.cli.output.status_screen import StatusScreen
from syncd.config.configuration import App
from syncd.config.manifest import loads
from syncd.config.manifest import source as source_config
from syncd.config.settings import Settings
from syncd.core.errors import PortalError, UsageError
from syncd.core.reasons import Reason
from syncd.core.results import Report
from syncd.simulator import Simulator
from syncd.text import speak
from tests.support.clients import http_portal
from tests.support.disturbed_house import MADE, NEW, DisturbedHouse, are_worded
from tests.support.examples import shared_out
from tests.support.network.faulty_proxy import Course, Exchange, Wire, harmless
from tests.support.network.odd_answers import ODDITIES, odd_values
from tests.support.sync_harness import House


class Odd(DisturbedHouse):
    """The portal is reached by the wire."""

    def __init__(self, simulator: Simulator, folder: Path, wire: Wire) -> None:
        super().__init__(House(simulator, folder), wire)
        self.house.url = wire.url
        self.house.bucket.put("a.csv", NEW)
        self.house.bucket.put("n_2024.csv", MADE)
        settings = SimpleNamespace(
            state_dir=self.house.state, spool_limit=10**9, events_address="off"
        )
        self.app = App(cast(Settings, settings), self.house.manifest)


@pytest.fixture
def odd(simulator: Simulator, tmp_path: Path) -> Iterator[Odd]:
    speak("en")
    with Wire(simulator.url) as wire:
        yield Odd(simulator, tmp_path, wire)


@contextmanager
def shown() -> Iterator[None]:
    """What is printed meanwhile can be encoded."""
    before, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = before


Told = tuple[list[Reason], int]


def told(report: Report) -> Told:
    with shown():
        json_documents.put(json_documents.sync_document(report))
        Screen().sync(report)
    return [reason for r in report.results for reason in (r.reason, *r.warnings)], report.exit_code


def sync(odd: Odd) -> Told:
    found = told(odd.house.sync())
    with odd.house.adapters(read_only=True) as adapters, shown():
        known = status(odd.app, adapters.ledger, odd.house.now(), running=False)
        json_documents.put(json_documents.status_document(known))
        StatusScreen().whole(known)
        StatusScreen().morning(known)
    odd.house.history()
    return found


def plan(odd: Odd) -> Told:
    found = odd.house.plan()
    with shown():
        json_documents.put(json_documents.plan_document(found))
        Screen().plan(found)
    return [one.reason for one in found.results], found.exit_code


def verify(odd: Odd) -> Told:
    return told(odd.house.verify())


def check(odd: Odd) -> Told:
    with odd.house.adapters(read_only=True) as adapters:
        found = check_online(odd.app, adapters, odd.house.now(), event_queue)
    with shown():
        json_documents.put(json_documents.preflight_document(found))
        Screen().checks(found.checks)
    planned = [one.reason for one in found.plan.results] if found.plan else []
    return [one.reason for one in found.checks] + planned, found.exit_code


def audit(odd: Odd) -> Told:
    house = odd.house
    with house.adapters(read_only=True) as adapters:
        places = {"depot": str(house.bucket.location)}
        entries, sites = odd.app.manifest.datasets, odd.app.manifest.thematic
        found = inspect(entries, sites, adapters.portal, adapters.ledger, places, house.now())
    with shown():
        json_documents.put(audit_document(found))
        AuditScreen().show(found, None)
    html_page(found, house.url, house.now()).encode()
    reasons = [each.reason for one in found.datasets for each in one.findings]
    return reasons, found.exit_code


def init(odd: Odd) -> Told:
    house = odd.house
    request = InitRequest((house.dataset,), "test-organization", house.url, None, None, None)
    with http_portal(house.url, house.key, wait=house.wait, jitter=lambda: 0.5) as portal:
        try:
            datasets = described(request, addresses_of(request), portal)
        except PortalError as error:
            return [error.reason], 1
        except UsageError as error:
            return [error.reason], 2
    spool = Spool(house.folder / "spool", 10**9)
    made = draft(datasets, house.bucket, spool, Silence(), (), with_key=True)
    origin = Origin(house.url, "depot", source_config("depot", "http://memory", "depot"))
    written = manifest_text.write(made, origin)
    if any(part.sure for part in made.datasets):
        loads(written, "manifest.yaml")
    return [one.why for part in made.datasets for one in part.left_out], 0


TRIES = range(40 if os.environ.get("SYNCD_TEST_TORTURE") == "1" else 16)
WAYS: dict[str, Callable[[Odd], Told]] = {
    "sync": sync,
    "plan": plan,
    "verify": verify,
    "check": check,
    "audit": audit,
    "init": init,
}


def met(odd: Odd, way: str, course: Course, more: object) -> None:
    """What is said of it is worded, and blames nobody of us; what is online is nothing else."""
    if way == "verify":
        odd.house.sync()
    with odd.disturbed(course, more):
        reasons, code = WAYS[way](odd)
    assert code in {0, 1, 2, 3}, more
    are_worded(reasons, more)


@pytest.mark.parametrize(("way", "number"), shared_out(13, WAYS, TRIES))
def test_one_value_of_an_answer_is_of_another_type(odd: Odd, way: str, number: int) -> None:
    said: dict[str, str] = {}

    met(odd, way, odd_values(f"{way} {number}", said, other_words=False), said)

    odd.becomes_well(said)


@pytest.mark.parametrize(("way", "number"), shared_out(13, WAYS, TRIES))
def test_one_value_of_an_answer_is_another_one(odd: Odd, way: str, number: int) -> None:
    said: dict[str, str] = {}

    met(odd, way, odd_values(f"{way} {number}", said, other_words=True), said)


@pytest.mark.parametrize(
    ("method", "oddity"), shared_out(7, ("GET", "POST", "PUT"), sorted(ODDITIES))
)
def test_an_answer_is_odd_as_a_whole(odd: Odd, method: str, oddity: str) -> None:
    def course(exchange: Exchange) -> None:
        meets = ODDITIES[oddity] if exchange.asked.startswith(method) else harmless
        meets(exchange)

    met(odd, "sync", course, oddity)

    odd.becomes_well(oddity)
