"""ruamel's errors as our problems: the usual slips by codes of their own, and what was meant."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from syncd.config.manifest.diagnostics.secrecy import is_credential, shown
from syncd.config.manifest.lines import LONG, in_flow, lines_of
from syncd.core.errors import Problem
from syncd.core.reasons import Fact, Reason
from syncd.core.targets import Place


def syntax_problem(error: Any, text: str, file: str) -> Problem:
    """ruamel's words are for programmers: the usual slips get a code of their own."""
    said, context = str(error.problem or ""), str(error.context or "")
    mark = error.problem_mark or error.context_mark
    opened = error.context_mark or mark
    lines = lines_of(text)
    line = _short(lines, mark)
    column = mark.column if mark else 0

    def problem(code: str, at: Any = mark, suggestion: str = "", **facts: Fact) -> Problem:
        place = Place(at.line + 1, at.column + 1) if at else Place(1, 1)
        return Problem(Reason(code, facts), file, place.line, place.column, "", suggestion)

    def tab() -> Problem:
        found = problem("yaml_tab")
        return replace(found, instead=_without_tabs(lines, mark.line)) if mark else found

    def indent() -> Problem:
        found = problem("yaml_indent")
        return replace(found, instead=_like_the_one_above(lines, mark.line)) if mark else found

    if "'\\t'" in said or "tab character" in said:
        return tab()
    if said.startswith("found undefined alias") or "scanning an alias" in context:
        star = opened or mark  # the mark of a lone star is behind it
        return problem("yaml_star", star, _quoted(_short(lines, star), star.column))
    if "cannot start any token" in said:
        sign = line[column : column + 1] or said.partition("'")[2][:1]
        return problem("yaml_start", mark, _quoted(line, column), character=sign)
    if "quoted scalar" in context and "end of stream" in said:
        found = problem("yaml_quote_open", opened)
        closed = _short(lines, opened).rstrip()
        return replace(found, instead=closed + closed[opened.column]) if closed else found
    if "unknown escape" in said:
        return problem("yaml_backslash")
    if said.startswith("mapping values"):
        value = _value_start(line)
        if re.search(r"\bhttps?\s*:\s+//", line):
            return replace(problem("yaml_colon"), instead=re.sub(r"\s*:\s+//", "://", line))
        if 0 <= value < column:
            return problem("yaml_colon", mark, _quoted(line, value))
        return indent()
    if "could not find expected ':'" in said:
        return problem("yaml_no_colon", opened)
    if said.startswith("expected <block end>"):
        value = _value_start(line)
        if 0 <= value < column and line[value] in "{[\"'":
            return problem("yaml_start", mark, _quoted(line, value), character=line[value])
        return indent()
    if "single document" in context:
        return problem("yaml_documents")
    if "flow" in context:
        found = problem("yaml_bracket", opened)
        whole = _short(lines, opened)
        return replace(found, instead=_closed(whole, opened.column)) if whole else found
    return problem("yaml_syntax", detail=said or context)


def _short(lines: list[str], mark: Any) -> str:
    """The line of the mark; "" where there is none, or where it is too long to be shown."""
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    return line if len(line) <= LONG else ""


def _closed(line: str, start: int) -> str:
    """The line with its brackets closed at its end; "" where that is not what it lacks."""
    pairs, lacking = {"[": "]", "{": "}"}, ""
    for letter in line[start:]:
        if letter in pairs:
            lacking = pairs[letter] + lacking
        elif lacking[:1] == letter:
            lacking = lacking[1:]
    value = re.split(r"\s#", line, maxsplit=1)[0].rstrip()
    return value + lacking if lacking else ""


def _like_the_one_above(lines: list[str], at: int) -> str:
    """The line where the one above begins; an item of a list, where the one above has its dash."""
    if at >= len(lines):
        return ""
    rest = lines[at].lstrip()
    above = [line for line in lines[:at] if line.strip() and not line.lstrip().startswith("#")]
    if rest.startswith("- "):
        above = [line for line in above if line.lstrip().startswith("- ")]
    lead = re.match(r"\s*" if rest.startswith("- ") else r"\s*(?:-\s+)*", (above or [""])[-1])
    return " " * (lead.end() if lead else 0) + rest


def _without_tabs(lines: list[str], at: int) -> str:
    """The line with spaces: as deep as the one above, or two deeper below a key without a value."""
    rest = lines[at].lstrip()
    if "\t" not in lines[at][: len(lines[at]) - len(rest)]:
        return lines[at].replace("\t", " ")
    above = next((line for line in reversed(lines[:at]) if line.strip()), "")
    lead = re.match(r"\s*(?:-\s+)*", above)
    depth = len(lead[0].expandtabs(2)) if lead else 0
    if re.search(r":\s*(?:#.*)?$", above):
        depth += 2
    if rest.startswith("- ") and above.lstrip().startswith("- "):
        depth = len(above) - len(above.lstrip())
    return " " * depth + rest.replace("\t", " ")


def _value_start(line: str) -> int:
    """Where the value after the line's first `key: ` begins; -1 without one."""
    found = re.match(r"\s*(?:-\s+)*[^\s:]+:\s+(?=\S)", line)
    return found.end() if found else -1


def _quoted(line: str, start: int) -> str:
    """The rest of the line's value in quotes, as it should have been written."""
    key = re.match(r"\s*(?:-\s+)*([^\s:]+):", line)
    if key and is_credential(key[1]):
        return ""
    value = re.split(r"\s#", line[start:], maxsplit=1)[0].strip()
    if in_flow(line[:start]):
        value = re.split(r"[,\]}]", value, maxsplit=1)[0].strip()
    return f'"{shown(value)}"' if value and '"' not in value and "\\" not in value else ""
