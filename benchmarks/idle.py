"""A cycle in which nothing changed, in large buckets, with syncd and with what people use.

syncd knows every target from before, so it has to list, map and decide, and to find that there is
nothing to do; the others only list, and decide nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import httpx
from botocore.config import Config

from benchmarks import machine, peer, program, promises
from benchmarks.contest import (
    Contender,
    cpu_ratio,
    ratio,
    resources,
    say,
    seconds,
    take_turns,
    times,
)
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.large_bucket import PER_DATASET, PER_FOLDER, filled, known_to_syncd
from benchmarks.options import MIB, Options
from benchmarks.section import Promise, Section, table
from benchmarks.servers import ACCESS_KEY, BUCKET, SECRET_KEY, summary
from syncd.simulator import Simulator

LARGE = 100_000  # objects, from which on times are promised: below, starting is what takes time
TARGETS = 10_000  # at most, and at most a tenth of the objects

HEAD = (
    "", "seconds", "times rclone", "CPU s", "times rclone's CPU", "times boto3", "peak memory, MiB",
)  # fmt: skip

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
from syncd import bootstrap
from syncd.actions import sync
from syncd.cli import session
from syncd.core import clock
from syncd.sync.context import RunOptions
begun = time.monotonic()
started = session.begin()
read = time.monotonic()
with bootstrap.adapters(started, bootstrap.Silence(), read_only=False) as adapters:
    entries = started.manifest.datasets
    ready, cpu = time.monotonic(), time.process_time()
    report = sync.sync(entries, entries, adapters, RunOptions(), clock.now())
    print(json.dumps({"seconds": time.monotonic() - ready, "cpu": time.process_time() - cpu,
                      "manifest": read - begun, "summary": report.summary}))
"""


@dataclass(frozen=True)
class Scene:
    """What every contender works on."""

    endpoint: str
    settings: Mapping[str, str]  # of syncd
    objects: int
    targets: int


@dataclass(frozen=True)
class Field:
    """One bucket's contest. `asked`: requests to the portal in all runs."""

    scene: Scene
    alone: Contender
    whole: Contender
    boto3: Contender
    rclone: Contender
    s5cmd: Contender
    asked: int
    entry_bytes: float = 0.0  # of one object in a listing

    @property
    def everyone(self) -> Sequence[Contender]:
        return (self.alone, self.whole, self.boto3, self.rclone, self.s5cmd)


def programs() -> list[str]:
    return [machine.seaweedfs(), *peer.listers()]


def measure(options: Options) -> Section:
    fields = [contest(objects, options.runs) for objects in options.objects]
    return Section(
        "a cycle in which nothing changed",
        [text(options), *(block for field in fields for block in blocks(field))],
        [promise for field in fields for promise in judged(field)],
        {size: figure for field in fields for size, figure in figures(field).items()},
    )


def contest(objects: int, runs: int) -> Field:
    targets = min(TARGETS, objects // PER_DATASET)
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, Simulator() as portal:
        folder = Path(name)
        with filled(folder, objects, targets) as endpoint:
            say(f"writing down that {targets} of them are published")
            settings = known_to_syncd(folder, endpoint, portal.url, objects, targets)
            scene = Scene(endpoint, settings, objects, targets)
            field = Field(
                scene,
                Contender(
                    "syncd: the cycle alone, as in `syncd run`",
                    lambda: run_alone(scene),
                    ours=True,
                ),
                Contender("`syncd sync`, as a whole", lambda: run_syncd(scene), ours=True),
                Contender("boto3, listing only", lambda: run_boto3(scene)),
                Contender("`rclone lsf`, listing only", lambda: run_rclone(scene)),
                Contender("`s5cmd ls`, listing only", lambda: run_s5cmd(scene)),
                asked=0,
            )
            take_turns(field.everyone, runs)
            return replace(
                field, asked=len(portal.requests), entry_bytes=size_of_an_entry(endpoint)
            )


def size_of_an_entry(endpoint: str) -> float:
    """Bytes of a listing's answer, for each object in it."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    url = client.generate_presigned_url("list_objects_v2", Params={"Bucket": BUCKET})
    answer = httpx.get(url, trust_env=False).raise_for_status()
    return len(answer.content) / max(1, answer.text.count("<Key>"))


# -- the contenders ------------------------------------------------------------------------------


def run_syncd(scene: Scene) -> Cost:
    cost = cost_of(program.sync(), scene.settings)
    must_be_idle(scene, summary(cost.said))
    return cost


def run_alone(scene: Scene) -> Cost:
    cost = cost_of([program.python(), "-c", CYCLE_ALONE], scene.settings)
    told = json.loads(cost.said)
    must_be_idle(scene, told["summary"])
    say(f"  the manifest took {told['manifest']:.2f} s")
    return Cost(told["seconds"], told["cpu"], cost.peak)


def must_be_idle(scene: Scene, found: Mapping[str, int]) -> None:
    if found != {"unchanged": scene.targets}:
        raise Unavailable(f"not idle: {found}")


def run_boto3(scene: Scene) -> Cost:
    key = [scene.endpoint, ACCESS_KEY, SECRET_KEY, BUCKET]
    return scan(scene, [sys.executable, "-c", BARE_LISTING, *key], int)


def run_rclone(scene: Scene) -> Cost:
    flags = {
        "provider": "Other",
        "list-version": "2",
        "endpoint": scene.endpoint,
        "access-key-id": ACCESS_KEY,
        "secret-access-key": SECRET_KEY,
    }
    options = [f"--s3-{name}={value}" for name, value in flags.items()]
    command = [peer.rclone(), "--config=", "lsf", "-R", "--fast-list", "--files-only", *options]
    return scan(scene, [*command, f":s3:{BUCKET}"], lambda said: said.count("\n"))


def run_s5cmd(scene: Scene) -> Cost:
    key = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    command = [peer.s5cmd(), "--endpoint-url", scene.endpoint, "ls", f"s3://{BUCKET}/*"]
    return scan(scene, command, lambda said: said.count("\n"), {**key, "AWS_REGION": "us-east-1"})


def scan(
    scene: Scene,
    command: list[str],
    counted: Callable[[str], int],
    settings: Mapping[str, str] | None = None,
) -> Cost:
    cost = cost_of(command, settings)
    if counted(cost.said) != scene.objects:
        raise Unavailable(f"it listed {counted(cost.said)} of {scene.objects} objects")
    return replace(cost, said="")  # a million names need not be kept


# -- the report ----------------------------------------------------------------------------------


def text(options: Options) -> str:
    return (
        f"{options.told} One bucket (SeaweedFS) with folders of about {PER_FOLDER} small objects. "
        "Of ten targets eight are an `object`, one is a `newest`, one an `each`. syncd lists, "
        "maps and decides; the others only list. The cycle alone is what `syncd run` does each "
        "time; `syncd sync` also starts Python and reads the manifest."
    )


def blocks(field: Field) -> Iterator[str]:
    scene = field.scene
    yield f"### {spaced(scene.objects)} objects, {spaced(scene.targets)} targets"
    yield table(HEAD, [row(one, field) for one in field.everyone])


HEAD_ALONE = ("", "seconds", "CPU s", "times rclone's CPU", "peak memory, MiB")


def row_alone(one: Contender, rclone: Contender) -> Sequence[str]:
    """Where seconds beside each other say nothing."""
    if one.trouble:
        return [one.name, f"not measured: {one.trouble}"]
    cpu, peak = resources(one, 2)
    return [one.name, seconds(one, 2), cpu, times(cpu_ratio(one, rclone)), peak]


def row(one: Contender, field: Field) -> Sequence[str]:
    if one.trouble:
        return [one.name, f"not measured: {one.trouble}"]
    cpu, peak = resources(one, 2)
    beside = times(ratio(one, field.rclone)), times(cpu_ratio(one, field.rclone))
    return [
        one.name,
        seconds(one, 2),
        beside[0],
        cpu,
        beside[1],
        times(ratio(one, field.boto3)),
        peak,
    ]


def judged(field: Field) -> list[Promise]:
    size = f"{spaced(field.scene.objects)} objects"
    made = []
    if field.scene.objects >= LARGE:
        made += [
            promises.IDLE_WALL.judge(ratio(field.alone, field.rclone), size),
            promises.IDLE_CPU.judge(cpu_ratio(field.alone, field.rclone), size),
            promises.SYNC_WALL.judge(ratio(field.whole, field.rclone), size),
            promises.IDLE_BOTO3.judge(ratio(field.alone, field.boto3), size),
        ]
    peaks = [one.peak for one in (field.alone, field.whole)]
    peak = None if None in peaks else max(peak for peak in peaks if peak) / MIB
    return [
        *made,
        promises.IDLE_PEAK.judge(peak, size),
        promises.IDLE_REQUESTS.judge(field.asked, size),
    ]


def figures(field: Field) -> dict[str, dict[str, float]]:
    """For docs/performance.md, by the number of objects."""
    cost = field.alone.median
    if cost is None:
        return {}
    scene = field.scene
    datasets = scene.targets // PER_DATASET
    return {str(scene.objects): round_figures(cost, scene.targets, datasets, field.entry_bytes)}


def round_figures(cost: Cost, targets: int, datasets: int, entry_bytes: float) -> dict[str, float]:
    """`entry_bytes`: of one object in a listing."""
    return {
        "targets": targets,
        "datasets": datasets,
        "seconds": round(cost.seconds, 2),
        "cpu": round(cost.cpu, 2),
        "mib": round(cost.peak / MIB),
        "entry_bytes": round(entry_bytes),
    }


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
