"""The files of `many`, sent by a service of one, two and four processes on PostgreSQL.

Beside it what one process does with its ledger in a file (`syncd sync`), and the script of `many`.
The service is at work already when the files come: what it costs is from then on.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from benchmarks import machine, postgresql, processes, servers
from benchmarks.contest import ratio, resources, say, seconds, take_turns
from benchmarks.cost import Cost
from benchmarks.many import (
    LATENCY,
    SIZE,
    Office,
    Portal,
    Sender,
    milliseconds,
    run_script,
    settings_of_syncd,
    sync,
)
from benchmarks.options import Options
from benchmarks.postgresql import Server
from benchmarks.scale import WITHOUT, on_server
from benchmarks.section import Section, at_most, holds, table
from benchmarks.service import service
from syncd.simulator.s3 import SeaweedFS

WORKERS = (1, 2, 4)  # processes

HEAD = (
    "", "seconds", "times faster", "CPU s", "CPU per file, ms", "CPU s of PostgreSQL",
    "of portal and bucket", "processors at work", "most at once", "right",
)  # fmt: skip
WORDS = (0, 9)


@dataclass(frozen=True)
class Others:
    """Who works for those who are measured, on the same processors."""

    s3: SeaweedFS
    portal: Portal
    server: Server | None

    @contextmanager
    def watched(self, steps: dict[str, float]) -> Iterator[None]:
        """Their seconds of processor, in `steps`."""
        before = self._cpu()
        yield
        steps |= {name: cpu - before[name] for name, cpu in self._cpu().items()}

    def _cpu(self) -> dict[str, float]:
        used = {"served": processes.cpu(self.s3.pid) + processes.cpu(self.portal.pid)}
        if self.server is not None:
            used["server"] = processes.cpu(self.server.pid)
        return used


def programs() -> list[str]:
    names = ("boto3", "httpx", "procrastinate", "psycopg")
    return [machine.seaweedfs(), *(f"{name} {machine.package(name)}" for name in names)]


def measure(options: Options) -> Section:
    count = options.datasets * options.files
    with (
        tempfile.TemporaryDirectory(prefix="syncd-bench-") as name,
        postgresql.server() as server,
        servers.bucket(Path(name)) as s3,
        servers.helper(
            "benchmarks.distant_portal", str(3 * options.datasets), str(options.files)
        ) as process,
    ):
        portal = Portal(process)
        others = Others(s3, portal, server)
        theirs, alone, shared = (
            Office(s3, portal, portal.files[at * count : (at + 1) * count]) for at in range(3)
        )
        script = sender(
            "a script, one file after the other", theirs, others, lambda: run_script(theirs)
        )
        script.turns = 1  # it waits most of its time, for as long each time
        in_file = settings(Path(name) / "alone", alone, options.parallel)
        everyone = [
            script,
            sender(
                "`syncd sync`, one process, SQLite",
                alone,
                others,
                lambda: sync(in_file, {"replaced": count}),
                ours=True,
            ),
        ]
        say("a first publication, which is not counted: afterwards syncd knows the files")
        alone.deposit()
        sync(in_file, {"replaced": count})
        if server is not None:
            url = server.database()
            place = Path(name) / "shared"
            on_postgresql = settings(place, shared, options.parallel) | on_server(url, place)
            shared.deposit()
            sync(on_postgresql, {"replaced": count})
            everyone += [
                of_service(shared, others, on_postgresql, number, options) for number in WORKERS
            ]
        take_turns(everyone, options.runs)
    return report(options, everyone, server)


def settings(folder: Path, office: Office, parallel: int) -> dict[str, str]:
    """Nothing is due by itself."""
    folder.mkdir()
    made = settings_of_syncd(folder, office, parallel)
    manifest = Path(made["SYNCD_MANIFEST"])
    text = manifest.read_text("utf-8")
    assert "every: 15m" in text
    manifest.write_text(text.replace("every: 15m", "cron: '0 3 1 1 *'"), "utf-8")
    return made


def sender(
    name: str, office: Office, others: Others, send: Callable[[], Cost], *, ours: bool = False
) -> Sender:
    made = Sender(name, lambda: observed(office, others, made, send), ours=ours)
    return made


def observed(office: Office, others: Others, one: Sender, send: Callable[[], Cost]) -> Cost:
    steps: dict[str, float] = {}

    def watched() -> Cost:
        with others.watched(steps):
            return send()

    return replace(office.observed(one, watched), steps=steps)


def of_service(
    office: Office, others: Others, known: Mapping[str, str], number: int, options: Options
) -> Sender:
    """Together as many datasets at once as one process alone."""
    each = max(1, options.parallel // number)
    wanted = {
        **known,
        "SYNCD_WORKERS": str(number),
        "SYNCD_CONCURRENCY": str(each),
        "SYNCD_LOG_LEVEL": "info",
    }
    datasets = len(list(groupby(office.files, lambda file: file.dataset)))

    def run() -> Cost:
        with service(wanted) as running:
            running.wait_for("service.started")
            running.wait_for("replica.works", number)

            def send() -> Cost:
                began, cpu = time.monotonic(), running.cpu
                running.process.send_signal(signal.SIGUSR1)
                office.portal.wait_for(len(office.files))
                passed = time.monotonic() - began
                running.wait_for("cycle.done", datasets)
                peak = max(map(processes.peak, processes.family(running.pid)))
                return Cost(passed, running.cpu - cpu, peak)

            return observed(office, others, made, send)

    many = "1 process" if number == 1 else f"{number} processes"
    made = Sender(f"`syncd run`, {many}, PostgreSQL", run, ours=True)
    return made


def report(options: Options, everyone: Sequence[Sender], server: Server | None) -> Section:
    count = options.datasets * options.files
    about = f"PostgreSQL {server.version}, with `fsync`." if server else WITHOUT
    text = (
        f"{options.told} The script: once. {count} files of {SIZE // 1000} kB, all changed, over "
        f"{options.datasets} datasets; {LATENCY * 1000:.0f} ms before each answer of the portal; "
        f"{options.parallel} datasets at once, shared out among the processes. {about} The CPU of "
        "`syncd sync` has its start in it. Processors at work: with all of this, of this "
        f"machine's {os.cpu_count()}; where they are near 100 %, they are what bounds it, and "
        "more processes cannot help."
    )
    ours = [one for one in everyone if one.ours]
    return Section(
        f"{count} changed files, several processes",
        [text, table(HEAD, [row(one, everyone[0], count) for one in everyone], WORDS)],
        [
            at_most(
                f"{one.name}: never more at once than configured ({options.parallel})",
                one.worst(one.most),
                options.parallel,
                "{}",
            )
            for one in ours
        ]
        + [
            holds(f"{one.name}: every file and title is right", said=one.always_right)
            for one in ours
        ],
    )


def row(one: Sender, reference: Sender, count: int) -> Sequence[str]:
    faster, cost = ratio(reference, one), one.median
    if faster is None or cost is None:
        return [one.name, seconds(one)]
    used = [one.step(name) for name in ("server", "served")]
    at_work = (cost.cpu + sum(filter(None, used))) / cost.seconds / (os.cpu_count() or 1)
    return [
        one.name,
        seconds(one),
        f"{faster:.1f}",
        resources(one)[0],
        f"{milliseconds(one, count) or 0:.1f}",
        *("" if cpu is None else f"{cpu:.1f}" for cpu in used),
        f"{at_work:.0%}",
        str(one.worst(one.most)),
        "yes" if one.always_right else "**no**",
    ]
