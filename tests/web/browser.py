"""Debian's Chromium without a window, led by its own driver (W3C WebDriver, over HTTP)."""

from __future__ import annotations

import base64
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.packaging.deploy.tools import Skipped, cache
from tests.support import debian_packages

REQUIRED = "SYNCD_TEST_BROWSER"  # set where a missing browser is a failure: on a build machine
_PROGRAMS = ("chromium", "chromedriver")
_PACKAGES = ("chromium", "chromium-driver", "fonts-liberation")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


class Browser:
    def __init__(self, http: httpx.Client, session: str) -> None:
        self._http = http
        self._session = session

    def show(self, page: Path | str, width: int, scheme: str) -> None:
        """As somebody with such a screen sees it."""
        self.resize(width)
        self.prefer(scheme)
        self.open(page)
        # On a busy machine the driver may come back before the style sheet is there.
        self.run_async(
            "const done = arguments[arguments.length - 1];"
            "if (document.readyState === 'complete') done();"
            "else addEventListener('load', () => done());"
        )

    def open(self, page: Path | str) -> None:
        """A file, or an address."""
        self._call("url", {"url": page if isinstance(page, str) else page.resolve().as_uri()})

    def run(self, code: str) -> Any:
        """The body of a function, in the page."""
        return self._call("execute/sync", {"script": code, "args": []})

    def run_async(self, code: str) -> Any:
        """The same, which calls its last argument when it is done."""
        return self._call("execute/async", {"script": code, "args": []})

    def resize(self, width: int, height: int = 900) -> None:
        """In CSS pixels; narrower than any window can be."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str, media: str = "screen") -> None:
        """`light` or `dark`; `screen` or `print`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._devtools("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def without_scripts(self, off: bool = True) -> None:
        """As somebody has it who allows none; the driver's own still run."""
        self._devtools("Emulation.setScriptExecutionDisabled", {"value": off})

    def sends(self, **headers: str) -> None:
        """With each request from now on, as a proxy between would add them; with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._devtools("Network.enable", {})
        self._devtools("Network.setExtraHTTPHeaders", {"headers": named})

    def press(self, *keys: str) -> None:
        """One after the other, wherever the focus is. `\ue004` is Tab, `\ue007` Enter."""
        pressed = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("actions", {"actions": [{"type": "key", "id": "keys", "actions": pressed}]})

    def address(self) -> str:
        return str(self._asked("url"))

    def source(self) -> str:
        return str(self._asked("source"))

    def focused(self) -> str:
        """What is written on what has the focus."""
        (active,) = self._asked("element/active").values()
        return str(self._asked(f"element/{active}/text"))

    def tag(self) -> str:
        """The kind of element that has the focus."""
        (active,) = self._asked("element/active").values()
        return str(self._asked(f"element/{active}/name"))

    def picture(self, file: Path) -> None:
        """The whole page, as a PNG."""
        beyond = {"format": "png", "captureBeyondViewport": True}
        shown = self._devtools("Page.captureScreenshot", beyond)
        file.write_bytes(base64.b64decode(shown["data"]))

    def _devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._call("goog/cdp/execute", {"cmd": command, "params": parameters})

    def _asked(self, what: str) -> Any:
        answer = self._http.get(f"/session/{self._session}/{what}")
        assert answer.status_code == 200, answer.text[:2000]
        return answer.json()["value"]

    def _call(self, what: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(f"/session/{self._session}/{what}", json=body)
        assert answer.status_code == 200, answer.text[:2000]
        return answer.json()["value"]


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """`folder`: an empty one, for what the browser keeps. `Skipped` where there is no browser."""
    _have_programs()
    log = folder / "chromedriver.log"
    process = subprocess.Popen(
        ["chromedriver", "--port=0", f"--log-path={log}"], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            with httpx.Client(base_url=_address(process), timeout=60, trust_env=False) as http:
                session = _session(http, folder / "profile")
                try:
                    yield Browser(http, session)
                finally:
                    http.delete(f"/session/{session}")
        finally:
            process.terminate()


def _address(driver: subprocess.Popen[str]) -> str:
    assert driver.stdout
    for line in driver.stdout:
        found = re.search(r"on port (\d+)", line)
        if found and "successfully" in line:
            return f"http://127.0.0.1:{found[1]}"
    raise AssertionError("chromedriver did not start")


def _session(http: httpx.Client, profile: Path) -> str:
    options = {"args": [*_FLAGS, f"--user-data-dir={profile}"]}
    wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
    answer = http.post("/session", json=wanted)
    assert answer.status_code == 200, answer.text[:2000]
    found: str = answer.json()["value"]["sessionId"]
    return found


def _have_programs() -> None:
    """A build machine installs them; on any other, nothing is installed behind its user's back."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing and not os.environ.get(REQUIRED):
        raise Skipped(f"{', '.join(missing)} not installed (Debian: {' '.join(_PACKAGES)})")
    if missing:
        with (cache() / "chromium.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # test processes beside this one want it, too
            if any(shutil.which(name) is None for name in _PROGRAMS):
                why = debian_packages.install(*_PACKAGES)
                if why:
                    raise Skipped(f"the browser could not be installed: {why}")
