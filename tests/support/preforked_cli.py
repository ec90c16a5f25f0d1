"""The command in a process of its own, without the second that it takes to start.

A process that has imported what the commands import, and done nothing, is forked for each run. What
a run then does is the installed command's, from `main` to the end of its process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

import boto3
import httpx
import time_machine

import syncd
from syncd import bootstrap
from tests.support.botocore_tables import read_tables_once
from tests.support.network.authorities import trust_nobody

# Imported by a run itself: help texts are made when the commands are read, in the run's language.
_LEFT = ("syncd.cli.commands", "syncd.adapters.ledger.migrations", "syncd.simulator")
_KEYS = ("aws_access_key_id", "aws_secret_access_key")
_LONGEST = 1 << 18  # bytes of a job: arguments and environment


class Process:
    """One run, with what tests ask of a `subprocess.Popen`. `stdin` is empty."""

    def __init__(self, pid: int, ended: IO[bytes], stderr: IO[str]) -> None:
        self.pid = pid
        self.stderr = stderr
        self.returncode: int | None = None
        self._ended = ended
        self._lock = threading.Lock()
        # Not when the run has ended: another thread may be waiting for that, too.
        weakref.finalize(self, ended.close)

    def wait(self, timeout: float | None = None) -> int:
        """Any thread may wait; at its end, the pipe is readable for all of them."""
        if not select.select([self._ended], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("syncd", timeout or 0)
        with self._lock:
            if self.returncode is None:
                self.returncode = int(self._ended.readline())
            return self.returncode

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Prefork:
    """The process that is forked; it ends with the process that made it.

    `pause` is called with the seconds that a run would wait. When it returns they have passed, for
    that run and for those that are started later. `change`, "module:function", changes the process
    before it is forked.
    """

    def __init__(self, *, pause: Callable[[float], None] | None = None, change: str = "") -> None:
        self._pause = pause
        self._ahead = 0.0  # seconds that runs did not wait
        self._lock = threading.Lock()
        self._jobs, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", __name__, str(theirs.fileno())),
                    *(change, "pausing" if pause else ""),
                ],
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                pass_fds=[theirs.fileno()],
            )

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, out: IO[bytes]
    ) -> Process:
        job = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(folder),
            "ahead": self._ahead,
        }
        pauses, waits = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors, err = os.pipe()
        ends, end = os.pipe()
        with self._lock:
            socket.send_fds(
                self._jobs, [json.dumps(job).encode()], [out.fileno(), err, end, waits.fileno()]
            )
        waits.close()
        os.close(err)
        os.close(end)
        if self._pause is None:
            pauses.close()
        else:
            threading.Thread(target=self._serve_pauses, args=(pauses,), daemon=True).start()
        ended = os.fdopen(ends, "rb", buffering=0)
        return Process(int(ended.readline()), ended, os.fdopen(errors, encoding="utf-8"))

    def _serve_pauses(self, pauses: socket.socket) -> None:
        """Of one run, until it ends."""
        assert self._pause is not None
        with pauses, contextlib.suppress(ConnectionError):
            while asked := pauses.recv(64):
                self._pause(float(asked))
                self._ahead += float(asked)
                pauses.send(asked)

    def close(self) -> None:
        self._jobs.close()  # and so it ends
        self._process.wait(60)


def serve(jobs: socket.socket) -> tuple[Mapping[str, Any], socket.socket]:
    """Forks for each job until nobody can send one. Returns in each fork, with its job, and where
    it says that it would wait."""
    ends: dict[int, tuple[int, int]] = {}  # by the descriptor of a run: its pid, where to say so
    with selectors.DefaultSelector() as waiting:
        waiting.register(jobs, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fd in ends:
                    waiting.unregister(key.fd)
                    pid, end = ends.pop(key.fd)
                    _, status = os.waitpid(pid, 0)
                    _say(end, os.waitstatus_to_exitcode(status))
                    os.close(end)
                    os.close(key.fd)
                    continue
                job, descriptors, _, _ = socket.recv_fds(jobs, _LONGEST, 4)
                if not job:
                    os._exit(0)
                out, err, end, waits = descriptors
                pid = os.fork()
                if not pid:
                    os.dup2(out, 1)
                    os.dup2(err, 2)
                    others = (one for _, one in ends.values())
                    for descriptor in (out, err, end, *ends, *others):
                        os.close(descriptor)
                    jobs.close()
                    document: Mapping[str, Any] = json.loads(job)
                    return document, socket.socket(fileno=waits)
                _say(end, pid)
                for descriptor in (out, err, waits):
                    os.close(descriptor)
                run = os.pidfd_open(pid)
                ends[run] = pid, end
                waiting.register(run, selectors.EVENT_READ)


def _say(end: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for this one any more
        os.write(end, f"{number}\n".encode())


def _prepare() -> None:
    trust_nobody()
    for module in pkgutil.walk_packages(syncd.__path__, "syncd."):
        if not module.name.startswith(_LEFT):
            importlib.import_module(module.name)
    for name in ("alembic.command", "sqlalchemy.dialects.sqlite"):
        importlib.import_module(name)
    read_tables_once()
    # Both import more with their first client.
    httpx.Client().close()
    boto3.client("s3", region_name="us-east-1", **dict.fromkeys(_KEYS, "none")).close()
    assert "syncd.cli.commands" not in sys.modules
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()


class _Ahead:
    """The clocks of a run whose waits have passed without it: those of all days, and those that
    count seconds."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._lock = threading.Lock()
        monotonic = time.monotonic
        time.monotonic = lambda: monotonic() + self._seconds

    def begin(self, ahead: float, waits: socket.socket) -> None:
        self._seconds, self._waits = ahead, waits
        day = datetime.now(UTC) + timedelta(seconds=ahead)
        self._traveller = time_machine.travel(day, tick=True).start()
        idle, sending = self._wait, self._wait
        bootstrap.Waits = partial(bootstrap.Waits, idle=idle, sending=sending)  # type: ignore[misc, assignment]  # only called

    def _wait(self, seconds: float) -> None:
        with self._lock:
            self._waits.send(str(seconds).encode())
            self._waits.recv(64)
            self._seconds += seconds
            self._traveller.shift(seconds)


def _become(job: Mapping[str, Any]) -> None:
    """What the interpreter makes of its surroundings when it starts."""
    os.environ.clear()
    os.environ.update(job["environment"])
    time.tzset()  # TZ may be another one
    os.chdir(job["folder"])
    tempfile.tempdir = None  # TMPDIR may be another one
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout = sys.__stdout__ = open(1, "w", errors="surrogateescape", closefd=False)  # noqa: SIM115 - a descriptor
    sys.stderr = sys.__stderr__ = open(  # noqa: SIM115 - a descriptor
        2, "w", buffering=1, errors="backslashreplace", closefd=False
    )
    sys.argv = ["syncd", *job["arguments"]]


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who wait for us
    _, number, change, pausing = sys.argv
    ahead = _Ahead() if pausing else None  # before others look where time comes from
    _prepare()
    if change:
        module, _, function = change.partition(":")
        getattr(importlib.import_module(module), function)()
    job, waits = serve(socket.socket(fileno=int(number)))
    _become(job)
    if ahead is None:
        waits.close()
    else:
        ahead.begin(job["ahead"], waits)
    from syncd.__main__ import main

    main()
