"""One large file in one request: syncd, the plainest tool, and the portal's own client."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import machine, peer
from benchmarks.contest import Contender, ratio, resources, seconds, shown_step, take_turns, times
from benchmarks.cost import Cost
from benchmarks.options import Options, shown_size
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
from benchmarks.section import Section, at_most, table

TIMES_CURL = 1.3
TIMES_CLIENT = 1.0

HEAD = (
    "", "seconds", "times curl", "of which the upload", "CPU s", "peak memory, MiB",
    "right bytes", "the title",
)  # fmt: skip
WORDS = (0, 6, 7)


def programs() -> list[str]:
    client = f"datagouv-client {peer.VERSION}"
    return [machine.udata(), machine.seaweedfs(), machine.curl(), client]


def measure(options: Options) -> Section:
    idle: list[Cost] = []

    def ours(one: Job) -> Cost:
        cost = with_syncd(one, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST)
        idle.append(again_with_syncd(one, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST))
        return cost

    with office(options.size) as at:
        syncd = publisher(at, "`syncd sync`", ours)
        guarded = publisher(
            at,
            "the same with its guards on content",
            lambda one: with_syncd(one, guarded=True, SYNCD_UPLOAD_PART_THRESHOLD=IN_ONE_REQUEST),
        )
        curl = publisher(at, "`curl` to disk, `curl -F file=@`", with_curl)
        client = publisher(at, "boto3 to disk, `datagouv-client`", peer.publish)
        take_turns([syncd, guarded, curl, client], options.runs)
    nothing = Contender("of which a `syncd sync` with nothing to do", Cost, costs=idle)
    text = (
        f"{options.told} `SYNCD_UPLOAD_PART_THRESHOLD={IN_ONE_REQUEST}`: by default a file of "
        "this size goes up in parts (next section). The first line is without guards, as nobody "
        "else has any; the second one reads the whole CSV once more, for its guards on content. "
        "The third is what syncd's start costs: the same command again, which starts Python, reads "
        "manifest and ledger, lists the bucket and finds the file published."
    )
    rows = [
        row(syncd, curl),
        row(guarded, curl),
        [nothing.name, seconds(nothing), times(ratio(nothing, curl)), "", *resources(nothing)],
        row(curl, curl),
        row(client, curl),
    ]
    return Section(
        f"{shown_size(options.size)} in one request",
        [text, table(HEAD, rows, WORDS)],
        [
            at_most(
                f"wall time: at most {TIMES_CURL} times the two curls'",
                ratio(syncd, curl),
                TIMES_CURL,
                judged=options.full_size,
            ),
            at_most(
                "wall time: less than the client's with boto3",
                ratio(syncd, client),
                TIMES_CLIENT,
                "{:.2f} times",
                judged=options.full_size,
            ),
            memory(syncd),
            *faithful(syncd),
        ],
    )


def row(one: Publisher, reference: Publisher) -> Sequence[str]:
    ratios = times(ratio(one, reference))
    return [one.name, seconds(one), ratios, shown_step(one, "upload"), *resources(one), *one.cells]
