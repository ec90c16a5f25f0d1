"""The page is off unless it is asked for, and then nothing of it is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.config.settings import load_settings
from syncd.core.errors import ConfigError, UsageError
from syncd.text import problem, sentence
from syncd.web.starting import must_be_safe
from tests.support.manifest_builders import ONE_TARGET

_RUN = """
import sys
from syncd.__main__ import main
from syncd.service import signals
from syncd.service.loop import Service

def looked(self, first):
    print(sorted(m for m in sys.modules if m.startswith(("syncd.web", "jinja2", "authlib"))))
    return 0

Service.run = looked
sys.argv = ["syncd", "run"]
main()
"""


_SETTINGS = {
    "SYNCD_MANIFEST": "manifest.yaml",
    "SYNCD_STATE_DIR": "state",
    "SYNCD_API_KEY": "key",
    "SYNCD_HTTP_ADDRESS": "127.0.0.1:0",
}


def run(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    (folder / "manifest.yaml").write_text(ONE_TARGET, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **_SETTINGS, **settings}
    command = [sys.executable, "-c", _RUN]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def refused(folder: Path, **settings: str) -> str:
    """As at the start, but for the second that a start takes."""
    with pytest.raises((ConfigError, UsageError)) as caught:
        must_be_safe(load_settings({**_SETTINGS, **settings}, folder=folder))
    error = caught.value
    if isinstance(error, ConfigError):
        return " ".join(problem(each) for each in error.problems)
    return sentence(error.reason)


def test_a_service_without_the_page_loads_nothing_of_it(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_service_with_the_page_loads_it(tmp_path: Path) -> None:
    done = run(tmp_path, SYNCD_WEB="on")
    assert done.returncode == 0, done.stderr
    assert "syncd.web.application" in done.stdout
    assert "authlib" not in done.stdout


def test_a_page_that_others_could_reach_is_refused_at_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, SYNCD_WEB="on", SYNCD_HTTP_ADDRESS="0.0.0.0:0")
    assert done.returncode == 2, done.stderr
    assert "0.0.0.0:0 can be reached from others" in done.stderr


@pytest.mark.parametrize("address", ["[::]:0", "192.0.2.1:8080", "syncd.example:80"])
def test_any_address_that_others_could_reach_is_refused(tmp_path: Path, address: str) -> None:
    said = refused(tmp_path, SYNCD_WEB="on", SYNCD_HTTP_ADDRESS=address)
    assert f"{address} can be reached from others" in said


def test_a_page_without_an_address_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, SYNCD_WEB="on", SYNCD_HTTP_ADDRESS="off")
    assert "SYNCD_HTTP_ADDRESS is `off`" in said


PROXY = {"SYNCD_WEB": "on", "SYNCD_WEB_AUTH": "proxy", "SYNCD_HTTP_ADDRESS": "0.0.0.0:0"}
URL = {"SYNCD_WEB_URL": "https://syncd.ville.example"}
PROXIES = {"SYNCD_WEB_PROXIES": "10.0.3.7"}
PEOPLE = {"SYNCD_WEB_OPERATORS": "camille@ville.example"}


def test_a_page_with_sign_in_may_be_reached_from_others(tmp_path: Path) -> None:
    done = run(tmp_path, **PROXY, **URL, **PROXIES, **PEOPLE)
    assert done.returncode == 0, done.stderr
    assert "syncd.web.application" in done.stdout
    assert "authlib" not in done.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "With SYNCD_WEB_AUTH=proxy, SYNCD_WEB_URL must be set"),
        (URL, "With SYNCD_WEB_AUTH=proxy, SYNCD_WEB_PROXIES must be set"),
        ({**URL, **PROXIES}, "nobody could see the page"),
        ({"SYNCD_WEB_AUTH": "oidc", **URL}, "SYNCD_WEB_OIDC_ISSUER must be set"),
        ({"SYNCD_WEB_AUTH": "ldap"}, "off, proxy, oidc"),
        ({"SYNCD_WEB_URL": "http://syncd.ville.example"}, "must be an https:// address"),
        ({"SYNCD_WEB_PROXIES": "proxy.ville.example"}, "write addresses or networks"),
        ({"SYNCD_WEB_KEY": "short"}, "32 characters or more"),
        ({"SYNCD_WEB_OIDC_SIRET": "123"}, "14 digits"),
    ],
)
def test_half_a_sign_in_is_refused(tmp_path: Path, given: dict[str, str], said: str) -> None:
    assert said in refused(tmp_path, **{**PROXY, **given})
