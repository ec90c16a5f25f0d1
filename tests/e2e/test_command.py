"""The command as a script, a scheduler or a tired person meets it: streams, exit codes, JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.support import terminals
from tests.support.cli_harness import PATIENCE, SYNCD, Done, Office
from tests.support.one_move import put

PLAN = {"actions", "failures", "unmapped", "unmapped_count", "renames", "paused", "summary"}
ACTION = {
    "dataset", "dataset_title", "resource", "title", "object", "action", "reason", "size",
    "previous_size", "columns", "previous_columns", "rows", "previous_rows", "schema",
    "dataset_page", "link", "address",
}  # fmt: skip
SYNC = {"outcomes", "unmapped", "unmapped_count", "renames", "paused", "summary"}
OUTCOME = {
    "dataset", "dataset_title", "dataset_page", "resource", "title", "object", "outcome",
    "reason", "sha1", "size", "seconds", "schema", "link",
}  # fmt: skip
STATUS = {"targets", "troubles", "unclaimed", "now", "service", "replicas", "last_cycle"}
TARGET = {
    "dataset", "dataset_title", "dataset_page", "resource", "title", "object", "state",
    "last_published_at", "last_checked_at", "sha1", "reason", "next_run", "schema", "link",
    "since", "commands",
}  # fmt: skip


@pytest.fixture
def mixed(office: Office) -> Office:
    """One target of each kind, and an object that nobody asked for."""
    office.target("Remplacé", "a.csv", b"id\n1\n")
    office.target("Disparu", "jamais.csv", None)
    office.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    office.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    office.bucket.put("f/orphelin.csv", b"1\n")
    return office


@pytest.fixture
def unread(office: Office) -> Office:
    """Entries whose objects nobody will look for."""
    office.entry(resource="00000000-0000-4000-8000-000000000000", object="a.csv")
    office.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    return office


def nothing_was_asked(office: Office) -> bool:
    """Of the portal, by the command."""
    asked = office.simulator.requests
    return not any(one.headers["user-agent"].startswith("syncd/") for one in asked)


def keys(rows: list[dict[str, Any]]) -> list[set[str]]:
    return [set(row) for row in rows]


def test_plan_writes_nothing_anywhere(mixed: Office) -> None:
    client, bucket = mixed.bucket.client, mixed.bucket.bucket
    before = mixed.portal.dataset(mixed.dataset), client.list_objects_v2(Bucket=bucket)["Contents"]

    done = mixed.run("plan")

    assert done.code == 3
    assert not mixed.state.exists()
    after = mixed.portal.dataset(mixed.dataset), client.list_objects_v2(Bucket=bucket)["Contents"]
    assert after == before
    asked = [a for a in mixed.simulator.requests if a.headers["user-agent"].startswith("syncd/")]
    assert {a.method for a in asked} == {"GET"}
    files = {path.name for path in mixed.folder.iterdir() if not path.name.startswith("stdout-")}
    assert files == {"manifest.yaml"}


def test_plan_on_a_ledger_leaves_it_as_it_was(mixed: Office) -> None:
    mixed.sync()
    mixed.bucket.put("a.csv", b"id\n1\n2\n")
    before = {file: file.read_bytes() for file in mixed.state.rglob("*") if file.is_file()}

    assert mixed.run("plan", "--json").actions["a.csv"] == "replace"

    assert {f: f.read_bytes() for f in mixed.state.rglob("*") if f.is_file()} == before


def test_the_json_of_plan_sync_and_status_has_the_documented_keys(mixed: Office) -> None:
    plan, sync, status = (mixed.run(name, "--json") for name in ("plan", "sync", "status"))

    assert (plan.code, sync.code, status.code) == (3, 3, 0)
    assert set(plan.document) == PLAN
    assert keys(plan.document["actions"]) == [ACTION] * 3
    assert set(sync.document) == SYNC
    assert keys(sync.document["outcomes"]) == [OUTCOME] * 3
    assert set(status.document) == STATUS
    assert keys(status.document["targets"]) == [TARGET] * 3
    assert plan.actions == {"a.csv": "replace", "jamais.csv": "missing", "f/f_2024.csv": "create"}
    assert sync.outcomes == {
        "a.csv": "replaced",
        "jamais.csv": "missing",
        "f/f_2024.csv": "created",
    }
    assert plan.document["summary"] == {"create": 1, "missing": 1, "replace": 1}
    assert sync.document["summary"] == {"created": 1, "missing": 1, "replaced": 1}
    created = next(a for a in plan.document["actions"] if a["action"] == "create")
    assert created["resource"] is None
    assert plan.document["unmapped"] == sync.document["unmapped"] == ["f/orphelin.csv"]


def test_a_renamed_object_is_said_with_its_new_name_and_the_line_to_write(mixed: Office) -> None:
    mixed.sync()
    mixed.bucket.client.delete_object(Bucket=mixed.bucket.bucket, Key="a.csv")
    mixed.bucket.put("A bis.csv", b"id\n1\n")  # the same bytes

    plan, sync, online = (
        mixed.run("plan", "--fast"), mixed.run("sync", "--json"), mixed.run("check", "--online")
    )  # fmt: skip

    line = 1 + next(n for n, text in enumerate(mixed.text.splitlines()) if '"a.csv"' in text)
    for said in (plan.out, online.out):
        assert f"`object: A bis.csv` on line {line} of the manifest" in " ".join(said.split())
    (renamed,) = sync.document["renames"]
    assert (renamed["object"], renamed["line"]) == ("a.csv", line)
    assert renamed["candidates"] == [
        {"object": "A bis.csv", "likeness": "bytes", "sure": True, "write": "object: A bis.csv"}
    ]
    assert mixed.uploads() == 2  # nothing was done about it


def test_logs_go_to_stderr_as_json_lines_and_stdout_is_one_document(mixed: Office) -> None:
    done = mixed.sync()

    json.loads(done.out)
    assert done.said == []
    assert "publication.done" in {event["event"] for event in done.events}


def test_check_validates_and_asks_only_when_told_to(mixed: Office) -> None:
    asked = len(mixed.simulator.requests)
    offline = mixed.run("check")
    assert (offline.code, len(mixed.simulator.requests)) == (0, asked)

    online = mixed.run("check", "--online", "--json")

    assert online.code == 3  # one object is missing, as the sync would say
    assert online.actions["jamais.csv"] == "missing"
    assert mixed.uploads() == 0


def test_status_before_the_first_cycle_says_what_to_do(mixed: Office) -> None:
    done = mixed.run("status")

    assert done.code == 0
    assert "syncd sync" in done.out
    assert not mixed.state.exists()


def test_one_dataset_or_resource_can_be_chosen(office: Office) -> None:
    one = office.target("Un", "a.csv", b"id\n1\n")
    office.target("Deux", "b.csv", b"id\n2\n")

    assert office.sync("--resource", one[:8]).outcomes == {"a.csv": "replaced"}
    assert office.sync("--dataset", office.dataset).outcomes == {
        "a.csv": "unchanged",
        "b.csv": "replaced",
    }


@pytest.mark.parametrize(
    "arguments",
    [("sync", "--force"), ("sync", "--wait", "soon"), ("sync", "--dataset", "nope"), ("synk",)],
)
def test_a_wrong_usage_ends_with_2_and_does_nothing(
    unread: Office, arguments: tuple[str, ...]
) -> None:
    done = unread.run(*arguments)

    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert nothing_was_asked(unread)


# -- a manifest typed by someone tired ---------------------------------------------------------


def broken(office: Office, text: str, *arguments: str) -> Done:
    """Run with this text as the manifest."""
    path = office.folder / "tired.yaml"
    path.write_text(text, encoding="utf-8")
    office.settings["SYNCD_MANIFEST"] = str(path)
    return office.run(*arguments)


@pytest.mark.parametrize("command", ["check", "sync"])
def test_all_problems_of_a_manifest_are_said_at_once_with_their_places(
    unread: Office, command: str
) -> None:
    text = unread.text.replace("object:", "objet:", 1)  # unknown key
    text = text.replace("create: true", "create: peut-être")  # no yes or no
    text = text.replace(f"dataset: {unread.dataset}", f"dataset: {unread.dataset[:-1]}g")
    text += "timezone: Europe/Pari\n" + "version: 1\n"  # unknown zone, duplicate key

    done = broken(unread, text, command)

    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    for words in (' object: "a.csv"', "peut-être", "timezone: Europe/Paris\n", "version"):
        assert words in done.err, done.err
    assert len(re.findall(r"tired\.yaml:\d+:\d+: ", done.err)) >= 4
    assert not unread.state.exists()
    assert nothing_was_asked(unread)


def test_problems_of_a_manifest_are_documents_too(unread: Office) -> None:
    done = broken(unread, unread.text.replace("object:", "objet:", 1), "check", "--json")

    assert done.code == 2
    (problem,) = done.document["problems"]
    assert (problem["file"], problem["suggestion"]) == (str(unread.folder / "tired.yaml"), "object")
    assert isinstance(problem["line"], int)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n\tportal: https://demo.data.gouv.fr\n",
        "",
        "datasets: [",
        "\x00\x01\x02",
        "{" * 5000,
    ],
)
def test_what_is_no_manifest_at_all_is_said_without_a_traceback(office: Office, text: str) -> None:
    done = broken(office, text, "check")

    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert "tired.yaml" in done.err


def test_a_missing_manifest_and_a_misspelt_setting_end_with_2(unread: Office) -> None:
    unread.settings["SYNCD_MANIFEST"] = "nowhere.yaml"
    missing = unread.run("sync")
    del unread.settings["SYNCD_MANIFEST"]
    unread.settings["SYNCD_API_KEI"] = "x"
    misspelt = unread.run("sync")

    assert (missing.code, misspelt.code) == (2, 2)
    assert "nowhere.yaml" in missing.err
    assert "SYNCD_API_KEY" in misspelt.err
    assert "Traceback" not in missing.err + misspelt.err


# -- quick -------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--help",), ("sync", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Its 0.4 s depend on the machine; what they are spent on does not."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "syncd", *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert done.returncode == 0
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    heavy = {"boto3", "botocore", "httpx", "sqlalchemy", "alembic", "pydantic", "rich", "structlog"}
    assert imported & heavy == set()
    assert "click" in imported


def test_a_reader_that_has_seen_enough_is_no_trouble(office: Office) -> None:
    for number in range(300):
        office.entry(resource=f"00000000-0000-4000-8000-{number:012}", object=f"{number}.csv")
    put(office.manifest, office.text)
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [str(SYNCD), "plan"],
            env=office.environment,
            cwd=office.folder,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
    finally:
        os.close(write)

    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def on_a_terminal(office: Office, *arguments: str, **settings: str) -> str:
    put(office.manifest, office.text)
    environment = {**office.environment, "TERM": "xterm-256color", **settings}
    return terminals.typed(arguments, environment, office.folder)


def test_long_transfers_show_a_bar_on_a_terminal_and_none_in_a_pipe(office: Office) -> None:
    office.target("Gros", "gros.csv", b"id\n" + b"1\n" * 4_500_000)

    assert "sending gros.csv" in on_a_terminal(office, "sync")

    office.bucket.put("gros.csv", b"id\n" + b"1\n" * 4_750_000)
    piped = office.run("sync")
    assert piped.code == 0
    assert "sending" not in piped.all
    assert "\x1b[" not in piped.all


def test_a_portal_that_asks_for_too_much_time_ends_what_a_person_typed(mixed: Office) -> None:
    mixed.simulator.faults.add(status=503, headers={"Retry-After": "120"}, times=None)
    seen = " ".join(on_a_terminal(mixed, "plan").split())
    assert "`--wait` allows 1m in all, and 2m more were asked for" in seen
    assert "503" in seen


def test_a_person_is_told_for_whom_a_command_waits(mixed: Office) -> None:
    mixed.simulator.faults.add(status=503, headers={"Retry-After": "2"})
    seen = " ".join(on_a_terminal(mixed, "plan").split())
    assert re.search(r"Waiting for 2s at most, until .*127\.0\.0\.1 asks for time \(503", seen)


def test_colours_are_for_terminals_whose_owner_wants_them(mixed: Office) -> None:
    green = "\x1b[32m"
    assert green in on_a_terminal(mixed, "plan")
    assert green not in on_a_terminal(mixed, "plan", NO_COLOR="1")
    assert "\x1b[" not in mixed.run("plan").all
