"""`syncd demo`: the main job on an S3 server and a portal of its own, kept between two runs.

With `--page` its world stays alive, with the operators' page, until it is told to stop.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.cli.output.screen import Screen
from syncd.core.errors import SyncdError
from syncd.core.results import FAILED, OK
from syncd.service import signals
from syncd.text import text

if TYPE_CHECKING:
    from syncd.simulator.demo import Demo

_EACH = 4.0  # seconds between two deposits
_STOP_PATIENCE = 20.0  # seconds
_SHOWN = {
    "SYNCD_WEB": "true",
    "SYNCD_HTTP_ADDRESS": "127.0.0.1:0",
    "SYNCD_LOG_FORMAT": "json",
    "SYNCD_LOG_LEVEL": "info",
}


def run(*, folder: str, reset: bool, page: bool) -> int:
    if importlib.util.find_spec("werkzeug") is None:
        raise SyncdError("demo_s3_missing", program="werkzeug", extra="demo")
    if page:
        return _with_page(Path(folder))
    from syncd.simulator.demo import Demo

    screen = Screen()
    with Demo(Path(folder), reset=reset) as demo:
        _present(screen, demo)
        code = _show(screen, "sync", demo.environment)
        asked, sent = demo.portal_requests()
        screen.say(text("demo_counts", requests=asked, uploads=sent))
        if code == FAILED:
            return code
        screen.say(text("demo_again" if sent else "demo_nothing_sent"))
        screen.say(text("demo_page", command=f"{_program()} demo --page"))
    return code


def _with_page(folder: Path) -> int:
    from syncd.simulator.page_demo import arrivals, furnish, page_demo, trouble

    signals.received.install()
    screen = Screen()
    with page_demo(folder) as demo:
        furnish(demo)
        _present(screen, demo)
        if _show(screen, "sync", demo.environment) == FAILED:
            return FAILED
        trouble(demo)
        deposit = arrivals(demo)
        service = _Service(demo.environment)
        try:
            screen.say(text("demo_page_at", address=f"http://{service.address()}/"))
            screen.say(text("demo_page_has", seconds=round(_EACH)))
            screen.say(text("demo_page_end", folder=str(demo.manifest.parent)))
            sys.stdout.flush()
            while signals.received.next(_EACH) != signals.STOP:
                if not service.is_there():
                    raise service.ended()
                deposit()
        finally:
            service.stop()
    return OK


class _Service:
    """`syncd run` with the page. In a session of its own: a Ctrl-C is ours."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        from syncd.simulator.s3 import die_with_parent

        self.last = ""  # of its log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "syncd", "run"],
            env={**os.environ, **environment, **_SHOWN},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, no allocation
        )

    def address(self) -> str:
        """As its log says; what it says afterwards is read and forgotten, or it would wait."""
        for line in self._lines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "service.started":
                threading.Thread(target=lambda: list(self._lines()), daemon=True).start()
                return str(event["http"])
        raise self.ended()

    def is_there(self) -> bool:
        return self._process.poll() is None

    def ended(self) -> SyncdError:
        return SyncdError("demo_page_ended", last=self.last.strip()[-500:])

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _lines(self) -> Iterator[str]:
        for line in self._process.stderr or ():
            self.last = line
            yield line


def _present(screen: Screen, demo: Demo) -> None:
    screen.say(text("demo_s3", endpoint=demo.endpoint))
    screen.say(text("demo_portal", url=demo.portal_url))
    screen.say(text("demo_manifest", file=str(demo.manifest)))


def _program() -> str:
    """As it can be typed here: `make demo` has an environment that no shell knows."""
    beside = Path(sys.executable).with_name("syncd")
    if shutil.which("syncd") or not beside.is_file():
        return "syncd"
    return os.path.relpath(beside)


def _show(screen: Screen, command: str, environment: Mapping[str, str]) -> int:
    """Run the real command, as an operator would, and let it write to this terminal."""
    screen.say("")
    screen.say(f"$ syncd {command}")
    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-m", "syncd", command], env={**os.environ, **environment}, check=False
    )
    screen.say("")
    return done.returncode
