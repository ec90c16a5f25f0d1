"""Publish many small changed files, with syncd and with a script that does one after the other.

    python -m benchmarks.many_files [--datasets 50] [--files 10] [--latency 0.05] [--runs 3]

From a bucket (SeaweedFS) to the portal's simulator, which takes its time before each answer as a
distant server does. The script does what a careful one would: read the object, read the resource,
send the file, put the title back. Exit code 1 when a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import httpx

import syncd
from syncd.simulator import Simulator
from syncd.simulator.s3 import SeaweedFS

BUCKET = "depot"
ACCESS_KEY, SECRET_KEY = "bench", "bench-secret-0123456789"
PROMISED_SPEED = 10.0  # times the script's
PROMISED_REQUESTS = 4.0  # of the portal, per replaced file
PARALLEL = 16  # datasets at once

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


@dataclass
class Measured:
    name: str
    seconds: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)  # of the portal
    most: list[int] = field(default_factory=list)  # requests under way at once
    right: bool = True  # every file online, every title kept

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class File:
    dataset: str
    resource: str
    key: str
    title: str


class Bench:
    """One bucket and one portal for all runs; each run has new bytes under every key."""

    def __init__(self, folder: Path, s3: SeaweedFS, portal: Simulator, datasets: int, files: int):
        self.folder, self.s3, self.portal = folder, s3, portal
        self.client = boto3.client(
            "s3",
            endpoint_url=s3.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        self.client.create_bucket(Bucket=BUCKET)
        made = [self.portal.new_dataset(f"Jeu {at}") for at in range(datasets)]
        self.files = [
            self._file(dataset, at, number)
            for at, dataset in enumerate(made)
            for number in range(files)
        ]
        self._write_manifest()

    def _file(self, dataset: str, at: int, number: int) -> File:
        key, title = f"jeu{at}/fichier{number}.csv", f"Titre {at}.{number}"
        made = self.portal.new_resource(dataset, f"f{at}-{number}.csv", b"0\n", title=title)
        return File(dataset, made, key, title)

    def _write_manifest(self) -> None:
        text = (
            f"version: 1\nportal: {self.portal.url}\nsources:\n"
            f"  depot: {{endpoint: '{self.s3.endpoint}', bucket: {BUCKET}, addressing: path}}\n"
            "defaults: {source: depot, guards: off}\ndatasets:\n"
        )
        before = ""
        for file in self.files:
            if file.dataset != before:
                text += f"  - dataset: {file.dataset}\n    resources:\n"
                before = file.dataset
            text += f"      - {{resource: {file.resource}, object: {file.key}}}\n"
        (self.folder / "manifest.yaml").write_text(text, encoding="utf-8")

    def deposit(self, run: str) -> None:
        """50 kB of new bytes under every key."""

        def put(file: File) -> None:
            row = f"{run};{file.key};{os.urandom(25_000).hex()}\n"
            body = b"tour;cle;contenu\n" + row.encode()
            self.client.put_object(Bucket=BUCKET, Key=file.key, Body=body)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, self.files))

    def with_syncd(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "SYNCD_MANIFEST": str(self.folder / "manifest.yaml"),
            "SYNCD_STATE_DIR": str(self.folder / "state"),
            "SYNCD_API_KEY": self.portal.keys["editor"],
            "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": ACCESS_KEY,
            "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": SECRET_KEY,
            "SYNCD_CONCURRENCY": str(PARALLEL),
            "SYNCD_LOG_LEVEL": "error",
        }
        run([sys.executable, "-m", "syncd", "sync", "--json"], environment, "")

    def with_script(self) -> None:
        job = {
            "s3": self.s3.endpoint,
            "bucket": BUCKET,
            "access": ACCESS_KEY,
            "secret": SECRET_KEY,
            "portal": self.portal.url,
            "key": self.portal.keys["editor"],
            "files": [(file.dataset, file.resource, file.key) for file in self.files],
        }
        run([sys.executable, "-c", SCRIPT], {"PATH": os.environ["PATH"]}, json.dumps(job))

    def measure(self, measured: Measured, number: int, latency: float) -> None:
        self.deposit(f"{measured.name} {number}")
        self.portal.faults.clear()
        self.portal.faults.add(times=None, delay=latency)
        self.portal.journal.clear()
        started = time.monotonic()
        self.with_syncd() if measured.name == "syncd" else self.with_script()
        measured.seconds.append(time.monotonic() - started)
        asked = self.portal.journal.all()
        measured.requests.append(len(asked))
        measured.most.append(most_at_once([(one.started, one.ended) for one in asked]))
        self.portal.faults.clear()
        measured.right = measured.right and self._is_right()

    def _is_right(self) -> bool:
        key = {"X-API-KEY": self.portal.keys["editor"], "Accept": "application/json"}
        with httpx.Client(base_url=self.portal.url, headers=key) as portal:
            for dataset in {file.dataset for file in self.files}:
                shown = portal.get(f"/api/1/datasets/{dataset}/").json()["resources"]
                online = {one["id"]: (one["title"], one["filesize"]) for one in shown}
                for file in self.files:
                    if file.dataset == dataset and (
                        online[file.resource][0] != file.title or online[file.resource][1] < 50_000
                    ):
                        return False
        return True


def run(command: list[str], environment: Mapping[str, str], text: str) -> None:
    done = subprocess.run(
        command, env=environment, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{command[:4]} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def most_at_once(spans: list[tuple[float, float]]) -> int:
    moments = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    now = most = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most


def table(results: list[Measured], files: int) -> str:
    ours, script = results
    rows = [
        "| | seconds | times faster | portal requests per file | most at once | right |",
        "|---|---:|---:|---:|---:|---|",
    ]
    rows += [
        f"| {one.name} | {one.median:.1f} ({min(one.seconds):.1f} to {max(one.seconds):.1f}) "
        f"| {script.median / one.median:.1f} | {max(one.requests) / files:.2f} "
        f"| {max(one.most)} | {'yes' if one.right else '**no**'} |"
        for one in (ours, script)
    ]
    return "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--datasets", type=int, default=50)
    parser.add_argument("--files", type=int, default=10, help="in each dataset")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    results = [Measured("syncd"), Measured("serial script")]
    count = options.datasets * options.files
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name:
        folder = Path(name)
        with SeaweedFS(folder / "s3", ACCESS_KEY, SECRET_KEY) as s3, Simulator() as portal:
            bench = Bench(folder, s3, portal, options.datasets, options.files)
            for number in range(options.runs):
                for one in results if number % 2 == 0 else reversed(results):
                    bench.measure(one, number, options.latency)
                    print(f"run {number + 1}: {one.name} {one.seconds[-1]:.1f} s", file=sys.stderr)
    print(
        f"{count} changed files of 50 kB over {options.datasets} datasets, {PARALLEL} datasets at "
        f"once, {options.latency * 1000:.0f} ms of latency at the portal, syncd "
        f"{syncd.__version__}; medians of {options.runs}.\n"
    )
    print(table(results, count))
    ours, script = results
    kept = [
        script.median / ours.median >= PROMISED_SPEED,
        max(ours.requests) / count <= PROMISED_REQUESTS,
        max(ours.most) <= PARALLEL,
        ours.right,
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
