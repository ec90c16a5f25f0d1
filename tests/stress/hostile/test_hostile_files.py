"""Each hostile file beside six good ones, in a running service that may use 512 MiB in all."""

from __future__ import annotations

import http.client
import signal
import sys
import threading

import pytest

from tests.stress.hostile.makers import HOSTILE
from tests.support.cli_harness import PATIENCE, Office, Running, sha1
from tests.support.memory_limit import memory_limit
from tests.support.processes import cpu_seconds, family

pytestmark = pytest.mark.stress

MEMORY = 512 << 20
GOOD = 6
ANSWERS = 1.0  # CPU seconds within which `/healthz` must be answered
READS = 1.0  # CPU seconds
SETTINGS = {"SYNCD_HTTP_ADDRESS": "127.0.0.1:0", "SYNCD_STOP_GRACE": "10"}


class Health:
    """Asks `/healthz` of a service over and over while the block lasts."""

    def __init__(self, running: Running, port: int) -> None:
        self._pid, self._port = running.process.pid, port
        self._done = threading.Event()
        self.worked = 0.0
        """CPU seconds, the most that a process of the service worked between a question and its
        answer: unlike the time that it took, these are as many on a busy machine."""
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._done.wait(0.1):
            before = {pid: cpu_seconds(pid) for pid in family(self._pid)}
            answered(self._port)
            spent = [cpu_seconds(pid) - seconds for pid, seconds in before.items()]
            self.worked = max(self.worked, *spent)

    def __enter__(self) -> Health:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def answered(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    connection.close()


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
        with Health(running, port) as health:
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
