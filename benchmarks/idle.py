"""A cycle in which nothing changed, in large buckets, with syncd and with what people use.

syncd knows every target from before, so it has to list, map and decide, and to find that there is
nothing to do; the others only list, and decide nothing.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import machine
from benchmarks.contest import Contender, ratio, resources, say, seconds, take_turns, times
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.large_bucket import PER_DATASET, PER_FOLDER, filled, known_to_syncd, made_up
from benchmarks.options import MIB, Options
from benchmarks.section import Promise, Section, at_most, table
from benchmarks.servers import ACCESS_KEY, BUCKET, SECRET_KEY, SYNC, summary
from syncd.simulator import Simulator

TIMES_BOTO3 = 0.7  # of the cycle's time to that of a bare listing
LARGE = 100_000  # objects, from which on that is promised: below, starting is what takes time
PEAK = 200  # MiB
TARGETS = 10_000  # at most, and at most a tenth of the objects
MILLION = 1_000_000

HEAD = ("", "seconds", "times boto3", "CPU s", "peak memory, MiB")

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

Bucket = Callable[[Path, int, int], AbstractContextManager[str]]


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
    asked: int

    @property
    def everyone(self) -> Sequence[Contender]:
        return (self.alone, self.whole, self.boto3, self.rclone)


def programs() -> list[str]:
    return [machine.seaweedfs(), *others()]


def others() -> list[str]:
    return [f"boto3 {machine.package('boto3')}", machine.rclone() or "no rclone"]


def measure(options: Options) -> Section:
    fields = [contest(filled, objects, options.runs) for objects in options.objects]
    return Section(
        "a cycle in which nothing changed",
        [text(options, "SeaweedFS"), *(block for field in fields for block in blocks(field))],
        [promise for field in fields for promise in promises(field)],
    )


def measure_million(options: Options) -> Section:
    field = contest(made_up, MILLION, options.runs)
    return Section(
        "the same with a million objects",
        [text(options, "a plain HTTP server that makes its listings up"), *blocks(field)],
        promises(field),
    )


def contest(bucket: Bucket, objects: int, runs: int) -> Field:
    targets = min(TARGETS, objects // PER_DATASET)
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, Simulator() as portal:
        folder = Path(name)
        with bucket(folder, objects, targets) as endpoint:
            say(f"writing down that {targets} of them are published")
            settings = known_to_syncd(folder, endpoint, portal.url, objects, targets)
            scene = Scene(endpoint, settings, objects, targets)
            field = Field(
                scene,
                Contender("syncd: the cycle alone, as in `syncd run`", lambda: run_alone(scene)),
                Contender("`syncd sync`, as a whole", lambda: run_syncd(scene)),
                Contender("boto3, listing only", lambda: run_boto3(scene)),
                Contender("`rclone lsf`, listing only", lambda: run_rclone(scene)),
                asked=0,
            )
            installed = shutil.which("rclone") is not None
            if not installed:
                field.rclone.trouble = "not installed"
            take_turns(field.everyone if installed else field.everyone[:-1], runs)
            return replace(field, asked=len(portal.requests))


# -- the contenders ------------------------------------------------------------------------------


def run_syncd(scene: Scene) -> Cost:
    cost = cost_of(SYNC, scene.settings)
    must_be_idle(scene, summary(cost.said))
    return cost


def run_alone(scene: Scene) -> Cost:
    cost = cost_of([sys.executable, "-c", CYCLE_ALONE], scene.settings)
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
    command = ["rclone", "--config=", "lsf", "-R", "--fast-list", "--files-only", *options]
    return scan(scene, [*command, f":s3:{BUCKET}"], lambda said: said.count("\n"))


def scan(scene: Scene, command: list[str], counted: Callable[[str], int]) -> Cost:
    cost = cost_of(command)
    if counted(cost.said) != scene.objects:
        raise Unavailable(f"it listed {counted(cost.said)} of {scene.objects} objects")
    return replace(cost, said="")  # a million names need not be kept


# -- the report ----------------------------------------------------------------------------------


def text(options: Options, server: str) -> str:
    return (
        f"{options.told} One bucket ({server}) with folders of about {PER_FOLDER} small objects. "
        "Of ten targets eight are an `object`, one is a `newest`, one an `each`. syncd lists, "
        "maps and decides; the others only list. The cycle alone is what `syncd run` does each "
        "time; `syncd sync` also starts Python and reads the manifest."
    )


def blocks(field: Field) -> Iterator[str]:
    scene = field.scene
    yield f"### {spaced(scene.objects)} objects, {spaced(scene.targets)} targets"
    yield table(HEAD, [row(one, field.boto3) for one in field.everyone])


def row(one: Contender, bare: Contender) -> Sequence[str]:
    if one.trouble:
        return [one.name, one.trouble]
    return [one.name, seconds(one, 2), times(ratio(one, bare)), *resources(one, 2)]


def promises(field: Field) -> list[Promise]:
    size = spaced(field.scene.objects)
    made = []
    if field.scene.objects >= LARGE:
        made.append(
            at_most(
                f"{size} objects: a cycle takes at most {TIMES_BOTO3} times a bare listing",
                ratio(field.alone, field.boto3),
                TIMES_BOTO3,
                "{:.2f} times",
            )
        )
    peaks = [one.peak for one in (field.alone, field.whole)]
    peak = None if None in peaks else max(peak for peak in peaks if peak) / MIB
    made += [
        at_most(f"{size} objects: less than {PEAK} MiB", peak, PEAK, "{:.0f} MiB"),
        at_most(f"{size} objects: no portal request", field.asked, 0, "{} in all"),
    ]
    return made


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
