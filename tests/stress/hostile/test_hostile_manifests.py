"""Manifests of nonsense, given to a running service and to its restart: it works on by the last
good one, and says once what is wrong. Of all sorts with `SYNCD_TEST_TORTURE=1`."""

from __future__ import annotations

import os
import signal

import pytest

from tests.stress.hostile.test_hostile_files import ANSWERS, MEMORY, SETTINGS
from tests.support.cli_harness import Office, Running, sha1
from tests.support.health_asker import HealthAsker
from tests.support.hostile_manifests import SORTS
from tests.support.memory_limit import memory_limit
from tests.support.one_move import put
from tests.unit.config.test_manifest_linear import GOOD_SORTS

pytestmark = pytest.mark.stress

SIZE = 1_800_000
SHORT = ["brackets", "binary", "unknown keys of an entry", "aliases of aliases"]
TORTURE = os.environ.get("SYNCD_TEST_TORTURE") == "1"
SORTS_OF_THIS_RUN = [sort for sort in SORTS if sort not in GOOD_SORTS] if TORTURE else SHORT


@pytest.mark.parametrize("sort", SORTS_OF_THIS_RUN)
def test_a_manifest_of_nonsense_changes_nothing(office: Office, sort: str) -> None:
    resource = office.target("Liste", "a.csv", b"id,nom\n1,Louvre\n")
    with (
        memory_limit(MEMORY) as limit,
        office.start("run", setup=limit.enter, **SETTINGS) as running,
    ):
        port = int(running.wait_for("service.started")["http"].rpartition(":")[2])
        running.wait_for("cycle.done")
        good = office.manifest.read_bytes()
        with HealthAsker(running.process.pid, port) as health:
            # No signal: whoever sends one is told again, and it may have been found before.
            put(office.manifest, SORTS[sort](SIZE))
            running.wait_for("manifest.invalid", patience=600)
            publishes(office, running, resource, b"id,nom\n2,Orsay\n")
        assert health.worked < ANSWERS
        ended(running)
    with (
        memory_limit(MEMORY) as limit,
        office.running("run", setup=limit.enter, **SETTINGS) as running,
    ):
        port = int(running.wait_for("service.started", patience=600)["http"].rpartition(":")[2])
        with HealthAsker(running.process.pid, port) as health:
            running.wait_for("manifest.invalid")
            publishes(office, running, resource, b"id,nom\n3,Cluny\n")
            put(office.manifest, good + b"\n")
            running.process.send_signal(signal.SIGHUP)
            running.wait_for("manifest.in_force")
        assert health.worked < ANSWERS
        ended(running)


def publishes(office: Office, running: Running, resource: str, content: bytes) -> None:
    office.bucket.put("a.csv", content)
    running.process.send_signal(signal.SIGUSR1)
    running.wait_for("publication.done")
    running.wait_for("cycle.done")
    assert office.online(resource)["checksum"]["value"] == sha1(content)


def ended(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    done = running.finish()
    assert done.code == 0, done.err
    said = [event["problem"] for event in done.events if event["event"] == "manifest.invalid"]
    assert 1 <= len(said) <= 101
    assert len(set(said)) == len(said)  # each once
