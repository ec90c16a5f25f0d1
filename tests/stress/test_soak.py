"""Many cycles with random faults and hostile deposits: memory, descriptors and threads stay flat.

`make soak` runs the long form and prints the figures; here it is short.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.simulator import Simulator
from tests.stress.hostile import makers
from tests.support.cli_harness import Office, Running, ended, sha1

pytestmark = pytest.mark.stress

CYCLES = int(os.environ.get("SYNCD_TEST_SOAK_CYCLES", "150"))
SECONDS = float(os.environ.get("SYNCD_TEST_SOAK_SECONDS", "0"))  # it lasts at least so long
DATASETS, FILES = 5, 2
# Name -> a file by number, no two alike. Small here: each ends in a verdict within a second or two.
HOSTILE: Mapping[str, Callable[[int], bytes]] = {
    "deep.xml": lambda number: b"<a>" * (200_000 + number),
    "word.csv": lambda number: b"a" * (250_000 + number) + b" @",
    "squeezed.zip": lambda number: makers.bzip2_members(2 + number % 100, 16 << 20),
    "digits.json": lambda number: makers.runs_of_digits(1_000_000) + b" " * number,
    "empty.zip": lambda number: makers.empty_members(20_000 + number),
    "declared.xml": lambda number: makers.declared_attributes(100_000 + 26 * number),
    "unfolding.xml.gz": lambda number: makers.nested_elements(1_000_000 * (2 + number % 30)),
}


@dataclass(frozen=True)
class Sample:
    rss: int  # KiB
    descriptors: int
    threads: int


def sample(pid: int) -> Sample:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    rss = int(fields["VmRSS"].split()[0])
    return Sample(rss, len(list(Path(f"/proc/{pid}/fd").iterdir())), int(fields["Threads"]))


def some_trouble(simulator: Simulator, dice: random.Random) -> None:
    """Now and then a request meets what networks and portals do."""
    kind = dice.randrange(8)
    if kind == 0:
        simulator.faults.add(status=503, headers={"Retry-After": "0"}, times=2)
    elif kind == 1:
        simulator.faults.add(cut="before")
    elif kind == 2:
        simulator.faults.add(method="POST", path="/upload/$", cut="after")
    elif kind == 3:
        simulator.faults.add(method="PUT", status=502)
    elif kind == 4:
        simulator.faults.add(method="POST", path="/upload/$", corrupt=True)


def run_for(running: Running, cycles: int) -> None:
    for _ in range(cycles):
        running.wait_for("cycle.done")


def test_many_cycles_leave_nothing_behind(office: Office) -> None:
    dice = random.Random(7)
    datasets = [office.dataset, *(office.portal.new_dataset() for _ in range(DATASETS - 1))]
    resources: dict[str, tuple[str, str]] = {}
    for at, dataset in enumerate(datasets):
        for file in range(FILES):
            key = f"{at}/f{file}.csv"
            found = office.target(f"Titre {key}", key, b"id\n0\n", dataset=dataset)
            resources[found] = (dataset, key)
    traps = {office.target(f"Piège {name}", name, b"id\n0\n"): name for name in HOSTILE}
    office.defaults = "schedule: {every: 1d}"
    contents: dict[str, bytes] = {key: b"id\n0\n" for _, key in resources.values()}
    samples: list[Sample] = []
    settings = {"SYNCD_HTTP_ADDRESS": "off", "SYNCD_SETTLE_WINDOW": "0.2"}

    with office.start("run", cold=True, **settings) as running:
        run_for(running, DATASETS)
        started, number = time.monotonic(), 0
        while number < CYCLES // DATASETS or time.monotonic() < started + SECONDS:
            number += 1
            trap = dice.choice(sorted(HOSTILE))
            office.bucket.put(trap, HOSTILE[trap](number))
            some_trouble(office.simulator, dice)
            for _, key in dice.sample(sorted(resources.values()), 2):
                contents[key] = f"id\n{number}\n{dice.random()}\n".encode()
                office.bucket.put(key, contents[key])
            running.process.send_signal(signal.SIGUSR1)
            run_for(running, DATASETS)
            office.simulator.journal.clear()
            samples.append(sample(running.process.pid))
        office.simulator.faults.clear()
        for _ in range(2):
            running.process.send_signal(signal.SIGUSR1)
            run_for(running, DATASETS)
        ended(running)

    for resource, (dataset, key) in resources.items():
        online = office.online(resource, dataset=dataset)
        assert online["title"] == f"Titre {key}"
        assert online["checksum"]["value"] == sha1(contents[key])
    assert set(office.sync().outcomes.values()) <= {"unchanged", "held"}
    for resource, name in traps.items():
        assert office.online(resource)["title"] == f"Piège {name}"
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    figures = {
        name: tuple(statistics.median(getattr(one, name) for one in part) for part in (early, late))
        for name in ("rss", "descriptors", "threads")
    }
    ledger = (office.state / "ledger.sqlite").stat().st_size
    done = len(samples) * DATASETS
    sys.stderr.write(f"soak: {done} cycles, {figures}, ledger {ledger} bytes\n")
    assert figures["rss"][1] < figures["rss"][0] * 1.05
    assert figures["descriptors"][1] <= figures["descriptors"][0] + 4
    assert figures["threads"][1] <= figures["threads"][0] + 2
    left = [file for file in (office.state / "spool").iterdir() if file.is_file()]
    assert left == []
