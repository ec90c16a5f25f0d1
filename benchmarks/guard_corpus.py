"""Guards every file of a folder, as a first publication and as harmless later ones.

    python -m benchmarks.guard_corpus FOLDER [--bad [LIST]] [--limit 0.1] [--only TEXT]

Real files are most often good, so that what is held is most often held wrongly: the tables say
which file, by which guard, in which publication. `LIST` names those that deserve it, one path
below the folder in each line; they are shown, and not counted as wrong. A later publication is
harmless where it is the same data: again, 5 % more rows, shuffled, with other line ends, a byte
order mark, other quotes, a column more, columns in another order. `--limit` is the most that may
be held wrongly of either, in percent.

Without a LIST, `--bad` makes bad publications of each file as well (see
`benchmarks/bad_republications.py`), and says of each kind how many were held, told, or passed
without a word: the same settings must find these and leave the harmless ones alone. To the first
mapping of a file on another one's resource, the other one is what is online.

Each file is read in a process of its own, within the limits that syncd reads it in.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bad_republications import KINDS, MAPPING, Neighbour, foreign, spoiled
from benchmarks.republished import SAME, again, earlier
from syncd import guards
from syncd.adapters.reader.limits import MEMORY, seconds_for
from syncd.core.file_names import extensions_of
from syncd.core.objects import KnownVersion
from syncd.core.reasons import because
from syncd.core.targets import GuardPolicy
from syncd.guards.content import reading
from syncd.guards.profile import Profile
from tests.support.builders import digest, exactly, version

FIRST = "first"
LIMIT = 0.1  # percent
PAST = 4  # publications that are known when a later one is judged
_SHOWN = 5  # slowest and hungriest files
_PASSED = 20  # files whose bad publications passed


@dataclass(frozen=True, slots=True)
class Cost:
    seconds: float  # of the processor
    memory: int  # bytes at its most


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one publication of one file."""

    path: str  # below the folder
    publication: str  # FIRST, a label of `again`, or a kind of `spoiled`
    held: tuple[str, ...]  # "guard: code", such as "uneven: guard_cut"
    told: tuple[str, ...]


@dataclass(slots=True)
class Results:
    verdicts: list[Verdict] = field(default_factory=list)
    costs: dict[str, Cost] = field(default_factory=dict)  # of first publications

    def of(self, publications: Iterable[str]) -> list[Verdict]:
        wanted = frozenset(publications)
        return [each for each in self.verdicts if each.publication in wanted]

    @property
    def later(self) -> list[str]:
        labels = dict.fromkeys(verdict.publication for verdict in self.verdicts)
        return [label for label in labels if label not in KINDS]


def files_of(folder: Path) -> list[Path]:
    """All but the list of where they are from, and what hides."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if path.name != "INDEX.tsv" and path.name[0] != "."]


def run(folder: Path, only: str = "", *, bad: bool = False) -> Results:
    """`bad`: bad publications are made, too."""
    results = Results()
    others: dict[str, list[Neighbour]] = defaultdict(list)  # by extension
    paths = [path for path in files_of(folder) if only in str(path.relative_to(folder))]
    accepted = frozenset(part for path in paths for part in extensions_of(path.name) if part)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "file"
        for path in paths:
            name = str(path.relative_to(folder))
            content = path.read_bytes()
            before, results.costs[name] = read(path, name)
            results.verdicts.append(_judged(name, FIRST, before, [], len(content), accepted))
            kept = Profile.from_json(before.to_json())
            past = [kept] if kept is not None else []
            for former in earlier(path.name, content, before):
                copy.write_bytes(former)
                past.append(read(copy, name)[0])
            if len(past) == 1:
                past *= PAST
            dice = random.Random(name)  # noqa: S311 - the same each time
            for label, later in again(path.name, content, before, dice):
                copy.write_bytes(later)
                found, _ = read(copy, name)
                results.verdicts.append(_judged(name, label, found, past, len(later), accepted))
            if kept is not None:
                others[path.suffix.lower()].append(Neighbour(name, content, kept, tuple(past)))
        for each in others.values() if bad else ():
            for one in each:
                results.verdicts += _spoiled(one, each, copy, accepted)
    return results


def _spoiled(
    one: Neighbour, all_: list[Neighbour], copy: Path, accepted: frozenset[str]
) -> Iterator[Verdict]:
    dice = random.Random(one.path)  # noqa: S311 - the same each time
    neighbours = [other for other in all_ if other is not one]
    given = (one.path, one.content, one.profile, dice, neighbours)
    for kind, later in spoiled(*given):
        copy.write_bytes(later)
        found, _ = read(copy, one.path)
        yield _judged(one.path, kind, found, list(one.past), len(later), accepted)
    online = foreign(one.profile, neighbours, dice)
    if online is not None:
        yield _judged(one.path, MAPPING, one.profile, [online], len(one.content), accepted)


def read(path: Path, name: str) -> tuple[Profile, Cost]:
    """In a process forked for it: one file may end it, and its memory is its own."""
    end, begin = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            os.close(end)
            os.write(begin, _answer(path, name).encode())
        finally:
            os._exit(0)
    os.close(begin)
    with os.fdopen(end, "rb") as stream:
        said = stream.read()
    _, _, usage = os.wait4(child, 0)
    cost = Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)
    seconds = seconds_for(path.stat().st_size)
    code = "guard_hungry" if extensions_of(name)[0] in reading.SHEETS else "guard_limits"
    hungry = Profile(trouble=because(code, limit=MEMORY, seconds=seconds))
    return Profile.from_json(said.decode()) or hungry, cost


def _answer(path: Path, name: str) -> str:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say
    # What the process that forked has is not the file's: a runner of tests may have a gigabyte.
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = MEMORY + pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.setitimer(signal.ITIMER_PROF, seconds_for(path.stat().st_size))
    try:
        with path.open("rb", buffering=0) as file:
            return reading.profile_of(file, name).to_json()
    except MemoryError:
        return ""
    except Exception as error:
        return Profile(fault=because("guard_fault", detail=type(error).__name__)).to_json()


def _judged(
    name: str,
    publication: str,
    found: Profile,
    past: list[Profile],
    size: int,
    accepted: frozenset[str],
) -> Verdict:
    seen = version(name)
    known = KnownVersion(name, seen.fingerprint, digest(name))
    case: dict[str, Any] = {
        "version": seen,
        "digest": digest(f"{publication} {name}", size),
        "rule": exactly(name),
        "online": None,  # bytes are no matter here: the same rows written otherwise have others
        "published": None if publication in {FIRST, MAPPING} else known,
        "accepted": accepted,
        "found": found,
        "is_foreign": publication == MAPPING,
        "before": past[0] if past else None,
        "past": tuple(past),
    }
    findings = guards.judge(guards.CheckInput(**case), GuardPolicy({}))
    held = tuple(_named(reason.code, case) for reason in findings.held)
    return Verdict(name, publication, held, tuple(reason.code for reason in findings.warned))


def _named(code: str, case: dict[str, Any]) -> str:
    looked = guards.CheckInput(**case)
    for name, guard in guards.OF_A_FILE.items():
        reason = guard.look(looked) if code != guards.FAULT else None
        if reason is not None and reason.code == code:
            return f"{name}: {code}"
    return code


# -- what is shown -----------------------------------------------------------------------------


def share(verdicts: list[Verdict], bad: frozenset[str]) -> float:
    """Held, of those that are not known to be bad, in percent."""
    wrong = sum(bool(each.held) and each.path not in bad for each in verdicts)
    return 100 * wrong / max(len(verdicts), 1)


def bad_table(results: Results) -> str:
    """Of each kind of bad publication: how many were found, and the files that passed."""
    lines = ["| bad publication | made | held | told | passed | such as |", _RULE * 6 + "|"]
    usual = {
        verdict.path: {*verdict.told} for verdict in results.verdicts if verdict.publication == SAME
    }
    for kind in KINDS:
        made = results.of([kind])
        held = [each for each in made if each.held]
        told = [each for each in made if not each.held and {*each.told} - usual[each.path]]
        passed = [each.path for each in made if each not in held and each not in told]
        counts = f"{len(made)} | {len(held)} | {len(told)} | {len(passed)}"
        lines.append(f"| {kind} | {counts} | {', '.join(sorted(passed)[:_PASSED])} |")
    return "\n".join(lines)


def tables(results: Results, bad: frozenset[str]) -> str:
    lines = ["| publication | files | held | of these known as bad | told |", _RULE * 5 + "|"]
    for label in results.later:
        verdicts = results.of([label])
        held = [each for each in verdicts if each.held]
        known = sum(each.path in bad for each in held)
        told = sum(bool(each.told) for each in verdicts)
        lines.append(f"| {label} | {len(verdicts)} | {len(held)} | {known} | {told} |")
    by_format = defaultdict(list)
    for each in results.of([FIRST]):
        by_format[extensions_of(each.path)[0] or extensions_of(each.path)[1]].append(each)
    lines += ["", "| first, by extension | files | held | told |", _RULE * 4 + "|"]
    for extension, verdicts in sorted(by_format.items()):
        held_ = sum(bool(each.held) for each in verdicts)
        told = sum(bool(each.told) for each in verdicts)
        lines.append(f"| {extension} | {len(verdicts)} | {held_} | {told} |")
    lines += ["", "| held by | file | publications |", _RULE * 3 + "|"]
    by_guard: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in results.verdicts:
        for name in each.held:
            by_guard[name, each.path].append(each.publication)
    for (name, path), labels in sorted(by_guard.items()):
        mark = " (known as bad)" if path in bad else ""
        lines.append(f"| {name} | {path}{mark} | {', '.join(labels)} |")
    told_by: dict[str, set[str]] = defaultdict(set)
    for each in results.verdicts:
        for code in each.told:
            told_by[code].add(each.path)
    lines += ["", "| told | files | such as |", _RULE * 3 + "|"]
    for code, paths in sorted(told_by.items()):
        lines.append(f"| {code} | {len(paths)} | {', '.join(sorted(paths)[:_SHOWN])} |")
    costs = results.costs.items()
    lines += ["", "| slowest | s of the processor |", _RULE * 2 + "|"]
    for path, cost in sorted(costs, key=lambda each: -each[1].seconds)[:_SHOWN]:
        lines.append(f"| {path} | {cost.seconds:.2f} |")
    lines += ["", "| hungriest | MiB |", _RULE * 2 + "|"]
    for path, cost in sorted(costs, key=lambda each: -each[1].memory)[:_SHOWN]:
        lines.append(f"| {path} | {cost.memory / 2**20:.0f} |")
    return "\n".join(lines)


_RULE = "| --- "
_MADE = Path()  # in place of a list


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--bad",
        type=Path,
        nargs="?",
        const=_MADE,
        help="list of files that are held rightly; without one, make bad publications",
    )
    parser.add_argument("--limit", type=float, default=LIMIT, help="percent held wrongly")
    parser.add_argument("--only", default="", help="files whose path has this in it")
    parser.add_argument("--json", type=Path, help="write each verdict here, too")
    given = parser.parse_args(words)
    makes_bad = given.bad == _MADE
    known = given.bad.read_text("utf-8").split("\n") if given.bad and not makes_bad else ()
    bad = frozenset(known)
    results = run(given.folder, given.only, bad=makes_bad)
    print(tables(results, bad))
    if makes_bad:
        print(f"\n{bad_table(results)}")
    if given.json:
        lines = (json.dumps([v.path, v.publication, v.held, v.told]) for v in results.verdicts)
        given.json.write_text("\n".join(lines) + "\n", "utf-8")
    later = [label for label in results.later if label != FIRST]
    shares = {"first": share(results.of([FIRST]), bad), "later": share(results.of(later), bad)}
    print()
    for label, found in shares.items():
        print(f"{label} publications held wrongly: {found:.2f} % (limit {given.limit:g} %)")
    return 0 if all(found <= given.limit for found in shares.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
