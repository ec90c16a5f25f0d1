"""Each hostile file beside six good ones, in a running service that may use 512 MiB in all."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.stress.hostile.makers import HOSTILE
from tests.support.cli_harness import Office, Running, sha1
from tests.support.memory_limit import memory_limit
from tests.unit.adapters.test_reader import children_of

pytestmark = pytest.mark.stress

MEMORY = 512 << 20
GOOD = 6
ANSWERS = 1.0  # seconds in which `/healthz` must be answered
SETTINGS = {"SYNCD_HTTP_ADDRESS": "127.0.0.1:0", "SYNCD_STOP_GRACE": "10"}


class Health:
    """Asks `/healthz` over and over while the block lasts, and an idle server beside it.

    What that one needs is what this machine, busy with other tests, does to anybody.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._done = threading.Event()
        self._idle = subprocess.Popen(
            [sys.executable, "-c", _IDLE_SERVER], stdout=subprocess.PIPE, text=True
        )
        self.slowest = self.of_the_machine = 0.0
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        assert self._idle.stdout is not None
        idle = int(self._idle.stdout.readline())
        while not self._done.wait(0.1):
            self.of_the_machine = max(self.of_the_machine, answered_after(idle))
            self.slowest = max(self.slowest, answered_after(self._port))

    def __str__(self) -> str:
        return f"{self.slowest:.2f} s (an idle server {self.of_the_machine:.2f} s)"

    def __enter__(self) -> Health:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._idle.kill()
        self._idle.communicate()


_IDLE_SERVER = """
import http.server
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
print(server.server_port, flush=True)
server.serve_forever()
"""


def answered_after(port: int) -> float:
    """Seconds."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    connection.close()
    return time.monotonic() - started


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
        with Health(port) as health:
            running.wait_for("cycle.done")
        assert health.slowest < ANSWERS + health.of_the_machine
        running.process.send_signal(signal.SIGTERM)
        assert running.finish().code == 0
        killed = f"{limit}, {limit.kills} killed for memory"
    with capsys.disabled():
        sys.stdout.write(f"{name}: /healthz within {health}; {killed}\n")
    for resource_id, content in good.items():
        assert office.online(resource_id)["checksum"]["value"] == sha1(content)
    found = office.run("status", "--json").all
    assert name in found
    assert ("held" in found) or not HOSTILE[name][1]


def test_a_stop_does_not_wait_for_a_file_that_is_being_read(office: Office) -> None:
    deposit(office, "text.json.gz")
    with office.start("run", **SETTINGS) as running:
        running.wait_for("service.started")
        _wait_for_child(running)
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.finish().code == 0
    assert time.monotonic() - started < 12


def _wait_for_child(running: Running) -> None:
    """Until the reader is there."""
    children_of(running.process.pid)
