"""Measure syncd beside the tools that people use today, and hold it to its promises.

    make bench                             all parts but `million`
    make bench BENCH="idle start"          some of them; their letters do as well: b d
    make bench BENCH="--quick"             whether everything works, small and once

Each part's section of benchmarks/RESULTS.md is replaced as soon as it is measured; a run with other
than the default sizes is only shown. Exit code 1 when a promise is not kept, or not measured.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks import idle, machine, many, memory, parts, publish, results, start
from benchmarks.contest import say
from benchmarks.options import Options, quick, read_size
from benchmarks.section import Section


@dataclass(frozen=True)
class Part:
    letter: str  # in the list of what must be shown
    name: str
    measure: Callable[[Options], Section]
    programs: Callable[[], list[str]]  # that take part, with their versions
    always: bool = True  # also when no part is named


PARTS = (
    Part("a", "publish", publish.measure, publish.programs),
    Part("a'", "parts", parts.measure, parts.programs),
    Part("b", "idle", idle.measure, idle.programs),
    Part("", "million", idle.measure_million, idle.others, always=False),
    Part("c", "many", many.measure, many.programs),
    Part("d", "start", start.measure, start.programs),
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
    if asked.parallel:
        options = replace(options, parallel=asked.parallel)
    to_keep = options == Options(runs=options.runs)
    kept = True
    for part in chosen(asked.parts, million=asked.million):
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
            page = results.PATH.read_text(encoding="utf-8") if results.PATH.exists() else ""
            results.PATH.write_text(results.replaced(page, part.name, text, ORDER), "utf-8")
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
    parser.add_argument("--million", action="store_true", help="a million objects, too")
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


def chosen(named: list[str], *, million: bool) -> list[Part]:
    """In the page's order. `--million` alone adds to all; with parts, to them."""
    return [
        part
        for part in PARTS
        if part.letter in named
        or part.name in named
        or (not named and part.always)
        or (million and part.name == "million")
    ]


def measured(part: Part, options: Options) -> tuple[Section, str]:
    say(f"== {part.name}")
    circumstances = machine.circumstances(part.programs())
    busy, begun = machine.busy(), time.monotonic()
    section = part.measure(options)
    say(f"== {part.name}: {time.monotonic() - begun:.0f} s")
    circumstances += machine.warning(max(busy, machine.busy()))
    return section, results.as_text(part.name, section, circumstances)


if __name__ == "__main__":
    sys.exit(main())
