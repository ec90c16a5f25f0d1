"""A shortage of our own is no verdict on a file: it failed, and the next cycle tries again."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd import guards
from syncd.adapters.disk.spool import Spool
from syncd.core.records import Outcome
from tests.support.corpus import xlsx, zipped
from tests.support.sync_harness import House

TABLE = b"id,nom\n" + b"1,chene\n" * 20


FILES = {
    "a.csv": TABLE,
    "a.csv.gz": gzip.compress(TABLE),
    "a.zip": zipped({"a.csv": TABLE}),
    "a.json": b'[{"id": 1}, {"id": 2}]',
    "a.xml": b"<a><b/><b/></a>",
    "a.xlsx": xlsx([["id", "nom"], [1, "chene"]]),
}

# Judges a file with no descriptor left, then with one, two…, until there are enough.
JUDGE = """
import json, os, resource, sys
from pathlib import Path
from syncd.adapters.reader.client import ReaderProcess
from syncd.core.errors import Shortage
from tests.support.shared_reader import looked_into

path = Path(sys.argv[1])
reader = ReaderProcess()
open_now = len(os.listdir("/proc/self/fd"))
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 20, hard))
looked_into(path, path.name, reader)
reader.close()
taken, said = [], []
while True:
    try:
        taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        break
while taken and "good" not in said and "verdict" not in said:
    try:
        profile = looked_into(path, path.name, reader)
        said.append("verdict" if profile.trouble or profile.fault else "good")
    except Shortage as error:
        said.append(error.reason.code)
    os.close(taken.pop())
reader.close()
print(json.dumps(said))
"""


@pytest.mark.parametrize("name", FILES)
def test_with_few_descriptors_left_a_good_file_gets_no_verdict(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])

    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(path)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    *before, last = json.loads(done.stdout)
    assert set(before) == {"shortage_files"}
    assert last == "good"


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (OSError(24, "Too many open files"), "shortage_files"),
        (MemoryError(), "shortage_memory"),
        (OSError(28, "No space left on device"), "shortage_disk"),
        (RuntimeError("can't start new thread"), "shortage_processes"),
    ],
)
@pytest.mark.parametrize(
    "place",
    ["syncd.adapters.reader.client.ReaderProcess.read", "a guard", "syncd.sync.apply.evaluate"],
)
def test_a_cycle_that_meets_a_shortage_fails_and_the_next_one_publishes(
    house: House, monkeypatch: pytest.MonkeyPatch, place: str, trouble: BaseException, code: str
) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", TABLE)

    def short(*_: Any, **__: Any) -> Any:
        raise trouble

    with monkeypatch.context() as patched:
        if place == "a guard":
            stumbling = replace(guards.OF_A_FILE["empty"], look=short)
            patched.setattr(guards, "OF_A_FILE", {**guards.OF_A_FILE, "empty": stumbling})
        else:
            patched.setattr(place, short)
        first = house.sync_one()

    assert (first.outcome, first.reason.code) == (Outcome.FAILED, code)
    assert house.uploads() == 0
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.spool_is_empty()


def test_a_spool_without_descriptors_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", TABLE)

    def short(_: Spool) -> Any:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "_claim", short)
        first = house.sync_one()

    assert (first.outcome, first.reason.code) == (Outcome.FAILED, "shortage_files")
    assert house.sync_one().outcome is Outcome.REPLACED
