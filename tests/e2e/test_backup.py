"""`syncd backup` and `syncd restore`, by the installed command; also of a service at work."""

from __future__ import annotations

import json
import shutil
import signal
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_harness import Done, Office, ended
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 100
BY = ("--by", "Léa")


@pytest.fixture
def either(portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    return Office(portal_server, seaweed_bucket, tmp_path)


@pytest.fixture
def synced(office: Office) -> Office:
    office.target("Liste", "a.csv", OLD)
    assert office.sync().code == 0
    return office


def restore(office: Office, path: Path | str, *options: str) -> Done:
    return office.run("restore", str(path), *BY, *options)


def history(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = office.run("history", "--json").document
    return found


def test_a_state_goes_to_another_folder_and_works_on_there(synced: Office) -> None:
    before = history(synced)
    folder = synced.folder / "backups"
    folder.mkdir()
    done = synced.run("backup", str(folder))
    assert done.code == 0, done.all
    (path,) = folder.iterdir()
    assert str(path) in done.out
    assert path.name.startswith("syncd-20")
    again = synced.run("backup", str(path))
    assert (again.code, len(again.all.strip().splitlines())) == (2, 1), again.all
    synced.state = synced.folder / "new"

    nobody = synced.run("restore", str(path))
    assert (nobody.code, "--by" in nobody.all, synced.state.exists()) == (2, True, False)
    done = restore(synced, path, "--note", "nouvelle machine")
    assert done.code == 0, done.all
    assert "syncd plan" in done.out

    after = history(synced)
    assert after["publications"] == before["publications"]
    assert after["events"][:-1] == before["events"]
    assert after["events"][-1]["kind"] == "restored"
    assert "restored from the backup" in synced.run("history").out
    assert "restored" in synced.run("history", "--csv").out
    assert synced.run("verify", "--head", after["events"][-1]["facts"]["head"]).code == 0
    synced.simulator.journal.clear()
    assert synced.sync().outcomes == {"a.csv": "unchanged"}
    assert synced.uploads() == 0
    refused = restore(synced, path)
    assert (refused.code, "--move-aside" in refused.all) == (2, True)
    assert restore(synced, path, "--move-aside").code == 0


def test_to_and_from_a_bucket(synced: Office) -> None:
    refused = synced.run("backup", "s3://elsewhere/syncd.tar")
    assert (refused.code, "depot" in refused.all) == (2, True)
    done = synced.run("backup", "s3://depot/backups/syncd.tar")
    assert done.code == 0, done.all
    shutil.rmtree(synced.state)

    gone = restore(synced, "s3://depot/backups/other.tar")
    assert (gone.code, len(gone.all.strip().splitlines())) == (2, 1), gone.all
    assert restore(synced, "s3://depot/backups/syncd.tar").code == 0
    assert synced.sync().outcomes == {"a.csv": "unchanged"}


def test_a_service_at_work_is_backed_up_and_keeps_its_state_folder(synced: Office) -> None:
    """Each backup is what was true at an instant: a beginning of the history, and nothing else."""
    office = synced
    paths = []
    with office.start("run", SYNCD_HTTP_ADDRESS="off") as running:
        running.wait_for("cycle.done")
        for number in range(4):
            office.bucket.put("a.csv", OLD + b"3\n" * (number + 1))
            running.process.send_signal(signal.SIGUSR1)
            path = office.folder / f"{number}.tar"
            done = office.run("backup", str(path))  # while it publishes
            assert done.code == 0, done.all
            paths.append(path)
            running.wait_for("publication.done")
        refused = restore(office, paths[0], "--move-aside")
        assert (refused.code, "service runs" in refused.all) == (2, True), refused.all
        assert ended(running).code == 0
    everything = history(office)["publications"]
    heads = [about(path)["head"] for path in paths]
    for head in {*heads}:  # a line of the chain that was written in the end, and all before it
        assert office.run("verify", "--head", head).code == 0

    counts = []
    for path in paths[::2]:
        assert restore(office, path, "--move-aside").code == 0
        found = history(office)["publications"]
        assert [as_written(one) for one in found] == [
            as_written(one) for one in everything[: len(found)]
        ]
        checked = office.run("verify", "--history")
        assert checked.code == 0, checked.all
        counts.append(len(found))
        shutil.rmtree(office.state)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_what_came_online_after_the_backup_is_adopted_or_stays(either: Office) -> None:
    office = either
    found = {key: office.target(key, key, OLD) for key in ("a.csv", "b.csv", "c.csv")}
    assert office.sync().code == 0
    path = office.folder / "syncd.tar"
    assert office.run("backup", str(path)).code == 0
    for key in ("a.csv", "b.csv"):
        office.bucket.put(key, GOOD)
    assert office.sync().outcomes == {
        "a.csv": "replaced", "b.csv": "replaced", "c.csv": "unchanged",
    }  # fmt: skip
    assert office.run("undo", "b.csv", *BY).code == 0  # back to what the backup knows
    by_hand = OLD + b"4\n"
    office.portal.replace(office.dataset, found["c.csv"], "main.csv", by_hand)
    office.portal.edit(office.dataset, found["c.csv"], title="c.csv")
    before = {key: office.online(one) for key, one in found.items()}

    assert restore(office, path, "--move-aside").code == 0
    plan = office.run("plan", "--json")
    done = office.sync()

    assert (plan.code, done.code) == (0, 0), done.all
    assert done.outcomes == {"a.csv": "adopted", "b.csv": "pinned", "c.csv": "pinned"}
    assert plan.actions == {"a.csv": "adopt", "b.csv": "pinned", "c.csv": "pinned"}
    assert "after the backup" in done.reasons["a.csv"]
    after = {key: office.online(one) for key, one in found.items()}
    assert after["c.csv"]["extras"].pop("syncd:pinned")  # it stays by a pin from now on
    assert after == before
    assert office.permanent_link(found["b.csv"]) == OLD
    assert office.permanent_link(found["c.csv"]) == by_hand


def about(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as tar:
        member = tar.extractfile("backup.json")
        assert member is not None
        found: dict[str, Any] = json.load(member)
        return found


def as_written(line: dict[str, Any]) -> dict[str, Any]:
    """Later lines tell where its bytes are kept no more."""
    return {name: value for name, value in line.items() if name != "kept"}
