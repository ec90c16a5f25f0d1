"""The operators' page of the installed command: by itself, and with the service."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.support.cli_harness import Office, Running, ended
from tests.support.one_move import put


def asked(address: str, path: str) -> httpx.Response:
    return httpx.get(f"{address}{path}", trust_env=False, timeout=30)


@pytest.fixture
def office(office: Office) -> Office:
    office.target("Musées de France", "musees.csv", b"id;nom\n1;Fabre\n")
    office.settings["SYNCD_HTTP_ADDRESS"] = "127.0.0.1:0"
    return office


def address(running: Running) -> str:
    started = running.wait_for("web.started")
    return str(started["http"]).rstrip("/")


def test_the_page_is_shown_without_a_service_and_follows_the_manifest(office: Office) -> None:
    assert office.sync().code == 0
    with office.start("web") as running:
        home = address(running)
        assert asked(home, "/healthz").text == "ok\n"
        assert "Musées de France" in asked(home, f"/dataset?dataset={office.dataset}").text
        assert asked(home, "/metrics").status_code == 404

        office.target("Cantines", "cantines.csv", b"id\n1\n")
        office.write_manifest()
        assert "cantines.csv" in asked(home, f"/dataset?dataset={office.dataset}").text
        good = office.manifest.read_text(encoding="utf-8")
        put(office.manifest, "version: [\n")
        assert "cantines.csv" in asked(home, f"/dataset?dataset={office.dataset}").text
        assert "manifest.yaml:" in asked(home, "/manifest").text
        put(office.manifest, good)

        done = ended(running)
    assert "web.stopped" in done.err


def test_the_service_shows_the_page_beside_its_own_answers(office: Office) -> None:
    with office.start("run", SYNCD_WEB="on") as running:
        home = f"http://{running.wait_for('service.started')['http']}"
        running.wait_for("cycle.done")
        assert json.loads(asked(home, "/healthz").text) == {"status": "ok", "reasons": []}
        assert "syncd_" in asked(home, "/metrics").text
        assert asked(home, "/readyz").status_code in {200, 503}
        runs = asked(home, "/runs").text
        assert "The service runs (pid" in runs
        assert "the portal" in runs
        assert asked(home, "/nothing").status_code == 404
        begun = time.thread_time()
        for _ in range(20):
            assert asked(home, "/datasets").status_code == 200
        assert time.thread_time() - begun < 10
        ended(running)


def test_without_the_setting_the_service_answers_as_ever(office: Office) -> None:
    with office.start("run") as running:
        home = f"http://{running.wait_for('service.started')['http']}"
        assert asked(home, "/").text == "syncd\n/healthz\n/readyz\n/metrics\n"
        assert asked(home, "/datasets").json() == {"error": "not_found"}
        ended(running)


def test_a_page_that_others_could_reach_is_not_shown(office: Office) -> None:
    done = office.run_with("web", SYNCD_HTTP_ADDRESS="0.0.0.0:0")
    assert done.code == 2
    assert "0.0.0.0:0 can be reached from others" in done.err
