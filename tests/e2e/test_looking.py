"""A person looks before deciding, by the installed command: fetch, diff, and undo tried first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli_harness import Office
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket

OLD = b"id;nom;courriel\n" + b"".join(
    f"{n};Musee {n};agent{n}@exemple.fr\n".encode() for n in range(100)
)
CUT = OLD[: OLD.index(b"9;Musee 9")]


@pytest.fixture
def holding(portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    office = Office(portal_server, seaweed_bucket, tmp_path)
    resource = office.resource("Musées", content=OLD)
    office.bucket.put("m.csv", CUT)
    office.entry(resource=resource, object="m.csv")
    assert office.sync().code == 3
    return office


def test_a_held_file_is_seen_fetched_released_and_undone(holding: Office, tmp_path: Path) -> None:
    seen = holding.run("diff", "m.csv", "--json")
    assert seen.code == 0, seen.all
    rows = seen.document["rows"]
    assert (rows["by"], rows["removed"], rows["same"]) == (["id"], 91, 9)
    assert seen.document["held"] is True
    assert "agent" not in seen.all
    shown = holding.run("diff", "m.csv")
    assert "91 removed, 0 added, 0 changed, 9 the same" in shown.out
    assert "nom=Musee 9, courriel=•••" in shown.out
    (hold,) = holding.run("holds", "--diff", "--json").document["holds"]
    assert hold["diff"] == seen.document
    (action,) = holding.run("plan", "--diff", "--json").document["actions"]
    assert (action["action"], action["diff"]) == ("hold", seen.document)

    output = tmp_path / "held.csv"
    fetch = ("fetch", "m.csv", "--held", "--output", str(output))
    assert holding.run(*fetch).code == 0
    assert output.read_bytes() == CUT
    assert output.stat().st_mode & 0o777 == 0o600
    again = holding.run(*fetch)
    assert again.code == 2
    assert "is there already and was left as it is" in again.all
    assert holding.run("fetch", "m.csv", "--output", str(output)).code == 2

    assert holding.run("release", "m.csv", "--by", "Léa").code == 0
    tried = holding.run("undo", "m.csv", "--dry-run", "--json")
    assert tried.code == 0, tried.all
    step = tried.document["undo"]
    assert (step["online"]["size"], step["back_to"]["size"]) == (len(CUT), len(OLD))
    assert tried.document["actions"][0]["action"] == "replace"
    done = holding.run("undo", "m.csv", "--by", "Léa")
    assert f"Back to: number {step['back_to']['number']}, of " in done.out
    assert f"Online again: number {step['back_to']['number']}, of " in done.out
