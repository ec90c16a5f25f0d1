"""The servers that everybody works with, and what syncd must know of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import yaml

from benchmarks.cost import Unavailable
from syncd.simulator.s3 import SeaweedFS

BUCKET = "depot"
ACCESS_KEY, SECRET_KEY = "bench", "bench-secret-0123456789"
_ROOT = Path(__file__).parents[1]


@contextmanager
def bucket(folder: Path) -> Iterator[SeaweedFS]:
    """A SeaweedFS with one empty bucket."""
    with SeaweedFS(folder / "s3", ACCESS_KEY, SECRET_KEY) as s3:
        s3.client().create_bucket(Bucket=BUCKET)
        yield s3


def settings(
    folder: Path, endpoint: str, portal: str, key: str, datasets: list[Any], **defaults: object
) -> dict[str, str]:
    """syncd's settings, for a manifest of these datasets and a memory in this folder."""
    manifest = folder / "manifest.yaml"
    document = {
        "version": 1,
        "portal": portal,
        "sources": {BUCKET: {"endpoint": endpoint, "bucket": BUCKET, "addressing": "path"}},
        "defaults": {"source": BUCKET, "schedule": {"every": "15m"}, **defaults},
        "datasets": datasets,
    }
    # In lines, as people write it: one line of JSON is read by the slow road for odd manifests.
    written = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=900)
    manifest.write_text(written, encoding="utf-8")
    return {
        "SYNCD_MANIFEST": str(manifest),
        "SYNCD_STATE_DIR": str(folder / "state"),
        "SYNCD_API_KEY": key,
        "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": ACCESS_KEY,
        "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": SECRET_KEY,
        "SYNCD_LOG_FORMAT": "json",
    }


def summary(said: str) -> Mapping[str, int]:
    """How many targets came to which end, from the document of `sync --json`."""
    found: dict[str, int] = json.loads(said)["summary"]
    return found


class Helper:
    """A server in a process of its own, so that its work is not the benchmark's."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self._to: IO[str] = process.stdin
        self._from: IO[str] = process.stdout

    def read(self) -> Any:
        """The next line that it says, as JSON."""
        line = self._from.readline()
        if not line:
            raise Unavailable("a server of the benchmark ended; what it said stands above")
        return json.loads(line)

    def ask(self, *words: object) -> Any:
        self._to.write(" ".join(str(word) for word in words) + "\n")
        self._to.flush()
        return self.read()


@contextmanager
def helper(module: str, *arguments: str) -> Iterator[Helper]:
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Helper(process)
        finally:
            process.kill()
