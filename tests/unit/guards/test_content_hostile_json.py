"""No JSON ends the process, nor takes its memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["a.json", "a.geojson"])
def test_a_very_long_number_does_not_end_the_process(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    number = b"1" * 300_000
    path.write_bytes(b'{"type":"FeatureCollection","features":[{"coordinates":[' + number + b"]}]}")
    code = (
        "import pathlib, sys; from tests.support.shared_reader import read_here\n"
        "assert read_here(pathlib.Path(sys.argv[1]), sys.argv[2]).trouble"
    )
    done = subprocess.run([sys.executable, "-c", code, path, name], check=False)
    assert done.returncode == 0


def test_looking_for_a_mistake_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + b"{}," * 4_000_000 + b"tru]")  # 12 MB
    code = (
        "import pathlib, resource, sys; from tests.support.shared_reader import read_here\n"
        "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))\n"
        "assert read_here(pathlib.Path(sys.argv[1]), 'a.json').trouble"
    )
    done = subprocess.run([sys.executable, "-c", code, path], check=False)
    assert done.returncode == 0
