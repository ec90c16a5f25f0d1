"""One large file in parts, as syncd sends it by default, and the same parts sent with curl."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import machine, promises
from benchmarks.contest import ratio, resources, seconds, shown_step, take_turns, times
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.options import Options, shown_size
from benchmarks.publication import KEY, Job, Office, Publisher, office, publisher, with_syncd
from benchmarks.publication_promises import faithful, memory
from benchmarks.section import Section, table
from syncd.adapters.portal.parts import PARALLEL, SIZE

OTHERS = (5_000_000, 10_000_000, 20_000_000)  # bytes of a part, for those who choose
DRIVER = Path(__file__).with_name("curl_parts.py")

HEAD = (
    "", "seconds", "times curl, same parts", "of which the last request", "requests", "CPU s",
    "peak memory, MiB", "right bytes", "the title",
)  # fmt: skip
WORDS = (0, 7, 8)


def programs() -> list[str]:
    return [machine.udata(), machine.seaweedfs(), machine.curl()]


def measure(options: Options) -> Section:
    with office(options.size) as at:
        syncd, curl = pair = contenders(at, SIZE)
        take_turns(pair, options.runs)
        others = {
            size: contenders(at, size) for size in OTHERS if size != SIZE and size < options.size
        }
        for pair_of_size in others.values():
            take_turns(pair_of_size, 1)
    rows = [
        row(one, two[1], requests(options.size, size))
        for size, two in {SIZE: pair, **others}.items()
        for one in two
    ]
    text = (
        f"{options.told} syncd's default: parts of {megabytes(SIZE)}, {PARALLEL} at once; curl "
        "sends the same parts one after the other. Then one last request, at which the portal "
        "puts the file together: its time grows with the file's size times the part's, and is "
        "the server's alone. The rows with parts of another size (`SYNCD_UPLOAD_PART_SIZE`; one "
        "run each) help to choose: smaller ones are quicker, and ask the portal more often."
    )
    return Section(
        f"{shown_size(options.size)} in parts",
        [text, table(HEAD, rows, WORDS)],
        [
            promises.PARTS_WALL.judge(ratio(syncd, curl), judged=options.full_size),
            memory(syncd),
            *faithful(syncd),
        ],
    )


def contenders(at: Office, part_size: int) -> tuple[Publisher, Publisher]:
    def with_parts(one: Job) -> Cost:
        return with_syncd(
            one, SYNCD_UPLOAD_PART_SIZE=str(part_size), SYNCD_UPLOAD_PART_THRESHOLD=str(part_size)
        )

    def curl(one: Job) -> Cost:
        if not shutil.which("curl"):
            raise Unavailable("curl is not installed on this machine")
        urls = [one.object_url, one.upload_url, one.key]
        command = [sys.executable, "-I", "-S", str(DRIVER), str(one.folder / KEY), *urls]
        cost = cost_of([*command, str(part_size)])
        return replace(cost, steps=json.loads(cost.said))

    each = f"parts of {megabytes(part_size)}"
    return (
        publisher(at, f"`syncd sync`, {each}", with_parts, ours=True),
        publisher(at, f"`curl` to disk, {each} with `curl`", curl),
    )


def requests(size: int, part: int) -> int:
    """One for each part, and the last one."""
    return -(-size // part) + 1


def row(one: Publisher, reference: Publisher, asked: int) -> Sequence[str]:
    last, beside = shown_step(one, "last"), times(ratio(one, reference))
    return [one.name, seconds(one), beside, last, str(asked), *resources(one), *one.cells]


def megabytes(size: int) -> str:
    return f"{size // 1_000_000} MB"
