"""A page of a listing as nearly every server writes it: entries that all have the same elements.

Such entries are told apart by one expression, without a tree of XML: that is a quarter of the work,
and of a large bucket's listing it is the most. What is odd in any way is declined, and read by a
parser as ever; `tests/unit/adapters/test_plain_pages.py` holds both ways to the same answers.
Elements: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from urllib.parse import unquote_plus

from syncd.adapters.s3 import answers
from syncd.core.objects import ObjectPage

_BEGIN, _END = b"<Contents>", b"</Contents>"
# What may stand before the entries: the root and elements without children, so that the entries are
# the root's, and no comment or section hides them.
_HEAD = re.compile(
    rb"(?:<\?xml [^<>]*\?>)?\s*<ListBucketResult(?: [^<>]*)?>(?:\s|<(\w+)>[^<>]*</\1>|<\w+ ?/>)*"
)
_PRINTABLE = bytes(range(0x20, 0x100))
_NOT_IN_TEXT = (b"]]>", b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # XML 1.0, 2.2 and 2.4
_WANTED = ["ETag", "Key", "LastModified", "Size"]
_OTHER = rf"(?!(?:{'|'.join(_WANTED)}|Contents)>)"
_LEAF = re.compile(r"<([A-Za-z]\w*)>([^<]*+)</\1>", re.ASCII)
# Of an entry some elements may have children, none of which is called as one that is wanted.
_ENTRY = re.compile(
    r"<Contents>(?:<([A-Za-z]\w*)>[^<]*+</\1>"
    rf"|<([A-Za-z]\w*)>(?:<{_OTHER}([A-Za-z]\w*)>[^<]*+</\3>)*+</\2>)++</Contents>",
    re.ASCII,
)
_MOST_TAGS = 60  # of an entry; Amazon's have two dozen
# Right between two tags of an entry: what has text beside it, or is the root's, is left.
_UNWANTED = re.compile(rf"(?<=>)(?<!</Contents>)<{_OTHER}([A-Za-z]\w*)>[^<]*+</\1>(?=<)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page in two parts."""

    rest: bytes  # the same page without any entry
    texts: Mapping[str, Sequence[str]]  # of the entries' elements, by their names

    def objects(self, *, url_encoded: bool) -> ObjectPage | None:
        """None where a value is odd."""
        etags, keys, dates, sizes = (self.texts[name] for name in _WANTED)
        if url_encoded and any(sign in "".join(keys) for sign in "%+"):
            keys = list(map(unquote_plus, keys))
        try:
            answers.all_said(keys)
            answers.all_said(etags)
            return ObjectPage(keys, etags, answers.sizes(sizes), list(map(_second, dates)))
        except (ValueError, TypeError, OverflowError):
            return None


def split(body: bytes) -> PlainPage | None:
    """None where it takes a parser to read the page, or to refuse it."""
    begin, end = body.find(_BEGIN), body.rfind(_END) + len(_END)
    if begin < 0 or end < begin or not _HEAD.fullmatch(body, 0, begin):
        return None
    entries = body[begin:end]
    if entries.translate(None, _PRINTABLE) or any(map(partial(_holds, entries), _NOT_IN_TEXT)):
        return None
    try:
        text = entries.decode()
    except UnicodeDecodeError:
        return None
    texts = _columns(text) or _columns(_without_others(text))
    if texts is None:
        return None
    etags = _with_quotes(texts["ETag"], references=text.count("&"))
    if etags is None:
        return None
    return PlainPage(body[:begin] + body[end:], {**texts, "ETag": etags})


def _holds(entries: bytes, odd: bytes) -> bool:
    """A single byte is looked for ten times as quickly as several, and is mostly not there."""
    return odd[:1] in entries and odd in entries


def _with_quotes(etags: Sequence[str], references: int) -> Sequence[str] | None:
    """None where others than their quotes are written as references; `references`: of the page."""
    joined = "\n".join(etags)
    quoted = joined.replace("&#34;", '"').replace("&quot;", '"')
    if joined.count("&") != references or "&" in quoted:
        return None
    return quoted.split("\n")


def _without_others(text: str) -> str:
    """Only some entries may have them: first what has no children, then what had but these."""
    return _UNWANTED.sub("", _UNWANTED.sub("", text))


def _layout(text: str) -> re.Pattern[str] | None:
    """What matches entries like the first, else all that is left; None where that one is odd."""
    first = _ENTRY.match(text)
    if first is None or first.group().count("<") > _MOST_TAGS:
        return None
    entry = first.group()
    if sorted(name for name, _ in _LEAF.findall(entry) if name in _WANTED) != _WANTED:
        return None
    return re.compile(f"{_LEAF.sub(_any_like, entry)}|(?P<waste>.+)", re.DOTALL)


def _any_like(leaf: re.Match[str]) -> str:
    name = leaf[1]
    return f"<{name}>(?P<{name}>[^<]*+)</{name}>" if name in _WANTED else f"<{name}>[^<]*+</{name}>"


def _columns(text: str) -> dict[str, tuple[str, ...]] | None:
    """By element; None where one of the entries is not like the first, or that one is odd."""
    layout = _layout(text)
    if layout is None:
        return None
    *columns, waste = zip(*layout.findall(text), strict=True)
    return None if any(waste) else dict(zip(layout.groupindex, columns, strict=False))


@lru_cache(maxsize=4096)
def _second(date: str) -> datetime:
    """Of many objects that were deposited at once it is the same."""
    return answers.second(datetime.fromisoformat(date))
