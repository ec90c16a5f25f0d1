"""Answers as no server should give them: good ones with one thing odd in them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support.network.faulty_proxy import Course, Exchange

Place = tuple[str | int, ...]  # where in a JSON document

ABSENT = object()
ODD: tuple[object, ...] = (  # of every type that JSON knows
    ABSENT,
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x" * 5000,
    "l\n\x1b[31m\u202e",
    "a\x00b",
    "\ud800",
    "../../me",
    "http://[",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59-14:00",
    [],
    [None],
    ["x"],
    {},
    {"": None},
    {"a": [1]},
    [[[[]]]],
)


# -- one value of a JSON document --------------------------------------------------------------


def places(document: Any, before: Place = ()) -> Iterator[Place]:
    """Those of all values; of a list, of its first two."""
    yield before
    inner: Any = ()
    if isinstance(document, dict):
        inner = document.items()
    elif isinstance(document, list):
        inner = enumerate(document[:2])
    for name, value in inner:
        yield from places(value, (*before, name))


def with_value(document: Any, place: Place, value: object) -> Any:
    """The document, changed; `ABSENT`: without that value."""
    if not place:
        return None if value is ABSENT else value
    holder = document
    for name in place[:-1]:
        holder = holder[name]
    if value is ABSENT:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return document


def value_at(document: Any, place: Place) -> Any:
    for name in place:
        document = document[name]
    return document


def odd_values(seed: str, said: dict[str, str], *, other_words: bool) -> Course:
    """One value is odd in the answers to about half of the requests, always the same one.

    `other_words`: also words in the place of words, which nobody can tell from good ones. `said`
    is told what was changed, by the request.
    """

    def alter(exchange: Exchange) -> None:
        exchange.forward()
        asked = exchange.asked.split("?")[0]
        chosen = random.Random(f"{seed} {asked}")
        if exchange.content[:1] in (b"{", b"[") and chosen.random() < 0.6:
            document = json.loads(exchange.content)
            place = chosen.choice(list(places(document)))
            former = value_at(document, place)
            value = chosen.choice([v for v in ODD if other_words or type(v) is not type(former)])
            said[asked] = f"{place}: {'absent' if value is ABSENT else repr(value)[:60]}"
            exchange.content = json.dumps(with_value(document, place, value)).encode()
        exchange.answer()

    return alter


# -- the answer as a whole ---------------------------------------------------------------------


def _body(change: Callable[[bytes], bytes]) -> Course:
    """Another body, with its right length."""

    def alter(exchange: Exchange) -> None:
        exchange.forward()
        exchange.content = change(exchange.content)
        exchange.answer()

    return alter


def _raw(change: Callable[[bytes], bytes]) -> Course:
    """All that is sent, head and body: whatever is made of the body."""

    def alter(exchange: Exchange) -> None:
        exchange.forward()
        exchange.close()
        exchange.write(change(exchange.content))

    return alter


def _head(*lines: bytes, status: bytes = b"200 OK", sized: bool = True) -> Course:
    def whole(body: bytes) -> bytes:
        length = [b"Content-Length: %d" % len(body)] if sized else []
        return b"\r\n".join([b"HTTP/1.1 " + status, *lines, *length, b"", body])

    return _raw(whole)


_RETRY = (b"", b"soon", b"-5", b"1e9", b"9" * 400, b"inf", b"Mon, 99 Foo 2026 00:00:00 GMT")
_LATE = (b"Fri, 31 Dec 9999 23:59:59 GMT", b"Mon, 01 Jan 0001 00:00:00 +2359", b"\xc2\xb2", b"0")
_LENGTHS = (b"-1", b"x", b"", b"9" * 5000, b"5, 6", b"0x5", b"\xb2", b"+5", b"0")
_PLACES = (b"http://[", b"//", b"http://127.0.0.1:99999/", b"\xff\xfe", b"javascript:x", b"/\x7f")

ODDITIES: Mapping[str, Course] = {
    "no body": _body(lambda _: b""),
    "white space": _body(lambda _: b" \r\n"),
    "half of it": _body(lambda body: body[: len(body) // 2]),
    "all but its end": _body(lambda body: body[:-1]),
    "twice": _body(lambda body: body + body),
    "null": _body(lambda _: b"null"),
    "a word": _body(lambda _: b'"OK"'),
    "a number": _body(lambda _: b"1e999"),
    "no number": _body(lambda _: b"NaN"),
    "many digits": _body(lambda _: b"9" * 5000),
    "an empty list": _body(lambda _: b"[]"),
    "an empty object": _body(lambda _: b"{}"),
    "a deep list": _body(lambda _: b"[" * 900 + b"]" * 900),
    "a web page": _body(lambda _: b"<!doctype html><p>Connexion"),
    "UTF-16": _body(lambda body: body.decode("utf-8", "replace").encode("utf-16")),
    "Latin-1": _body(lambda body: body + b"\xe9"),
    "a half of a letter": _body(lambda body: body.replace(b'": "', b'": "\\ud800', 1)),
    "a byte of zero": _body(lambda body: body[:20] + b"\x00" + body[20:]),
    "a mark of the order of bytes": _body(lambda body: b"\xef\xbb\xbf" + body),
    "nothing at all": _raw(lambda _: b""),
    "no head": _raw(lambda body: body),
    "no number of a status": _head(status=b"OK"),
    "another protocol": _raw(lambda body: b"ICY 200 OK\r\n\r\n" + body),
    "a line without a colon": _head(b"Nocolon"),
    "a name that is none": _head(b"\xff\xfe: x"),
    "a folded line": _head(b"X: a", b" b"),
    "a long line": _head(b"X: " + b"y" * 70_000),
    "many lines": _head(*(b"X%d: y" % n for n in range(300))),
    "a type that is wrong": _head(b"Content-Type: image/png"),
    "a type that is none": _head(b"Content-Type: ;;=\xe9"),
    "letters that nobody knows": _head(b"Content-Type: application/json; charset=x-\xe9"),
    "an odd ETag": _head(b"ETag: W/\x22\xe9"),
    "an odd date": _head(b"Date: Mon, 01 Jan 0001 00:00:00 +2359"),
    "an odd cookie": _head(b"Set-Cookie: a=b; Domain=[; Max-Age=x; Expires=y"),
    "an odd coding": _head(b"Content-Encoding: x, gzip"),
    "packed, it says": _head(b"Content-Encoding: gzip"),
    "an odd way of sending": _head(b"Transfer-Encoding: x", sized=False),
    "pieces that are none": _head(b"Transfer-Encoding: chunked", sized=False),
    "more bytes than were told": _raw(
        lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) // 2) + body
    ),
    "fewer bytes than were told": _raw(
        lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + 9) + body
    ),
    "two lengths": _head(b"Content-Length: 3"),
    **{f"length {n[:9]!r}": _head(b"Content-Length: " + n, sized=False) for n in _LENGTHS},
    **{
        f"{status.decode()}, again after {when[:16]!r}": _head(
            b"Retry-After: " + when, status=status
        )
        for status in (b"429 Busy", b"503 Down")
        for when in (*_RETRY, *_LATE)
    },
    **{
        f"{status.decode()} to {where!r}": _head(b"Location: " + where, status=status)
        for status in (b"301 Moved", b"308 Moved")
        for where in _PLACES
    },
    **{
        status.decode(): _head(status=status)
        for status in (b"100 Continue", b"101 Other", b"204 No", b"206 Part", b"304 Same")
    },
    **{status.decode(): _head(status=status) for status in (b"418 I am", b"999 What", b"600 X")},
    "300 of nothing": _head(status=b"300 Many"),
}
