"""How long the command takes to start."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import servers
from benchmarks.contest import Contender, resources, seconds, take_turns
from benchmarks.cost import Unavailable, cost_of
from benchmarks.options import Options
from benchmarks.section import Section, at_most, table

HELP = 0.4  # seconds
SYNCD = str(Path(sys.executable).with_name("syncd"))
NOWHERE = "http://127.0.0.1:9"  # asked by none of these commands

HEAD = ("", "seconds", "CPU s", "peak memory, MiB")


def programs() -> list[str]:
    return []


def measure(options: Options) -> Section:
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name:
        resources = [{"resource": "47ac11c2-8a00-46a7-9fa8-9b802643f975", "object": "a.csv"}]
        datasets = [{"dataset": "5d2c4f6e8b4c4110c5a1b2c3", "resources": resources}]
        settings = servers.settings(Path(name), NOWHERE, NOWHERE, "not-asked-for", datasets)
        settings["SYNCD_HTTP_ADDRESS"] = "127.0.0.1:9"

        def syncd(*words: str, code: int = 0) -> Contender:
            title = f"`syncd {' '.join(words)}`"
            return Contender(title, lambda: cost_of([SYNCD, *words], settings, code=code))

        bare = Contender("`python -c pass`", lambda: cost_of([sys.executable, "-c", "pass"]))
        shown, told = syncd("--help"), syncd("--version")
        health = replace(syncd("health", code=1), name="`syncd health`, where no service runs")
        status = replace(syncd("status"), name="`syncd status`, of an empty state")
        everyone = [bare, shown, told, health, status]
        warm_up(everyone)
        take_turns(everyone, options.starts)
    text = f"The median of {options.starts} starts each, after one that is not counted."
    cost = shown.median
    figure = cost.seconds if cost else None
    return Section(
        "the command's start",
        [text, table(HEAD, [row(one) for one in everyone])],
        [at_most(f"`syncd --help`: less than {HELP} s", figure, HELP, "{:.3f} s")],
    )


def warm_up(everyone: Sequence[Contender]) -> None:
    """The first start after an installation compiles Python's modules."""
    for one in everyone:
        try:
            one.run()
        except Unavailable as reason:
            one.trouble = str(reason)


def row(one: Contender) -> Sequence[str]:
    return [one.name, seconds(one, 3), *resources(one, 2)]
