"""Files that were damaged on the way: whatever they are, the guards have a word for them.

A thousand of each format with `SYNCD_TEST_TORTURE=1`.
"""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from tests.support.corpus import corpus, geojson, ods, parquet, rows_of, xlsx, zipped
from tests.support.shared_reader import looked_into

pytestmark = pytest.mark.stress

COUNT = 1000 if os.environ.get("SYNCD_TEST_TORTURE") == "1" else 60
TABLE = [["nom", "ville"], *([f"Musée {at}", at] for at in range(40))]
WORDS = [[str(cell) for cell in row] for row in TABLE]
FILES = {
    "a.csv": rows_of(60).encode(),
    "a.tsv": rows_of(60, delimiter="\t").encode(),
    "a.csv.gz": gzip.compress(rows_of(60).encode()),
    "a.json": b'[{"nom": "Louvre", "ouvert": true, "places": [1, 2.5e3, null]}, {"nom": "Orsay"}]',
    "a.jsonl": b'{"a": 1}\n{"a": [2, {"b": null}]}\n' * 9,
    "a.geojson": geojson((2.35, 48.85), (-61.5, 16.2, 900)).encode(),
    "a.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ATTLIST b c CDATA "d">]><a><b e="f">g</b></a>',
    "a.xlsx": xlsx(TABLE),
    "a.ods": ods(WORDS),
    "a.parquet": parquet(40),
    "a.zip": zipped({"a.csv": rows_of(60).encode(), "b.json": b"[1, 2]", "c.xml": b"<a/>"}),
    **{s.name: s.content for s in corpus() if s.name in ("a.dbf", "a.html", "lisezmoi.txt")},
}
EXTREMES = (
    b"\x00",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x00" * 8,
    b"\n",
    b'"',
    b"<",
)


def mutated(content: bytes, dice: random.Random) -> bytes:
    """One to four damages, as of disks, cables, editors and ill will."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(content) + 1)
        some = dice.randrange(1, 64)
        match dice.randrange(6):
            case 0:  # a bit
                spoilt = bytes([content[at] ^ 1 << dice.randrange(8)]) if at < len(content) else b""
                content = content[:at] + spoilt + content[at + 1 :]
            case 1:  # the end is missing
                content = content[:at]
            case 2:  # something is missing
                content = content[:at] + content[at + some :]
            case 3:  # something is there twice
                content = content[: at + some] + content[at:]
            case 4:  # a number at its limit
                extreme = dice.choice(EXTREMES)
                content = content[:at] + extreme + content[at + len(extreme) :]
            case 5:  # something is elsewhere
                other = dice.randrange(len(content) + 1)
                content = content[:at] + content[other : other + some] + content[at:]
    return content


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_looked_into_and_never_a_fault_of_ours(name: str, tmp_path: Path) -> None:
    dice = random.Random(name)
    path = tmp_path / "spooled"
    for number in range(COUNT):
        path.write_bytes(mutated(FILES[name], dice))
        found = looked_into(path, name)
        assert found.fault is None, f"{number}: {found.fault}"
