"""A round in which nothing changed, over a million objects and a hundred thousand targets.

The bucket makes its listings up: a million objects take an hour to deposit. The targets come from
several manifests, since one ends at 2 MiB, and are put together by the process that is measured.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import yaml

from benchmarks import peer, program, promises, servers
from benchmarks.contest import Contender, say, take_turns
from benchmarks.cost import Cost, cost_of
from benchmarks.idle import (
    HEAD_ALONE,
    Scene,
    must_be_idle,
    round_figures,
    row_alone,
    run_rclone,
    run_s5cmd,
    size_of_an_entry,
    spaced,
)
from benchmarks.large_bucket import datasets, remember
from benchmarks.options import MIB, Options
from benchmarks.section import Section, table
from syncd.config.manifest import load
from syncd.simulator import Simulator

PER_DATASET = 5  # targets
CHUNK = 500  # datasets of one manifest

# As `idle.CYCLE_ALONE`, with the datasets of many manifests.
ROUND = """
import json, os, time
from dataclasses import replace
from pathlib import Path
from syncd import bootstrap
from syncd.actions import sync
from syncd.cli import session
from syncd.config.manifest import load
from syncd.core import clock
from syncd.sync.context import RunOptions
started = session.begin()
folder = Path(os.environ["MANIFESTS"])
entries = tuple(one for path in sorted(folder.iterdir()) for one in load(path).datasets)
app = replace(started, manifest=replace(started.manifest, datasets=entries))
with bootstrap.adapters(app, bootstrap.Silence(), read_only=False) as adapters:
    ready, cpu = time.monotonic(), time.process_time()
    report = sync.sync(entries, entries, adapters, RunOptions(), clock.now())
    print(json.dumps({"seconds": time.monotonic() - ready, "cpu": time.process_time() - cpu,
                      "summary": report.summary}))
"""


def programs() -> list[str]:
    return peer.listers()[1:]


def measure(options: Options) -> Section:
    objects, targets = options.round_objects, options.round_objects // 10
    arguments = [str(number) for number in (objects, targets, PER_DATASET)]
    with (
        tempfile.TemporaryDirectory(prefix="syncd-bench-") as name,
        Simulator() as portal,
        servers.helper("benchmarks.made_up_bucket", *arguments) as bucket,
    ):
        endpoint = str(bucket.read())
        settings = known(Path(name), endpoint, portal.url, objects, targets)
        scene = Scene(endpoint, settings, objects, targets)
        syncd = Contender("syncd: the round alone", lambda: run_round(scene), ours=True)
        rclone = Contender("`rclone lsf`, listing only", lambda: run_rclone(scene))
        s5cmd = Contender("`s5cmd ls`, listing only", lambda: run_s5cmd(scene))
        everyone = (syncd, rclone, s5cmd)
        take_turns(everyone, 1)
        asked, entry = len(portal.requests), size_of_an_entry(endpoint)
    cost, peak = syncd.median, syncd.peak
    full = options.full_round
    text = (
        "One run each. A bucket with folders of about 1000 objects, whose listings are made up by "
        "a server in Python: the seconds are mostly its own, the CPU is not. "
        f"{spaced(targets)} targets in {spaced(targets // PER_DATASET)} datasets; the ledger "
        "knows them all. Peak memory is of the whole process, which also read the manifests."
    )
    figures = (
        {str(objects): round_figures(cost, targets, targets // PER_DATASET, entry)} if cost else {}
    )
    return Section(
        f"a round of {spaced(objects)} objects, {spaced(targets)} targets",
        [text, table(HEAD_ALONE, [row_alone(one, rclone) for one in everyone])],
        [
            promises.ROUND_CPU.judge(cost.cpu if cost else None, judged=full),
            promises.ROUND_PEAK.judge(None if peak is None else peak / MIB, judged=full),
            promises.IDLE_REQUESTS.judge(asked),
        ],
        figures,
    )


def run_round(scene: Scene) -> Cost:
    cost = cost_of([program.python(), "-c", ROUND], scene.settings)
    told = json.loads(cost.said)
    must_be_idle(scene, told["summary"])
    return Cost(told["seconds"], told["cpu"], cost.peak)


def known(folder: Path, endpoint: str, portal: str, objects: int, targets: int) -> dict[str, str]:
    """syncd's settings, its manifests, and its memory as a first run would have left it."""
    say(f"writing down that {targets} targets are published")
    every = datasets(objects, targets, PER_DATASET)
    manifests = folder / "manifests"
    manifests.mkdir()
    loaded = None
    for number, at in enumerate(range(0, len(every), CHUNK)):
        made = servers.settings(folder, endpoint, portal, "not-asked-for", every[at : at + CHUNK])
        path = manifests / f"{number:03}.yaml"
        # Each on a line of its own: a target is known by its place in the manifest.
        written = yaml.load(Path(made["SYNCD_MANIFEST"]).read_text("utf-8"), yaml.CSafeLoader)
        path.write_text("\n" * number + json.dumps(written), "utf-8")
        one = load(path)
        loaded = one if loaded is None else replace(loaded, datasets=loaded.datasets + one.datasets)
    assert loaded is not None
    remember(loaded, Path(made["SYNCD_STATE_DIR"]))
    return {**made, "SYNCD_MANIFEST": str(manifests / "000.yaml"), "MANIFESTS": str(manifests)}
