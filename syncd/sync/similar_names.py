"""What a target's missing object may be called now. Pure.

Marks (`syncd.sync.marks`) find those that are surely like it; letter by letter (rapidfuzz) only the
names of one folder are compared. What is found is told to a person, and never followed by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from syncd.core.composed import composed
from syncd.core.file_names import slug
from syncd.core.objects import Fingerprint, Version
from syncd.core.patterns import Pattern, PatternError
from syncd.core.records import Row
from syncd.core.results import Candidate, Likeness, Lost, Rename, Result
from syncd.core.targets import Target
from syncd.core.yaml_scalar import scalar
from syncd.sync.marks import REMEMBERED, Mark, Search

MOST = 3  # candidates that are named
NEAR = 0.75  # of two names: share of letters in common and in order (docs/decisions/0040)
_BUDGET = 200_000  # pairs of names compared letter by letter: about a second, for patterns

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
    if not found:
        return tuple(items), ()
    reasons = {id(one.lost): one.reason for one in found}
    reworded = (replace(i, reason=reasons.get(id(i.lost), i.reason)) for i in items)
    return tuple(reworded), found


def renames(lost: Sequence[Lost], unclaimed: Iterable[tuple[str, Version]]) -> tuple[Rename, ...]:
    """`unclaimed`: source and version of the objects that no target claims.

    An object is named for the one missing target that it resembles most. Where one is sure, those
    that are not are left out.
    """
    if not lost:
        return ()
    candidates = [_likeliest_first(some) for some in _candidates(lost, unclaimed)]
    # By source and key: how much it resembles the missing one of this index; of equals the first.
    owners: dict[tuple[str, str], tuple[Likeness, float, int]] = {}
    for index, some in enumerate(candidates):
        for one in some:
            place = lost[index].target.source, one.key
            claim = (one.likeness, one.share, -index)
            owners[place] = max(claim, owners.get(place, claim))
    result = []
    for index, some in enumerate(candidates):
        source = lost[index].target.source
        own = [one for one in some if owners[source, one.key][2] == -index]
        if own:
            result.append(Rename(lost[index], tuple(own[:MOST])))
    return tuple(result)


def _likeliest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda c: (-c.likeness, -c.share, c.key))
    sure = [one for one in ordered if one.likeness.is_sure]
    # Copies under several names are no more sure than one of them.
    return sure or ordered


def _candidates(
    lost: Sequence[Lost], unclaimed: Iterable[tuple[str, Version]]
) -> Iterator[list[Candidate]]:
    """For each missing one."""
    search = Search((one, _marks_of_lost(one)) for one in lost)
    folders = {_folder_of(one): _Folder() for one in lost}
    for source, version in unclaimed:
        folded = fold(version.key)
        search.see(version, _marks_of_object(source, version, folded))
        folder = folders.get((source, split(folded)[0]))
        if folder is not None:
            folder.add(version.key, folded)
    budget = _BUDGET
    for sought in search.sought:
        one, folder = sought.subject, folders[_folder_of(sought.subject)]
        found = {
            version.key: kind
            for kind in sorted(sought.found)
            for version in sought.found[kind].versions
        }
        if budget > 0:
            budget -= folder.count
            for key in folder.alike(one):
                found.setdefault(key, Likeness.NAME)
        yield [_candidate(one, key, kind) for key, kind in found.items()]


def _marks_of_lost(lost: Lost) -> Iterator[Mark[Likeness]]:
    source, folded = lost.target.source, fold(bare(lost))
    for known in lost.known:
        yield Likeness.BYTES, (source, known)
    yield Likeness.DATE, (source, undated(folded))
    if lost.pattern is None:
        yield Likeness.SPELLING, (source, folded)
        yield Likeness.FOLDER, (source, split(folded)[1])


def _marks_of_object(source: str, version: Version, folded: str) -> Iterator[Mark[Likeness]]:
    if version.fingerprint.size and version.fingerprint.etag:  # empty files are all alike
        yield Likeness.BYTES, (source, _print(version.fingerprint))
    for kind, name in (
        (Likeness.DATE, undated(folded)),
        (Likeness.SPELLING, folded),
        (Likeness.FOLDER, split(folded)[1]),
    ):
        if name:
            yield kind, (source, name)


def _folder_of(lost: Lost) -> tuple[str, str]:
    return lost.target.source, split(fold(bare(lost)))[0]


class _Folder:
    """The names of the objects in a folder where one is missing, by their extensions."""

    def __init__(self) -> None:
        self.count = 0
        self._keys: dict[str, list[str]] = defaultdict(list)
        self._stems: dict[str, list[str]] = defaultdict(list)

    def add(self, key: str, folded: str) -> None:
        stem, extension = stem_of(folded)
        self.count += 1
        self._keys[extension].append(key)
        self._stems[extension].append(stem)

    def alike(self, lost: Lost) -> Iterator[str]:
        """The keys with most letters, those that a pattern would match but for its spelling too."""
        from rapidfuzz import process  # slow to import, and most cycles compare no names
        from rapidfuzz.distance import Indel

        stem, extension = stem_of(fold(bare(lost)))
        if extension:
            near = process.extract(
                stem,
                self._stems[extension],
                scorer=Indel.normalized_similarity,
                score_cutoff=NEAR,
                limit=REMEMBERED,
            )
            yield from (self._keys[extension][index] for _, _, index in near)
        if lost.pattern is not None:
            for keys in self._keys.values():
                yield from (key for key in keys if renewed(lost.pattern, key))


def _candidate(lost: Lost, key: str, likeness: Likeness) -> Candidate:
    from rapidfuzz.distance import Indel  # slow to import

    line = line_for(lost, key)
    if lost.pattern is not None and line:
        # One that a pattern would match but for its spelling is as sure as a name.
        likeness = max(likeness, Likeness.SPELLING)
    first, second = stem_of(fold(bare(lost)))[0], stem_of(fold(key))[0]
    share = Indel.normalized_similarity(first, second, score_cutoff=NEAR)
    return Candidate(key, likeness, round(share, 3), line)


# -- names ---------------------------------------------------------------------------------------


def split(key: str) -> tuple[str, str]:
    folder, slash, name = key.rpartition("/")
    return folder + slash, name


def fold(key: str) -> str:
    """Without capitals, accents and kinds of separators."""
    return "/".join(slug(part) for part in key.split("/"))


def stem_of(folded: str) -> tuple[str, str]:
    """The name up to its first dot, and what follows its last one ("" without a dot)."""
    name = split(folded)[1]
    return name.partition(".")[0], name.rpartition(".")[2] if "." in name else ""


def undated(folded: str) -> str:
    """Without figures; "" where next to nothing is left of the name."""
    rest = re.sub(r"[0-9]+", "", folded)
    rest = re.sub(r"-+(?=[./]|$)|(?<=/)-+|^-+", "", re.sub(r"-{2,}", "-", rest))
    return rest if len(re.sub(r"[^a-z]", "", stem_of(rest)[0])) > 2 else ""


def bare(lost: Lost) -> str:
    """The key; a pattern without what varies."""
    return lost.key if lost.pattern is None else _TOKEN.sub("", lost.key)


# -- the line to write ---------------------------------------------------------------------------


def line_for(lost: Lost, key: str) -> str:
    """What the manifest should say for this object; "" for a file of a pattern that fits others."""
    key = composed(key)
    pattern = lost.pattern
    if pattern is None:
        is_each = lost.target.rule.makes_many
        is_name = "*" not in key and key == key.strip()  # `object` takes no other
        return f"object: {scalar(key)}" if is_name and not is_each else ""
    spelled = renewed(pattern, key)
    return f"{lost.target.rule.keyword}: {scalar(spelled)}" if spelled else ""


def renewed(pattern: Pattern, key: str) -> str:
    """The pattern spelled as the key is, where it has one variable part; else ""."""
    key = composed(key)
    begin, end = pattern.literals
    varies = pattern.text[len(begin) : len(pattern.text) - len(end)]
    if not _TOKEN.fullmatch(varies) or len(key) <= len(begin) + len(end):
        return ""
    first, last = key[: len(begin)], key[len(key) - len(end) :]
    if (_letters(first), _letters(last)) != (_letters(begin), _letters(end)):
        return ""
    try:
        spelled = Pattern.parse(first + varies + last)
    except PatternError:
        return ""
    return spelled.text if spelled.match(key) is not None else ""


def _letters(text: str) -> list[str]:
    """Each letter folded, so that places stay what they are."""
    return [_letter(letter) for letter in text]


@lru_cache(maxsize=1024)
def _letter(letter: str) -> str:
    return letter if letter == "/" else slug(letter) or "-"
