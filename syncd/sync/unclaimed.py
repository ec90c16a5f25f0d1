"""New objects beside a target that it does not claim, though they look as if meant for it. Pure.

Who deposits `musees_2027.csv` beside a pattern of `Musées {annee:yyyy}.csv` believes it online.
What was there before the target was watched, and what resembles no target, is nobody's business.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from glob import escape

from syncd.core.composed import composed
from syncd.core.objects import Version
from syncd.core.patterns import Pattern
from syncd.core.reasons import Fact, Reason, because
from syncd.core.results import Likeness, Lost, Rename
from syncd.core.service_records import Unclaimed
from syncd.core.targets import DatasetEntry, Target
from syncd.core.yaml_scalar import scalar
from syncd.sync.listing import Listing
from syncd.sync.matching import latest_first
from syncd.sync.similar_names import (
    NEAR,
    bare,
    fold,
    line_for,
    renewed,
    split,
    stem_of,
    undated,
)
from syncd.sync.whole_manifest import WholeManifest

# Since when a target's neighbours are looked at, by dataset (as the manifest has it), source (as
# the manifest calls it) and selector.
Watched = Mapping[tuple[str, str, str], datetime]

_BUDGET = 200_000  # pairs of names compared letter by letter: about a second
_BEGINNING = 4  # letters of a pattern's beginning that say what is meant


@dataclass(frozen=True, slots=True)
class Changes:
    """What a listing changes in what the ledger has of unclaimed objects."""

    open: tuple[Unclaimed, ...]  # all of the datasets that were looked at
    found: tuple[Unclaimed, ...]  # those of them that are new, or told otherwise
    ended: tuple[Unclaimed, ...]  # claimed, ignored, gone, or their dataset left the manifest
    watched: Watched  # targets that are watched from now on

    def __bool__(self) -> bool:
        return bool(self.found or self.ended or self.watched)


def watch_of(target: Target) -> tuple[str, str, str]:
    return target.dataset, target.source, target.selector


def changes(
    known: Iterable[Unclaimed],
    watched: Watched,
    seen: Listing,
    wanted: Sequence[DatasetEntry],
    whole: WholeManifest,
    renames: Iterable[Rename],
    portal: str,
) -> Changes:
    """`known`: all of the ledger's. What `renames` tells with a missing target is told there."""
    looked_at = {entry.dataset for entry in wanted if entry.active}
    in_manifest = whole.by_dataset  # also those that are paused for now
    told = _told(renames)
    before = {(one.source, one.key): one for one in known}
    mine = {place: one for place, one in before.items() if one.dataset in looked_at}
    recent = [one for one in latest_first(seen.found.recent) if one[0] not in told]
    now_open = {}
    if recent:
        neighbours = _Neighbours(target for entry in whole.entries for target in entry.active)
        # Those that are known first: what is left of the budget is for the latest.
        for (source, key), version in sorted(recent, key=lambda one: one[0] not in mine):
            near = neighbours.nearest(source, key)
            if near is None and neighbours.is_spent and (source, key) in mine:
                now_open[source, key] = mine[source, key]
            if near is None or near.target.dataset not in looked_at:
                continue
            since = watched.get(watch_of(near.target))
            is_news = since is not None and version.fingerprint.modified > since
            if is_news or (source, key) in before:  # also where its target was written otherwise
                now_open[source, key] = _unclaimed(portal, near, version, source)
    # What could not be seen is not gone.
    now_open |= {
        place: one
        for place, one in mine.items()
        if place not in now_open and place not in told and seen.may_hide(*place)
    }
    begun = {
        watch
        for entry in wanted
        for target in entry.active
        if (watch := watch_of(target)) not in watched and seen.failure_of(target) is None
    }
    return Changes(
        tuple(now_open.values()),
        tuple(one for place, one in now_open.items() if before.get(place) != one),
        tuple(
            one
            for place, one in before.items()
            if (place in mine and place not in now_open) or one.dataset not in in_manifest
        ),
        dict.fromkeys(sorted(begun), seen.at),
    )


def _told(renames: Iterable[Rename]) -> set[tuple[str, str]]:
    """Where a target's only object is missing, or all of a pattern's."""
    return {
        (one.lost.target.source, candidate.key)
        for one in renames
        if one.lost.pattern is not None or not one.lost.target.rule.makes_many
        for candidate in one.candidates
    }


# -- which target it is near to ------------------------------------------------------------------


class _Neighbours:
    """Targets, by what an object beside them may have in common with them."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._budget = _BUDGET
        self._dateless: defaultdict[tuple[str, str], list[Lost]] = defaultdict(list)
        # By source, folder and extension; each with its stem.
        self._beside: defaultdict[tuple[str, str, str], list[tuple[Lost, str]]] = defaultdict(list)
        for target in targets:
            lost = Lost(target, target.rule.text)
            name = fold(bare(lost))
            stem, extension = stem_of(name)
            self._beside[target.source, split(name)[0], extension].append((lost, stem))
            if undated(name):
                self._dateless[target.source, undated(name)].append(lost)

    @property
    def is_spent(self) -> bool:
        """Whether names are no longer compared letter by letter."""
        return self._budget < 0

    def nearest(self, source: str, key: str) -> Lost | None:
        """The target that this object was probably meant for; of equals the manifest's first."""
        from rapidfuzz.distance import Indel  # slow to import, and most cycles find nothing new

        name = fold(key)
        stem, extension = stem_of(name)
        ranked = [
            (Likeness.DATE, 0.0, lost) for lost in self._dateless.get((source, undated(name)), ())
        ]
        beside = self._beside.get((source, split(name)[0], extension), ())
        self._budget -= len(beside)
        for lost, other in beside if self._budget >= 0 else ():
            share = Indel.normalized_similarity(stem, other, score_cutoff=NEAR)
            if _is_spelled_alike(lost, key):
                ranked.append((Likeness.SPELLING, share, lost))
            elif share or _begins_alike(lost, stem, other):
                ranked.append((Likeness.NAME, share, lost))
        found = max(ranked, key=lambda one: one[:2], default=None)
        return found[2] if found is not None else None


def _is_spelled_alike(lost: Lost, key: str) -> bool:
    """But for capitals, accents and separators."""
    if lost.pattern is not None:
        return bool(renewed(lost.pattern, key))
    return fold(key) == fold(lost.key)


def _begins_alike(lost: Lost, stem: str, other: str) -> bool:
    """What follows the beginning of a pattern may be anything: `export_final` beside `export_*`."""
    begin = other.rstrip("-")
    return lost.pattern is not None and len(begin) >= _BEGINNING and stem.startswith(begin)


# -- what to write -------------------------------------------------------------------------------


def _unclaimed(portal: str, near: Lost, version: Version, source: str) -> Unclaimed:
    target, key = near.target, version.key
    reason = _spelled_otherwise(near, key) or _beside(near, key)
    deposited = version.fingerprint.modified
    return Unclaimed(portal, target.dataset, source, key, reason, deposited)


def _facts(near: Lost, key: str) -> dict[str, Fact]:
    """`ignore`: the whole line, since it takes the place of the one in force."""
    name = escape(split(composed(key))[1])
    names = ", ".join(scalar(one) for one in (*near.target.ignore, name))
    return {
        "key": key,
        "near": near.key,
        "line": near.target.rule_line,
        "ignore": f"ignore: [{names}]",
    }


def _spelled_otherwise(near: Lost, key: str) -> Reason | None:
    pattern = near.pattern
    if pattern is None or not renewed(pattern, key):
        return None
    write, instead = _for_both(pattern, composed(key))
    if not write:
        return None
    line = f"{near.target.rule.keyword}: {scalar(write)}"
    return because("unclaimed_spelling", **_facts(near, key), instead=instead, write=line)


def _beside(near: Lost, key: str) -> Reason:
    write = line_for(near, key)
    if near.pattern is None and write:
        return because("unclaimed_object", **_facts(near, key), write=write)
    return because("unclaimed_pattern", **_facts(near, key))


def _for_both(pattern: Pattern, key: str) -> tuple[str, str]:
    """The pattern that matches this key too, "" where there is none; and the key as the pattern
    spells it. They differ in letters that stand for each other (`renewed`)."""
    begin, end = pattern.literals
    varies = pattern.text[len(begin) : len(pattern.text) - len(end)]
    value = key[len(begin) : len(key) - len(end)]
    first = _in_common(begin, key[: len(begin)])
    last = _in_common(end, key[len(key) - len(end) :])
    if varies.startswith("*"):  # two of them would cross folders
        first, last = first.rstrip("*"), last.lstrip("*")
    instead = begin + value + end
    both = Pattern.parse(first + varies + last)
    fits = both.match(key) is not None and both.match(instead) is not None
    return (both.text if fits else ""), instead


def _in_common(one: str, other: str) -> str:
    letters = (a if a == b else "*" for a, b in zip(one, other, strict=True))
    return re.sub(r"\*+", "*", "".join(letters))
