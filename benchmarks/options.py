"""What a run of the benchmark was asked for."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

MIB = 1024**2
GIB = 1024**3
PARALLEL = 50  # SYNCD_CONCURRENCY where many small files are published: a place for each dataset


@dataclass(frozen=True)
class Options:
    """The promises are made for the default sizes; smaller ones are judged in part only."""

    runs: int = 3  # of each contender
    size: int = GIB  # bytes of the large file
    objects: tuple[int, ...] = (1000, 10_000, 100_000)  # in the idle bucket
    round_objects: int = 1_000_000  # of the largest idle bucket; a tenth of them are targets
    manifest_targets: int = 10_000
    datasets: int = 50  # of many small files
    files: int = 10  # in each of them
    parallel: int = PARALLEL  # of them at once
    starts: int = 20  # of each command
    scale_datasets: int = 4000  # of a round on both engines; `--datasets 20000` is a whole region's
    idle_datasets: int = 10_000  # of a service with nothing to do; a manifest ends at about that
    idle_seconds: int = 30  # for which it is watched
    queue_jobs: int = 10_000

    @property
    def told(self) -> str:
        """How often, for a reader."""
        return "One run each." if self.runs == 1 else f"The median of {self.runs} runs each."

    @property
    def full_size(self) -> bool:
        """As large as the promises about time and memory ask."""
        return self.size >= GIB

    @property
    def full_round(self) -> bool:
        """As many objects as the promises about the largest bucket ask."""
        return self.round_objects >= 1_000_000

    @property
    def full_manifest(self) -> bool:
        return self.manifest_targets >= 10_000

    @property
    def full_number(self) -> bool:
        """As many small files as the promises ask."""
        return self.datasets * self.files >= 500


def quick(runs: int) -> Options:
    """Whether everything works, in two or three minutes; the figures say little."""
    return Options(
        runs=runs,
        size=96 * MIB,
        objects=(1000, 10_000),
        round_objects=20_000,
        manifest_targets=1000,
        datasets=10,
        files=5,
        starts=5,
        scale_datasets=200,
        idle_datasets=500,
        idle_seconds=5,
        queue_jobs=500,
    )


def read_size(text: str) -> int:
    """`64MiB` or `1GiB`, in bytes."""
    match = re.fullmatch(r"(\d+)(MiB|GiB)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 64MiB or 1GiB")
    return int(match[1]) * {"MiB": MIB, "GiB": GIB}[match[2]]


def shown_size(size: int) -> str:
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size // MIB} MiB"
