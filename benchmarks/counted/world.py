"""What the counted jobs work on: a bucket and a portal in other processes, and syncd's state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import servers, small_state
from benchmarks.large_bucket import known_to_syncd
from benchmarks.servers import BUCKET
from syncd.simulator import Simulator

OBJECTS, TARGETS = 2000, 200  # of the idle cycle
FILES = 5  # of a publication: a dataset of as many

Settings = Mapping[str, str]


@contextmanager
def world(folder: Path) -> Iterator[dict[str, Settings]]:
    """The environment of each job, by its name."""
    with (
        Simulator() as portal,
        servers.helper("benchmarks.made_up_bucket", str(OBJECTS), str(TARGETS), "10") as filled,
        servers.helper("benchmarks.made_up_bucket", "0", "0", "10") as empty,
    ):
        many, few = str(filled.read()), str(empty.read())
        yield {
            "idle": _idle(_made(folder / "idle"), many, portal),
            "publication": _publication(_made(folder / "publication"), few, portal),
            "status": small_state.made(_made(folder / "status")),
            "sync": _idle(_made(folder / "sync"), many, portal),
        }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _idle(folder: Path, bucket: str, portal: Simulator) -> Settings:
    known = known_to_syncd(folder, bucket, portal.url, OBJECTS, TARGETS)
    return {**known, "EXPECTED": str({"unchanged": TARGETS})}


def _publication(folder: Path, bucket: str, portal: Simulator) -> Settings:
    keys = [f"publication/fichier_{number:02}.csv" for number in range(FILES)]
    return {
        **small_state.dataset_of(folder, bucket, portal, keys),
        "EXPECTED": str({"replaced": FILES}),
        "BUCKET": f"{bucket}/{BUCKET}",
        "KEYS": " ".join(keys),
    }
