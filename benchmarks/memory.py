"""Memory of one publication, for a large file and for one four times as large."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import machine
from benchmarks import promises as limits
from benchmarks.contest import resources, seconds, take_turns
from benchmarks.options import Options, shown_size
from benchmarks.publication import IN_ONE_REQUEST, Publisher, office, publisher, with_syncd
from benchmarks.publication_promises import faithful, memory
from benchmarks.section import Section, table

LARGER = 4  # times

HEAD = ("", "seconds", "CPU s", "peak memory, MiB", "right bytes", "the title")
WORDS = (0, 4, 5)


def programs() -> list[str]:
    return [machine.udata(), machine.seaweedfs()]


def measure(options: Options) -> Section:
    sizes = (options.size, LARGER * options.size)
    ways = [both_ways(size) for size in sizes]
    promises = []
    for small, large, way in zip(*ways, ("in one request", "in parts"), strict=True):
        figure = large.peak / small.peak if small.peak and large.peak else None
        promises += [
            memory(small, large, what=f"{way}, both sizes"),
            limits.GROWTH.judge(figure, way),
            *faithful(small, large, what=f"{way}, both sizes"),
        ]
    text = (
        "syncd with all its guards, one run each. In one request: `SYNCD_UPLOAD_PART_THRESHOLD` "
        "above the size. In parts: the default settings; the portal's time to put the parts "
        "together grows with the file's size."
    )
    return Section(
        " and ".join(map(shown_size, sizes)),
        [text, table(HEAD, [row(one) for pair in ways for one in pair], WORDS)],
        promises,
    )


def both_ways(size: int) -> tuple[Publisher, Publisher]:
    with office(size) as at:
        whole = publisher(
            at,
            f"{shown_size(size)} in one request",
            lambda job: with_syncd(job, guarded=True, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST),
            ours=True,
        )
        parts = publisher(
            at, f"{shown_size(size)} in parts", lambda job: with_syncd(job, guarded=True), ours=True
        )
        take_turns([whole, parts], 1)
    return whole, parts


def row(one: Publisher) -> Sequence[str]:
    return [one.name, seconds(one), *resources(one), *one.cells]
