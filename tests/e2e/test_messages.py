"""What a running service tells people and machines outside: once, and the right ones."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.support.cli_harness import PATIENCE, Office, ended, sha1
from tests.support.network.listener import Listener
from tests.support.one_move import put

OLD, NEW = b"id\n1\n2\n3\n", b"id\n1\n2\n3\n4\n"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as made:
        yield made


def test_a_hold_is_told_once_to_both_and_its_end_too(office: Office, listener: Listener) -> None:
    office.target("Liste des musées", "a.csv", OLD)
    office.entries[office.dataset].insert(0, "")
    office.settings = {
        "SYNCD_HTTP_ADDRESS": "127.0.0.1:0",
        "SYNCD_WEB": "on",
        "SYNCD_WEB_URL": "https://syncd.ville.example",
        "SYNCD_NOTIFY_URLS": f"json://{listener.place}/ops",
        "SYNCD_CONTACT_URL": f"json://{listener.place}/contact/{{contact}}",
    }
    office.defaults = "schedule: {every: 1d}"
    office.more = "timezone: Pacific/Noumea\n"
    contact = office.text.replace(
        f"dataset: {office.dataset}\n",
        f"dataset: {office.dataset}\n    contact: musees@example.fr\n",
    )
    put(office.manifest, contact)
    with office.running("run") as running:
        home = f"http://{running.wait_for('service.started')['http']}"
        running.wait_for("cycle.done")
        receipt = listener.posted.get(timeout=PATIENCE)
        assert receipt["path"].startswith("/contact/")
        assert sha1(OLD) in receipt["message"]
        office.bucket.put("a.csv", b"")
        for _ in range(3):
            running.process.send_signal(signal.SIGUSR1)
            assert running.wait_for("cycle.done")["outcomes"] == {"held": 1}
        told = [listener.posted.get(timeout=PATIENCE) for _ in range(2)]
        assert sorted(one["path"].split("/")[1] for one in told) == ["contact", "ops"]
        by_path = {one["path"].split("/")[1]: one["message"] for one in told}
        assert "Please deposit it again" in by_path["contact"]
        assert "`" not in by_path["contact"]
        (link,) = re.findall(r"https://syncd\.ville\.example(/\S+)", by_path["contact"])
        deposits = httpx.get(f"{home}{link}", trust_env=False, timeout=PATIENCE)
        assert deposits.status_code == 200
        assert "Please deposit it again" in deposits.text
        assert "/deposits/" not in by_path["ops"]
        assert {one["type"] for one in told} == {"warning"}
        for one in told:
            assert " Pacific/Noumea\n" in one["message"]
            assert "Liste des musées" in one["message"]
            assert "a.csv" in one["message"]
        office.bucket.put("a.csv", NEW)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("publication.done")
        over = [listener.posted.get(timeout=PATIENCE) for _ in range(2)]
        assert sorted(one["path"].split("/")[1] for one in over) == ["contact", "ops"]
        assert {sha1(NEW) in one["message"] for one in over} == {True, False}
        ended(running)
    assert listener.posted.empty()


def test_a_bad_manifest_is_told_and_so_is_its_mending(office: Office, listener: Listener) -> None:
    office.target("Liste", "a.csv", OLD)
    office.settings = {
        "SYNCD_HTTP_ADDRESS": "off",
        "SYNCD_NOTIFY_URLS": f"json://{listener.place}/ops",
    }
    with office.start("run") as running:
        running.wait_for("cycle.done")
        good = office.manifest.read_text(encoding="utf-8")
        put(office.manifest, good.replace("object:", "objet:"))
        told = listener.posted.get(timeout=PATIENCE)
        assert "manifest.yaml:" in told["message"]
        assert " Europe/Paris\n" in told["message"]
        mended = f"{good}timezone: Pacific/Noumea\n"
        put(office.manifest, mended)
        over = listener.posted.get(timeout=PATIENCE)
        assert over["title"] != told["title"]
        assert " Pacific/Noumea (" in over["message"]
        assert "manifest.yaml:" not in over["message"]
        ended(running)


def test_a_server_that_takes_nothing_disturbs_no_cycle(office: Office) -> None:
    office.target("Liste", "a.csv", b"")
    office.settings = {
        "SYNCD_HTTP_ADDRESS": "127.0.0.1:0",
        "SYNCD_NOTIFY_URLS": "json://user:geheim-genug@127.0.0.1:9/ops",
    }
    with office.start("run") as running:
        running.wait_for("cycle.done")
        failed = running.wait_for("notify.failed")
        assert "geheim" not in json.dumps(failed)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("cycle.done")
        ended(running)


def test_the_heart_beats_only_while_nothing_fails(office: Office, listener: Listener) -> None:
    office.target("Liste", "a.csv", OLD)
    office.settings = {
        "SYNCD_HTTP_ADDRESS": "off",
        "SYNCD_HEARTBEAT_URL": f"http://{listener.place}/beat/geheim",
    }
    with office.start("run") as running:
        running.wait_for("cycle.done")
        assert listener.asked.get(timeout=PATIENCE) == "/beat/geheim"
        done = running
        done.process.send_signal(signal.SIGTERM)
        finished = done.finish()
    assert "geheim" not in finished.all
    while not listener.asked.empty():  # on a slow machine it beat once more
        assert listener.asked.get() == "/beat/geheim"
    office.bucket.put("a.csv", NEW)
    office.settings["SYNCD_API_KEY"] = "udata_" + "x" * 64
    with office.start("run") as running:
        assert running.wait_for("cycle.done")["outcomes"] == {"failed": 1}
        running.wait_for("notify.nobody")  # the notifications thread has turned
        ended(running)
    assert listener.asked.empty()


def test_a_colleagues_sync_is_told_to_nobody(office: Office, listener: Listener) -> None:
    office.target("Liste", "a.csv", OLD)
    office.settings = {
        "SYNCD_HTTP_ADDRESS": "off",
        "SYNCD_NOTIFY_URLS": f"json://{listener.place}/ops",
    }
    with office.start("run") as service:
        service.wait_for("cycle.done")
        office.bucket.put("a.csv", NEW)
        reached, released = threading.Event(), threading.Event()

        def hold() -> None:
            reached.set()
            released.wait(PATIENCE)

        office.simulator.faults.add(method="GET", path=r"/datasets/[^/]+/$", hook=hold)
        with office.running("sync", "--by", "Léa") as colleague:
            assert reached.wait(PATIENCE)
            service.process.send_signal(signal.SIGUSR1)
            waiting = service.wait_for("cycle.waiting")
            released.set()
            assert colleague.finish().code == 0
        done = service.wait_for("cycle.done")
        ended(service)
    assert (waiting["command"], waiting["by"]) == ("sync", "Léa")
    assert done["outcomes"] == {"unchanged": 1}
    assert listener.posted.empty()
