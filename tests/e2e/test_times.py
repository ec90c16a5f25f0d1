"""Whatever the machine's time zone, what people read has the manifest's, by name."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.cli_harness import Office

OLD = b"id\n" + b"0\n" * 1000
CUT = b"id\n" + b"2\n" * 10
MACHINES = ({}, {"TZ": "UTC"}, {"TZ": "Europe/Paris"}, {"TZ": "Pacific/Noumea"})
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?! Pacific/Noumea)")


@pytest.fixture
def busy(office: Office) -> Office:
    """One file taken back, one held, one paused; a schedule of a fixed hour."""
    office.more = "timezone: Pacific/Noumea\n"
    office.defaults = 'schedule: {cron: "0 6 1 1 *"}'
    listed = office.target("Liste", "liste.csv", OLD)
    office.target("Repos", "repos.csv", OLD, paused="en travaux")
    resource = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", CUT)
    office.entry(resource=resource, object="ecoles.csv")
    office.sync()
    undone = office.run("undo", listed, "--by", "Léa")
    assert undone.code == 0, undone.all
    return office


def test_what_is_shown_is_the_same_on_every_machine(busy: Office) -> None:
    for command, code in (
        (("status",), 0),
        (("history",), 0),
        (("history", "--csv"), 0),
        (("holds",), 0),
        (("plan",), 3),
        (("audit", "--html", "page.html"), 0),
    ):
        told = []
        for machine in MACHINES:
            done = busy.run_with(*command, **machine)
            assert done.code == code, done.all
            page = busy.folder / "page.html"
            shown = done.out + (page.read_text(encoding="utf-8") if page.is_file() else "")
            assert INSTANT.findall(shown) == [], command
            told.append(re.sub(r"(?<=Made on \d{4}-\d\d-\d\d )\d\d:\d\d", "", shown))
        assert len(set(told)) == 1, command
        assert "Pacific/Noumea" in told[0] or "+11:00" in told[0], command


def test_a_table_has_the_instants_of_the_documents_in_the_manifests_zone(busy: Office) -> None:
    rows = list(csv.DictReader(io.StringIO(busy.run("history", "--csv").out)))
    document = busy.run("history", "--json").document
    shown = [row["begun_at"] for row in rows if row["number"]]
    kept = [one["begun_at"] for one in document["publications"]]
    assert [datetime.fromisoformat(one) for one in shown] == [
        datetime.fromisoformat(one) for one in kept
    ]
    assert all(one.endswith("+11:00") for one in shown)
    assert all(one.endswith("+00:00") for one in kept)


def test_what_is_kept_without_a_manifest_is_told_in_its_zone_too(
    busy: Office, tmp_path: Path
) -> None:
    backup = str(tmp_path / "a.tar")
    assert busy.run("backup", backup).code == 0
    before = datetime.now().astimezone() + timedelta(hours=11)
    done = busy.run("restore", backup, "--move-aside", "--by", "Léa")
    assert done.code == 0, done.all
    assert re.search(rf"{before:%Y}-\d\d-\d\d \d\d:\d\d Pacific/Noumea", done.out)


def test_documents_have_the_instants_of_utc(busy: Office) -> None:
    told = [
        *busy.run_with("status", "--json", TZ="Pacific/Noumea").document["targets"],
        *busy.run_with("history", "--json", TZ="Pacific/Noumea").document["publications"],
    ]
    instants = [value for one in told for name, value in one.items() if name.endswith("_at")]
    found = [one for one in instants if one]
    assert found
    assert all(one.endswith("+00:00") for one in found)
