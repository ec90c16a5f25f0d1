"""What a problem shows of the file: its line, what to mark in it, and the line as it was meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from syncd.config.manifest.diagnostics.secrecy import (
    apart,
    secret_lines,
    secret_parts,
)
from syncd.config.manifest.lines import LONG, lines_of, word_at
from syncd.core.errors import Excerpt, Problem
from syncd.core.regular_expressions import regex
from syncd.core.unseen import is_seen
from syncd.core.yaml_scalar import scalar

LONGEST = 100  # characters of a line that are shown
_LONGEST_INSTEAD = 300
_BEFORE = 40  # of them before the place, where the line is longer
_CUT = "…"

# Marks of one character: what is wrong is that one, and not the word that begins there.
_SIGNS = frozenset(
    {"not_utf8", "odd_colon", "odd_dash", "odd_space", "yaml_backslash", "yaml_bracket"}
    | {"yaml_character", "yaml_colon", "yaml_indent", "yaml_quote_open", "yaml_tab"}
)
# The suggestion takes the place of what is marked.
_REPLACED = frozenset(
    {"bad_bucket", "bad_choice", "bad_dataset", "bad_duration", "bad_email", "bad_limit"}
    | {"address_without_key", "bad_day", "bad_publish", "no_queue"}
    | {"bad_resource", "bad_timezone", "bad_url", "bad_version", "cron_fields", "cron_name"}
    | {"endpoint_path", "ignore_slash", "key_is_address", "key_slash", "key_spaces"}
    | {"secret_in_url", "source_name", "source_unknown", "too_often", "unknown_key", "wrong_type"}
)
_STRANGE = frozenset({"unknown_key", "secret_in_manifest"})
_PAIRS = frozenset({"key_wildcard", "newest_without_wildcard"})  # key and value are replaced
_QUOTED = frozenset({"yaml_colon", "yaml_star", "yaml_start"})
_ADDED = frozenset({"missing_key", "source_missing"})
_KEY_WORDS = regex(r"[\"']?(?:s3_?)?(?:key|cl[ée]f?)s?\b", re.IGNORECASE)


def illustrated(problems: Sequence[Problem], text: str) -> list[Problem]:
    """The problems with the lines of `text` in which they lie."""
    if not problems:
        return []
    lines = lines_of(text)
    hidden = secret_lines(lines)
    strange: dict[int, list[tuple[int, int]]] = {}
    for one in problems:
        if one.reason.code in _STRANGE and one.line <= len(lines) and _is_short(one, lines):
            strange.setdefault(one.line, []).extend(_strange(one, lines[one.line - 1]))
    return [
        _illustrated(one, lines[one.line - 1], one.line - 1 in hidden, strange.get(one.line, []))
        if 0 < one.line <= len(lines) and _is_short(one, lines)
        else _bare(one)
        for one in problems
    ]


def _bare(problem: Problem) -> Problem:
    suggestion = "" if problem.reason.code in _QUOTED else problem.suggestion
    return replace(problem, suggestion=suggestion, instead="")


def _is_short(problem: Problem, lines: Sequence[str]) -> bool:
    """Where in a longer line its secrets are would take hours to tell: nothing of it is shown."""
    return len(lines[problem.line - 1]) <= LONG


def _strange(problem: Problem, line: str) -> list[tuple[int, int]]:
    """What is written for a key that is none of ours may be a secret, whatever the key is called.

    It is shown where the key is a misspelt one of ours; of `key`, only if it looks like a file.
    """
    end = word_at(line, problem.column - 1)
    sign = re.match(r"\s*:\s*", line[end:])
    start = end + sign.end() if sign else end
    value = line[start:].strip(" \"'")
    is_file = re.search(r"\.[A-Za-z]{2,7}$", value) is not None
    if problem.reason.code == "secret_in_manifest":
        return [(start, len(line))] if start < len(line) else []
    is_meant = problem.suggestion and (_KEY_WORDS.match(line[problem.column - 1 : end]) is None)
    return [] if is_meant or is_file or start >= len(line) else [(start, len(line))]


def _illustrated(
    problem: Problem, line: str, hidden: bool, strange: Sequence[tuple[int, int]]
) -> Problem:
    code = problem.reason.code
    start = min(problem.column - 1, len(line))
    end = max(start + 1, start + 1 if code in _SIGNS else word_at(line, start))
    parts = apart([*secret_parts(line), *strange])
    if hidden:  # a secret's value, or a part of it
        parts = [(len(line) - len(line.lstrip()), len(line))]
    excerpt = _cut(_shown(line, start, end, parts)) if line.strip() else None
    instead = problem.instead or _instead(problem, line, start, end)
    shows = hidden or strange or secret_parts(instead) or not _typable(instead)
    if shows or len(instead) > _LONGEST_INSTEAD:
        instead = ""
    add = f"{' ' * start}{problem.suggestion}" if code in _ADDED and problem.suggestion else ""
    within = any(first <= start < last for first, last in parts)
    suggestion = "" if hidden or (within and code in _QUOTED) else problem.suggestion
    return replace(problem, excerpt=excerpt, instead=instead, add=add, suggestion=suggestion)


def _typable(line: str) -> bool:
    """French has spaces that do not break; anything else out of sight is nothing to copy."""
    return all(map(is_seen, line))


# -- the line itself -----------------------------------------------------------------------------


def _shown(line: str, start: int, end: int, parts: Sequence[tuple[int, int]]) -> Excerpt:
    """The line without its secrets. A mark within a secret stands under what is put for it."""
    text, at, begin, stop = "", 0, start, end
    for first, last in parts:
        text += line[at:first]
        if start >= last:
            begin -= last - first - 1
        elif start >= first:
            begin = len(text)
        if end >= last:
            stop -= last - first - 1
        elif end > first:
            stop = len(text) + 1
        text += _CUT
        at = last
    text += line[at:]
    plain = "".join(  # a space that does not break may be what is wrong: it is to be seen
        c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    return Excerpt(plain, begin + 1, max(1, stop - begin))


def _cut(whole: Excerpt) -> Excerpt:
    """At most `LONGEST` characters, the marked ones among them."""
    if len(whole.text.rstrip()) <= LONGEST:
        return replace(whole, text=whole.text.rstrip().ljust(whole.column - 1))
    first = max(0, min(whole.column - 1 - _BEFORE, len(whole.text) - LONGEST))
    text = whole.text[first : first + LONGEST]
    if first:
        text = _CUT + text[1:]
    if first + LONGEST < len(whole.text):
        text = text[:-1] + _CUT
    column = whole.column - first
    return Excerpt(text, column, max(1, min(whole.width, len(text) - column + 1)))


# -- the line as it was meant --------------------------------------------------------------------


def _instead(problem: Problem, line: str, start: int, end: int) -> str:
    code, meant = problem.reason.code, problem.suggestion
    if code == "yaml_character":
        return (line[:start] + line[start + 1 :]).rstrip()
    if not meant or meant.endswith(_CUT):
        return ""
    if code in _QUOTED:
        value = meant[1:-1]
        at = line.rfind(value, 0, start + len(value))
        return line[:at] + meant + line[at + len(value) :] if at >= 0 else ""
    if code == "title_variable":
        return line.replace(str(problem.reason.facts["name"]).join("{}"), meant)
    if code in _PAIRS:
        key, _, value = meant.partition(": ")
        before = re.sub(r"[\w.]+(\s*:\s*)$", rf"{key}\1", line[:start])
        return before + _written(value, line, start, end) + line[end:]
    if code not in _REPLACED or line[start:end] == "":
        return ""
    if code in {"wrong_type", "bad_version"}:  # what is meant is YAML already
        return line[:start] + meant + line[end:]
    return line[:start] + _written(meant, line, start, end) + line[end:]


def _written(value: str, line: str, start: int, end: int) -> str:
    """The value as YAML, in the quotes that stand there, or in those that it needs."""
    before = line[start:end]
    if before[:1] in {'"', "'"} and before[-1:] == before[:1]:
        sign = before[0]
        if sign not in value and "\\" not in value:
            return value.join((sign, sign))
    return scalar(value)
