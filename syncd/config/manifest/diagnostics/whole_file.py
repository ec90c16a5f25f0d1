"""What is the matter with the whole file, of which YAML would say odd things line by line.

A conflict that Git left, a second manifest below the first, keys that a comment cuts, a draft that
nobody has finished.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from syncd.config.manifest.lines import LONG, in_flow, lines_of
from syncd.core.errors import Problem
from syncd.core.reasons import because
from syncd.core.regular_expressions import regex

_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")  # of git-merge, at the line's beginning
_TOP = regex(r"(version|portal|timezone|sources|defaults|thematic|datasets)\s*:")
_MARKS = 4  # of one conflict, where each is there once
_REPEATED = 3  # keys of the top that stand twice: no slip of a single line any more
_MOST = 100  # that are said one by one
_RULE = regex(r"(?:^|[\s{,])(?:object|newest|each):[ \t]+")
_ENDS_AS_FILE = regex(r"\.\w{1,8}$")
_WAITING = regex(r"\s*# ?- (?:dataset|resource):")
_OBJECT = regex(r"\s*(?:- )?object: ")
# What `syncd init` writes for an object that it did not find; a test holds it against its texts.
PLACEHOLDERS = frozenset({"FOLDER/FILE.csv", "DOSSIER/FICHIER.csv"})


def no_manifest(text: str, file: str) -> list[Problem]:
    """Why the file is not one manifest. What else YAML would say of it means nothing then."""
    lines = lines_of(text)
    return _conflicts(lines, file) or _second(lines, file)


def _conflicts(lines: Sequence[str], file: str) -> list[Problem]:
    marked = [(at, line[:7]) for at, line in enumerate(lines, 1) if _is_marker(line)]
    if not any(marker in {_MARKERS[0], _MARKERS[-1]} for _, marker in marked):
        return []
    found: list[list[int]] = []
    for at, marker in marked:
        if marker == _MARKERS[0] or not found:
            found.append([])
        found[-1].append(at)
    return [
        Problem(because("git_conflict", lines=", ".join(map(str, each[:_MARKS]))), file, each[0], 1)
        for each in found[:_MOST]
    ]


def _is_marker(line: str) -> bool:
    return line.startswith(_MARKERS) and (len(line) == 7 or line[7] == " ")


def _second(lines: Sequence[str], file: str) -> list[Problem]:
    first: dict[str, int] = {}
    again: list[int] = []
    for at, line in enumerate(lines, 1):
        if line[:1] == " ":
            continue
        if line.startswith("---") and first:
            return []  # YAML knows two documents by themselves
        if top := _TOP.match(line):
            if top[1] in first:
                again.append(at)
            first.setdefault(top[1], at)
    if len(again) < _REPEATED:
        return []
    reason = because("manifest_twice", first=min(first.values()))
    return [Problem(reason, file, again[0], 1)]


def cut_by_a_comment(text: str, file: str) -> list[Problem]:
    """Keys of objects of which ` #` cuts a part, each with its line as it was meant."""
    if "#" not in text:
        return []
    found = (
        problem
        for at, line in enumerate(lines_of(text), 1)
        if "#" in line and len(line) <= LONG and not line.lstrip().startswith("#")
        for problem in _cut(line, at, file)
    )
    return list(islice(found, _MOST))


def _cut(line: str, at: int, file: str) -> Iterator[Problem]:
    rule = _RULE.search(line)
    if rule is None or line[rule.end() : rule.end() + 1] in {'"', "'"}:
        return
    start = rule.end()
    value = line[start:]
    if in_flow(line[:start]):
        value = re.split(r"[,}\]]", value, maxsplit=1)[0]
    value = value.rstrip()
    read, sign, rest = (" " + value).partition(" #")
    read = read.strip()
    is_remark = not sign or not rest or rest[0] in " #"
    if is_remark or "." in read.rsplit("/", 1)[-1] or not _ENDS_AS_FILE.search(rest):
        return
    if '"' in value or "\\" in value:
        return
    meant = f'{line[:start]}"{value}"{line[start + len(value) :]}'
    yield Problem(because("yaml_hash", read=read), file, at, start + 1, instead=meant)


def unfinished(problems: Sequence[Problem], text: str) -> list[Problem]:
    """A list that is empty because all of a draft waits for a person is no slip."""
    lines = lines_of(text) if problems else []
    return [_waiting(problem, lines) for problem in problems]


def _waiting(problem: Problem, lines: Sequence[str]) -> Problem:
    key = problem.reason.facts.get("key")
    if problem.reason.code != "empty_value" or key not in {"datasets", "resources"}:
        return problem
    for at in range(problem.line, len(lines)):
        if _WAITING.match(lines[at]):
            reason = because("draft_unfinished", key=key, line=at + 1)
            return replace(problem, reason=reason, instead="", add="")
        if lines[at].strip() and not lines[at].lstrip().startswith("#"):
            break
    return problem


def placeholders(text: str, file: str) -> list[Problem]:
    """Where a draft's line was taken into use as it was."""
    if not any(value in text for value in PLACEHOLDERS):
        return []
    return [
        Problem(because("draft_placeholder", read=value), file, at, found.end() + 1)
        for at, line in enumerate(lines_of(text), 1)
        if (found := _OBJECT.match(line))
        and (value := line[found.end() :].strip().strip("\"'")) in PLACEHOLDERS
    ]
