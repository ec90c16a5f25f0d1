"""`syncd demo`: the main job on an S3 server and a portal of its own, kept between two runs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from syncd.cli.output.screen import Screen
from syncd.core.errors import SyncdError
from syncd.core.results import FAILED
from syncd.text import text


def run(*, folder: str, reset: bool) -> int:
    if importlib.util.find_spec("werkzeug") is None:
        raise SyncdError("demo_s3_missing", program="werkzeug", extra="demo")
    from syncd.simulator.demo import Demo

    screen = Screen()
    with Demo(Path(folder), reset=reset) as demo:
        screen.say(text("demo_s3", endpoint=demo.endpoint))
        screen.say(text("demo_portal", url=demo.portal_url))
        screen.say(text("demo_manifest", file=str(demo.manifest)))
        code = _show(screen, "sync", demo.environment)
        asked, sent = demo.portal_requests()
        screen.say(text("demo_counts", requests=asked, uploads=sent))
        if code == FAILED:
            return code
        screen.say(text("demo_again" if sent else "demo_nothing_sent"))
    return code


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
