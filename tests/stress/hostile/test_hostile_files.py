"""Each hostile file beside six good ones, in a running service that may use 512 MiB in all."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.stress.hostile.makers import HOSTILE
from tests.support.cli_harness import Office, Running, sha1
from tests.support.health_asker import HealthAsker
from tests.support.memory_limit import memory_limit
from tests.support.processes import cpu_seconds, family

pytestmark = pytest.mark.stress

MEMORY = 512 << 20
GOOD = 6
ANSWERS = 1.0  # CPU seconds of the service within which `/healthz` must be answered
READS = 1.0  # CPU seconds
SETTINGS = {"SYNCD_HTTP_ADDRESS": "127.0.0.1:0", "SYNCD_STOP_GRACE": "10"}


def deposit(office: Office, name: str) -> tuple[dict[str, bytes], str]:
    good = {f"bon{at}.csv": f"id,nom\n{at},Louvre\n".encode() for at in range(GOOD)}
    resources = {office.target(f"Titre {key}", key, content): key for key, content in good.items()}
    made, _ = HOSTILE[name]
    bad = office.target("Mauvais", name, made())
    office.defaults = "schedule: {every: 1d}"
    return {resource: good[key] for resource, key in resources.items()}, bad


@pytest.mark.parametrize("name", HOSTILE)
def test_the_good_files_go_online_and_the_hostile_one_is_held_by_name(
    office: Office, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good, _bad = deposit(office, name)
    with (
        memory_limit(MEMORY) as limit,
        office.start("run", setup=limit.enter, **SETTINGS) as running,
    ):
        port = int(running.wait_for("service.started")["http"].rpartition(":")[2])
        with HealthAsker(running.process.pid, port) as health:
            running.wait_for("cycle.done")
        assert health.worked < ANSWERS
        running.process.send_signal(signal.SIGTERM)
        assert running.finish().code == 0
        killed = f"{limit}, {limit.kills} killed for memory"
    with capsys.disabled():
        sys.stdout.write(f"{name}: /healthz within {health.worked:.2f} s of CPU; {killed}\n")
    for resource_id, content in good.items():
        assert office.online(resource_id)["checksum"]["value"] == sha1(content)
    found = office.run("status", "--json").all
    assert name in found
    assert ("held" in found) or not HOSTILE[name][1]


def test_a_stop_does_not_wait_for_a_file_that_is_being_read(office: Office) -> None:
    _good, bad = deposit(office, "words.zip")
    before = office.online(bad)
    with office.start("run", **SETTINGS) as running:
        running.wait_for("service.started")
        _wait_for_reader(running)
        running.process.send_signal(signal.SIGTERM)
        assert running.finish().code == 0
    assert office.online(bad) == before


def _wait_for_reader(running: Running) -> None:
    """Until something that the service started has been at work for as long as only a reader is."""
    service = running.process.pid
    while not any(cpu_seconds(pid) > READS for pid in family(service) if pid != service):
        assert running.process.poll() is None
