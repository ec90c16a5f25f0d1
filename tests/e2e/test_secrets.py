"""Known secret values, everything at debug level, good runs and bad ones: they are written nowhere
(docs/architecture.md, Promise 9)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from syncd.config.settings import Settings, load_settings
from tests.support.cli_harness import Done, Office

KEY = "SYNCD_API_KEY"
SECRET = "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY"
TOKEN = "SYNCD_SOURCES__DEPOT__SESSION_TOKEN"
WRONG_KEY = "udata_Wr0ngKeyButSecretAnyway"
WRONG_SECRET = "Wr0ngSecretButSecretAnyway"
PASSWORD = "pr0xy-p4ssw0rd"
LEDGER_PASSWORD = "l3dger-p4ssw0rd"
SESSION = "s3ssion-t0ken-0123456789"

COMMANDS = [
    ("check",),
    ("check", "--online"),
    ("plan", "--json"),
    ("sync", "--json"),
    ("sync",),
    ("status",),
    ("status", "--json"),
]


def secrets_of(office: Office) -> list[bytes]:
    found = [
        office.portal.keys["editor"],
        office.bucket.secret_key,
        WRONG_KEY,
        WRONG_SECRET,
        PASSWORD,
        LEDGER_PASSWORD,
        SESSION,
    ]
    return [one.encode() for one in found]


def spilt(office: Office, *ends: Done) -> list[str]:
    """Where a secret was found: in an output, or in a file that syncd wrote."""
    places = {f"output {number}": end.all.encode() for number, end in enumerate(ends)}
    written = [office.state, *office.folder.glob("stdout-*")]
    files = [file for place in written for file in (place, *place.rglob("*")) if file.is_file()]
    places |= {str(file): file.read_bytes() for file in files}
    return [
        f"{secret.decode()} in {place}"
        for place, content in places.items()
        for secret in secrets_of(office)
        if secret in content
    ]


@pytest.fixture
def talkative(office: Office) -> Office:
    office.settings["SYNCD_LOG_LEVEL"] = "debug"
    office.settings["SYNCD_DATABASE_URL"] = (
        f"sqlite:///{office.state}/ledger.sqlite?password={LEDGER_PASSWORD}"
    )
    office.target("Un", "a.csv", b"id\n1\n")
    office.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    office.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    return office


@pytest.mark.parametrize(
    ("log_format", "commands"), [("json", COMMANDS), ("console", [("plan",), ("sync",)])]
)
def test_good_runs_at_debug_level_write_no_secret(
    talkative: Office, log_format: str, commands: list[tuple[str, ...]]
) -> None:
    talkative.settings["SYNCD_LOG_FORMAT"] = log_format

    ends = [talkative.run(*command) for command in commands]

    assert {end.code for end in ends} == {0}, ends
    assert "portal.answer" in "".join(end.err for end in ends)  # it was the debug level indeed
    assert talkative.uploads() == 2
    assert (talkative.state / "ledger.sqlite").exists()
    assert spilt(talkative, *ends) == []


def wrong_key(office: Office) -> None:
    office.settings[KEY] = WRONG_KEY


def wrong_secret(office: Office) -> None:
    office.settings[SECRET] = WRONG_SECRET


def unknown_session(office: Office) -> None:
    office.settings[TOKEN] = SESSION


def key_that_is_no_key(office: Office) -> None:
    office.settings[KEY] = f"{WRONG_KEY} with spaces"


def proxy_that_is_no_address(office: Office) -> None:
    office.settings["SYNCD_PROXY"] = f"http://robot:{PASSWORD}@[nowhere"


def database_of_another_engine(office: Office) -> None:
    office.settings["SYNCD_DATABASE_URL"] = f"mysql://robot:{LEDGER_PASSWORD}@localhost/syncd"


def ledger_that_cannot_be_made(office: Office) -> None:
    office.settings["SYNCD_DATABASE_URL"] = (
        f"sqlite:////proc/nowhere/ledger.sqlite?password={LEDGER_PASSWORD}"
    )


def misspelt_setting(office: Office) -> None:
    office.settings["SYNCD_API_KEI"] = WRONG_KEY


def key_in_the_manifest(office: Office) -> None:
    office.url = office.url.replace("http://", f"http://robot:{PASSWORD}@")


def portal_with_a_fault(office: Office) -> None:
    """It repeats in its answer what it was sent, as careless servers do."""
    office.simulator.faults.add(
        path="/api/", times=None, status=400, body=f'{{"message": "bad: {WRONG_KEY}"}}'
    )
    office.settings[KEY] = WRONG_KEY


@pytest.mark.parametrize(
    "break_it",
    [
        wrong_key,
        wrong_secret,
        unknown_session,
        key_that_is_no_key,
        proxy_that_is_no_address,
        database_of_another_engine,
        ledger_that_cannot_be_made,
        misspelt_setting,
        key_in_the_manifest,
        portal_with_a_fault,
    ],
)
def test_failing_runs_at_debug_level_write_no_secret(
    talkative: Office, break_it: Callable[[Office], None]
) -> None:
    break_it(talkative)

    done = talkative.run("sync")

    assert done.code != 0, done
    assert "Traceback" not in done.all
    assert spilt(talkative, done) == []


def test_the_settings_show_no_secret_in_repr_or_str(
    talkative: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of this machine
    talkative.settings[TOKEN] = SESSION
    talkative.settings["SYNCD_PROXY"] = f"http://robot:{PASSWORD}@127.0.0.1:1"
    settings: Settings = load_settings(talkative.environment)
    assert settings.api_key is not None

    shown = "\n".join([repr(settings), str(settings), f"{settings}", str(settings.model_dump())])

    assert [one for one in secrets_of(talkative) if one.decode() in shown] == []
