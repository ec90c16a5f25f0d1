"""Measure syncd beside the tools that people use today, and hold it to its promises.

    make bench                             all parts
    make bench BENCH="idle start"          some of them; their letters do as well: b d
    make bench BENCH="--quick"             whether everything works, small and once
    make bench BENCH=idle AGAINST=main~5   another revision does the same, in turns: slower?

Each part's section of benchmarks/RESULTS.md is replaced as soon as it is measured, and so are the
figures that docs/performance.md reckons with; a run with other than the default sizes is only
shown. Exit code 1 when a promise is not kept, or not measured.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from benchmarks import (
    against,
    capacity,
    idle,
    machine,
    manifest,
    many,
    memory,
    million,
    parts,
    publish,
    results,
    scale,
    start,
    workers,
)
from benchmarks.contest import say
from benchmarks.cost import Unavailable
from benchmarks.options import Options, quick, read_size
from benchmarks.section import Section


@dataclass(frozen=True)
class Part:
    letter: str  # in the list of what must be shown
    name: str
    measure: Callable[[Options], Section]
    programs: Callable[[], list[str]]  # that take part, with their versions


PARTS = (
    Part("a", "publish", publish.measure, publish.programs),
    Part("a'", "parts", parts.measure, parts.programs),
    Part("b", "idle", idle.measure, idle.programs),
    Part("b'", "million", million.measure, million.programs),
    Part("b''", "scale", scale.measure, scale.programs),
    Part("c", "many", many.measure, many.programs),
    Part("c'", "workers", workers.measure, workers.programs),
    Part("d", "start", start.measure, start.programs),
    Part("d'", "manifest", manifest.measure, manifest.programs),
    Part("e", "memory", memory.measure, memory.programs),
)
ORDER = [part.name for part in PARTS]


def main() -> int:
    asked = parse()
    # Ended from outside, it still stops its servers and removes its files, which are large.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = quick(asked.runs or 1) if asked.quick else Options(runs=asked.runs or Options.runs)
    if asked.size:
        options = replace(options, size=asked.size)
    if asked.datasets:
        options = replace(options, scale_datasets=asked.datasets)
    if asked.parallel:
        options = replace(options, parallel=asked.parallel)
    if asked.against:
        return compared(chosen(asked.parts), options, asked.against)
    to_keep = options == Options(runs=options.runs)
    kept = True
    for part in chosen(asked.parts):
        try:
            section, text = measured(part, options)
        except Exception:
            # Its old section stays, with its date; the other parts are worth measuring.
            traceback.print_exc()
            say(f"== {part.name}: NOT MEASURED")
            kept = False
            continue
        kept = kept and section.kept
        print(f"\n{text}")
        if to_keep:
            results.keep(part.name, section, text, ORDER)
            capacity.rewrite()
            say(f"written to {results.PATH.name}: {part.name}")
    return 0 if kept else 1


def parse() -> argparse.Namespace:
    known = [name for part in PARTS for name in (part.letter, part.name) if name]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(known))
    parser.add_argument("--runs", type=positive, help="of each contender: the median is shown")
    parser.add_argument("--size", type=read_size, help="of the large file, such as 64MiB or 1GiB")
    parser.add_argument("--parallel", type=positive, help="datasets at once, in `many`")
    parser.add_argument("--datasets", type=positive, help="of a round, in `scale`")
    parser.add_argument("--against", metavar="REV", help="another revision, in turns with this one")
    parser.add_argument("--quick", action="store_true", help="small and once: does all work?")
    asked = parser.parse_args()
    wrong = [name for name in asked.parts if name not in known]
    if wrong:
        parser.error(f"no such part: {', '.join(wrong)} (there are: {', '.join(known)})")
    return asked


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def chosen(named: list[str]) -> list[Part]:
    """In the page's order; all when none is named."""
    return [part for part in PARTS if not named or part.letter in named or part.name in named]


def compared(parts: list[Part], options: Options, revision: str) -> int:
    """Nothing is judged, and nothing kept: a table of ratios is shown."""
    with against.other(revision) as other:
        for part in parts:
            say(f"== {part.name}")
            noise = machine.Noise()
            rows = against.measured(partial(part.measure, options), other, options.runs)
            print(f"\n{part.name}, {other.name}, {options.runs} turns each:")
            print(f"{against.shown(rows)}\n{noise.told().strip()}")
    return 0


def measured(part: Part, options: Options) -> tuple[Section, str]:
    say(f"== {part.name}")
    circumstances = machine.circumstances(part.programs())
    noise, begun, source = machine.Noise(), time.monotonic(), machine.source()
    section = part.measure(options)
    if machine.source() != source:
        raise Unavailable("the program was changed while it was measured")
    say(f"== {part.name}: {time.monotonic() - begun:.0f} s")
    circumstances += noise.told()
    return section, results.as_text(part.name, section, circumstances)


if __name__ == "__main__":
    sys.exit(main())
