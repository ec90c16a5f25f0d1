"""What only the simulated portal can do: trouble on demand, memory, a journal, people at work."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import pytest

from syncd.simulator import Simulator

WAIT = 20  # seconds; a bound, not a pause


def call(sim: Simulator, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"X-API-KEY": sim.keys["editor"]}
    return httpx.request(method, sim.url + path, headers=headers, timeout=WAIT, **options)


def send(sim: Simulator, path: str, content: bytes = b"2", name: str = "b.csv") -> httpx.Response:
    return call(sim, "POST", path, files={"file": (name, content)})


def prepared(sim: Simulator) -> tuple[str, str, str]:
    """A dataset, its resource, and the path that replaces its file."""
    dataset = sim.new_dataset("Musées")
    resource = sim.new_resource(dataset, "a.csv", b"1", title="Liste des musées")
    return dataset, resource, f"/api/1/datasets/{dataset}/resources/{resource}/upload/"


@pytest.mark.parametrize(
    ("status", "headers", "content_type"),
    [
        (401, {}, None),
        (404, {}, None),
        (413, {}, "text/html"),
        (429, {"Retry-After": "7"}, None),
        (503, {"Retry-After": "1"}, "text/html"),
    ],
)
def test_a_refusal_on_demand_does_nothing_else(
    simulator: Simulator, status: int, headers: dict[str, str], content_type: str | None
) -> None:
    dataset, resource, path = prepared(simulator)
    simulator.faults.add(
        method="POST",
        path="/upload/$",
        status=status,
        headers=headers,
        content_type=content_type,
        body="<html>too much</html>" if content_type else None,
    )
    refused = send(simulator, path, b"x" * 3_000_000)
    assert refused.status_code == status
    assert refused.headers["content-type"].startswith(content_type or "application/json")
    assert {n: refused.headers[n] for n in headers} == headers
    assert simulator.store.content(dataset, resource) == b"1"
    assert send(simulator, path).status_code == 200


def test_a_fault_is_met_so_many_times_after_so_many_requests(simulator: Simulator) -> None:
    simulator.faults.add(path="/extensions/", status=503, after=1, times=2)
    statuses = [call(simulator, "GET", "/api/1/datasets/extensions/").status_code for _ in "abcd"]
    assert statuses == [200, 503, 503, 200]


def test_a_fault_without_times_stays_until_it_is_cleared(simulator: Simulator) -> None:
    simulator.faults.add(status=500, times=None)
    assert [call(simulator, "GET", "/").status_code for _ in "abc"] == [500, 500, 500]
    simulator.faults.clear()
    assert call(simulator, "GET", "/").status_code == 404


@pytest.mark.parametrize(("cut", "content"), [("before", b"1"), ("body", b"1"), ("after", b"2")])
def test_a_connection_is_cut_before_or_after_the_work(
    simulator: Simulator, cut: Literal["before", "body", "after"], content: bytes
) -> None:
    dataset, resource, path = prepared(simulator)
    fault = simulator.faults.add(path="/upload/", cut=cut)
    with pytest.raises(httpx.TransportError):
        send(simulator, path)
    assert fault.done.wait(WAIT)
    assert simulator.store.content(dataset, resource) == content
    assert simulator.requests[-1].status == 0


def test_an_upload_commits_when_its_gate_opens_long_after_its_client_went(
    simulator: Simulator,
) -> None:
    dataset, resource, path = prepared(simulator)
    gate = threading.Event()
    fault = simulator.faults.add(path="/upload/", gate=gate)
    with pytest.raises(httpx.TransportError):
        send(simulator, path, b"late")
    assert fault.reached.is_set()
    assert simulator.store.content(dataset, resource) == b"1"
    assert simulator.store.resource(dataset, resource).title == "Liste des musées"
    gate.set()
    assert fault.done.wait(WAIT)
    assert simulator.store.content(dataset, resource) == b"late"
    assert simulator.store.resource(dataset, resource).title == "b.csv"


def test_an_upload_commits_some_time_later(simulator: Simulator) -> None:
    dataset, resource, path = prepared(simulator)
    fault = simulator.faults.add(path="/upload/", late=0.02)
    with pytest.raises(httpx.TransportError):
        send(simulator, path, b"late")
    assert fault.done.wait(WAIT)
    assert simulator.store.content(dataset, resource) == b"late"


def test_a_client_may_be_kept_waiting_for_a_late_commit(simulator: Simulator) -> None:
    dataset, resource, path = prepared(simulator)
    gate = threading.Event()
    fault = simulator.faults.add(path="/upload/", gate=gate, answer="wait")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(send, simulator, path, b"late")
        assert fault.reached.wait(WAIT)
        assert simulator.store.content(dataset, resource) == b"1"
        gate.set()
        assert answer.result(WAIT).status_code == 200
    assert simulator.store.content(dataset, resource) == b"late"


def test_a_waiting_client_may_die_and_the_commit_still_comes(simulator: Simulator) -> None:
    dataset, _, _ = prepared(simulator)
    gate = threading.Event()
    fault = simulator.faults.add(path="/upload/", gate=gate, answer="wait")
    request = httpx.Request(
        "POST",
        f"{simulator.url}/api/1/datasets/{dataset}/upload/",
        headers={"X-API-KEY": simulator.keys["editor"]},
        files={"file": ("b.csv", b"late")},
    )
    body = request.read()
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    parts = urlsplit(simulator.url)
    with socket.create_connection((parts.hostname, parts.port), WAIT) as client:
        client.sendall(f"POST {parts.path or request.url.path} HTTP/1.1\r\n{head}\r\n".encode())
        client.sendall(body)
        assert fault.reached.wait(WAIT)
    gate.set()
    assert fault.done.wait(WAIT)
    assert simulator.store.dataset(dataset).resources[0].title == "b.csv"


def test_an_answer_may_be_slow(simulator: Simulator) -> None:
    dataset, resource, path = prepared(simulator)
    fault = simulator.faults.add(path="/upload/", delay=WAIT * 10)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            simulator.url + path,
            headers={"X-API-KEY": simulator.keys["editor"]},
            files={"file": ("b.csv", b"2")},
            timeout=0.2,
        )
    assert fault.reached.wait(WAIT)
    assert simulator.store.content(dataset, resource) == b"2"


def test_other_bytes_may_be_stored_than_were_sent(simulator: Simulator) -> None:
    dataset, resource, path = prepared(simulator)
    simulator.faults.add(path="/upload/", corrupt=True)
    answer = send(simulator, path, b"good").json()
    stored = simulator.store.content(dataset, resource)
    assert stored != b"good"
    assert answer["checksum"]["value"] == hashlib.sha1(stored).hexdigest()


def test_a_person_may_act_between_the_work_and_the_answer(simulator: Simulator) -> None:
    dataset, resource, path = prepared(simulator)
    simulator.faults.add(
        path="/upload/", hook=lambda: simulator.store.retitle(dataset, resource, "Par une main")
    )
    assert send(simulator, path).json()["title"] == "b.csv"
    assert simulator.store.resource(dataset, resource).title == "Par une main"


def test_a_person_may_replace_a_file_or_withdraw_it(simulator: Simulator) -> None:
    dataset, resource, path = prepared(simulator)
    simulator.store.replace_file(dataset, resource, "À la main.csv", b"by hand")
    shown = call(simulator, "GET", f"/api/1/datasets/{dataset}/").json()["resources"][0]
    assert shown["title"] == "a-la-main.csv"
    assert shown["checksum"]["value"] == hashlib.sha1(b"by hand").hexdigest()
    simulator.store.withdraw(dataset, resource)
    assert send(simulator, path).status_code == 404


def test_the_clock_can_be_moved_past_a_collision(simulator: Simulator) -> None:
    dataset, _, _ = prepared(simulator)
    path = f"/api/1/datasets/{dataset}/upload/"
    for content in (b"1", b"2", b"3"):
        simulator.clock.advance(1)
        assert send(simulator, path, content).status_code == 201


def test_what_was_asked_is_written_down(simulator: Simulator) -> None:
    dataset, _, path = prepared(simulator)
    send(simulator, path, b"x" * 5000)
    httpx.get(f"{simulator.url}/api/1/datasets/{dataset}/?a=1", headers={"User-Agent": "me"})
    upload, read = simulator.requests
    assert (upload.method, upload.path, upload.status, upload.person) == (
        "POST",
        path,
        200,
        "editor",
    )
    assert upload.uploads_to == dataset
    assert 5000 < upload.received < 6000
    assert upload.started <= upload.ended <= read.started
    assert (read.query, read.person, read.uploads_to) == ("a=1", None, None)
    assert read.headers["user-agent"] == "me"
    assert simulator.keys["editor"] not in repr(simulator.requests)


def test_two_uploads_to_one_dataset_at_once_are_seen(simulator: Simulator) -> None:
    dataset, _, path = prepared(simulator)
    send(simulator, path, name="before.csv")
    assert simulator.journal.overlapping_uploads() == []
    gate = threading.Event()
    fault = simulator.faults.add(path="/upload/", gate=gate, answer="wait")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, simulator, path, b"1", "first.csv")
        assert fault.reached.wait(WAIT)
        send(simulator, f"/api/1/datasets/{dataset}/upload/", b"2", "second.csv")
        gate.set()
        first.result(WAIT)
    ((one, other),) = simulator.journal.overlapping_uploads()
    assert one.path == path
    assert other.path == f"/api/1/datasets/{dataset}/upload/"


def test_an_edit_during_an_upload_is_lost_as_on_the_portal(simulator: Simulator) -> None:
    """The portal writes the whole resource back as it read it at the upload's start."""
    dataset, resource, path = prepared(simulator)
    gate = threading.Event()
    fault = simulator.faults.add(path="/upload/", gate=gate, answer="wait")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(send, simulator, path)
        assert fault.reached.wait(WAIT)
        simulator.store.edit(dataset, resource, {"description": "Écrite entre-temps"})
        gate.set()
        assert answer.result(WAIT).json()["description"] is None


def test_its_state_is_found_again_by_the_next_one(tmp_path: Path) -> None:
    with Simulator(tmp_path) as first:
        dataset, resource, path = prepared(first)
        first.store.harvest(dataset)
        assert send(first, path, b"kept").status_code == 200
        before = call(first, "GET", f"/api/1/datasets/{dataset}/").text
        keys, old_url = first.keys, first.url
    with Simulator(tmp_path) as second:
        assert second.keys == keys
        after = call(second, "GET", f"/api/1/datasets/{dataset}/").text
        assert json.loads(after) == json.loads(before.replace(old_url, second.url))
        link = json.loads(after)["resources"][0]["url"]
        assert httpx.get(link).content == b"kept"
        assert call(second, "GET", f"/api/1/datasets/r/{resource}").status_code == 302


def test_it_runs_as_a_process_that_says_where_it_is(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "syncd.simulator", "--ready-file", str(ready)]
    with subprocess.Popen(
        [*command, "--state", str(tmp_path / "state")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("}"):
                break
        try:
            facts = json.loads(text)
            assert json.loads(ready.read_text()) == facts
            assert set(facts["keys"]) == {"sysadmin", "editor", "orgadmin", "partial", "stranger"}
            shown = httpx.get(f"{facts['base']}/api/1/datasets/{facts['dataset']['id']}/").json()
            assert {r["id"] for r in shown["resources"]} == set(facts["resources"].values())
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT) == 0


def test_a_port_that_is_taken_is_an_error(simulator: Simulator) -> None:
    with pytest.raises(OSError, match="in use"):
        Simulator(port=int(simulator.url.rsplit(":", 1)[1]))
