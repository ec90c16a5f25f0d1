"""Reading a large manifest; beside it, libyaml composes the same file, with line numbers."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks import program, promises, servers
from benchmarks.contest import Contender, cpu_ratio, resources, seconds, take_turns, times
from benchmarks.cost import Cost, cost_of
from benchmarks.large_bucket import datasets
from benchmarks.options import Options
from benchmarks.section import Section, table

NOWHERE = "http://127.0.0.1:9"  # nobody is asked
HEAD = ("", "seconds", "CPU s", "times libyaml's CPU", "peak memory, MiB")

# Imports are in `start`; here is what grows with the manifest.
READING = """
import json, sys, time
from pathlib import Path
from syncd.config.manifest import load
begun, cpu = time.monotonic(), time.process_time()
loaded = load(Path(sys.argv[1]))
print(json.dumps({"seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu,
                  "targets": sum(len(entry.targets) for entry in loaded.datasets)}))
"""
# As the second `syncd sync` has it: what the first one read is in the state folder.
AGAIN = """
import json, sys, time
from pathlib import Path
from syncd.config.manifest.remembered import recalled
path = Path(sys.argv[1])
begun, cpu = time.monotonic(), time.process_time()
known = recalled(path, path.parent)
print(json.dumps({"seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu,
                  "targets": sum(len(entry.targets) for entry in known.datasets)}))
"""
REMEMBERING = """
import sys
from pathlib import Path
from syncd.config.manifest import load
from syncd.config.manifest.remembered import remember
path = Path(sys.argv[1])
remember(load(path), path.parent)
"""
COMPOSING = """
import json, sys, time, yaml
from pathlib import Path
begun, cpu = time.monotonic(), time.process_time()
yaml.compose(Path(sys.argv[1]).read_bytes(), Loader=yaml.CSafeLoader)
print(json.dumps({"seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu}))
"""


def programs() -> list[str]:
    return [f"PyYAML {yaml.__version__}"]


def measure(options: Options) -> Section:
    targets = options.manifest_targets
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name:
        path = as_written(Path(name), targets)
        size = path.stat().st_size
        cost_of([program.python(), "-c", REMEMBERING, str(path)])

        syncd = Contender(
            "syncd reads and checks it",
            lambda: inner([program.python(), "-c", READING], path, targets),
            ours=True,
        )
        again = Contender(
            "the same bytes again",
            lambda: inner([program.python(), "-c", AGAIN], path, targets),
            ours=True,
        )
        libyaml = Contender(
            "libyaml composes it", lambda: inner([sys.executable, "-c", COMPOSING], path)
        )
        take_turns([syncd, again, libyaml], options.runs)
    text = (
        f"{options.told} {targets} targets in {targets // 10} datasets, {size / 1e6:.1f} MB of "
        "YAML as a person writes it, without a mistake. Without the imports, which `start` has. "
        "Again: what was read is in the state folder, and is taken from there."
    )
    rows = [
        [
            one.name,
            seconds(one, 2),
            resources(one, 2)[0],
            times(cpu_ratio(one, libyaml)),
            resources(one)[1],
        ]
        for one in (syncd, again, libyaml)
    ]
    return Section(
        f"reading a manifest of {targets} targets",
        [text, table(HEAD, rows)],
        [promises.MANIFEST_CPU.judge(cpu_ratio(syncd, libyaml), judged=options.full_manifest)],
    )


def inner(command: list[str], path: Path, targets: int | None = None) -> Cost:
    """What the command says of its own work; the memory is the whole process's."""
    cost = cost_of([*command, str(path)])
    told = json.loads(cost.said)
    assert told.get("targets") == targets, told
    return Cost(told["seconds"], told["cpu"], cost.peak)


def as_written(folder: Path, targets: int) -> Path:
    """A manifest of that many targets."""
    made = servers.settings(folder, NOWHERE, NOWHERE, "", datasets(targets * 10, targets))
    return Path(made["SYNCD_MANIFEST"])
