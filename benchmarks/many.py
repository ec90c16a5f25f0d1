"""Many small changed files on a distant portal: syncd, and a script that does one after the other.

The script does what a careful one would: read the object, read the resource, send the file, put
the title back.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import httpx

from benchmarks import machine, program, promises, servers
from benchmarks.contest import Contender, ratio, resources, say, seconds, take_turns
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.options import Options
from benchmarks.section import Section, at_most, holds, table
from benchmarks.servers import ACCESS_KEY, BUCKET, SECRET_KEY, Helper
from syncd.simulator.s3 import SeaweedFS

LATENCY = 0.05  # seconds before each answer of the portal
SIZE = 50_000  # bytes of a file

HEAD = (
    "", "seconds", "times faster", "CPU s", "CPU per file, ms", "portal requests per file",
    "most at once", "right",
)  # fmt: skip
WORDS = (0, 7)

SCRIPT = """
import json, sys, boto3, httpx
job = json.load(sys.stdin)
s3 = boto3.client("s3", endpoint_url=job["s3"], region_name="us-east-1",
                  aws_access_key_id=job["access"], aws_secret_access_key=job["secret"])
with httpx.Client(base_url=job["portal"], headers={"X-API-KEY": job["key"]}, timeout=60) as portal:
    for dataset, resource, key in job["files"]:
        body = s3.get_object(Bucket=job["bucket"], Key=key)["Body"].read()
        path = f"/api/1/datasets/{dataset}/resources/{resource}/"
        title = portal.get(path).json()["title"]
        file = {"file": (key.rsplit("/", 1)[-1], body)}
        portal.post(path + "upload/", files=file).raise_for_status()
        portal.put(path, json={"title": title}).raise_for_status()
"""


@dataclass(frozen=True)
class File:
    dataset: str
    resource: str
    key: str
    title: str


@dataclass
class Sender(Contender):
    requests: list[int] = field(default_factory=list)  # of the portal
    most: list[int] = field(default_factory=list)  # requests under way at once
    right: list[bool] = field(default_factory=list)  # every file online, every title kept

    def worst(self, figures: list[int]) -> int | None:
        return None if self.trouble or not figures else max(figures)

    @property
    def always_right(self) -> bool | None:
        return None if self.trouble or not self.right else all(self.right)


class Office:
    """The files of one contender; each run has new bytes under every key."""

    def __init__(self, s3: SeaweedFS, portal: Portal, files: Sequence[File]) -> None:
        self.s3, self.portal, self.files = s3, portal, files
        self.deposits = 0

    def deposit(self) -> None:
        """New bytes under every key."""
        self.deposits += 1
        client = self.s3.client()

        def put(file: File) -> None:
            head = self._head(file)
            body = head + os.urandom(SIZE // 2).hex().encode()[len(head) :]
            client.put_object(Bucket=BUCKET, Key=file.key, Body=body)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, self.files))

    def is_right(self) -> bool:
        """Every file is online as it was deposited last, under the title that a person wrote."""
        with self.portal.asked() as client:
            for dataset, files in groupby(self.files, lambda file: file.dataset):
                shown = client.get(f"/api/1/datasets/{dataset}/").json()["resources"]
                online = {one["id"]: one for one in shown}
                for file in files:
                    found = online[file.resource]
                    body = client.get(found["url"]).content
                    last = len(body) == SIZE and body.startswith(self._head(file))
                    if found["title"] != file.title or not last:
                        return False
        return True

    def observed(self, sender: Sender, send: Callable[[], Cost]) -> Cost:
        """One turn: new files, sent while the portal is distant, and looked at afterwards."""
        self.deposit()
        with self.portal.distant() as spans:
            cost = send()
        sender.requests.append(len(spans))
        sender.most.append(most_at_once(spans))
        sender.right.append(self.is_right())
        return cost

    def _head(self, file: File) -> bytes:
        return f"{self.deposits};{file.key}\n".encode()


class Portal:
    """The portal's simulator, in a process of its own."""

    def __init__(self, process: Helper) -> None:
        self._process = process
        self.pid = process.pid
        held = process.read()
        self.url, self.key = held["url"], held["key"]
        self.files = [File(*one) for one in held["files"]]

    def wait_for(self, publications: int) -> None:
        self._process.ask("wait", publications)

    @contextmanager
    def distant(self) -> Iterator[list[tuple[float, float]]]:
        """While it lasts, the portal takes its time. Holds afterwards what it was asked."""
        spans: list[tuple[float, float]] = []
        self._process.ask("begin", LATENCY)
        try:
            yield spans
        finally:
            spans += [(start, end) for start, end in self._process.ask("end")]

    @contextmanager
    def asked(self) -> Iterator[httpx.Client]:
        headers = {"X-API-KEY": self.key, "Accept": "application/json"}
        with httpx.Client(base_url=self.url, headers=headers, trust_env=False) as client:
            yield client


def programs() -> list[str]:
    versions = [f"{name} {machine.package(name)}" for name in ("boto3", "httpx")]
    return [machine.seaweedfs(), *versions]


def measure(options: Options) -> Section:
    idle: list[int] = []
    with (
        tempfile.TemporaryDirectory(prefix="syncd-bench-") as name,
        servers.bucket(Path(name)) as s3,
        servers.helper(
            "benchmarks.distant_portal", str(2 * options.datasets), str(options.files)
        ) as process,
    ):
        portal = Portal(process)
        count = options.datasets * options.files
        ours = Office(s3, portal, portal.files[:count])
        theirs = Office(s3, portal, portal.files[count:])
        settings = settings_of_syncd(Path(name), ours, options.parallel)

        def run_syncd() -> Cost:
            cost = ours.observed(syncd, lambda: sync(settings, {"replaced": count}))
            with portal.distant() as spans:
                sync(settings, {"unchanged": count})
            idle.append(len(spans))
            return cost

        syncd = Sender("`syncd sync`", run_syncd, ours=True)
        script = Sender(
            "a script, one file after the other",
            lambda: theirs.observed(script, lambda: run_script(theirs)),
            turns=1,  # it waits most of its time, for as long each time
        )
        say("a first publication, which is not counted: afterwards syncd knows the files")
        ours.deposit()
        sync(settings, {"replaced": count})
        take_turns([syncd, script], options.runs)
    return report(options, syncd, script, idle)


def settings_of_syncd(folder: Path, office: Office, parallel: int) -> dict[str, str]:
    datasets = [
        {
            "dataset": dataset,
            "resources": [{"resource": one.resource, "object": one.key} for one in files],
        }
        for dataset, files in groupby(office.files, lambda file: file.dataset)
    ]
    portal = office.portal
    made = servers.settings(
        folder, office.s3.endpoint, portal.url, portal.key, datasets, guards="off"
    )
    return made | {"SYNCD_CONCURRENCY": str(parallel), "SYNCD_LOG_LEVEL": "error"}


def sync(settings: Mapping[str, str], expected: Mapping[str, int]) -> Cost:
    cost = cost_of(program.sync(), settings)
    found = servers.summary(cost.said)
    if found != expected:
        raise Unavailable(f"it ended with {found}")
    return cost


def run_script(office: Office) -> Cost:
    job = {
        "s3": office.s3.endpoint,
        "bucket": BUCKET,
        "access": ACCESS_KEY,
        "secret": SECRET_KEY,
        "portal": office.portal.url,
        "key": office.portal.key,
        "files": [(file.dataset, file.resource, file.key) for file in office.files],
    }
    return cost_of([sys.executable, "-c", SCRIPT], given=json.dumps(job))


def most_at_once(spans: Sequence[tuple[float, float]]) -> int:
    """How many were under way at the busiest instant; one that ends there no longer is."""
    moments = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    now = most = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most


def report(options: Options, syncd: Sender, script: Sender, idle: Sequence[int]) -> Section:
    count = options.datasets * options.files
    faster = ratio(script, syncd)
    asked = syncd.worst(syncd.requests)
    text = (
        f"{options.told} The script: once. {count} files of {SIZE // 1000} kB, all changed, over "
        f"{options.datasets} datasets; {LATENCY * 1000:.0f} ms before each answer of the portal "
        "(the simulator, in a process of its own); "
        f"`SYNCD_CONCURRENCY={options.parallel}`. Requests, and how many are under way at once, "
        "are counted in the portal's journal. After each of its runs a second `syncd sync` finds "
        "nothing changed."
    )
    full = options.full_number
    return Section(
        f"{count} changed files",
        [text, table(HEAD, [row(one, script, count) for one in (syncd, script)], WORDS)],
        [
            promises.MANY_FASTER.judge(faster, judged=full),
            promises.MANY_CPU.judge(milliseconds(syncd, count), judged=full),
            promises.MANY_REQUESTS.judge(None if asked is None else asked / count, judged=full),
            promises.MANY_IDLE.judge(max(idle, default=None)),
            at_most(
                f"never more at once than configured ({options.parallel})",
                syncd.worst(syncd.most),
                options.parallel,
                "{}",
            ),
            holds("every file and title is right", said=syncd.always_right),
        ],
        figures(syncd, count),
    )


def milliseconds(one: Sender, count: int) -> float | None:
    """Of the processor, per file: with what the start takes."""
    cost = one.median
    return cost.cpu / count * 1000 if cost else None


def figures(syncd: Sender, count: int) -> dict[str, float]:
    """For docs/performance.md: of a file."""
    cpu, asked = milliseconds(syncd, count), syncd.worst(syncd.requests)
    if cpu is None or asked is None:
        return {}
    return {"cpu_ms": round(cpu, 1), "requests": round(asked / count, 2)}


def row(one: Sender, reference: Sender, count: int) -> Sequence[str]:
    faster, asked, most = ratio(reference, one), one.worst(one.requests), one.worst(one.most)
    if faster is None or asked is None:
        return [one.name, seconds(one)]
    right = "yes" if one.always_right else "**no**"
    cpu, each = resources(one)[0], f"{milliseconds(one, count) or 0:.1f}"
    return [
        one.name,
        seconds(one),
        f"{faster:.1f}",
        cpu,
        each,
        f"{asked / count:.2f}",
        str(most),
        right,
    ]
