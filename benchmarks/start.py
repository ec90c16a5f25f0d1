"""How long the command takes to start."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import program, promises, small_state
from benchmarks.contest import Contender, resources, seconds, take_turns
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.options import Options
from benchmarks.section import Section, table

HEAD = ("", "seconds", "CPU s", "peak memory, MiB")


def programs() -> list[str]:
    return []


def measure(options: Options) -> Section:
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name:
        settings = small_state.made(Path(name))
        settings["SYNCD_HTTP_ADDRESS"] = "127.0.0.1:9"

        def syncd(*words: str, code: int = 0) -> Contender:
            def run() -> Cost:
                command = str(Path(program.python()).with_name("syncd"))
                return cost_of([command, *words], settings, code=code)

            return Contender(f"`syncd {' '.join(words)}`", run, ours=True)

        bare = Contender("`python -c pass`", lambda: cost_of([sys.executable, "-c", "pass"]))
        shown, told = syncd("--help"), syncd("--version")
        health = replace(syncd("health", code=1), name="`syncd health`, where no service runs")
        looks = [syncd("status"), syncd("holds"), syncd("history")]
        everyone = [bare, shown, told, health, *looks]
        warm_up(everyone)
        take_turns(everyone, options.starts)
    text = (
        f"The median of {options.starts} starts each, after one that is not counted. The state: "
        f"{small_state.FILES} files, one of which is held and one missing."
    )
    return Section(
        "the command's start",
        [text, table(HEAD, [row(one) for one in everyone])],
        [
            promises.HELP_WALL.judge(time_of(shown)),
            *(promises.LOOK_WALL.judge(time_of(one), one.name) for one in looks),
        ],
    )


def time_of(one: Contender) -> float | None:
    cost = one.median
    return cost.seconds if cost else None


def warm_up(everyone: Sequence[Contender]) -> None:
    """The first start after an installation compiles Python's modules."""
    for one in everyone:
        try:
            one.run()
        except Unavailable as reason:
            one.trouble = str(reason)


def row(one: Contender) -> Sequence[str]:
    return [one.name, seconds(one, 3), *resources(one, 2)]
