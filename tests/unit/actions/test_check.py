"""The checks before a cycle: what each says, and which of them ends the command with 1."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from syncd.actions import check
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.portal import HttpPortal
from syncd.adapters.portal.answers import key_expiry
from syncd.config.configuration import App
from syncd.config.manifest import loads
from syncd.config.settings import Settings
from syncd.core.errors import SourceDenied, SourceUnreachable
from syncd.core.objects import Location, Version
from syncd.core.ports import Usage
from syncd.core.preflight import Check, Grade, Preflight
from syncd.core.reasons import because
from syncd.core.records import Outcome
from syncd.core.results import Report, Result
from syncd.core.service_records import ServiceNote, event_facts
from syncd.simulator import Simulator
from syncd.sync.prefixes import Prefix
from syncd.text import sentence
from tests.support.builders import NOW, PORTAL, judged, row, version
from tests.support.clients import http_portal
from tests.support.manifest_builders import ONE_TARGET
from tests.support.s3_servers import Bucket

KEY = "udata_AbCdEfGh0123456789"
LATER = "2031-01-01T00:00:00+00:00"
SOONER = "2030-01-01T00:00:00+00:00"


def grades(checks: list[Check], name: str) -> list[Grade]:
    return [check.grade for check in checks if check.name == name]


def codes(checks: list[Check], name: str) -> list[str]:
    return [check.reason.code for check in checks if check.name == name]


# -- the key -----------------------------------------------------------------------------------


def listed(prefix: str | None, expires: str | None) -> dict[str, Any]:
    return {"token_prefix": prefix, "expires_at": expires}


@pytest.mark.parametrize(
    ("tokens", "expires"),
    [
        ([listed("udata_AbCdEfGh", LATER), listed("udata_ZzZzZzZz", SOONER)], LATER),
        ([listed("udata_AbCdEfGh", None), listed("udata_ZzZzZzZz", SOONER)], None),
        ([listed("udata_ZzZzZzZz", SOONER)], None),
        ([], None),
        # Keys from before the prefix was made longer begin with 8 characters, or say nothing.
        ([listed("udata_Ab", SOONER), listed("udata_AbCdEfGh", LATER)], LATER),
        ([listed("udata_Ab", SOONER)], SOONER),
        ([listed("", SOONER), listed(None, SOONER)], None),
        # Two keys that begin alike: the earlier end is the safe one.
        ([listed("udata_AbCdEfGh", LATER), listed("udata_AbCdEfGh", SOONER)], SOONER),
        ([listed("udata_AbCdEfGh", "2031-01-01T00:00:00")], LATER),
    ],
)
def test_the_key_in_use_is_found_in_the_list_by_its_beginning(
    tokens: list[dict[str, Any]], expires: str | None
) -> None:
    found = key_expiry(tokens, KEY)
    assert (found.isoformat() if found else None) == expires


def portal_of(simulator: Simulator, key: str, **options: Any) -> HttpPortal:
    return http_portal(simulator.url, key, wait=lambda _: None, **options)


@pytest.mark.parametrize(
    ("left", "code", "grade"),
    [
        (timedelta(hours=3), "key_expires_1", Grade.WARNING),
        (timedelta(days=6), "key_expires_7", Grade.WARNING),
        (timedelta(days=29), "key_expires_30", Grade.WARNING),
        (timedelta(days=31, hours=1), "key_expires", Grade.OK),
        (None, "key_expires_unknown", Grade.OK),
    ],
)
def test_a_key_that_expires_soon_is_a_warning(
    simulator: Simulator, left: timedelta | None, code: str, grade: Grade
) -> None:
    now = datetime.now(UTC)
    token = simulator.store.new_token("editor", "syncd", now + left if left else None)
    with portal_of(simulator, token.secret) as portal:
        account, checks = check.check_portal(portal, now)

    assert account is not None
    assert account.name == "Editor Lab"
    assert codes(checks, "key") == ["key_belongs"]
    assert (codes(checks, "key_expiry"), grades(checks, "key_expiry")) == ([code], [grade])
    assert codes(checks, "extensions") == ["extensions_accepted"]
    assert all("?" not in sentence(check.reason) for check in checks)


@pytest.mark.parametrize("status", [403, 404, 405, 410])
def test_a_portal_without_a_list_of_keys_is_no_trouble(simulator: Simulator, status: int) -> None:
    simulator.faults.add(path="/api_tokens/", status=status, times=None)
    with portal_of(simulator, simulator.keys["editor"]) as portal:
        account, checks = check.check_portal(portal, NOW)
    assert account is not None
    assert codes(checks, "key_expiry") == ["key_expires_unknown"]


def test_a_fault_of_the_list_of_keys_is_a_warning_and_the_rest_goes_on(
    simulator: Simulator,
) -> None:
    simulator.faults.add(path="/api_tokens/", status=500, times=None)
    with portal_of(simulator, simulator.keys["editor"]) as portal:
        _, checks = check.check_portal(portal, NOW)
    assert grades(checks, "key_expiry") == [Grade.WARNING]
    assert grades(checks, "extensions") == [Grade.OK]


def test_a_refused_key_is_one_problem_and_nothing_more_is_asked(simulator: Simulator) -> None:
    with portal_of(simulator, "udata_nobody-knows-me") as portal:
        account, checks = check.check_portal(portal, NOW)
        assert portal.usage.reachable is False
    assert account is None
    assert [c.reason.code for c in checks if c.grade is Grade.PROBLEM] == ["portal_key_refused"]
    assert len(simulator.requests) == 1


# -- clocks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "grade"),
    [
        (0, Grade.OK),
        (50, Grade.OK),
        (80, Grade.WARNING),
        (-80, Grade.WARNING),
        (-500, Grade.WARNING),
        (700, Grade.PROBLEM),
        (-700, Grade.PROBLEM),
    ],
)
def test_a_clock_that_differs_from_the_portals_is_told(
    simulator: Simulator, ahead: float, grade: Grade
) -> None:
    simulator.clock.advance(ahead)
    with portal_of(simulator, simulator.keys["editor"]) as portal:
        _, checks = check.check_portal(portal, NOW)
        skew = portal.usage.skew
    assert grades(checks, "clock") == [grade]
    assert skew is not None
    assert abs(skew + ahead) < 5


def test_the_clock_is_told_even_where_the_key_is_refused(simulator: Simulator) -> None:
    simulator.clock.advance(700)
    with portal_of(simulator, "udata_nobody-knows-me") as portal:
        _, checks = check.check_portal(portal, NOW)
    assert grades(checks, "clock") == [Grade.PROBLEM]


@pytest.mark.parametrize(("ahead", "grade"), [(0, Grade.OK), (-120, Grade.WARNING)])
def test_a_clock_that_differs_from_s3_is_told(
    seaweed_bucket: Bucket, ahead: float, grade: Grade
) -> None:
    source = seaweed_bucket.source(clock=lambda: datetime.now(UTC).timestamp() + ahead)
    checks, error = check.check_source("depot", source, [])
    assert error is None
    assert grades(checks, "clock") == [grade]


# -- buckets -----------------------------------------------------------------------------------


def test_a_bucket_is_listed_where_the_manifest_needs_it_and_one_object_is_read(
    seaweed_bucket: Bucket,
) -> None:
    source = seaweed_bucket.source()
    listings = [Prefix("depot", "a/", recursive=False), Prefix("depot", "b/", recursive=True)]

    before, _ = check.check_source("depot", source, listings)
    seaweed_bucket.put("elsewhere/x.csv", b"1")
    unseen, _ = check.check_source("depot", source, listings)
    seaweed_bucket.put("b/c/x.csv", b"1")
    after, error = check.check_source("depot", source, listings)

    assert codes(before, "bucket") == codes(unseen, "bucket") == ["bucket_listable"]
    assert (codes(after, "bucket"), error) == (["bucket_readable"], None)
    assert source.usage.reachable is True


def test_peeking_lists_at_most_one_object_and_no_folder_marker(seaweed_bucket: Bucket) -> None:
    for key in ("f/", "f/a.csv", "f/b.csv", "f/c.csv"):
        seaweed_bucket.put(key, b"" if key.endswith("/") else b"1")
    found = seaweed_bucket.source().peek("f/")
    assert found is not None
    assert found.key == "f/a.csv"
    assert seaweed_bucket.source().peek("g/") is None


class Unreadable:
    """A bucket whose key may list, and not read."""

    location = Location("https://s3.example", "depot")
    usage = Usage(reachable=True)

    def peek(self, prefix: str) -> Version:
        return version(f"{prefix}a.csv")

    def open(self, _version: Version) -> Any:
        raise SourceDenied(
            "s3_access_denied", endpoint="https://s3.example", bucket="depot", detail="no"
        )


def test_a_bucket_that_can_be_listed_and_not_read_is_a_problem() -> None:
    checks, error = check.check_source("depot", Unreadable(), [])  # type: ignore[arg-type]  # what the check asks for
    assert (codes(checks, "bucket"), error) == (["s3_access_denied"], None)
    assert grades(checks, "bucket") == [Grade.PROBLEM]


def test_a_server_that_is_down_is_not_asked_a_second_time(seaweed_bucket: Bucket) -> None:
    source = seaweed_bucket.source(location=Location("http://127.0.0.1:9", "b"))
    checks, error = check.check_source("depot", source, [])
    assert grades(checks, "bucket") == [Grade.PROBLEM]
    assert isinstance(error, SourceUnreachable)
    assert grades(checks, "clock") == []  # it gave no answer, so there is nothing to say
    assert source.usage.reachable is False


# -- this machine ------------------------------------------------------------------------------

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
41 27 0:40 / /srv rw - nfs4 10.0.0.1:/export rw,vers=4.2
42 41 0:41 / /srv/local rw - xfs /dev/vdb rw
43 27 0:42 / /mnt/mes\040données rw shared:5 master:2 - cifs //nas/x rw
44 27 0:43 / /data rw - ext4 /dev/vdc rw
45 27 0:44 / /data rw - nfs 10.0.0.2:/data rw
46 27 0:45 / /win rw - fuse.sshfs user@host:/ rw
47 27 0:46 / /box rw - fuse.fuse-overlayfs overlay rw
"""


@pytest.mark.parametrize(
    ("folder", "kind", "grade"),
    [
        ("/var/lib/syncd", "ext4", Grade.OK),
        ("/srv/syncd", "nfs4", Grade.PROBLEM),
        ("/srvx/syncd", "ext4", Grade.OK),
        ("/srv/local/syncd", "xfs", Grade.OK),
        ("/mnt/mes données/syncd", "cifs", Grade.PROBLEM),
        ("/data", "nfs", Grade.PROBLEM),  # mounted over the other one
        ("/win/state", "fuse.sshfs", Grade.PROBLEM),
        ("/box/state", "fuse.fuse-overlayfs", Grade.OK),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_longest_mount_above_it(
    folder: str, kind: str, grade: Grade
) -> None:
    assert check.file_system(Path(folder), MOUNTS) == kind
    assert check.is_remote(kind) is (grade is Grade.PROBLEM)


def test_a_state_folder_on_the_network_is_a_problem(tmp_path: Path) -> None:
    mounts = f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {tmp_path} rw - nfs4 host:/x rw\n"
    checks = check.check_state_folder(tmp_path / "not" / "yet", mounts)
    assert grades(checks, "state_folder") == [Grade.PROBLEM]
    assert "nfs4" in sentence(checks[0].reason)


def test_an_unknown_file_system_is_no_trouble(tmp_path: Path) -> None:
    assert grades(check.check_state_folder(tmp_path, ""), "state_folder") == [Grade.OK]


class Disk(NamedTuple):
    total: int
    used: int
    free: int


def plan_of(*sizes: int, outcome: Outcome | None = None) -> Report:
    """Of objects that are to be read, where no `outcome` is given."""
    return Report(
        tuple(
            Result(
                dataset="d",
                dataset_title="",
                dataset_page="",
                resource=None,
                title="",
                object=f"{n}.csv",
                outcome=outcome or Outcome.UNCHANGED,
                reason=because("look_again"),
                listed_size=size,
                unread=outcome is None,
            )
            for n, size in enumerate(sizes)
        )
    )


@pytest.mark.parametrize(
    ("free", "plan", "found"),
    [
        (5 * 1024**3, plan_of(10, 20), ["disk_free"]),
        (5 * 1024**3, None, ["disk_free"]),
        (1024**3 - 1, plan_of(10), ["disk_low"]),
        (1024**3, plan_of(10), ["disk_free"]),
        (3 * 10**9, plan_of(10, 4 * 10**9), ["disk_short"]),
        (3 * 10**9, plan_of(4 * 10**9, outcome=Outcome.UNCHANGED), ["disk_free"]),
        (50 * 10**9, plan_of(11 * 10**9, 1), ["spool_ceiling", "disk_free"]),
    ],
)
def test_room_on_the_disk_is_compared_with_what_must_be_fetched(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    plan: Report | None,
    found: list[str],
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(0, 0, free))
    checks = check.check_disk(tmp_path / "state", plan, 10 * 10**9)
    assert codes(checks, "disk") == found
    problems = [c.reason.code for c in checks if c.grade is Grade.PROBLEM]
    assert problems == [code for code in found if code == "spool_ceiling"]


# -- events ------------------------------------------------------------------------------------

STARTED = NOW - timedelta(hours=5)


def minutes_ago(count: float) -> datetime:
    return NOW - timedelta(minutes=count)


def events(tmp_path: Path, deposited: datetime | None, *told: datetime | None) -> list[Check]:
    """`deposited`: the newest file. `told`: by each of the services that run."""
    manifest = ONE_TARGET.replace("https://s3.example.org", "https://s3.example")
    settings = Settings(events_address="127.0.0.1:0", events_token=SecretStr("x" * 40))
    app = App(settings, replace(loads(manifest, "m.yaml"), portal=PORTAL))
    ledger = SqlLedger(None, tmp_path)
    for number, at in enumerate(told):
        facts = event_facts({"depot": at} if at else {})
        ledger.put_service(ServiceNote(f"s{number}", STARTED, facts))
    if deposited is not None:
        age = (NOW - deposited).total_seconds()
        known = judged("new", version(age=age))
        ledger.put(row(known, known))
    found = check.check_events(app, ledger, NOW)
    ledger.close()
    return found


@pytest.mark.parametrize(
    ("deposited", "told", "found"),
    [
        pytest.param(minutes_ago(60), [None], "events_none", id="nothing came"),
        pytest.param(minutes_ago(60), [minutes_ago(120)], "events_ceased", id="nothing came since"),
        pytest.param(minutes_ago(60), [minutes_ago(60)], "events_come", id="it came"),
        pytest.param(minutes_ago(60), [minutes_ago(60.5)], "events_come", id="by another clock"),
        pytest.param(minutes_ago(60), [None, minutes_ago(59)], "events_come", id="at a replica"),
        pytest.param(minutes_ago(600), [minutes_ago(120)], "events_come", id="nothing was new"),
        pytest.param(minutes_ago(600), [None], None, id="nor since the start"),
        pytest.param(minutes_ago(1), [None], None, id="it may still come"),
        pytest.param(minutes_ago(60), [], None, id="nobody listens"),
        pytest.param(None, [None], None, id="no file was ever read"),
    ],
)
def test_a_file_that_no_event_told_of_is_said(
    tmp_path: Path, deposited: datetime | None, told: list[datetime | None], found: str | None
) -> None:
    checks = events(tmp_path, deposited, *told)
    assert [one.reason.code for one in checks] == ([found] if found else [])
    well = [one.grade is Grade.OK for one in checks]
    assert well == ([found == "events_come"] if found else [])


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade", "plan", "code"),
    [
        (Grade.OK, plan_of(1), 0),
        (Grade.WARNING, plan_of(1), 0),
        (Grade.WARNING, plan_of(1, outcome=Outcome.MISSING), 3),
        (Grade.PROBLEM, plan_of(1, outcome=Outcome.MISSING), 1),
        (Grade.PROBLEM, None, 1),
    ],
)
def test_only_problems_change_the_exit_code(grade: Grade, plan: Report | None, code: int) -> None:
    check = Check("disk", "state", grade, because("key_expires_unknown"))
    assert Preflight((check,), None, plan).exit_code == code


# -- how far the key reaches -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "others", "code", "grade"),
    [
        ("partial", 0, "key_reach_narrow", Grade.OK),
        ("partial", 1, "key_reach_wide", Grade.WARNING),
        ("editor", 2, "key_reach_wide", Grade.WARNING),
        ("sysadmin", 2, "key_reach_everything", Grade.WARNING),
    ],
)
def test_what_the_key_may_write_to_beyond_the_manifest_is_counted(
    simulator: Simulator, key: str, others: int, code: str, grade: Grade
) -> None:
    mine = simulator.new_dataset("Le mien")
    made = [mine, *(simulator.new_dataset(f"Un autre {n}") for n in range(2))]
    for one in made[: others + 1]:
        simulator.store.dataset(one).assigned.append("partial")
    with portal_of(simulator, simulator.keys[key]) as portal:
        found = check.reach(portal, portal.whoami(), {mine})
    assert (found.reason.code, found.grade) == (code, grade)
    assert found.reason.facts.get("count", others) == others
    assert "?" not in sentence(found.reason)


def test_a_list_that_is_not_read_to_its_end_is_said_to_be_one(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.adapters.portal.client._PAGE", 2)
    monkeypatch.setattr("syncd.adapters.portal.client._REACH_PAGES", 1)
    made = [simulator.new_dataset(f"Jeu {n}") for n in range(4)]
    with portal_of(simulator, simulator.keys["editor"]) as portal:
        found = check.reach(portal, portal.whoami(), set(made))
    assert (found.reason.code, found.grade) == ("key_reach_open", Grade.WARNING)


def test_a_portal_without_such_lists_is_a_warning(simulator: Simulator) -> None:
    with portal_of(simulator, simulator.keys["editor"]) as portal:
        account = portal.whoami()
        simulator.faults.add(path="/me/datasets/", status=404, times=None)
        assert check.reach(portal, account, ()).grade is Grade.WARNING
