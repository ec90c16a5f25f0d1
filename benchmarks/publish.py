"""One large file in one request: syncd, the plainest tool, and the portal's own client."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import machine, peer, promises
from benchmarks.contest import (
    Contender,
    cpu_ratio,
    ratio,
    resources,
    seconds,
    shown_step,
    take_turns,
    times,
)
from benchmarks.cost import Cost
from benchmarks.options import GIB, Options, shown_size
from benchmarks.publication import (
    IN_ONE_REQUEST,
    Job,
    Publisher,
    again_with_syncd,
    office,
    publisher,
    with_curl,
    with_syncd,
)
from benchmarks.publication_promises import faithful, memory
from benchmarks.section import Section, table

HEAD = (
    "", "seconds", "times curl", "of which the upload", "CPU s", "times curl's CPU",
    "peak memory, MiB", "right bytes", "the title",
)  # fmt: skip
WORDS = (0, 7, 8)


def programs() -> list[str]:
    client = f"datagouv-client {peer.CLIENT}"
    return [machine.udata(), machine.seaweedfs(), machine.curl(), client]


def measure(options: Options) -> Section:
    idle: list[Cost] = []

    def unguarded(one: Job) -> Cost:
        cost = with_syncd(one, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST)
        idle.append(again_with_syncd(one, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST))
        return cost

    with office(options.size) as at:
        syncd = publisher(at, "`syncd sync`", unguarded, ours=True)
        guarded = publisher(
            at,
            "the same with all guards",
            lambda one: with_syncd(one, guarded=True, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST),
            ours=True,
        )
        curl = publisher(at, "`curl` to disk, `curl -F file=@`", with_curl)
        client = publisher(at, "boto3 to disk, `datagouv-client`", peer.publish)
        take_turns([syncd, guarded, curl, client], options.runs)
    nothing = Contender("of which a `syncd sync` with nothing to do", Cost, costs=idle)
    text = (
        f"{options.told} `SYNCD_UPLOAD_PART_THRESHOLD={IN_ONE_REQUEST}`: by default a file of "
        "this size goes up in parts (next section). The first line is without guards, as nobody "
        "else has any; the second one has all guards, which read the whole CSV. "
        "The third is what syncd's start costs: the same command again, which starts Python, reads "
        "manifest and ledger, lists the bucket and finds the file published."
    )
    full = options.full_size
    rows = [
        row(syncd, curl),
        row(guarded, curl),
        row(nothing, curl),
        row(curl, curl),
        row(client, curl),
    ]
    return Section(
        f"{shown_size(options.size)} in one request",
        [text, table(HEAD, rows, WORDS)],
        [
            promises.PUBLISH_WALL.judge(ratio(syncd, curl), judged=full),
            promises.GUARDED_WALL.judge(ratio(guarded, curl), judged=full),
            promises.CLIENT_WALL.judge(ratio(syncd, client), judged=full),
            memory(syncd, guarded),
            *faithful(syncd, guarded),
        ],
        figures(syncd, guarded, options.size),
    )


def row(one: Contender, reference: Contender) -> Sequence[str]:
    cpu, peak = resources(one)
    words = one.cells if isinstance(one, Publisher) else ()
    beside = times(ratio(one, reference)), times(cpu_ratio(one, reference))
    return [
        one.name,
        seconds(one),
        beside[0],
        shown_step(one, "upload"),
        cpu,
        beside[1],
        peak,
        *words,
    ]


def figures(syncd: Publisher, guarded: Publisher, size: int) -> dict[str, float]:
    """For docs/performance.md: of a GiB."""
    bare, whole = syncd.median, guarded.median
    if bare is None or whole is None:
        return {}
    gib = size / GIB
    return {
        "cpu": round(whole.cpu / gib, 2),
        "seconds": round(whole.seconds / gib, 2),
        "cpu_unguarded": round(bare.cpu / gib, 2),
    }
