"""A manifest's text inspected to its end, although YAML stops at the first error.

A copy of the text is fixed for the reading, so that what lies behind a slip is looked at as well:

1. *Typos* are found in the text itself (a word processor's quotes, a colon without its space) and
   fixed in the copy.
2. Where YAML stops and it is known what was meant, the copy is fixed there, and read again.
3. The values of the copy are validated, and checked across the manifest.
4. What was found in the copy is said at its place in the text: the fixes are gone back over, the
   last one first.

Each fix is a problem as well, so that a fixed copy is never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from syncd.config.manifest.checks import check
from syncd.config.manifest.diagnostics.autofix import (
    MAX_FIXES,
    MAX_REREAD,
    Fix,
    fix_of,
    fixed,
    fixed_line,
    moved_back,
)
from syncd.config.manifest.diagnostics.excerpts import illustrated
from syncd.config.manifest.diagnostics.schema_errors import KEYS, explain, nothing_written, outside
from syncd.config.manifest.diagnostics.typos import Typo, odd_characters, unpunctuated
from syncd.config.manifest.diagnostics.whole_file import (
    cut_by_a_comment,
    no_manifest,
    placeholders,
    unfinished,
)
from syncd.config.manifest.limits import MAX_EXPLAINED
from syncd.config.manifest.lines import lines_of
from syncd.config.manifest.models import Manifest
from syncd.config.manifest.reading import Problems, decode_roughly, read
from syncd.config.manifest.tree import Node, Table, plain
from syncd.core.errors import Problem
from syncd.core.reasons import Fact, Reason, because


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a text holds. Without problems, `root` and `manifest` are there."""

    root: Table | None
    manifest: Manifest | None
    problems: Sequence[Problem]  # by their places
    more: int = 0  # problems that are not among them


def inspected(text: str, file: str) -> Inspection:
    """`file` is the name that problems carry."""
    if found := no_manifest(text, file):
        return Inspection(None, None, illustrated(found, text))
    cut = cut_by_a_comment(text, file)
    if not cut:
        whole = _inspected(text, file)
        drafted = illustrated(placeholders(text, file), text)
        said = [*unfinished(whole.problems, text), *drafted]
        return replace(whole, problems=sorted(said, key=_order))
    fixes = [fix for problem in cut if (fix := fix_of(problem, text)) is not None]
    rest = _inspected(fixed(text, fixes), file)
    said = [*illustrated(cut, text), *moved_back(rest.problems, fixes)]
    return Inspection(None, None, sorted(said, key=_order), rest.more)


def _inspected(text: str, file: str) -> Inspection:
    typos = odd_characters(text, KEYS, frozenset())
    found = _inspected_as_meant(text, file, typos)
    if not found.problems:
        return found
    near = frozenset(at for p in found.problems for at in (p.line - 1, p.line))
    more = [*odd_characters(text, KEYS, near), *unpunctuated(text, KEYS, near)]
    if more != typos:
        found = _inspected_as_meant(text, file, more)
    unique = _without_echoes_of_length(_once(found.problems))
    return replace(found, problems=illustrated(sorted(unique, key=_order), text))


def undecoded(problem: Problem, data: bytes) -> Problem:
    """With its line as a person meant it, in the encoding that it is probably in."""
    if not problem.line:
        return problem
    wide = problem.reason.facts["encoding"] == "UTF-16"
    if wide:
        return illustrated([problem], data.decode("utf-16", "replace"))[0]
    line = data.splitlines()[problem.line - 1]
    ahead = "\n" * (problem.line - 1)
    return illustrated([problem], ahead + decode_roughly(line))[0]


def with_its_line(problem: Problem, data: bytes) -> Problem:
    """A problem that was found later in a manifest that could be read; `data`: its bytes."""
    lines = lines_of(data.decode("utf-8-sig"))
    if not 0 < problem.line <= len(lines):
        return problem
    ahead = "\n" * (problem.line - 1)
    return illustrated([problem], ahead + lines[problem.line - 1])[0]


def _inspected_as_meant(text: str, file: str, typos: Sequence[Typo]) -> Inspection:
    typo_fixes = [typo.fix for typo in typos]
    reading = _read_through(fixed(text, typo_fixes) if typo_fixes else text, file)
    root, problems, manifest = reading.root, list(reading.problems), None
    more = reading.problems.more
    if root is not None and not isinstance(root, Table):
        reason = because("not_a_mapping")
        problems.append(Problem(reason, file, root.place.line, root.place.column))
        root = None
    elif root is not None:
        manifest, wrong = _validated(root, file)
        across = check(root, file)
        problems += [*wrong, *across]
        more += wrong.more + across.more
    if typo_fixes or reading.fixes:  # what to write instead of a line has all its fixes
        problems = illustrated(problems, reading.copy)
    fixed_places = {(p.line, p.column) for p in reading.fixed_problems}
    problems = [
        p
        for p in _moved_back_over(reading.fixes, problems)
        if (p.line, p.column) not in fixed_places
    ]
    problems = moved_back([*reading.fixed_problems, *problems], typo_fixes)
    said = typos[:MAX_EXPLAINED]
    more += len(typos) - len(said)
    return Inspection(root, manifest, [*problems, *_typo_problems(said, text, file)], more)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of the YAML, fixed where it stopped."""

    root: Node | None
    copy: str  # of the text that was given, with all fixes
    fixes: list[Fix]  # each of the copy in which those before it are done
    fixed_problems: list[Problem]  # at their places in the text that was given
    problems: Problems  # the others, at their places in `copy`


def _read_through(text: str, file: str) -> _Reading:
    copy = text
    fixes: list[Fix] = []
    fixed_problems: list[Problem] = []
    root, problems = read(copy, file)
    most = min(MAX_FIXES, MAX_REREAD // max(1, len(text)))
    while root is None and len(fixes) < most:
        (stop,) = illustrated(problems, copy)
        fix = fix_of(stop, copy)
        if fix is None:
            break
        tried = fixed(copy, [fix])
        root, found = read(tried, file)
        if root is None and (found[0].line, found[0].column) <= (stop.line, stop.column):
            problems = Problems([replace(stop, excerpt=None, instead="")])  # it was meant otherwise
            break
        fixed_problems += _moved_back_over(fixes, [stop])
        fixes.append(fix)
        copy, problems = tried, found
    return _Reading(root, copy, fixes, fixed_problems, problems)


def _moved_back_over(fixes: Sequence[Fix], problems: list[Problem]) -> list[Problem]:
    """From the copy with all these fixes, one done after the other, to the text before them."""
    for fix in reversed(fixes):
        problems = moved_back(problems, [fix])
    return problems


def _typo_problems(typos: Sequence[Typo], text: str, file: str) -> list[Problem]:
    lines = lines_of(text)
    by_line: dict[int, list[Fix]] = {}
    for typo in typos:
        by_line.setdefault(typo.fix.line, []).append(typo.fix)
    meant = {line: fixed_line(lines[line - 1], fixes) for line, fixes in by_line.items()}
    found = []
    for typo in typos:
        line, start = typo.fix.line, typo.fix.start
        shown = f"U+{ord(typo.character):04X}" if typo.code == "odd_space" else typo.character
        reason = Reason(typo.code, {"character": shown} if typo.character else {})
        found.append(Problem(reason, file, line, start + 1, instead=meant[line]))
    return found


def _validated(root: Table, file: str) -> tuple[Manifest | None, Problems]:
    empty = nothing_written(root, file)
    try:
        return Manifest.model_validate(plain(root)), empty
    except ValidationError as error:
        found = explain(error, root, file)
        left = outside(empty, found)
        found.more += left.more
        found += left
        return None, found


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """The same at the same place is said once: an alias has its problems in every use."""
    seen: dict[tuple[int, int, str, tuple[tuple[str, Fact], ...]], Problem] = {}
    for problem in problems:
        reason = problem.reason
        facts = tuple(sorted(reason.facts.items(), key=lambda fact: fact[0]))
        key = (problem.line, problem.column, reason.code, facts)
        seen.setdefault(key, problem)
    return list(seen.values())


def _without_echoes_of_length(problems: Sequence[Problem]) -> Sequence[Problem]:
    """Of a value that is too long, what was put for it is not looked at."""
    long = {(p.line, p.column) for p in problems if p.reason.code == "value_too_long"}
    is_said = [p for p in problems if p.reason.code == "value_too_long"]
    return (
        [*is_said, *(p for p in problems if (p.line, p.column) not in long)] if long else problems
    )


def _order(problem: Problem) -> tuple[int, int, str, str]:
    return problem.line, problem.column, problem.path, problem.reason.code
