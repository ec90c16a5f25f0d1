"""Portals for the tests: the simulator, and the real portal software in an environment of its own.

The real one (about 30 s to install, 3 s to start) lives in
`${SYNCD_TEST_CACHE:-${XDG_CACHE_HOME:-~/.cache}}/syncd-tests`, under the hash of its
requirements; it is started once per test session, and every test takes a fresh dataset.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from syncd.simulator import Simulator

_HERE = Path(__file__).parents[1] / "udata"
_BUILT = "built"  # the file that says that an environment is complete

_titles = itertools.count(1)


class PortalServer:
    """A running portal, whichever it is. Everything goes through HTTP."""

    def __init__(self, kind: str, facts: dict[str, Any]) -> None:
        self.kind = kind  # "simulator" or "udata"
        self.url: str = facts["base"]
        self.keys: dict[str, str] = facts["keys"]
        self.organization: str = facts["organization"]["id"]
        self._http = httpx.Client(base_url=self.url, timeout=200)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(
        self, method: str, path: str, key: str | None = "editor", **options: Any
    ) -> httpx.Response:
        """One request, without cookies. `key`: a person's name, a key itself, or None."""
        headers = {"Accept": "application/json", **options.pop("headers", {})}
        if key:
            headers["X-API-KEY"] = self.keys.get(key, key)
        self._http.cookies.clear()
        answer = self._http.request(method, path, headers=headers, **options)
        self._http.cookies.clear()
        return answer

    def new_dataset(self, title: str | None = None, **details: Any) -> str:
        """A dataset of the organization; its id."""
        wanted = {
            "title": title or f"Jeu de test {next(_titles)}",
            "description": "Un jeu de test.",
            "organization": self.organization,
            **details,
        }
        answer = self.call("POST", "/api/1/datasets/", "orgadmin", json=wanted)
        assert answer.status_code == 201, answer.text
        identifier: str = answer.json()["id"]
        return identifier

    def upload(self, dataset: str, name: str, content: bytes) -> dict[str, Any]:
        """A new resource, as the portal shows it in its answer."""
        answer = self.call(
            "POST", f"/api/1/datasets/{dataset}/upload/", files={"file": (name, content)}
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def replace(self, dataset: str, resource: str, name: str, content: bytes) -> dict[str, Any]:
        """New bytes for a resource."""
        answer = self.call(
            "POST",
            f"/api/1/datasets/{dataset}/resources/{resource}/upload/",
            files={"file": (name, content)},
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def dataset(self, dataset: str, key: str | None = "editor") -> dict[str, Any]:
        answer = self.call("GET", f"/api/1/datasets/{dataset}/", key)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def resource(self, dataset: str, resource: str) -> dict[str, Any]:
        answer = self.call("GET", f"/api/1/datasets/{dataset}/resources/{resource}/")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def edit(self, dataset: str, resource: str, **fields: Any) -> dict[str, Any]:
        """Change a resource's metadata, as a person does on the site."""
        answer = self.call("PUT", f"/api/1/datasets/{dataset}/resources/{resource}/", json=fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def lab(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """`lab("harvest", {"dataset": …, "resource": …})`, "archive", "settings", "expire"."""
        answer = self.call("POST", f"/lab/{route}/", None, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @contextmanager
    def settings(self, **changed: Any) -> Iterator[None]:
        """`READ_ONLY_MODE`, `MAX_CONTENT_LENGTH`, … for a while."""
        before = self.lab("settings", changed)
        try:
            yield
        finally:
            self.lab("settings", before)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated portal of this test alone."""
    with Simulator() as running:
        yield running


@pytest.fixture(scope="session")
def udata() -> Iterator[PortalServer]:
    """The real portal software."""
    with running_udata() as facts, PortalServer("udata", facts) as server:
        yield server


@pytest.fixture(scope="session")
def _shared_simulator() -> Iterator[PortalServer]:
    with Simulator() as running, PortalServer("simulator", running.facts()) as server:
        yield server


@pytest.fixture(params=["simulator", pytest.param("udata", marks=pytest.mark.udata)])
def portal_server(request: pytest.FixtureRequest) -> PortalServer:
    """Both portals in turn."""
    name = "_shared_simulator" if request.param == "simulator" else "udata"
    server: PortalServer = request.getfixturevalue(name)
    return server


@contextmanager
def running_udata() -> Iterator[dict[str, Any]]:
    python = _environment()
    process = subprocess.Popen(
        [str(python), str(_HERE / "serve_udata.py"), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_clean_environment(),
    )
    assert process.stdout
    assert process.stderr
    with process, _drained(process.stderr) as log:
        try:
            yield json.loads(_first_document(process.stdout, log))
        finally:
            process.terminate()


@contextmanager
def _drained(stream: Any) -> Iterator[list[str]]:
    """Read a stream to its end in the background, so that its writer never blocks."""
    lines: list[str] = []
    thread = threading.Thread(target=lambda: lines.extend(stream), daemon=True)
    thread.start()
    yield lines
    thread.join(10)


def _first_document(stream: Any, log: list[str]) -> str:
    """The JSON that the launcher prints once it serves; it is the first thing on its stdout."""
    text = ""
    for line in stream:
        text += str(line)
        if line.startswith("}"):
            return text
    pytest.fail(f"the real portal did not start:\n{''.join(log)[-4000:]}", pytrace=False)


def _clean_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SYNCD_", "PYTHON", "COV_"))
    }


def _environment() -> Path:
    """The Python of the cached environment; built where it is missing or incomplete."""
    requirements = _HERE / "requirements.txt"
    python = shutil.which("python3.11") or sys.executable
    version = _output([python, "--version"])
    named = hashlib.sha256(requirements.read_bytes() + version.encode()).hexdigest()[:16]
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"udata-{named}"
    with (cache / f"udata-{named}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs do not build it at once
        if not _works(home):
            _build(home, python, requirements)
    return home / "bin" / "python"


def _cache() -> Path:
    chosen = os.environ.get("SYNCD_TEST_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "syncd-tests"


def _works(home: Path) -> bool:
    if not (home / _BUILT).exists():
        return False
    tried = subprocess.run(
        [str(home / "bin" / "python"), "-c", "import udata"],
        capture_output=True,
        env=_clean_environment(),
    )
    return tried.returncode == 0


def _build(home: Path, python: str, requirements: Path) -> None:
    """In its final place: an environment knows its own path; the mark at the end says "whole"."""
    shutil.rmtree(home, ignore_errors=True)
    _output([python, "-m", "venv", str(home)])
    install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    _output([*install, "--disable-pip-version-check", "--requirement", str(requirements)])
    (home / _BUILT).touch()


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=_clean_environment())
    if done.returncode:
        pytest.fail(
            "the environment of the real portal could not be built: "
            f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}",
            pytrace=False,
        )
    return done.stdout
