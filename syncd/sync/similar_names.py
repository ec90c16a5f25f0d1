"""Which objects that no target claims look like one that is missing, under another name. Pure.

Only told to a person: a guess is never followed by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import islice

from syncd.core.file_names import slug
from syncd.core.objects import Fingerprint, Version
from syncd.core.patterns import Pattern, PatternError
from syncd.core.records import Row
from syncd.core.results import Candidate, Likeness, Lost, Rename, Result
from syncd.core.targets import EachRule, NewestRule, Target
from syncd.core.yaml_scalar import scalar

MOST = 3  # candidates that are named
NEAR = 0.75  # of two names: share of letters in common, by difflib
_BUDGET = 20_000  # names compared letter by letter: about a second
_TOKEN = re.compile(r"\*+|\{[^{}]*\}")


def lost_by(target: Target, key: str, row: Row | None) -> Lost:
    """`row`: the ledger's of the missing object."""
    read = [one for one in (row.judged, row.published) if one is not None] if row else []
    return Lost(target, key, frozenset(_print(one.fingerprint) for one in read))


def _print(fingerprint: Fingerprint) -> tuple[str, int]:
    return fingerprint.etag, fingerprint.size


def with_renames(
    items: Sequence[Result], unclaimed: Iterable[tuple[str, Version]]
) -> tuple[tuple[Result, ...], tuple[Rename, ...]]:
    """The same items, those that are missing with what they may be called now."""
    found = renames([one.lost for one in items if one.lost is not None], unclaimed)
    reasons = {id(one.lost): one.reason for one in found}
    told = (replace(i, reason=reasons.get(id(i.lost), i.reason)) for i in items)
    return tuple(told), found


# -- which belongs to which ----------------------------------------------------------------------


def renames(lost: Sequence[Lost], unclaimed: Iterable[tuple[str, Version]]) -> tuple[Rename, ...]:
    """`unclaimed`: source and version of the objects that no target claims.

    An object is named for the one missing target that it resembles most. Where one is sure, those
    that are not are left out.
    """
    if not lost:
        return ()
    shelf = _Shelf(unclaimed)
    found = [_best(shelf.candidates(one)) for one in lost]
    owner: dict[tuple[str, str], tuple[tuple[Likeness, float], int]] = {}
    for at, candidates in enumerate(found):
        for one in candidates:
            place = (lost[at].target.source, one.key)
            mine = ((one.likeness, one.share), at)
            if place not in owner or mine[0] > owner[place][0]:
                owner[place] = mine
    result = []
    for at, candidates in enumerate(found):
        source = lost[at].target.source
        own = [one for one in candidates if owner[source, one.key][1] == at][:MOST]
        if own:
            result.append(Rename(lost[at], tuple(own)))
    return tuple(result)


def _best(candidates: Iterable[Candidate]) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda c: (-c.likeness, -c.share, c.key))
    sure = [one for one in ordered if one.likeness.is_sure]
    # Copies under several names are no more sure than one of them.
    return sure or ordered


class _Shelf:
    """The unclaimed objects, found by what a name leaves when this or that is taken away."""

    def __init__(self, unclaimed: Iterable[tuple[str, Version]]) -> None:
        self._by: dict[tuple[Likeness, str, object], list[str]] = {}
        self._in_folder: dict[tuple[str, str], list[str]] = {}
        self._left = _BUDGET
        for source, version in unclaimed:
            key = version.key
            folder, name = _split(key)
            self._add(Likeness.SPELLING, source, _fold(key), key)
            self._add(Likeness.FOLDER, source, _fold(name), key)
            self._add(Likeness.DATE, source, _undated(key), key)
            if version.fingerprint.size and version.fingerprint.etag:  # empty files are all alike
                self._add(Likeness.BYTES, source, _print(version.fingerprint), key)
            self._in_folder.setdefault((source, _fold(folder)), []).append(key)

    def _add(self, likeness: Likeness, source: str, what: object, key: str) -> None:
        if what:
            self._by.setdefault((likeness, source, what), []).append(key)

    def candidates(self, lost: Lost) -> list[Candidate]:
        found: dict[str, Candidate] = {}
        for likeness, key in self._alike(lost):
            if key not in found or found[key].likeness < likeness:
                found[key] = Candidate(key, likeness, _share(_bare(lost), key), _line(lost, key))
        return [_spelled(lost, one) for one in found.values()]

    def _alike(self, lost: Lost) -> Iterator[tuple[Likeness, str]]:
        source, bare = lost.target.source, _bare(lost)
        folder, name = _split(bare)
        wanted: list[tuple[Likeness, object]] = [(Likeness.BYTES, one) for one in lost.known]
        wanted.append((Likeness.DATE, _undated(bare)))
        if lost.pattern is None:
            wanted.append((Likeness.SPELLING, _fold(bare)))
            wanted.append((Likeness.FOLDER, _fold(name)))
        for likeness, what in wanted:
            for key in islice(self._by.get((likeness, source, what), ()), 10 * MOST):
                yield likeness, key
        for key in self._in_folder.get((source, _fold(folder)), ()):
            if self._left <= 0:
                return
            self._left -= 1
            if _ends_alike(bare, key) and _share(bare, key) >= NEAR:
                yield Likeness.NAME, key
            elif lost.pattern is not None and _renewed(lost.pattern, key):
                yield Likeness.SPELLING, key


def _spelled(lost: Lost, found: Candidate) -> Candidate:
    """One that a pattern would match but for its spelling is as sure as a name."""
    if lost.pattern is None or not found.write or found.likeness.is_sure:
        return found
    return replace(found, likeness=Likeness.SPELLING)


# -- names ---------------------------------------------------------------------------------------


def _split(key: str) -> tuple[str, str]:
    folder, slash, name = key.rpartition("/")
    return folder + slash, name


def _fold(key: str) -> str:
    """Without capitals, accents and kinds of separators."""
    return "/".join(slug(part) for part in key.split("/"))


def _undated(key: str) -> str:
    """Folded and without figures; "" where next to nothing is left of the name."""
    folded = re.sub(r"[0-9]+", "", _fold(key))
    folded = re.sub(r"-+(?=[./]|$)|(?<=/)-+|^-+", "", re.sub(r"-{2,}", "-", folded))
    stem = _split(folded)[1].partition(".")[0]
    return folded if len(re.sub(r"[^a-z]", "", stem)) > 2 else ""


def _bare(lost: Lost) -> str:
    """The key; a pattern without what varies."""
    return lost.key if lost.pattern is None else _TOKEN.sub("", lost.key)


def _ends_alike(one: str, other: str) -> bool:
    return _fold(one).rpartition(".")[2] == _fold(other).rpartition(".")[2]


def _share(one: str, other: str) -> float:
    """How much of two names is the same, from 0 to 1; their extensions do not count."""
    first, second = (_fold(_split(k)[1]).partition(".")[0] for k in (one, other))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.real_quick_ratio() < NEAR or matcher.quick_ratio() < NEAR:
        return 0.0
    return round(matcher.ratio(), 3)


# -- the line to write ---------------------------------------------------------------------------


def _line(lost: Lost, key: str) -> str:
    """What the manifest should say for this object; "" for a file of a pattern that fits others."""
    pattern = lost.pattern
    if pattern is None:
        is_each = isinstance(lost.target.rule, EachRule)
        is_name = "*" not in key and key == key.strip()  # `object` takes no other
        return f"object: {scalar(key)}" if is_name and not is_each else ""
    renewed = _renewed(pattern, key)
    word = "newest" if isinstance(lost.target.rule, NewestRule) else "each"
    return f"{word}: {scalar(renewed)}" if renewed else ""


def _renewed(pattern: Pattern, key: str) -> str:
    """The pattern spelled as the key is, where it has one variable part; else ""."""
    begin, end = pattern.literals
    varies = pattern.text[len(begin) : len(pattern.text) - len(end)]
    if not _TOKEN.fullmatch(varies) or len(key) <= len(begin) + len(end):
        return ""
    first, last = key[: len(begin)], key[len(key) - len(end) :]
    if (_letters(first), _letters(last)) != (_letters(begin), _letters(end)):
        return ""
    try:
        renewed = Pattern.parse(first + varies + last)
    except PatternError:
        return ""
    return renewed.text if renewed.match(key) is not None else ""


def _letters(text: str) -> list[str]:
    """Each letter folded, so that places stay what they are."""
    return [letter if letter == "/" else slug(letter) or "-" for letter in text]
