"""Killed, interrupted, or two at once: what the installed command leaves behind, and how the next
one goes on (docs/architecture.md, Promises 3, 4 and 8)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from syncd.simulator.faults import Fault
from tests.support.cli_harness import PATIENCE, Office, Running, sha1
from tests.support.recording_proxy import Doorway
from tests.support.s3_servers import PART

NEW = b"id\n1\n2\n"
UPLOAD = r"/upload/$"

Watched = tuple[Office, Doorway]


class Holding:
    """Keeps back one kind of answer from the moment that an upload was answered."""

    def __init__(self, doorway: Doorway, method: str) -> None:
        self.reached = threading.Event()
        self.released = threading.Event()
        self._doorway = doorway
        self._method = method
        doorway.on_answer = self._hold

    def _hold(self, method: str, _path: str) -> None:
        if self._doorway.uploads() and method == self._method:
            self.reached.set()
            self.released.wait(PATIENCE)

    def release(self) -> None:
        self._doorway.on_answer = lambda _method, _path: None
        self.released.set()


def test_killed_between_upload_and_title_the_next_sync_restores_it_and_sends_nothing(
    watched: Watched,
) -> None:
    office, doorway = watched
    resource = office.target("Titre humain", "a.csv", NEW)
    holding = Holding(doorway, "GET")
    with office.start("sync", "--json") as running:
        running.wait_for("publication.stored")
        assert holding.reached.wait(PATIENCE)
        running.kill()
    holding.release()
    assert office.online(resource)["title"] == "a.csv"

    done = office.sync()

    assert (done.code, done.outcomes) == (0, {"a.csv": "replaced"})
    assert office.online(resource)["title"] == "Titre humain"
    assert doorway.uploads() == 1
    assert office.sync().document["summary"] == {"unchanged": 1}


def test_killed_while_the_answer_of_the_upload_is_on_its_way_the_title_comes_back(
    watched: Watched,
) -> None:
    office, doorway = watched
    resource = office.target("Titre humain", "a.csv", NEW)
    holding = Holding(doorway, "POST")
    with office.start("sync", "--json") as running:
        assert holding.reached.wait(PATIENCE)
        running.kill()
    holding.release()

    done = office.sync()

    assert (done.code, done.outcomes) == (0, {"a.csv": "replaced"})
    assert office.online(resource)["title"] == "Titre humain"
    assert doorway.uploads() == 1


def test_a_created_resource_that_was_cut_before_its_title_is_finished_and_not_doubled(
    watched: Watched,
) -> None:
    office, doorway = watched
    office.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    office.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    holding = Holding(doorway, "POST")
    with office.start("sync", "--json") as running:
        assert holding.reached.wait(PATIENCE)
        running.kill()
    holding.release()

    done = office.sync()

    assert (done.code, done.outcomes) == (0, {"f/f_2024.csv": "created"})
    (made,) = office.portal.dataset(office.dataset)["resources"]
    assert made["title"] == "Festivals 2024"
    assert "syncd:source" in made["extras"]
    assert doorway.uploads() == 1


def test_a_title_changed_by_a_person_between_upload_and_restore_is_kept(watched: Watched) -> None:
    office, doorway = watched
    resource = office.target("Ancien titre", "a.csv", NEW)

    def someone_writes(method: str, _path: str) -> None:
        if method == "POST":
            office.portal.edit(office.dataset, resource, title="Écrit par une personne")

    doorway.on_answer = someone_writes

    assert office.sync().outcomes == {"a.csv": "replaced"}
    assert office.online(resource)["title"] == "Écrit par une personne"


def test_a_title_changed_by_a_person_after_a_kill_is_kept(watched: Watched) -> None:
    office, doorway = watched
    resource = office.target("Ancien titre", "a.csv", NEW)
    holding = Holding(doorway, "POST")
    with office.start("sync") as running:
        assert holding.reached.wait(PATIENCE)
        running.kill()
    holding.release()
    office.portal.edit(office.dataset, resource, title="Écrit par une personne")

    assert office.sync().code == 0
    assert office.online(resource)["title"] == "Écrit par une personne"
    assert doorway.uploads() == 1


# -- the server is still busy ------------------------------------------------------------------


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, so that no upload waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def killed_with_the_bytes_sent(office: Office, gate: threading.Event) -> Fault:
    """The server has every byte, and has committed nothing yet."""
    # Whoever comes next may have to wait for its turn before it looks.
    office.settings["SYNCD_SETTLE_WINDOW"] = str(PATIENCE)
    fault = office.simulator.faults.add(method="POST", path=UPLOAD, gate=gate, answer="wait")
    with office.start("sync") as running:
        running.wait_for("upload.sent")
        assert fault.reached.wait(PATIENCE)
        running.kill()
    return fault


def commit_while_it_waits(office: Office, gate: threading.Event) -> Running:
    """The next sync; the server commits once that sync has looked for the file three times."""
    path = f"/datasets/{office.dataset}/$"
    office.simulator.faults.add(method="GET", path=path, after=2, hook=gate.set)
    return office.start("sync", "--json")


def test_killed_while_the_server_is_busy_the_next_sync_waits_and_sends_nothing(
    office: Office, gate: threading.Event
) -> None:
    resource = office.target("Titre humain", "a.csv", NEW)
    fault = killed_with_the_bytes_sent(office, gate)
    assert sha1(NEW) != office.online(resource)["checksum"]["value"]

    with commit_while_it_waits(office, gate) as running:
        done = running.finish()

    assert fault.done.wait(PATIENCE)
    assert (done.code, done.outcomes) == (0, {"a.csv": "replaced"})
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)
    assert office.online(resource)["title"] == "Titre humain"
    assert office.uploads() == 1


def test_killed_while_the_server_is_busy_with_a_new_resource_none_is_doubled(
    office: Office, gate: threading.Event
) -> None:
    office.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    office.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    killed_with_the_bytes_sent(office, gate)
    assert office.order() == []

    with commit_while_it_waits(office, gate) as running:
        done = running.finish()

    assert (done.code, done.outcomes) == (0, {"f/f_2024.csv": "created"})
    (made,) = office.portal.dataset(office.dataset)["resources"]
    assert made["title"] == "Festivals 2024"
    assert office.uploads() == 1


@pytest.mark.stress
@pytest.mark.udata
def test_killed_while_the_real_portal_is_busy_nothing_is_sent_twice(real: Office) -> None:
    """With a file so large that the portal is still storing it when its client is gone."""
    title, size = "Très gros fichier", 64 * PART
    resource = real.target(title, "gros.csv", None)
    put_rows(real, "gros.csv", size)
    with real.start("sync") as running:
        running.wait_for("upload.sent")
        running.kill()
    assert real.online(resource)["filesize"] != size  # else the test shows nothing

    done = real.sync()

    assert (done.code, done.outcomes) == (0, {"gros.csv": "replaced"})
    assert "cut short" in done.reasons["gros.csv"]
    assert "upload.sent" not in {event["event"] for event in done.events}
    online = real.online(resource)
    assert (online["title"], online["filesize"]) == (title, size)
    assert real.order() == [resource]
    assert real.sync().document["summary"] == {"unchanged": 1}


def put_rows(office: Office, key: str, size: int) -> None:
    """One part of rows, sent as often as needed: no big value is ever in memory."""
    where = {"Bucket": office.bucket.bucket, "Key": key}
    client = office.bucket.client
    upload = client.create_multipart_upload(**where)["UploadId"]  # type: ignore[arg-type]  # one dict for three calls
    block, parts = b"0\n" * (2 * PART), []
    for number in range(1, size // len(block) + 1):
        sent = client.upload_part(**where, UploadId=upload, PartNumber=number, Body=block)  # type: ignore[arg-type]  # as above
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    whole: Any = {"Parts": parts}
    client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=whole)  # type: ignore[arg-type]  # as above


# -- interrupted, and two at once --------------------------------------------------------------


def test_ctrl_c_during_an_upload_says_one_sentence_and_the_next_sync_is_fine(
    office: Office, gate: threading.Event
) -> None:
    resource = office.target("Titre humain", "a.csv", NEW)
    fault = office.simulator.faults.add(method="POST", path=UPLOAD, gate=gate, answer="wait")
    with office.start("sync") as running:
        running.wait_for("upload.sent")
        assert fault.reached.wait(PATIENCE)
        stopped = running.interrupt()
    gate.set()

    assert stopped.code == 130
    assert (len(stopped.said), stopped.out) == (1, "")
    assert "the next `syncd sync`" in stopped.said[0]
    assert list((office.state / "spool").glob("*")) == []

    done = office.sync()

    assert (done.code, done.outcomes) == (0, {"a.csv": "replaced"})
    assert office.online(resource)["title"] == "Titre humain"
    assert office.uploads() == 1


def test_two_syncs_at_once_publish_every_file_once_and_never_together(office: Office) -> None:
    resources = {
        office.target(f"Titre {number}", f"{number}.csv", b"id\n%d\n" % number): number
        for number in range(4)
    }
    # Each answer comes late, so that the second sync is there long before the first is done.
    office.simulator.faults.add(method="POST", path=UPLOAD, times=None, delay=0.7)

    with office.start("sync", "--json") as one, office.start("sync", "--json") as other:
        ends = [one.finish(), other.finish()]

    assert [end.code for end in ends] == [0, 0]
    summaries = [end.document["summary"] for end in ends]
    assert sorted(summaries, key=str) == [{"replaced": 4}, {"unchanged": 4}]
    assert office.simulator.journal.overlapping_uploads() == []
    assert office.uploads() == 4
    for resource, number in resources.items():
        assert office.online(resource)["title"] == f"Titre {number}"


def test_a_sync_that_may_not_wait_says_who_holds_the_dataset(
    office: Office, gate: threading.Event
) -> None:
    office.target("Titre humain", "a.csv", NEW)
    fault = office.simulator.faults.add(method="POST", path=UPLOAD, gate=gate, answer="wait")
    with office.start("sync", "--json") as first:
        assert fault.reached.wait(PATIENCE)
        second = office.sync("--wait", "0s")
        gate.set()
        done = first.finish()

    assert (second.code, second.outcomes) == (1, {"a.csv": "failed"})
    assert f"pid {first.process.pid}" in second.reasons["a.csv"]
    assert (done.code, done.outcomes) == (0, {"a.csv": "replaced"})
    assert office.uploads() == 1


def test_files_that_a_killed_sync_left_in_the_spool_are_swept_by_the_next(
    office: Office, gate: threading.Event
) -> None:
    office.target("Titre humain", "a.csv", NEW)
    killed_with_the_bytes_sent(office, gate)
    assert list((office.state / "spool").glob("*"))
    gate.set()

    assert office.sync().code == 0
    assert list((office.state / "spool").glob("*")) == []
