"""What a word processor or a quick hand makes of a manifest, found before YAML reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from syncd.config.manifest.diagnostics.autofix import Fix
from syncd.config.manifest.limits import MAX_TYPOS
from syncd.config.manifest.lines import LONG, lines_of
from syncd.core.regular_expressions import regex

# Zs but the plain space, and the invisible ones that come along when text is pasted.
_ODD = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u200b-\u200d\u2060\u00ad"
_ANY_ODD = regex(f"[{_ODD}\N{FULLWIDTH COLON}“”„‟‘’‚«»–—•]")
_INVISIBLE_OR_WIDE = "".join(map(chr, (0xA0, 0x202F, *range(0x2000, 0x200E), 0x2060)))
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\u00ad")
_KEY = r"[\w.@-]+"
_HEAD = regex(
    rf"(?P<indent>[ {_ODD}]*)(?P<dash>(?:[-–—•][ {_ODD}]+)*)"
    rf"(?P<key>[“”„\"']?{_KEY}[“”\"']?)"
    rf"(?P<gap>[ {_ODD}]*)(?P<colon>[:\N{{FULLWIDTH COLON}}])(?P<space>[ {_ODD}]*)(?P<value>.*)"
)
_AROUND = regex(r'[“”„‟‘’‚«]([^"\\]*)[“”‟‘’»]')
_IN_FLOW = regex(r'(?:(?<=[\[{])|(?<=[:,] ))[“”„‟«]([^"\\“”„‟«»]*)[“”‟»]')
_PROSE = frozenset({"name", "paused", "title"})  # may well be in guillemets
_ITEM = regex(r"\s*(?:-\s+)+")


@dataclass(frozen=True, slots=True)
class Typo:
    """`code` of the problem, which lies where the fix begins."""

    code: str
    fix: Fix
    character: str = ""


def odd_characters(text: str, keys: frozenset[str], near: frozenset[int]) -> list[Typo]:
    """Characters of word processors where YAML wants its own: in front of a value or around it.

    Within a text they are left alone: French has its spaces, dashes and quotes. `keys`: ours; other
    words count on the lines `near` alone, since a text of several lines may begin one with them.
    """
    if text.isascii() or not _ANY_ODD.search(text):
        return []
    found = (
        slip
        for at, line in enumerate(lines_of(text), 1)
        if len(line) <= LONG and _ANY_ODD.search(line)
        for slip in _odd_in(line, at, None if at in near else keys)
    )
    return list(islice(found, MAX_TYPOS))


def _odd_in(line: str, at: int, keys: frozenset[str] | None) -> Iterable[Typo]:
    if line.lstrip().startswith("#"):
        return
    head, item = _HEAD.match(line), _ITEM.match(line)
    if head is None or line[head.end("colon") :].startswith("//"):  # an address
        if item is not None:
            yield from _quotes_in(line[item.end() :], item.end(), at)
        return
    key = head["key"].strip("“”„\"'")
    if keys is not None and key not in keys:
        return
    for name in ("indent", "dash", "gap", "space"):
        for found in re.finditer(f"[{_ODD}]", head[name]):
            start = head.start(name) + found.start()
            drop = found[0] in _INVISIBLE or name == "gap"
            yield Typo("odd_space", Fix(at, start, start + 1, "" if drop else " "), found[0])
    for found in re.finditer("[–—•]", head["dash"]):
        start = head.start("dash") + found.start()
        yield Typo("odd_dash", Fix(at, start, start + 1, "-"), found[0])
    if head["colon"] != ":":
        start = head.start("colon")
        new = ": " if head["value"] and not head["space"] else ":"
        yield Typo("odd_colon", Fix(at, start, start + 1, new), head["colon"])
    if not (key in _PROSE and head["value"].startswith("«")):
        yield from _quotes_in(head["value"], head.start("value"), at)


def _quotes_in(rest: str, start: int, at: int) -> Iterable[Typo]:
    """`rest`: of the line, from where its value begins."""
    value = re.split(r"\s#", rest, maxsplit=1)[0].rstrip()
    found = _IN_FLOW.finditer(value) if value[:1] in {"[", "{"} else [_AROUND.fullmatch(value)]
    for quoted in found:
        if quoted is not None:
            inner = quoted[1].strip(f" {_ODD}") if quoted[0][0] == "«" else quoted[1]
            behind = rest[quoted.end() :]
            end = quoted.end() + len(behind) - len(behind.lstrip(_INVISIBLE_OR_WIDE))
            fix = Fix(at, start + quoted.start(), start + end, f'"{inner}"')
            yield Typo("odd_quotes", fix, quoted[0][0])


def unpunctuated(text: str, keys: frozenset[str], near: frozenset[int]) -> list[Typo]:
    """A key of ours without its colon, or without the space after it; on the lines `near` alone,
    since a text of several lines may begin one of them like this."""
    lines = lines_of(text)
    found = []
    for at in sorted(near):
        line = lines[at - 1] if 0 < at <= len(lines) else ""
        if len(line) > LONG:
            continue
        head = re.match(r"\s*(?:-\s+)*(?P<key>\w+)(?P<colon>:?)(?P<space>\s*)(?P<value>\S?)", line)
        if head is None or head["key"] not in keys or not head["value"]:
            continue
        end = head.end("key")
        if head["colon"] and not head["space"]:
            found.append(Typo("yaml_space", Fix(at, end + 1, end + 1, " ")))
        elif not head["colon"] and head["space"] and head["value"] not in ":=":
            found.append(Typo("yaml_no_colon", Fix(at, end, end, ":")))
        elif not head["colon"] and head["value"] == "=":
            stop = head.end("value")
            new = ":" if line[stop : stop + 1] == " " else ": "
            found.append(Typo("yaml_equals", Fix(at, end, stop, new)))
    return found
