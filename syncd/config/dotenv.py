"""Reads a `.env` file: `NAME=value`, one to a line, with `export` before it or without.

    NAME='…'   literal: no escape, no variable, no comment within; may go over several lines
    NAME="…"   \\n \\t \\" \\\\ \\$ … are escapes; `${OTHER}` and `${OTHER:-else}` variables
    NAME=…     to the end of the line or to ` #`; variables, no escapes

So says https://dotenv.org/docs and so do shells. python-dotenv 1.2 reads escapes and variables
within single quotes, too: a password with `${` or `\\\\` in it would be another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from syncd.core.regular_expressions import regex

_SPACE = r"[^\S\r\n]*+"
_STATEMENT = regex(
    rf"""{_SPACE}(?:export[^\S\r\n]++)?
    (?P<name>'[^'\r\n]++'|[^=\#\s'"]++){_SPACE}
    (?:={_SPACE}(?:
        '(?P<literal>[^']*+)'{_SPACE}
      | "(?P<double>(?:\\.|[^"\\])*+)"{_SPACE}
      | (?P<bare>(?<==)\#[^\r\n]*+|[^\s'"\#][^\r\n]*+)?
    ))?
    (?:\#[^\r\n]*+)?(?=[\r\n]|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = regex(rf"{_SPACE}(?:\#[^\r\n]*+)?(?=[\r\n]|\Z)")
_REST = regex(r"[^\r\n]*+(?:\r\n|\r|\n)?")
_COMMENT = regex(r"\s+#.*")
_VARIABLE = r"\$\{(?P<name>[^}:$]*+)(?::-(?P<otherwise>(?:[^}$]|\$(?!\{))*+))?\}"
_ESCAPED_OR_VARIABLE = regex(rf"\\(?P<escaped>[\\'\"$abfnrtv])|{_VARIABLE}")
_CONTROLS = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """`name` "" = the line that begins at `number` cannot be read. No repr: it may be a secret."""

    number: int
    name: str
    value: str


def lines(content: str, environ: Mapping[str, str]) -> Iterator[Line]:
    """In their order, comments and empty lines apart. `environ`: variables not set before."""
    known = dict(environ)
    at, number = 0, 1
    while at < len(content):
        found = _BLANK.match(content, at)
        if found is None and (found := _STATEMENT.match(content, at)):
            value = _value(found, known)
            name = found["name"].strip("'")
            known[name] = value
            yield Line(number, name, value)
        elif found is None:
            yield Line(number, "", content[at:].partition("\n")[0])
        rest = _REST.match(content, found.end() if found else at)
        end = rest.end() if rest else len(content)
        number += len(re.findall(r"\r\n|\r|\n", content[at:end]))
        at = end


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    if found["literal"] is not None:
        return found["literal"]

    def meant(part: re.Match[str]) -> str:
        escaped = part.groupdict().get("escaped")
        if escaped is not None:
            return _CONTROLS.get(escaped, escaped)
        return known.get(part["name"]) or part["otherwise"] or ""

    if found["double"] is not None:
        return _ESCAPED_OR_VARIABLE.sub(meant, found["double"])
    return re.sub(_VARIABLE, meant, _COMMENT.sub("", found["bare"] or "").rstrip())
