"""The command in a process of its own, without the second that it takes to start.

A process that has imported everything and done nothing is forked for each run. What a run then
does is the installed command's, from `main` on; `hasty` shortens its longer pauses.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.support.cli_harness import Done

_MODULES = (
    "boto3",
    "botocore.endpoint",
    "httpx",
    "sqlalchemy.dialects.sqlite",
    "syncd.__main__",
    "syncd.bootstrap",
    "syncd.cli.commands",
    "syncd.cli.sync",
    "syncd.cli.errors",
    "syncd.adapters.ledger",
    "syncd.adapters.disk.locks",
    "syncd.adapters.portal",
    "syncd.adapters.s3.source",
    "syncd.adapters.disk.spool",
)
_PAUSE = 1.2  # seconds; two uploads of one name must be that far apart


class Warm:
    """Runs one command at a time."""

    def __init__(self, folder: Path, *, hasty: bool = False) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *(["hasty"] if hasty else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )

    def run(self, *arguments: str, environment: Mapping[str, str]) -> Done:
        number = next(self._numbers)
        out, err = (self._folder / f"warm-{number}-{name}" for name in ("stdout", "stderr"))
        job = {
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(self._folder),
            "out": str(out),
            "err": str(err),
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Done(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()  # and so it ends
        self._process.wait(60)
        self._process.stdout.close()


def serve() -> None:
    if "hasty" in sys.argv:
        _hasten()
    for name in _MODULES:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _hasten() -> None:
    """Before anybody takes `time.sleep` for a default."""
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(float(seconds), _PAUSE))


def _become(job: Mapping[str, Any]) -> None:
    """The command, to its end."""
    code = 70  # no code of the command's
    try:
        for stream, path in ((1, job["out"]), (2, job["err"])):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(opened, stream)
            os.close(opened)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(job["environment"])
        os.chdir(job["folder"])
        sys.argv = ["syncd", *job["arguments"]]
        from syncd.__main__ import main

        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
