"""From a file or text to a `LoadedManifest`, or to all that is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from syncd.config.manifest.autofix import (
    MAX_MENDS,
    MAX_REREAD,
    Mend,
    mend_of,
    mended,
    mended_line,
    put_back,
)
from syncd.config.manifest.checks import check
from syncd.config.manifest.compiling import LoadedManifest, compiled
from syncd.config.manifest.excerpts import illustrated
from syncd.config.manifest.explain import KEYS, explain, nothing_written, outside
from syncd.config.manifest.lines import lines_of
from syncd.config.manifest.models import Manifest
from syncd.config.manifest.reading import MAX_BYTES, decode, decode_roughly, read
from syncd.config.manifest.tree import Node, Table, plain
from syncd.config.manifest.typos import Slip, hasty_lines, odd_characters
from syncd.core.errors import ManifestError, Problem
from syncd.core.reasons import Fact, Reason, because


def load(path: Path) -> LoadedManifest:
    """Reads the file. `ManifestError` with every problem, sorted by place."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        problem = Problem(because("manifest_missing", path=str(path)), str(path))
        raise ManifestError([_with_neighbour(problem, path)]) from None
    except OSError as error:
        reason = because("manifest_unreadable", path=str(path), detail=error.strerror or "")
        raise ManifestError([Problem(reason, str(path))]) from None
    return _loaded(data, str(path))


def loads(text: str, file: str) -> LoadedManifest:
    """Reads a text; `file` is the name that problems carry."""
    return _loaded(text.encode("utf-8", "surrogatepass"), file)


def _loaded(data: bytes, file: str) -> LoadedManifest:
    decoded = decode(data, file)
    if isinstance(decoded, Problem):
        raise ManifestError([_undecoded(decoded, data)])
    slips = odd_characters(decoded, KEYS, frozenset())
    looked = _looked_at(decoded, file, slips)
    if looked.problems:
        near = frozenset(at for p in looked.problems for at in (p.line - 1, p.line))
        more = [*odd_characters(decoded, KEYS, near), *hasty_lines(decoded, KEYS, near)]
        if more != slips:
            looked = _looked_at(decoded, file, more)
    if looked.root is None or looked.manifest is None or looked.problems:
        problems = illustrated(sorted(_once(looked.problems), key=_order), decoded)
        raise ManifestError(problems)
    return compiled(looked.manifest, looked.root, hashlib.sha256(data).hexdigest())


def _undecoded(problem: Problem, data: bytes) -> Problem:
    """With its line as a person meant it, in the encoding that it is probably in."""
    if not problem.line:
        return problem
    wide = problem.reason.facts["encoding"] == "UTF-16"
    if wide:
        return illustrated([problem], data.decode("utf-16", "replace"))[0]
    line = data.splitlines()[problem.line - 1]
    ahead = "\n" * (problem.line - 1)
    return illustrated([problem], ahead + decode_roughly(line))[0]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one reading of the whole file gave."""

    root: Table | None
    manifest: Manifest | None
    problems: list[Problem]


def _looked_at(text: str, file: str, slips: Sequence[Slip]) -> _Look:
    """Everything that is wrong, also behind what stops YAML where that can be mended."""
    mends = [slip.mend for slip in slips]
    mended_text = mended(text, mends) if mends else text
    done = _read_on(mended_text, file)
    root, problems, manifest = done.root, done.problems, None
    if root is not None and not isinstance(root, Table):
        facts = because("not_a_mapping")
        problems.append(Problem(facts, file, root.place.line, root.place.column))
    elif root is not None:
        manifest = _validated(root, file, problems)
        problems += check(root, file)
    if mends or done.steps:  # what to write instead of a line has all its mends
        problems = illustrated(problems, done.text)
    places = {(p.line, p.column) for p in done.stops}
    problems = [p for p in _undone(problems, done.steps) if (p.line, p.column) not in places]
    problems = put_back([*done.stops, *problems], mends)
    problems += _said(slips, text, file)
    return _Look(root if isinstance(root, Table) else None, manifest, problems)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of the YAML, mended where it stopped."""

    root: Node | None
    text: str  # with all mends
    stops: list[Problem]  # what was mended, at its place in the text that was given
    problems: list[Problem]  # the others, at their places in `text`
    steps: list[Mend]  # each of the text in which those before it are done


def _read_on(text: str, file: str) -> _Reading:
    stops: list[Problem] = []
    steps: list[Mend] = []
    root, problems = read(text, file)
    most = min(MAX_MENDS, MAX_REREAD // max(1, len(text)))
    while root is None and len(steps) < most:
        (stop,) = illustrated(problems, text)
        mend = mend_of(stop, text)
        if mend is None:
            break
        tried = mended(text, [mend])
        root, found = read(tried, file)
        if root is None and (found[0].line, found[0].column) <= (stop.line, stop.column):
            problems = [replace(stop, excerpt=None, instead="")]  # it was meant otherwise
            break
        stops += _undone([stop], steps)
        steps.append(mend)
        text, problems = tried, found
    return _Reading(root, text, stops, problems, steps)


def _undone(problems: list[Problem], steps: Sequence[Mend]) -> list[Problem]:
    for mend in reversed(steps):
        problems = put_back(problems, [mend])
    return problems


def _said(slips: Sequence[Slip], text: str, file: str) -> list[Problem]:
    lines = lines_of(text)
    mends: dict[int, list[Mend]] = {}
    for slip in slips:
        mends.setdefault(slip.mend.line, []).append(slip.mend)
    meant = {line: mended_line(lines[line - 1], mine) for line, mine in mends.items()}
    found = []
    for slip in slips:
        line, start = slip.mend.line, slip.mend.start
        shown = f"U+{ord(slip.character):04X}" if slip.code == "odd_space" else slip.character
        reason = Reason(slip.code, {"character": shown} if slip.character else {})
        found.append(Problem(reason, file, line, start + 1, instead=meant[line]))
    return found


def _validated(root: Node, file: str, problems: list[Problem]) -> Manifest | None:
    empty = list(nothing_written(root, file))
    try:
        manifest = Manifest.model_validate(plain(root))
    except ValidationError as error:
        said = explain(error, root, file)
        problems += said + outside(empty, said)
        return None
    problems += empty
    return manifest


def _once(problems: list[Problem]) -> list[Problem]:
    """The same at the same place is said once: an alias has its problems in every use."""
    seen: dict[tuple[int, int, str, tuple[tuple[str, Fact], ...]], Problem] = {}
    for problem in problems:
        reason = problem.reason
        facts = tuple(sorted(reason.facts.items(), key=lambda fact: fact[0]))
        key = (problem.line, problem.column, reason.code, facts)
        seen.setdefault(key, problem)
    return list(seen.values())


def _order(problem: Problem) -> tuple[int, int, str, str]:
    return problem.line, problem.column, problem.path, problem.reason.code


def _with_neighbour(problem: Problem, path: Path) -> Problem:
    """Names a YAML file beside the one that is missing."""
    try:
        others = sorted(p for p in path.parent.iterdir() if p.suffix in {".yaml", ".yml"})
    except OSError:
        return problem
    if not others:
        return problem
    return Problem(problem.reason, problem.file, suggestion=str(others[0]))
