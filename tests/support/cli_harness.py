"""A person at work: a portal, a bucket, a manifest on disk, and the installed command `syncd`.

Everything is real here but the simulator, where a test asks for it: the command runs as a process,
with nothing in its environment but what an operator would set. That process is forked from one that
has done its imports (`preforked_cli`). Where the start itself is tested (`cold`), and everywhere
with `SYNCD_TEST_INSTALLED=1`, it is started as an operator does.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from syncd.simulator import Simulator
from tests.support.one_move import put
from tests.support.portal_servers import PortalServer
from tests.support.preforked_cli import Prefork, Process
from tests.support.s3_servers import Bucket

SYNCD = Path(sys.executable).with_name("syncd")
PATIENCE = 200  # seconds; no command takes that long, on a busy machine either, unless it hangs
INSTALLED = os.environ.get("SYNCD_TEST_INSTALLED") == "1"

_numbers = itertools.count(1)


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log: one JSON object per line of stderr."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]

    @property
    def said(self) -> list[str]:
        """What stderr has beside the log."""
        return [line for line in self.err.splitlines() if line and not line.startswith("{")]

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcome by object, of `sync --json`."""
        return {one["object"]: one["outcome"] for one in self.document["outcomes"]}

    @property
    def reasons(self) -> dict[str, str]:
        """Reason by object, of `sync --json`."""
        return {one["object"]: one["reason"] for one in self.document["outcomes"]}

    @property
    def actions(self) -> dict[str, str]:
        """Action by object, of `plan --json` and `check --online --json`."""
        document = self.document
        told = document.get("online") or document
        return {one["object"]: one["action"] for one in told["actions"]}


@functools.cache
def _prefork() -> Prefork:
    """One for all tests of this process; it ends with it."""
    prefork = Prefork()
    atexit.register(prefork.close)
    return prefork


class Running:
    """A command that has not ended yet. Leaving the `with` block kills it if it must."""

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        setup: Callable[[], None] | None = None,
        *,
        program: Path = SYNCD,
        prefork: Prefork | None = None,
        cold: bool = False,
    ) -> None:
        self._out = folder / f"stdout-{next(_numbers)}"
        self.process: Process | subprocess.Popen[str]
        with self._out.open("wb") as out:
            if INSTALLED or cold or setup is not None or program is not SYNCD:
                self.process = subprocess.Popen(
                    [str(program), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    env=environment,
                    cwd=folder,
                    preexec_fn=lambda: _at_a_terminal(setup),  # noqa: PLW1509 - system calls only
                )
            else:
                self.process = (prefork or _prefork()).start(arguments, environment, folder, out)
        self._lines: list[str] = []
        self._unseen: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.append(line)
            self._unseen.put(line)
        self._unseen.put(None)

    def wait_for(self, event: str, patience: float = PATIENCE) -> dict[str, Any]:
        """The next log line with this event's name."""
        return self.wait_for_each(event, patience=patience)[event]

    def wait_for_each(self, *events: str, patience: float = PATIENCE) -> dict[str, dict[str, Any]]:
        """The next log line of each of these names, in whatever order they come."""
        found: dict[str, dict[str, Any]] = {}
        while len(found) < len(events):
            line = self._unseen.get(timeout=patience)
            left = [event for event in events if event not in found]
            assert line is not None, f"ended without {left}:\n{''.join(self._lines)}"
            found |= {one: json.loads(line) for one in left if f'"event": "{one}"' in line}
        return found

    def kill(self) -> None:
        """As `kill -9` and a power cut do."""
        self.process.send_signal(signal.SIGKILL)
        self.finish()

    def interrupt(self) -> Done:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self.finish()

    def finish(self) -> Done:
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return Done(code, self._out.read_text(encoding="utf-8"), "".join(self._lines))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        if self.process.stderr:
            self.process.stderr.close()


def asked(url: str) -> httpx.Response:
    """Of a service on this machine, which may have to wait for its turn."""
    return httpx.get(url, trust_env=False, timeout=PATIENCE)


def first(event: str, *running: Running) -> Running:
    """The one that logs it first: replicas share their work."""
    for patience in itertools.repeat(0.1, int(PATIENCE * 10)):
        for one in running:
            with suppress(queue.Empty):
                one.wait_for(event, patience)
                return one
    raise AssertionError(f"nobody said {event}")


def ended(running: Running, signal_number: int = signal.SIGTERM) -> Done:
    """Stop a service; it must end well."""
    running.process.send_signal(signal_number)
    done = running.finish()
    assert done.code == 0, done.err
    return done


def _at_a_terminal(setup: Callable[[], None] | None) -> None:
    """A test run in the background hands its ignored SIGINT down; a terminal does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if setup is not None:
        setup()


class Office:
    """`url`: the portal's address in the manifest, when it is not the portal's own."""

    def __init__(
        self,
        portal: PortalServer,
        bucket: Bucket,
        folder: Path,
        *,
        url: str | None = None,
        simulator: Simulator | None = None,
    ) -> None:
        self.portal = portal
        self.bucket = bucket
        self.folder = folder
        self.url = url or portal.url
        self._simulator = simulator
        self.state = folder / "state"
        self.manifest = folder / "manifest.yaml"
        self.dataset = portal.new_dataset()
        self.entries: dict[str, list[str]] = {self.dataset: []}
        self.defaults = ""  # more of the manifest's `defaults`
        self.of_source = ""  # more of the manifest's source
        self.more = ""  # further YAML, after `datasets`
        self.address = ""  # where anybody gets the bucket's objects, with {key}
        self.sources = ""  # further ones
        self.settings: dict[str, str] = {}  # beside, or instead of, the usual ones

    @property
    def simulator(self) -> Simulator:
        assert self._simulator, "this office works with the real portal"
        return self._simulator

    # -- what people prepare ------------------------------------------------------------------

    def resource(
        self, title: str, name: str = "", content: bytes = b"0\n", *, dataset: str = ""
    ) -> str:
        """A resource with a file, as a person left it, in words of their own."""
        dataset = dataset or self.dataset
        # Each name once: two files of one name within a second collide on the portal.
        made = self.portal.upload(dataset, name or f"ancien-{next(_numbers)}.csv", content)
        words = {"title": title, "description": f"À propos de : {title}", "type": "update"}
        self.portal.edit(dataset, made["id"], **words, extras={"note": "à garder"})
        identifier: str = made["id"]
        return identifier

    def entry(self, *, dataset: str = "", **fields: Any) -> None:
        """One entry under `resources:`."""
        listed = ", ".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
        self.entries.setdefault(dataset or self.dataset, []).append(f"      - {{{listed}}}\n")

    def target(self, title: str, key: str, content: bytes | None, **options: Any) -> str:
        """A resource, an object and the entry that joins them; the resource's id."""
        dataset = options.pop("dataset", self.dataset)
        # Plain text may become anything; a table, another table.
        name = "" if key.endswith(".csv") else f"ancien-{next(_numbers)}.txt"
        found = self.resource(title, name, dataset=dataset)
        if content is not None:
            self.bucket.put(key, content)
        self.entry(dataset=dataset, resource=found, object=key, **options)
        return found

    @property
    def text(self) -> str:
        """The manifest."""
        datasets = "".join(
            f"  - dataset: {dataset}\n    resources:\n{''.join(entries)}"
            for dataset, entries in self.entries.items()
            if entries
        )
        defaults = f", {self.defaults}" if self.defaults else ""
        address = f", address: '{self.address}'" if self.address else ""
        return (
            f"version: 1\nportal: {self.url}\n"
            f"sources:\n  depot: {{endpoint: '{self.bucket.endpoint}', "
            f"bucket: {self.bucket.bucket}, addressing: path{address}{self.of_source}}}\n"
            f"{self.sources}"
            f"defaults: {{source: depot{defaults}}}\ndatasets:\n{datasets}{self.more}"
        )

    # -- the command --------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "SYNCD_MANIFEST": str(self.manifest),
            "SYNCD_STATE_DIR": str(self.state),
            "SYNCD_API_KEY": self.portal.keys["editor"],
            "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": self.bucket.access_key,
            "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": self.bucket.secret_key,
            **self.settings,
        }

    def start(
        self,
        *arguments: str,
        setup: Callable[[], None] | None = None,
        cold: bool = False,
        **settings: str,
    ) -> Running:
        """`setup` runs in the new process before the command; `settings` hold for it alone."""
        self.write_manifest()
        return self.running(*arguments, setup=setup, cold=cold, **settings)

    def write_manifest(self) -> None:
        """Only where it changed: another command may be reading it."""
        if not self.manifest.is_file() or self.manifest.read_bytes() != self.text.encode():
            put(self.manifest, self.text)

    def running(
        self,
        *arguments: str,
        setup: Callable[[], None] | None = None,
        cold: bool = False,
        **settings: str,
    ) -> Running:
        """The same, on the manifest as it lies there."""
        environment = {**self.environment, **settings}
        return Running(arguments, environment, self.folder, setup, cold=cold)

    def run_with(self, *arguments: str, **settings: str) -> Done:
        with self.start(*arguments, **settings) as running:
            return running.finish()

    def run(self, *arguments: str, setup: Callable[[], None] | None = None) -> Done:
        with self.start(*arguments, setup=setup) as running:
            return running.finish()

    def sync(self, *arguments: str) -> Done:
        return self.run("sync", "--json", *arguments)

    # -- what can be seen ---------------------------------------------------------------------

    def online(self, resource: str, *, dataset: str = "") -> dict[str, Any]:
        return self.portal.resource(dataset or self.dataset, resource)

    def order(self) -> list[str]:
        """The ids of the dataset's resources, as the portal shows them."""
        return [one["id"] for one in self.portal.dataset(self.dataset)["resources"]]

    def permanent_link(self, resource: str) -> bytes:
        """What a re-user downloads."""
        answer = self.portal.call(
            "GET", f"/api/1/datasets/r/{resource}", None, follow_redirects=True
        )
        assert answer.status_code == 200, answer.text
        return answer.content

    def uploads(self) -> int:
        """Files that the simulator was sent by syncd."""
        asked = self.simulator.journal.uploads()
        return sum(one.headers["user-agent"].startswith("syncd/") for one in asked)
