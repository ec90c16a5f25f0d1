"""`syncd run` as a process: day and night, asked, reloaded, stopped."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.cli_harness import PATIENCE, Office, Running, asked, ended, sha1
from tests.support.one_move import put

EVERY = "schedule: {every: 10s}"
SELDOM = "schedule: {every: 1d}"
OLD, NEW = b"id\n1\n", b"id\n1\n2\n"
LONG = str(4 * PATIENCE)  # seconds: whoever waits for so long is given up by then


@contextmanager
def service(
    office: Office, schedule: str = SELDOM, *, cold: bool = False, **settings: str
) -> Iterator[Running]:
    wanted = {"SYNCD_HTTP_ADDRESS": "off", "SYNCD_STOP_GRACE": LONG, **settings}
    office.defaults = schedule
    with office.start("run", cold=cold, **wanted) as running:
        yield running


def published(office: Office, resource: str, content: bytes) -> None:
    shown = office.online(resource)
    assert shown["checksum"]["value"] == sha1(content)


def test_without_postgresql_a_service_loads_nothing_of_it(office: Office) -> None:
    """From its start over a publication to its end."""
    office.target("Liste", "a.csv", NEW)
    with service(office, cold=True, PYTHONPROFILEIMPORTTIME="1") as running:
        running.wait_for("cycle.done")
        running.process.send_signal(signal.SIGTERM)
        said = running.finish().said
    loaded = {line.rpartition("|")[2].strip() for line in said}
    assert {"syncd.service.worker", "sqlalchemy", "sqlite3"} <= loaded
    drivers = ("procrastinate", "psycopg", "psycopg_pool", "asgiref", "syncd.adapters.queue")
    assert [name for name in drivers if name in loaded] == []
    assert "syncd.adapters.ledger.postgresql" not in loaded


def test_a_new_object_is_online_within_the_interval(office: Office) -> None:
    resource = office.target("Liste", "a.csv", OLD)
    with service(office, EVERY, cold=True) as running:
        running.wait_for("publication.done")
        running.wait_for("cycle.done")
        office.bucket.put("a.csv", NEW)
        running.wait_for("publication.done")
        ended(running)
    published(office, resource, NEW)
    assert office.online(resource)["title"] == "Liste"


def test_the_same_on_the_real_portal(real: Office) -> None:
    resource = real.target("Liste", "a.csv", OLD)
    with service(real, EVERY) as running:
        running.wait_for("publication.done")
        running.wait_for("cycle.done")
        real.bucket.put("a.csv", NEW)
        running.wait_for("publication.done")
        ended(running)
    published(real, resource, NEW)
    assert real.online(resource)["title"] == "Liste"


def test_a_signal_asks_for_a_cycle_at_once(office: Office) -> None:
    resource = office.target("Liste", "a.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        office.bucket.put("a.csv", NEW)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("publication.done")  # not in a day, as planned
        ended(running)
    published(office, resource, NEW)


def test_datasets_that_are_due_together_are_looked_at_together(office: Office) -> None:
    office.target("Liste", "commun/0.csv", OLD)
    for number in range(1, 5):
        dataset = office.portal.new_dataset()
        office.target("Liste", f"commun/{number}.csv", OLD, dataset=dataset)
    with service(office) as running:
        for _ in range(5):  # a dataset at work would be looked at later, by itself
            running.wait_for("cycle.done")
        running.process.send_signal(signal.SIGUSR1)
        idle = running.wait_for("cycle.idle")
        assert (idle["datasets"], idle["outcomes"]) == (5, {"unchanged": 5})
        office.bucket.put("commun/3.csv", NEW)
        running.process.send_signal(signal.SIGUSR1)
        found = running.wait_for_each("cycle.idle", "cycle.done")
        assert found["cycle.idle"]["outcomes"] == {"unchanged": 4}
        assert found["cycle.done"]["outcomes"] == {"replaced": 1}
        ended(running)


def test_trigger_asks_the_service_through_the_ledger(office: Office) -> None:
    resource = office.target("Liste", "a.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        office.bucket.put("a.csv", NEW)
        trigger = office.run("trigger", "--dataset", office.dataset)
        assert trigger.code == 0, trigger.all
        running.wait_for("publication.done")
        running.wait_for("cycle.done")
        unknown = office.run("trigger", "--dataset", "f" * 24)
        assert unknown.code == 2
        ended(running)
    published(office, resource, NEW)
    alone = office.run("trigger")
    assert alone.code == 1
    assert "syncd run" in alone.err


def test_a_request_during_a_cycle_is_remembered_and_done_once(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        office.bucket.put("a.csv", NEW)
        reached, released = threading.Event(), threading.Event()

        def hold() -> None:
            reached.set()
            released.wait(PATIENCE)

        office.simulator.faults.add(method="GET", path=r"/datasets/[^/]+/$", hook=hold)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("service.asked")
        # Before that, further signals would join the job that still waits for its thread.
        assert reached.wait(PATIENCE)
        for _ in range(3):
            running.process.send_signal(signal.SIGUSR1)
            running.wait_for("service.asked")
        released.set()
        running.wait_for("publication.done")
        first = running.wait_for("cycle.done")
        second = running.wait_for("cycle.done")
        assert first["outcomes"] == {"replaced": 1}
        assert second["outcomes"] == {"unchanged": 1}
        done = ended(running).events
    assert sum(e["event"] == "cycle.done" for e in done) == 3


def test_a_broken_manifest_keeps_the_old_one_in_force(office: Office) -> None:
    resource = office.target("Liste", "a.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        good = office.manifest.read_text(encoding="utf-8")
        put(office.manifest, good.replace("object:", "objet:"))
        running.process.send_signal(signal.SIGHUP)
        said = running.wait_for("manifest.invalid")
        assert "manifest.yaml:" in said["problem"]
        assert "object" in said["problem"]
        office.bucket.put("a.csv", NEW)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("publication.done")
        running.wait_for("cycle.done")
        with office.running("status", "--all") as asking:
            status = asking.finish()
        assert (status.code, "manifest.yaml:" in status.err) == (2, True)
        assert "Liste" in status.out  # how things stand is said all the same
        with office.running("trigger") as asking:
            trigger = asking.finish()
        assert (trigger.code, "manifest.yaml:" in trigger.err) == (0, True)
        running.wait_for("cycle.done")
        put(office.manifest, good + "\n# mended\n")
        running.wait_for("manifest.in_force")  # by itself, after two seconds
        ended(running)
    published(office, resource, NEW)


def test_a_restart_on_a_broken_manifest_goes_on_with_the_last_good_one(office: Office) -> None:
    resource = office.target("Liste", "a.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        ended(running)
    office.bucket.put("a.csv", NEW)
    put(office.manifest, "datasets: [\n")
    with office.running("run", SYNCD_HTTP_ADDRESS="off") as running:
        running.wait_for("manifest.invalid")
        running.wait_for("publication.done")
        ended(running)
    published(office, resource, NEW)


def test_a_first_start_on_a_broken_manifest_ends(office: Office) -> None:
    put(office.manifest, "datasets: [\n")
    with office.running("run", SYNCD_HTTP_ADDRESS="off") as running:
        done = running.finish()
    assert done.code == 2
    assert "manifest.yaml:" in done.err


def test_losing_most_targets_waits_for_a_second_signal(office: Office) -> None:
    kept = office.target("Gardée", "a.csv", OLD)
    for n in range(4):
        office.target(f"Perdue {n}", f"p{n}.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        office.entries[office.dataset] = office.entries[office.dataset][:1]
        put(office.manifest, office.text)
        held = running.wait_for("manifest.held")
        assert (held["removed"], held["before"]) == (4, 5)
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("manifest.held")
        running.process.send_signal(signal.SIGHUP)
        taken = running.wait_for("manifest.in_force")
        assert (taken["added"], taken["removed"], taken["targets"]) == (0, 4, 1)
        office.bucket.put("a.csv", NEW)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("publication.done")
        ended(running)
    published(office, kept, NEW)


def test_a_configmap_swap_is_seen(office: Office, tmp_path: Path) -> None:
    """Kubernetes links `manifest.yaml` to `..data/manifest.yaml`, and swaps `..data`."""
    office.target("Liste", "a.csv", OLD)
    folder = tmp_path / "config"
    (folder / "v1").mkdir(parents=True)
    office.defaults = SELDOM
    (folder / "v1" / "manifest.yaml").write_text(office.text, encoding="utf-8")
    (folder / "..data").symlink_to("v1")
    (folder / "manifest.yaml").symlink_to("..data/manifest.yaml")
    where = {"SYNCD_MANIFEST": str(folder / "manifest.yaml"), "SYNCD_HTTP_ADDRESS": "off"}
    with office.running("run", **where) as running:
        running.wait_for("cycle.done")
        office.target("Autre", "b.csv", NEW)
        (folder / "v2").mkdir()
        (folder / "v2" / "manifest.yaml").write_text(office.text, encoding="utf-8")
        (folder / "..next").symlink_to("v2")
        (folder / "..next").replace(folder / "..data")
        taken = running.wait_for("manifest.in_force")
        assert (taken["added"], taken["removed"]) == (1, 0)
        ended(running)


def test_secret_files_are_read_again(office: Office, tmp_path: Path) -> None:
    office.target("Liste", "a.csv", OLD)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    key = secrets / "SYNCD_API_KEY"
    put(key, "udata_" + "x" * 64)
    settings = {"SYNCD_SECRETS_DIR": str(secrets), "SYNCD_API_KEY": ""}
    with service(office, **settings) as running:
        refused = running.wait_for("cycle.done")
        assert refused["outcomes"] == {"failed": 1}
        put(key, office.portal.keys["editor"])
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("manifest.in_force")
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("publication.done")
        ended(running)


def test_stopped_in_the_middle_of_an_upload_it_lets_it_finish(office: Office) -> None:
    resource = office.target("Liste", "a.csv", OLD)
    office.simulator.faults.add(method="POST", path=r"/upload/$", late=2, answer="wait")
    with service(office) as running:
        running.wait_for("publication.begun")
        ended(running)
    published(office, resource, OLD)
    assert office.online(resource)["title"] == "Liste"


def test_an_upload_that_outlasts_the_grace_is_finished_by_the_next_start(office: Office) -> None:
    resource, gate = office.target("Liste", "a.csv", OLD), threading.Event()
    faults = office.simulator.faults
    upload = faults.add(method="POST", path=r"/upload/$", gate=gate, answer="wait")
    with service(office, SYNCD_STOP_GRACE="1") as running:
        assert upload.reached.wait(PATIENCE)
        ended(running)
    # The portal commits when the next start has looked for it.
    faults.add(method="GET", path=f"/datasets/{office.dataset}/$", after=2, hook=gate.set)
    with service(office, SYNCD_SETTLE_WINDOW=str(PATIENCE)) as running:
        running.wait_for("cycle.done")
        ended(running)
    published(office, resource, OLD)
    assert office.online(resource)["title"] == "Liste"
    assert office.uploads() == 1
    assert len(office.order()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_it_stops_at_once(office: Office, number: int) -> None:
    office.target("Liste", "a.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        ended(running, number)


def test_a_second_signal_stops_at_once(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    gate = threading.Event()
    path = r"/upload/$"
    upload = office.simulator.faults.add(method="POST", path=path, gate=gate, answer="wait")
    with service(office) as running:
        assert upload.reached.wait(PATIENCE)
        running.process.send_signal(signal.SIGTERM)
        running.wait_for("service.stopping")
        while running.process.poll() is None:  # the upload has no end; two at once would be one
            running.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(0.1)
        assert running.finish().code == 0
    gate.set()


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT], ids=lambda n: n.name
)
def test_a_signal_during_the_start_kills_nothing(office: Office, number: int) -> None:
    """Sent as soon as the interpreter has come to our first line, long before the service runs."""
    office.target("Liste", "a.csv", OLD)
    with service(office, cold=True) as running:
        until_handled(running.process.pid, number)
        running.process.send_signal(number)
        if number in {signal.SIGTERM, signal.SIGINT}:
            assert running.finish().code == 0
        else:
            running.wait_for("cycle.done")
            ended(running)


def until_handled(pid: int, number: int) -> None:
    """Until the process has a handler for this signal, as its kernel says."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        fields = dict(
            line.split(":\t")
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        if int(fields["SigCgt"], 16) >> (number - 1) & 1 and not _is_pythons_own(fields, number):
            return
    raise AssertionError("no handler")


def _is_pythons_own(fields: dict[str, str], number: int) -> bool:
    """Python itself catches SIGINT; ours is there when SIGHUP is caught too."""
    return not int(fields["SigCgt"], 16) >> (signal.SIGHUP - 1) & 1


def test_health_metrics_and_readiness(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    with service(office, SYNCD_HTTP_ADDRESS="127.0.0.1:0") as running:
        address = running.wait_for("service.started")["http"]
        running.wait_for("cycle.done")
        base = f"http://{address}"
        assert asked(f"{base}/healthz").json() == {"status": "ok", "reasons": []}
        assert asked(f"{base}/readyz").status_code == 200
        metrics = asked(f"{base}/metrics").text
        assert f'syncd_cycles_total{{dataset="{office.dataset}",result="ok"}} 1.0' in metrics
        assert "a.csv" not in metrics
        healthy = office.run_with("health", SYNCD_HTTP_ADDRESS=address)
        assert healthy.code == 0, healthy.all
        put(office.manifest, "datasets: [\n")
        running.wait_for("manifest.invalid")
        answer = asked(f"{base}/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["manifest_invalid"])
        assert "syncd_manifest_valid 0.0" in asked(f"{base}/metrics").text
        ended(running)
    assert office.run_with("health", SYNCD_HTTP_ADDRESS=address).code == 1


def test_what_is_paused_is_left_alone_and_status_says_why(office: Office) -> None:
    office.target("Liste", "a.csv", OLD, paused="Reprise en janvier")
    open_one = office.target("Autre", "b.csv", NEW)
    with service(office) as running:
        done = running.wait_for("cycle.done")
        assert done["outcomes"] == {"replaced": 1}
        ended(running)
    published(office, open_one, NEW)
    status = office.run("status", "--json").document
    states = {one["object"]: one["state"] for one in status["targets"]}
    assert states == {"a.csv": "paused", "b.csv": "replaced"}
    assert "Reprise en janvier" in office.run("status").out
    named = office.sync("--resource", "a.csv")
    assert named.code == 2
    assert "Reprise en janvier" in named.err


def test_status_knows_the_service_and_its_plans(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    with service(office, "schedule: {cron: '0 6 1 1 *'}") as running:
        running.wait_for("service.started")
        started = json.loads(office.run("status", "--json").out)
        assert started["service"]["pid"] == running.process.pid
        assert started["targets"][0]["next_run"][4:] == "-01-01T06:00:00+01:00"
        ended(running)
    assert office.run("status", "--json").document["service"] is None
    assert office.uploads() == 0  # cron: not because of a start


def test_a_cron_instant_that_was_missed_is_made_up_for(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    schedule = "schedule: {cron: '* * * * *'}"
    office.defaults = schedule
    assert office.sync().code == 0
    with closing(sqlite3.connect(office.state / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE runs SET started_at = '2026-01-01T00:00:00.000000+00:00'")
    with service(office, schedule) as running:
        done = running.wait_for("cycle.done")
        assert done["why"] == "start"
        ended(running)


def test_a_cycle_that_hangs_is_reported_and_blocks_nobody(office: Office) -> None:
    office.target("Pend", "a.csv", OLD)
    other = office.portal.new_dataset("Autre")
    office.target("Va", "b.csv", NEW, dataset=other)
    released = threading.Event()
    office.simulator.faults.add(
        path=rf"/api/1/datasets/{office.dataset}/$", hook=lambda: released.wait(PATIENCE)
    )
    with service(office, SYNCD_CYCLE_DEADLINE="2", SYNCD_CONCURRENCY="1") as running:
        while running.wait_for("cycle.overdue")["dataset"] != office.dataset:
            pass  # on a busy machine, the other one
        done = running.wait_for("publication.done")
        assert done["key"] == "b.csv"
        running.process.send_signal(signal.SIGTERM)
        released.set()
        running.finish()


def test_status_says_what_the_service_is_doing_now_and_nothing_once_it_is_dead(
    office: Office,
) -> None:
    office.target("Liste", "a.csv", OLD)
    released, there = threading.Event(), threading.Event()

    def hook() -> None:
        there.set()
        released.wait(PATIENCE)

    office.simulator.faults.add(path=rf"/api/1/datasets/{office.dataset}/$", hook=hook)
    with service(office) as running:
        assert there.wait(PATIENCE)
        (work,) = office.run("status", "--json").document["now"]
        assert (work["dataset"], work["doing"]) == (office.dataset, "look")
        assert "looking, since" in office.run("status").out
        running.kill()
    released.set()
    assert office.run("status", "--json").document["now"] == []


def test_a_refused_key_is_said_as_such_and_not_as_a_portal_that_cannot_be_reached(
    office: Office,
) -> None:
    office.target("Liste", "a.csv", OLD)
    settings = {"SYNCD_HTTP_ADDRESS": "127.0.0.1:0", "SYNCD_API_KEY": "expired"}
    with service(office, **settings) as running:
        address = running.wait_for("service.started")["http"]
        running.wait_for("cycle.done")
        answer = asked(f"http://{address}/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["key_refused"])
        metrics = asked(f"http://{address}/metrics").text
        assert "syncd_portal_reachable 1.0" in metrics
        assert "syncd_key_refused 1.0" in metrics
        said = office.run("status").out
        assert "refuses the key in SYNCD_API_KEY" in said
        assert "1 needs somebody" in said
        assert "reach" not in said
        ended(running)
    with_it = office.run_with("check", "--online", SYNCD_API_KEY="expired")
    assert "refuses the key in SYNCD_API_KEY" in with_it.out
    assert "cannot be reached" not in with_it.all


def test_a_ledger_removed_under_the_service_is_said(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    with service(office, SYNCD_HTTP_ADDRESS="127.0.0.1:0") as running:
        address = running.wait_for("service.started")["http"]
        running.wait_for("cycle.done")
        (office.state / "ledger.sqlite").unlink()
        said = running.wait_for("service.trouble")
        assert "ledger_replaced" in said["why"]
        answer = asked(f"http://{address}/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["ledger_unusable"])
        ended(running)


def test_a_held_manifest_is_not_forced_by_a_restart(office: Office) -> None:
    for n in range(3):
        office.target(f"Titre {n}", f"p{n}.csv", OLD)
    with service(office) as running:
        running.wait_for("cycle.done")
        ended(running)
    office.entries[office.dataset] = office.entries[office.dataset][:1]
    with service(office) as running:
        held = running.wait_for("manifest.held")
        assert (held["removed"], held["before"]) == (2, 3)
        assert running.wait_for("cycle.done")["outcomes"] == {"unchanged": 3}
        ended(running)
